#include "tests/compiler/program_testing.h"

#include <gtest/gtest.h>
#include <jpeglib.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <span>

#include "headrace/philox.h"
#include "kernels/decoder.h"
#include "tests/compiler/guarded_memory.h"

namespace headrace::testing {
namespace {

class Random {
 public:
  explicit Random(uint64_t seed) : seed_(seed) {}
  uint32_t next() { return philox::draw(seed_, 0, 0, count_++)[0]; }
  uint32_t below(uint32_t n) { return philox::below(next(), n); }

 private:
  uint64_t seed_;
  uint32_t count_ = 0;
};

// What an output must be aligned to at least, as abi.h has it.
size_t output_alignment(size_t sample_bytes) {
  const size_t divides = sample_bytes & (~sample_bytes + 1);
  return std::clamp<size_t>(divides, 1, HR_BUFFER_ALIGNMENT);
}

// The buffers of a run, in a fixed order.
class Buffers {
 public:
  explicit Buffers(const hr_key& key) : first_side_(key.sample) { list_.reserve(64); }

  uint8_t* add(const std::string& name, size_t size, size_t alignment) {
    const GuardSide side = (first_side_ + list_.size()) % 2 == 0 ? GuardSide::back : GuardSide::front;
    list_.emplace_back(name, size, alignment, side);
    return list_.back().data();
  }
  // Bytes to be read, and as many behind them as code may read.
  const uint8_t* add_input(const std::string& name, std::span<const uint8_t> bytes, size_t size) {
    uint8_t* to = add(name, size + HR_BUFFER_ALIGNMENT, 1);
    std::copy_n(bytes.begin(), std::min(bytes.size(), size + HR_BUFFER_ALIGNMENT), to);
    return to;
  }
  const std::vector<GuardedMemory>& list() const { return list_; }
  std::string damage() const {
    for (const GuardedMemory& m : list_) {
      if (std::string d = m.damage(); !d.empty()) return d;
    }
    return "";
  }

 private:
  uint64_t first_side_;
  std::vector<GuardedMemory> list_;
};

}  // namespace

TestImage random_rgb(uint32_t width, uint32_t height, uint64_t seed) {
  Random random(seed);
  TestImage image;
  image.width = width;
  image.height = height;
  image.size = size_t(width) * height * 3;
  image.bytes.resize(image.size + HR_BUFFER_ALIGNMENT, 0xEE);
  const uint32_t kind = random.below(4);
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      for (uint32_t c = 0; c < 3; ++c) {
        uint32_t v = random.below(256);
        if (kind == 1) v = v < 128 ? 0 : 255;
        if (kind == 2) v = (x * 255 / std::max(1u, width - 1) + y * (c + 1)) % 256;
        if (kind == 3) v = 200 + c * 20 + v % 3;
        image.bytes[(size_t(y) * width + x) * 3 + c] = uint8_t(v);
      }
    }
  }
  return image;
}

namespace {

// The seed's pixels as RGB, or their red channel as gray.
TestImage encode_jpeg(uint32_t width, uint32_t height, uint64_t seed, int quality, int h_samp, int v_samp, bool gray) {
  TestImage pixels = random_rgb(width, height, seed);
  const uint32_t channels = gray ? 1 : 3;
  for (size_t i = 0; gray && i < size_t(width) * height; ++i) pixels.bytes[i] = pixels.bytes[3 * i];
  jpeg_compress_struct c{};
  jpeg_error_mgr errors{};
  c.err = jpeg_std_error(&errors);
  jpeg_create_compress(&c);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&c, &out, &size);
  c.image_width = width;
  c.image_height = height;
  c.input_components = int(channels);
  c.in_color_space = gray ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&c);
  jpeg_set_quality(&c, quality, TRUE);
  c.comp_info[0].h_samp_factor = h_samp;
  c.comp_info[0].v_samp_factor = v_samp;
  jpeg_start_compress(&c, TRUE);
  for (uint32_t y = 0; y < height; ++y) {
    JSAMPROW row = &pixels.bytes[size_t(y) * width * channels];
    jpeg_write_scanlines(&c, &row, 1);
  }
  jpeg_finish_compress(&c);
  jpeg_destroy_compress(&c);
  TestImage image;
  image.width = width;
  image.height = height;
  image.encoding = HR_ENCODING_JPEG;
  image.size = size;
  image.bytes.assign(out, out + size);
  image.bytes.resize(size + HR_BUFFER_ALIGNMENT, 0);
  std::free(out);
  return image;
}

}  // namespace

TestImage random_jpeg(uint32_t width, uint32_t height, uint64_t seed, int quality, int h_samp, int v_samp) {
  return encode_jpeg(width, height, seed, quality, h_samp, v_samp, false);
}

TestImage random_gray_jpeg(uint32_t width, uint32_t height, uint64_t seed, int quality) {
  return encode_jpeg(width, height, seed, quality, 1, 1, true);
}

std::string sample_text(const hr_key& key) { return "class/photo_" + std::to_string(key.sample % 100000) + ".jpg"; }

int64_t sample_value(const ProgramField& field, int64_t label) {
  if (field.kind == FieldKind::f64) return std::bit_cast<int64_t>(double(label) + 0.25);
  return field.name == "class" ? (label % 24 + 24) % 24 : label;
}

namespace {

std::vector<hr_field> sample_fields(const ProgramInfo& info, const TestImage& image, const hr_key& key, int64_t label) {
  std::vector<hr_field> fields;
  for (const ProgramField& f : info.fields) {
    hr_field field{};
    if (f.kind == FieldKind::image) {
      field.size = image.size;
      field.width = image.width;
      field.height = image.height;
      field.encoding = image.encoding;
      field.channels = 3;
      field.planes = image.planes;
    } else if (f.kind == FieldKind::bytes) {
      field.size = sample_text(key).size();
    } else {
      field.value = sample_value(f, label);
    }
    fields.push_back(field);
  }
  return fields;
}

}  // namespace

RunResult run_sample(const Program& program, const TestImage& image, const hr_key& key, int64_t label) {
  const ProgramInfo& info = program.info();
  std::vector<hr_field> fields = sample_fields(info, image, key, label);
  RunResult result;
  hr_error error{};
  Buffers buffers(key);
  auto* slots = reinterpret_cast<int64_t*>(buffers.add("the slots", info.slot_count * sizeof(int64_t), alignof(int64_t)));
  auto* ranges = reinterpret_cast<hr_byte_range*>(
      buffers.add("the byte ranges", fields.size() * sizeof(hr_byte_range), alignof(hr_byte_range)));
  hr_plan_frame plan{HR_ABI_VERSION, uint32_t(fields.size()), fields.data(), key, slots, ranges, 0, &error};
  result.problem = run_trapped(buffers.list(), [&] { result.code = program.plan(plan); });
  if (result.code == HR_OK && result.problem.empty()) {
    // Padded as a dataset would pad it.
    std::string text = sample_text(key);
    text.resize(text.size() + HR_BUFFER_ALIGNMENT, '\1');
    const uint8_t* const pixels = buffers.add_input("the image", image.bytes, image.size);
    const uint8_t* const letters =
        buffers.add_input("the text", {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, sample_text(key).size());
    for (size_t i = 0; i < fields.size(); ++i) {
      if (info.fields[i].kind == FieldKind::image) fields[i].data = pixels;
      if (info.fields[i].kind == FieldKind::bytes) fields[i].data = letters;
    }
    uint8_t* const scratch = buffers.add("scratch memory", plan.scratch_bytes, HR_BUFFER_ALIGNMENT);
    const size_t first_output = buffers.list().size();
    std::vector<uint8_t*> outputs;
    for (const ProgramOutput& o : info.outputs)
      outputs.push_back(buffers.add("output \"" + o.name + "\"", o.sample_bytes, output_alignment(o.sample_bytes)));
    void* decoder = hr_decoder_create(nullptr);
    hr_run_frame run{HR_ABI_VERSION, uint32_t(fields.size()), fields.data(), key, slots, scratch, plan.scratch_bytes,
                     outputs.data(), decoder, &error, nullptr};
    result.problem = run_trapped(buffers.list(), [&] { result.code = program.run(run); });
    if (result.problem.empty()) {
      hr_decoder_destroy(decoder);  // of one that was left in the middle of its work nothing is known
      result.problem = buffers.damage();
    }
    for (size_t i = 0; i < outputs.size() && result.code == HR_OK; ++i)
      result.outputs.push_back(buffers.list()[first_output + i].copy());
  }
  if (result.code != HR_OK) {
    result.error = error.text;
    std::memcpy(result.args, error.args, sizeof error.args);
  }
  return result;
}

RunResult run_program(const Program& program, const TestImage& image, const hr_key& key, int64_t label) {
  RunResult result = run_sample(program, image, key, label);
  EXPECT_EQ(result.problem, "") << program.info().engine << " " << program.info().isa;
  return result;
}

std::string difference(const RunResult& a, const RunResult& b) {
  if (!a.problem.empty() || !b.problem.empty()) return a.problem.empty() ? b.problem : a.problem;
  if (a == b) return "";
  if (a.code != b.code) return "results " + std::to_string(a.code) + " and " + std::to_string(b.code) + " (" + a.error + b.error + ")";
  if (a.error != b.error) return "errors '" + a.error + "' and '" + b.error + "'";
  for (size_t o = 0; o < a.outputs.size() && o < b.outputs.size(); ++o) {
    size_t count = 0, first = 0;
    for (size_t i = 0; i < a.outputs[o].size(); ++i) {
      if (a.outputs[o][i] == b.outputs[o][i]) continue;
      if (!count++) first = i;
    }
    if (count) {
      return "output " + std::to_string(o) + ": " + std::to_string(count) + " of " + std::to_string(a.outputs[o].size()) +
             " bytes differ, the first at " + std::to_string(first) + ": " + std::to_string(a.outputs[o][first]) + " and " +
             std::to_string(b.outputs[o][first]);
    }
  }
  return "error arguments differ";
}

}  // namespace headrace::testing
