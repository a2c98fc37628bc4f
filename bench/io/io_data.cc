#include "bench/io/io_data.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "headrace/dataset.h"

namespace headrace::bench {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMinBytes = 40'000, kSpread = 104'000;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

std::vector<uint8_t> sample_bytes(uint64_t sample) {
  std::mt19937_64 rng(sample + 1);
  std::vector<uint8_t> bytes((kMinBytes + rng() % kSpread) / 8 * 8);
  for (size_t i = 0; i < bytes.size(); i += 8) {
    const uint64_t word = rng();
    std::copy_n(reinterpret_cast<const uint8_t*>(&word), 8, bytes.begin() + static_cast<ptrdiff_t>(i));
  }
  return bytes;
}

void drop(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path + " cannot be opened");
  (void)::fdatasync(fd);  // only clean pages can be dropped
  (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

void warm(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<char> buffer(1u << 20);
  while (::read(fd, buffer.data(), buffer.size()) > 0) {
  }
  ::close(fd);
}

void write_all(const IoData& data) {
  const Schema schema = {{{"data", FieldKind::bytes, {}}, {"label", FieldKind::i64, {}}}};
  auto writer = DatasetWriter::create(data.dataset, schema, {.overwrite = true});
  if (!writer.ok()) fail(writer.status().to_string());
  for (uint64_t s = 0; s < data.samples; ++s) {
    const std::vector<uint8_t> bytes = sample_bytes(s);
    if (const Status added = (*writer)->add(
            std::vector{FieldValue::bytes(bytes), FieldValue::integer(static_cast<int64_t>(s))});
        !added.ok())
      fail(added.to_string());
    const std::string path = sample_path(data, s);
    if (s % 1000 == 0) fs::create_directories(fs::path(path).parent_path());
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file.good()) fail(path + " cannot be written");
  }
  if (const Status finished = (*writer)->finish(); !finished.ok()) fail(finished.to_string());
  ::sync();
}

}  // namespace

std::string sample_path(const IoData& data, uint64_t sample) {
  return data.folder + "/" + std::to_string(sample / 1000) + "/" + std::to_string(sample);
}

IoData make_io_data(const std::string& folder, uint64_t samples) {
  IoData data{folder + "/samples.hrd", folder + "/files", samples, 0};
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  const auto existing = Dataset::open(data.dataset);
  const bool complete = existing.ok() && (*existing)->size() == samples &&
                        fs::exists(sample_path(data, samples - 1), ignored);
  if (!complete) write_all(data);
  for (uint64_t s = 0; s < data.samples; ++s) {
    std::error_code error;
    data.bytes += fs::file_size(sample_path(data, s), error);
    if (error) fail(sample_path(data, s) + " cannot be examined: " + error.message());
  }
  return data;
}

void drop_dataset(const IoData& data) { drop(data.dataset); }
void warm_dataset(const IoData& data) { warm(data.dataset); }

void drop_files(const IoData& data) {
  for (uint64_t s = 0; s < data.samples; ++s) drop(sample_path(data, s));
}

void warm_files(const IoData& data) {
  for (uint64_t s = 0; s < data.samples; ++s) warm(sample_path(data, s));
}

}  // namespace headrace::bench
