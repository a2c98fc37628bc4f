#include "dataset_testing.h"

#include <gtest/gtest.h>
#include <jpeglib.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

namespace headrace::testing {

namespace fs = std::filesystem;

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "headrace-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> TempDir::names() const {
  std::vector<std::string> names;
  for (const fs::directory_entry& e : fs::directory_iterator(path_))
    names.push_back(e.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

constexpr uid_t kNobody = 65534;

AsOrdinaryUser::AsOrdinaryUser()
    : before_(static_cast<unsigned>(::setfsuid(::geteuid() == 0 ? kNobody : ::geteuid()))) {}
AsOrdinaryUser::~AsOrdinaryUser() { ::setfsuid(before_); }

Bytes read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const Bytes& bytes) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(out.good()) << path;
}

void write_text(const std::string& path, std::string_view text) {
  write_bytes(path, {text.begin(), text.end()});
}

Bytes noise(size_t size, uint32_t seed) {
  std::mt19937 rng(seed);
  Bytes bytes(size);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(rng());
  return bytes;
}

Bytes make_jpeg(uint32_t width, uint32_t height, int components, uint32_t seed) {
  jpeg_compress_struct c{};
  jpeg_error_mgr errors{};
  c.err = jpeg_std_error(&errors);
  jpeg_create_compress(&c);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&c, &memory, &size);
  c.image_width = width;
  c.image_height = height;
  c.input_components = components;
  c.in_color_space = components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&c);
  jpeg_start_compress(&c, TRUE);
  Bytes row(size_t{width} * static_cast<size_t>(components));
  while (c.next_scanline < height) {
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = static_cast<uint8_t>(128 + 100 * std::sin(0.07 * double(i) + 0.11 * c.next_scanline + seed));
    }
    JSAMPROW rows[1] = {row.data()};
    jpeg_write_scanlines(&c, rows, 1);
  }
  jpeg_finish_compress(&c);
  jpeg_destroy_compress(&c);
  Bytes out(memory, memory + size);
  std::free(memory);
  return out;
}

Bytes with_orientation(const Bytes& jpeg, uint8_t orientation) {
  const Bytes app1 = {0xFF, 0xE1, 0,    34,   'E', 'x', 'i', 'f', 0, 0, 'I',         'I', 42, 0, 8, 0, 0, 0,
                      1,    0,    0x12, 0x01, 3,   0,   1,   0,   0, 0, orientation, 0,   0,  0, 0, 0, 0, 0};
  Bytes out = jpeg;
  out.insert(out.begin() + 2, app1.begin(), app1.end());
  return out;
}

Bytes png_start() {
  return {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13, 'I', 'H', 'D',
          'R',  0,   0,   0,   1,    0,    0,    0,    1, 8, 2, 0,  0,   0};
}

Schema image_schema() {
  return {{{"image", FieldKind::image, {}},
           {"label", FieldKind::i64, {"cat", "dog"}},
           {"key", FieldKind::bytes, {}}}};
}

Status write_images(const std::string& path, uint64_t samples, uint32_t width, uint32_t height,
                    const WriterOptions& options) {
  HR_ASSIGN_OR_RETURN(const auto writer, DatasetWriter::create(path, image_schema(), options));
  for (uint64_t i = 0; i < samples; ++i) {
    const Bytes pixels = noise(size_t{width} * height * 3, static_cast<uint32_t>(i));
    const std::string key = "k/" + std::to_string(i);
    const FieldValue values[] = {FieldValue::image(pixels, HR_ENCODING_RGB, width, height),
                                 FieldValue::integer(static_cast<int64_t>(i % 2)), FieldValue::bytes(key)};
    HR_RETURN_IF_ERROR(writer->add(values));
  }
  return writer->finish();
}

std::vector<std::string> contents(const Dataset& d) {
  std::vector<std::string> out;
  std::vector<hr_field> fields(d.schema().fields.size());
  for (uint64_t i = 0; i < d.size(); ++i) {
    if (const Status st = d.read(i, fields); !st.ok()) {
      out.push_back(st.to_string());
      continue;
    }
    std::string text;
    for (const hr_field& f : fields) {
      for (const uint64_t v : {uint64_t(f.value), f.size, uint64_t{f.width}, uint64_t{f.height},
                               uint64_t{f.encoding}, uint64_t{f.channels}}) {
        text += std::to_string(v) + ",";
      }
      if (f.data != nullptr) text.append(reinterpret_cast<const char*>(f.data), f.size);
      text += ";";
    }
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace headrace::testing
