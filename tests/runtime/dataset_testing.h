// Small files, folders and images for the dataset tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/dataset.h"

namespace headrace::testing {

using Bytes = std::vector<uint8_t>;

/// A fresh folder, removed with everything in it at the end of the scope.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// Names of everything directly in it, hidden files included, sorted.
  std::vector<std::string> names() const;

 private:
  std::string path_;
};

/// While it lives, the calling thread and threads it starts meet file permissions as an ordinary user does,
/// also in tests run by root.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser();
  ~AsOrdinaryUser();
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;

 private:
  unsigned before_ = 0;
};

Bytes read_bytes(const std::string& path);
void write_bytes(const std::string& path, const Bytes& bytes);  ///< makes the folders it needs
void write_text(const std::string& path, std::string_view text);

/// Deterministic noise.
Bytes noise(size_t size, uint32_t seed);

/// A baseline JPEG of waves; components 1 (gray) or 3.
Bytes make_jpeg(uint32_t width, uint32_t height, int components = 3, uint32_t seed = 1);

/// The same with an EXIF orientation tag.
Bytes with_orientation(const Bytes& jpeg, uint8_t orientation);

/// The first bytes of a PNG file; enough for what looks at file kinds.
Bytes png_start();

/// {"image" image, "label" i64 with names "cat", "dog", "key" bytes}.
Schema image_schema();

/// Writes `samples` rgb images of `width` x `height`, label = i % 2, key "k/<i>".
Status write_images(const std::string& path, uint64_t samples, uint32_t width, uint32_t height,
                    const WriterOptions& options = {});

/// Everything in a dataset as text, one sample per entry; an error text where a sample cannot be read.
std::vector<std::string> contents(const Dataset& dataset);

}  // namespace headrace::testing
