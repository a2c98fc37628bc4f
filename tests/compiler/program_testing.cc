#include "tests/compiler/program_testing.h"

#include <gtest/gtest.h>
#include <jpeglib.h>

#include <bit>
#include <cstdlib>
#include <cstring>

#include "headrace/philox.h"
#include "kernels/decoder.h"

namespace headrace::testing {
namespace {

constexpr size_t kGuard = 256;
constexpr uint8_t kGuardByte = 0xA5;

class Random {
 public:
  explicit Random(uint64_t seed) : seed_(seed) {}
  uint32_t next() { return philox::draw(seed_, 0, 0, count_++)[0]; }
  uint32_t below(uint32_t n) { return philox::below(next(), n); }

 private:
  uint64_t seed_;
  uint32_t count_ = 0;
};

// A buffer with guard bytes on both sides, 64-byte aligned inside.
class Guarded {
 public:
  explicit Guarded(size_t size) : size_(size), bytes_(size + 2 * kGuard + 64, kGuardByte) {
    const auto base = reinterpret_cast<uintptr_t>(bytes_.data()) + kGuard;
    data_ = bytes_.data() + kGuard + (64 - base % 64) % 64;
    std::memset(data_, 0xCD, size);
  }
  uint8_t* data() { return data_; }
  bool intact() const {
    const uint8_t* end = bytes_.data() + bytes_.size();
    for (const uint8_t* p = bytes_.data(); p < data_; ++p) {
      if (*p != kGuardByte) return false;
    }
    for (const uint8_t* p = data_ + size_; p < end; ++p) {
      if (*p != kGuardByte) return false;
    }
    return true;
  }
  std::vector<uint8_t> copy() const { return {data_, data_ + size_}; }

 private:
  size_t size_;
  std::vector<uint8_t> bytes_;
  uint8_t* data_;
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

RunResult run_program(const Program& program, const TestImage& image, const hr_key& key, int64_t label) {
  const ProgramInfo& info = program.info();
  // A text whose length depends on the sample; padded as a dataset would pad it.
  const std::string text = "class/photo_" + std::to_string(key.sample % 100000) + ".jpg";
  std::string padded = text;
  padded.resize(text.size() + HR_BUFFER_ALIGNMENT, '\1');
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
      field.size = text.size();
    } else if (f.name == "class") {
      field.value = (label % 24 + 24) % 24;
    } else {
      field.value = f.kind == FieldKind::f64 ? std::bit_cast<int64_t>(double(label) + 0.25) : label;
    }
    fields.push_back(field);
  }
  RunResult result;
  hr_error error{};
  std::vector<int64_t> slots(info.slot_count);
  std::vector<hr_byte_range> ranges(fields.size());
  hr_plan_frame plan{HR_ABI_VERSION, uint32_t(fields.size()), fields.data(), key, slots.data(), ranges.data(), 0, &error};
  result.code = program.plan(plan);
  if (result.code == HR_OK) {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (info.fields[i].kind == FieldKind::image) fields[i].data = image.bytes.data();
      if (info.fields[i].kind == FieldKind::bytes) fields[i].data = reinterpret_cast<const uint8_t*>(padded.data());
    }
    Guarded scratch(plan.scratch_bytes);
    std::vector<Guarded> outputs;
    std::vector<uint8_t*> pointers;
    outputs.reserve(info.outputs.size());
    for (const ProgramOutput& o : info.outputs) {
      outputs.emplace_back(o.sample_bytes);
      pointers.push_back(outputs.back().data());
    }
    void* decoder = hr_decoder_create(nullptr);
    hr_run_frame run{HR_ABI_VERSION, uint32_t(fields.size()), fields.data(), key, slots.data(), scratch.data(),
                     plan.scratch_bytes, pointers.data(), decoder, &error};
    result.code = program.run(run);
    hr_decoder_destroy(decoder);
    EXPECT_TRUE(scratch.intact()) << "wrote outside scratch memory";
    for (const Guarded& o : outputs) {
      EXPECT_TRUE(o.intact()) << "wrote outside an output";
      if (result.code == HR_OK) result.outputs.push_back(o.copy());
    }
  }
  if (result.code != HR_OK) {
    result.error = error.text;
    std::memcpy(result.args, error.args, sizeof error.args);
  }
  return result;
}

std::string difference(const RunResult& a, const RunResult& b) {
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
