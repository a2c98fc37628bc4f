// Files split into coefficients and recipe, and put together again.
#include "kernels/jpeg_recipe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "jpeg_recode_testing.h"
#include "jpeg_testing.h"
#include "kernels/jpeg_info.h"

namespace headrace::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kSamplings[][2] = {{0, 0}, {1, 1}, {2, 1}, {2, 2}, {1, 2}};

std::vector<RecodeSpec> recodings() {
  std::vector<RecodeSpec> specs;
  for (const bool progressive : {false, true}) {
    for (const bool interleaved : {true, false}) {
      for (const bool optimize : {false, true}) {
        if (progressive && (!interleaved || !optimize)) continue;  // they make no difference there
        for (const int restart : {0, 1, 3}) specs.push_back({progressive, optimize, interleaved, restart});
      }
    }
  }
  return specs;
}

TEST(JpegRecipe, EverySizeAndSampling) {
  for (const auto [h, v] : kSamplings) {
    for (uint32_t size = 1; size <= 40; ++size) {
      for (const Scans scans : {Scans::sequential, Scans::one_per_component, Scans::progressive}) {
        JpegSpec spec = {.width = size, .height = (size * 11) % 40 + 1, .scans = scans};
        if (h == 0) spec.space = "gray";
        if (h != 0) spec.h[0] = h, spec.v[0] = v;
        ASSERT_EQ(round_trip(make_jpeg(spec)), "") << describe(spec);
        spec.restart_interval = 2;
        ASSERT_EQ(round_trip(make_jpeg(spec)), "") << describe(spec);
      }
    }
  }
}

TEST(JpegRecipe, RandomCoefficients) {
  std::mt19937 rng(3);
  for (const auto [h, v] : kSamplings) {
    for (const RecodeSpec& spec : recodings()) {
      for (const uint32_t size : {5u, 41u, 150u}) {
        CoefficientImage image = blank_image(size + rng() % 9, size + rng() % 30, h, v);
        randomize(image, rng);
        Split s;
        ASSERT_EQ(round_trip(write_jpeg(image, spec), &s), "") << describe(spec) << " " << h << "x" << v;
        ASSERT_EQ(compare(s.image, image), "") << describe(spec) << " " << h << "x" << v;
      }
    }
  }
}

TEST(JpegRecipe, LongRunsOfEmptyBlocks) {
  // More blocks than an end-of-band run may have, and more correction bits than may wait for one.
  CoefficientImage image = blank_image(1600, 1680, 0, 0);
  CoefficientComponent& c = image.components[0];
  ASSERT_GT(c.blocks.size(), 0x7FFFu);
  for (size_t i = 0; i < 200; ++i) c.blocks[i].fill(4);
  for (size_t i = 200; i < 3000; ++i) c.blocks[i][20] = 4;
  EXPECT_EQ(round_trip(write_jpeg(image, {.progressive = true})), "");
  EXPECT_EQ(round_trip(write_jpeg(image, {.optimize = true})), "");
}

TEST(JpegRecipe, ColorsAndQuality) {
  EXPECT_EQ(round_trip(make_jpeg({.width = 50, .height = 30, .space = "RGB"})), "");
  EXPECT_EQ(round_trip(make_jpeg({.width = 50, .height = 30, .space = "RGB", .adobe = false})), "");
  EXPECT_EQ(round_trip(make_jpeg({.width = 50, .height = 30, .quality = 100})), "");
  EXPECT_EQ(round_trip(make_jpeg({.width = 50, .height = 30, .quality = 1})), "");
  EXPECT_EQ(round_trip(make_jpeg({.width = 21, .height = 13, .space = "gray", .h = {2}, .v = {2}})), "");
}

TEST(JpegRecipe, UsualFilesHaveNoExtraAndEqualHeaders) {
  Split a, b;
  ASSERT_EQ(round_trip(make_jpeg({.width = 50, .height = 30, .h = {2, 1, 1, 1}, .seed = 1}), &a), "");
  ASSERT_EQ(round_trip(make_jpeg({.width = 71, .height = 300, .h = {2, 1, 1, 1}, .seed = 2}), &b), "");
  EXPECT_EQ(a.recipe.headers, b.recipe.headers);
  EXPECT_TRUE(a.recipe.extra.empty());
  EXPECT_TRUE(b.recipe.extra.empty());
}

TEST(JpegRecipe, MetadataAndOwnHuffmanTablesAreNotInTheHeaders) {
  std::mt19937 rng(4);
  CoefficientImage image = blank_image(30, 30, 1, 1), other = blank_image(60, 20, 1, 1);
  randomize(image, rng);
  randomize(other, rng);
  Bytes with_exif = write_jpeg(image, {.optimize = true});
  Bytes exif = {0xFF, 0xE1, 0x01, 0x02, 'E', 'x', 'i', 'f', 0, 0};
  exif.resize(2 + 0x102, 0x55);
  with_exif.insert(with_exif.begin() + 2, exif.begin(), exif.end());
  Split a, b;
  ASSERT_EQ(round_trip(with_exif, &a), "");
  ASSERT_EQ(round_trip(write_jpeg(other, {.optimize = true}), &b), "");
  EXPECT_EQ(a.recipe.headers, b.recipe.headers);
  for (const uint8_t marker : {0xC4, 0xE1}) {
    const Bytes start = {0xFF, marker};
    EXPECT_EQ(std::search(a.recipe.headers.begin(), a.recipe.headers.end(), start.begin(), start.end()),
              a.recipe.headers.end());
  }
}

// The shared photos, where they are at hand.

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

TEST(JpegRecipePhotos, EveryTrainingPhotoComesBack) {
  if (!fs::exists(kPhotos)) GTEST_SKIP() << "no shared photos";
  const std::vector<fs::path> files = files_in(kPhotos / "train");
  EXPECT_GE(files.size(), 240u);
  for (const fs::path& file : files) EXPECT_EQ(round_trip(read_file(file)), "") << file;
}

TEST(JpegRecipePhotos, OddFilesComeBackOrSayWhyNot) {
  if (!fs::exists(kPhotos)) GTEST_SKIP() << "no shared photos";
  int exact = 0;
  for (const fs::path& file : files_in(kPhotos / "odd")) {
    const std::string name = file.filename();
    const Bytes jpeg = read_file(file);
    if (name.starts_with("bad_") || sniff(jpeg) != SourceKind::jpeg) continue;
    const std::string expected = name == "411.jpg"          ? "error[packed.unsupported] 4:1:1 subsampling"
                                 : name == "arithmetic.jpg" ? "error[packed.unsupported] arithmetic coding"
                                 : name == "cmyk.jpg"       ? "error[packed.unsupported] CMYK"
                                                            : "";
    EXPECT_EQ(round_trip(jpeg), expected) << name;
    exact += expected.empty();
  }
  EXPECT_GE(exact, 22);
}

}  // namespace
}  // namespace headrace::testing
