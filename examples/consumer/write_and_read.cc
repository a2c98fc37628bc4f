// Writes a dataset of small pictures made here, then reads samples by index, without a pipeline.
//
//   write_and_read FILE.hrd
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "headrace/dataset.h"

namespace {

constexpr uint32_t kSamples = 24;

/// Stops the program if a call failed, and says why.
void check(const headrace::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  std::exit(1);
}

template <class T>
T check(headrace::Expected<T> result) {
  check(result.status());
  return std::move(result).value();
}

/// A gradient in one colour: height x width x 3 bytes, row-major, R G B.
std::vector<uint8_t> gradient(uint32_t width, uint32_t height, uint32_t channel) {
  std::vector<uint8_t> pixels(size_t{width} * height * 3, 0);
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      pixels[(size_t{y} * width + x) * 3 + channel] =
          static_cast<uint8_t>(255 * (x + y) / (width + height - 2));
    }
  }
  return pixels;
}

void write(const std::string& path) {
  using headrace::FieldKind;
  using headrace::FieldValue;
  headrace::Schema schema;
  schema.fields = {{"image", FieldKind::image, {}},
                   {"label", FieldKind::i64, {"red", "green", "blue"}},
                   {"key", FieldKind::bytes, {}}};
  headrace::WriterOptions options;
  options.overwrite = true;
  const auto writer = check(headrace::DatasetWriter::create(path, schema, options));
  for (uint32_t i = 0; i < kSamples; ++i) {
    const uint32_t width = 40 + i, height = 64 - i;
    const std::vector<uint8_t> pixels = gradient(width, height, i % 3);
    const std::string key = "gradient/" + std::to_string(i);
    const FieldValue values[] = {FieldValue::image(pixels, HR_ENCODING_RGB, width, height),
                                 FieldValue::integer(i % 3), FieldValue::bytes(key)};
    check(writer->add(values));
  }
  check(writer->finish());  // nothing exists at `path` before this
}

void read(const std::string& path) {
  const auto dataset = check(headrace::Dataset::open(path));
  const headrace::Schema& schema = dataset->schema();
  std::printf("%llu samples\n", static_cast<unsigned long long>(dataset->size()));
  std::vector<hr_field> fields(schema.fields.size());
  for (const uint64_t sample : {uint64_t{0}, uint64_t{7}, dataset->size() - 1}) {
    check(dataset->read(sample, fields));
    const hr_field& image = fields[0];
    uint64_t sum = 0;
    for (uint64_t i = 0; i < image.size; ++i) sum += image.data[i];
    std::printf("%s: %u x %u, %s, sum of pixels %llu\n", dataset->key(sample).c_str(), image.width,
                image.height, schema.fields[1].value_names[static_cast<size_t>(fields[1].value)].c_str(),
                static_cast<unsigned long long>(sum));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_and_read FILE.hrd\n");
    return 2;
  }
  write(argv[1]);
  read(argv[1]);
}
