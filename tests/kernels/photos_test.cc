// The shared photos, where they are at hand: wider coverage of what the other tests check on files they
// make themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "jpeg_testing.h"
#include "kernels/jpeg_info.h"

namespace headrace::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kPhotos = fs::path(HEADRACE_SHARED_DIR) / "photos";

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ec;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ec)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void expect_regions(const fs::path& file, int count, std::mt19937& rng) {
  const Bytes jpeg = read_file(file);
  JpegInfo info;
  uint64_t warnings = 0;
  const Status status = jpeg_check(jpeg, kDefaultDecodeLimits, info, warnings);
  ASSERT_TRUE(status.ok()) << file << ": " << status.to_string();
  const Pixels full = full_decode(jpeg);
  ASSERT_EQ(full.width, info.width) << file;
  ASSERT_EQ(full.height, info.height) << file;
  const DecoderPtr decoder = make_decoder();
  for (int i = 0; i < count; ++i) {
    const PixelRect rect = random_rect(rng, full.width, full.height);
    ASSERT_EQ(compare_region(decoder.get(), jpeg, full, rect), "") << file;
  }
}

TEST(Photos, RegionsOfOddFiles) {
  if (!fs::exists(kPhotos)) GTEST_SKIP() << "no shared photos";
  std::mt19937 rng(1);
  int decoded = 0;
  for (const fs::path& file : files_in(kPhotos / "odd")) {
    const std::string name = file.filename();
    if (name.starts_with("bad_") || sniff(read_file(file)) != SourceKind::jpeg) continue;
    const bool large = fs::file_size(file) > 300'000;
    expect_regions(file, large ? 12 : 60, rng);
    ++decoded;
  }
  EXPECT_GT(decoded, 20);
}

TEST(Photos, RegionsOfTrainingPhotos) {
  if (!fs::exists(kPhotos)) GTEST_SKIP() << "no shared photos";
  std::mt19937 rng(2);
  const std::vector<fs::path> files = files_in(kPhotos / "train");
  ASSERT_FALSE(files.empty());
  for (size_t i = 0; i < files.size(); i += 8) expect_regions(files[i], 10, rng);
}

TEST(Photos, BadFilesAreRefused) {
  if (!fs::exists(kPhotos)) GTEST_SKIP() << "no shared photos";
  const std::map<std::string, std::string> expected = {
      {"bad_0x0.jpg", "error[decode.damaged] the image has no pixels: width or height is 0"},
      {"bad_65535x65535.jpg", "error[decode.unsupported] the image is larger than 65500 pixels on a side"},
      {"bad_empty.jpg", "error[decode.damaged] the file is empty"},
      {"bad_scan_noise.jpg",
       "error[decode.damaged] compressed data ends too early: a marker comes before the scan is complete"},
      {"bad_text.jpg", "error[decode.damaged] not a JPEG file: starts with 0x74 0x68"},
      {"bad_truncated_half.jpg", "error[decode.damaged] premature end of JPEG data"},
      {"bad_truncated_header.jpg", "error[decode.damaged] premature end of JPEG data"},
  };
  size_t seen = 0;
  for (const fs::path& file : files_in(kPhotos / "odd")) {
    const std::string name = file.filename();
    if (!name.starts_with("bad_")) continue;
    JpegInfo info;
    uint64_t warnings = 0;
    const std::string text = jpeg_check(read_file(file), kDefaultDecodeLimits, info, warnings).to_string();
    const auto it = expected.find(name);
    if (it == expected.end()) {
      EXPECT_NE(text, "") << name;
      continue;
    }
    EXPECT_EQ(text, it->second) << name;
    ++seen;
  }
  EXPECT_EQ(seen, expected.size());
}

TEST(Photos, CmykEqualsPillow) {
  if (!fs::exists(kPhotos)) GTEST_SKIP() << "no shared photos";
  BaselineDecoder decoder;
  const auto image = decoder.decode(read_file(kPhotos / "odd" / "cmyk.jpg"));
  ASSERT_TRUE(image.ok()) << image.status().to_string();
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a of Pillow 13.0.0's convert("RGB")
  for (size_t i = 0; i < size_t{image->width} * image->height * 3; ++i) {
    hash = (hash ^ image->pixels[i]) * 0x100000001b3u;
  }
  EXPECT_EQ(hash, 0xc9f2de0523c3273fu);
}

TEST(Photos, Orientation) {
  if (!fs::exists(kPhotos)) GTEST_SKIP() << "no shared photos";
  const auto info = jpeg_info(read_file(kPhotos / "odd" / "exif_orientation_6.jpg"));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->orientation, 6u);
}

}  // namespace
}  // namespace headrace::testing
