// What a packed image may ask for: limits on pixels and memory, and on the file that a few bytes stand for.
#include <gtest/gtest.h>

#include <cstring>

#include "kernels/packed/jpeg_rebuilder.h"
#include "packed_testing.h"

namespace headrace::testing {
namespace {

TEST(PackedLimits, HoldForRowsOfTiles) {
  std::mt19937 rng(8);
  const std::vector<uint8_t> bytes =
      pack_for_test(draw_coefficients(HR_PLANES_GRAY, 40, 30, Drawn::photo, rng));
  packed::ImageDecoder decoder;
  hr_coefficient_rows rows{};
  hr_error error{};
  const auto open = [&](uint64_t max_memory) {
    const DecodeLimits limits = {.max_memory = max_memory};
    return decoder.open(image_bytes(bytes), 40, 30, HR_PLANES_GRAY, limits, {0, 0, 1, 1}, rows, &error);
  };
  EXPECT_EQ(open(1000), HR_E_LIMIT);
  const std::string needed = std::to_string(error.args[0]);
  EXPECT_EQ(error.text, needed +
                            " bytes of memory, more than the limit of 1000; --max-memory raises it "
                            "(DecodeLimits::max_memory)");
  EXPECT_EQ(open(uint64_t(error.args[0]) - 1), HR_E_LIMIT);
  EXPECT_EQ(decoder.unit(0, rows, &error), HR_E_INTERNAL);
  EXPECT_EQ(open(std::stoull(needed)), HR_OK);
}

TEST(PackedLimits, HoldForUnpacking) {
  std::mt19937 rng(8);
  const std::vector<uint8_t> bytes =
      pack_for_test(draw_coefficients(HR_PLANES_GRAY, 400, 300, Drawn::photo, rng));
  CoefficientImage image;
  const auto unpack = [&](const DecodeLimits& limits) {
    return unpack_image(image_bytes(bytes), image, nullptr, nullptr, limits).to_string();
  };
  EXPECT_EQ(unpack({.max_pixels = 120'000}), "");
  EXPECT_EQ(unpack({.max_pixels = 119'999}),
            "error[decode.limit] 120000 pixels, more than the limit of 119999; --max-pixels raises it "
            "(DecodeLimits::max_pixels)");
  // 50 x 38 blocks of 128 bytes.
  EXPECT_EQ(unpack({.max_memory = 243'200}), "");
  EXPECT_EQ(
      unpack({.max_memory = 243'199}),
      "error[decode.limit] 243200 bytes of memory, more than the limit of 243199; --max-memory raises it "
      "(DecodeLimits::max_memory)");
}

/// A gray image of 16 x 16 pixels, packed with this recipe.
std::string pack_with(const JpegRecipe& recipe, std::vector<uint8_t>& bytes) {
  std::mt19937 rng(9);
  const CoefficientImage image = draw_coefficients(HR_PLANES_GRAY, 16, 16, Drawn::photo, rng);
  ImagePacker packer;
  const Status status = packer.pack(image, &recipe, false, PackEffort::fast, bytes);
  bytes.resize(bytes.size() + 64);
  return status.to_string();
}

std::vector<uint8_t> noise(size_t size) {
  std::mt19937 rng(10);
  std::vector<uint8_t> bytes(size);
  for (uint8_t& b : bytes) b = uint8_t(rng());
  return bytes;
}

TEST(PackedLimits, HoldForRecipes) {
  constexpr size_t kMost = size_t{64} << 20;
  JpegRecipe recipe, back;
  CoefficientImage image;
  std::vector<uint8_t> bytes;
  recipe.extra = noise(kMost + 1);
  EXPECT_EQ(pack_with(recipe, bytes), "error[packed.unsupported] more than 64 MiB of metadata");
  recipe.extra.pop_back();
  ASSERT_EQ(pack_with(recipe, bytes), "");
  ASSERT_TRUE(unpack_image(image_bytes(bytes), image, &back, nullptr).ok());
  EXPECT_EQ(back.extra, recipe.extra);
  // 4 blocks of 128 bytes and the recipe.
  EXPECT_EQ(
      unpack_image(image_bytes(bytes), image, &back, nullptr, {.max_memory = kMost + 511}).to_string(),
      "error[decode.limit] 67109376 bytes of memory, more than the limit of 67109375; --max-memory raises it "
      "(DecodeLimits::max_memory)");
  EXPECT_TRUE(unpack_image(image_bytes(bytes), image, &back, nullptr, {.max_memory = kMost + 512}).ok());

  uint32_t section, extra_bytes = kMost + 1;
  std::memcpy(&section, &bytes[16], 4);
  std::memcpy(&bytes[section + 4], &extra_bytes, 4);
  EXPECT_EQ(unpack_image(image_bytes(bytes), image, &back, nullptr).to_string(),
            "error[packed.damaged] the packed image is damaged: its recipe says that it is longer than a "
            "recipe can be");
  extra_bytes = kMost - 1;
  std::memcpy(&bytes[section + 4], &extra_bytes, 4);
  EXPECT_EQ(unpack_image(image_bytes(bytes), image, &back, nullptr).to_string(),
            "error[packed.damaged] the packed image is damaged: its recipe does not decompress");
}

// What compresses to nothing must not make much again.
TEST(PackedLimits, HoldForWhatAFewBytesStandFor) {
  JpegRecipe recipe, back;
  CoefficientImage image;
  std::vector<uint8_t> bytes;
  recipe.extra.resize(60'000);
  ASSERT_EQ(pack_with(recipe, bytes), "");
  const uint64_t most = max_rebuilt_bytes(bytes.size() - 64);
  EXPECT_EQ(most, 65536 + 64 * (bytes.size() - 64));
  recipe.file_bytes = most;
  EXPECT_EQ(pack_with(recipe, bytes), "");
  recipe.file_bytes = most + 1;
  EXPECT_EQ(pack_with(recipe, bytes), "error[packed.unsupported] more than 64 times as long as packed");
  recipe.file_bytes = 0;
  recipe.extra.resize(100'000);
  EXPECT_EQ(pack_with(recipe, bytes), "error[packed.unsupported] more than 64 times as long as packed");

  // The same bytes from a writer that does not care.
  recipe.extra.resize(60'000);
  ASSERT_EQ(pack_with(recipe, bytes), "");
  uint32_t section, extra_bytes = 100'000;
  std::memcpy(&section, &bytes[16], 4);
  std::memcpy(&bytes[section + 4], &extra_bytes, 4);
  EXPECT_EQ(unpack_image(image_bytes(bytes), image, &back, nullptr).to_string(),
            "error[packed.damaged] the packed image is damaged: its recipe says that it is longer than a "
            "recipe can be");
}

/// Headers of a gray progressive file with codes of 16 bits, restart markers behind each block and a scan for
/// each of the first `scans` coefficients: 4 bytes a block and scan.
std::vector<uint8_t> wasteful_headers(uint8_t scans) {
  std::vector<uint8_t> h = {0xFF, 0xD8, 0xFF, 0xC2, 0,    11,   8, 0, 0, 0, 0,
                            1,    1,    0x11, 0,    0xFF, 0xDD, 0, 4, 0, 1};
  for (const uint8_t table : {0x00, 0x10}) {
    h.insert(h.end(), {0xFF, 0xC4, 0, 20, table, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0});
  }
  for (uint8_t k = 0; k < scans; ++k) h.insert(h.end(), {0xFF, 0xDA, 0, 8, 1, 1, 0x00, k, k, 0});
  h.insert(h.end(), {0xFF, 0xD9});
  return h;
}

/// An empty gray image with such a recipe.
std::vector<uint8_t> wasteful_image(uint32_t width, uint32_t height, uint8_t scans) {
  std::mt19937 rng(11);
  CoefficientImage image = draw_coefficients(HR_PLANES_GRAY, width, height, Drawn::photo, rng);
  for (CoefficientBlock& block : image.components[0].blocks) block.fill(0);
  JpegRecipe recipe;
  recipe.headers = wasteful_headers(scans);
  ImagePacker packer;
  std::vector<uint8_t> bytes;
  EXPECT_EQ(packer.pack(image, &recipe, true, PackEffort::fast, bytes).to_string(), "");
  bytes.resize(bytes.size() + 64);
  return bytes;
}

std::string rebuild_error(const std::vector<uint8_t>& bytes, const DecodeLimits& limits,
                          JpegRebuilder& rebuilder) {
  const Expected<RecipeState> state = rebuilder.rebuild(image_bytes(bytes), limits);
  EXPECT_EQ(state.ok(), !rebuilder.jpeg().empty());
  return state.status().to_string();
}

TEST(PackedRebuild, AFewBytesDoNotMakeALargeFile) {
  JpegRebuilder rebuilder;
  EXPECT_EQ(rebuild_error(wasteful_image(100, 100, 64), {}, rebuilder), "");
  const size_t size = rebuilder.jpeg().size();
  EXPECT_GT(size, 64u * 13 * 13 * 4 - 1000);
  const std::vector<uint8_t> bytes = wasteful_image(1000, 1000, 64);
  const size_t packed = bytes.size() - 64;
  EXPECT_LT(packed, 5000u);  // for 4 MB
  EXPECT_EQ(rebuild_error(bytes, {}, rebuilder),
            "error[packed.damaged] the packed image is damaged: its file would have more than the " +
                std::to_string(max_rebuilt_bytes(packed)) + " bytes that " + std::to_string(packed) +
                " packed bytes may stand for");
  EXPECT_EQ(rebuild_error(wasteful_image(100, 100, 64), {}, rebuilder), "") << "and the next one works";
  EXPECT_EQ(rebuilder.jpeg().size(), size);
}

TEST(PackedRebuild, MemoryIsLimited) {
  JpegRebuilder rebuilder;
  const std::vector<uint8_t> bytes = wasteful_image(400, 400, 4);
  ASSERT_EQ(rebuild_error(bytes, {}, rebuilder), "");
  const uint64_t recipe = wasteful_headers(4).size(), coefficients = 50 * 50 * 128;
  const uint64_t all = coefficients + recipe + rebuilder.jpeg().size();
  EXPECT_EQ(rebuild_error(bytes, {.max_memory = all}, rebuilder), "");
  const auto error = [](const std::string& least, uint64_t limit) {
    return "error[decode.limit] " + least + " bytes of memory, more than the limit of " +
           std::to_string(limit) + "; --max-memory raises it (DecodeLimits::max_memory)";
  };
  EXPECT_EQ(rebuild_error(bytes, {.max_memory = all - 1}, rebuilder),
            error("at least " + std::to_string(all), all - 1));
  EXPECT_EQ(rebuild_error(bytes, {.max_memory = coefficients + recipe - 1}, rebuilder),
            error(std::to_string(coefficients + recipe), coefficients + recipe - 1));
  EXPECT_EQ(rebuild_error(bytes, {.max_pixels = 159'999}, rebuilder),
            "error[decode.limit] 160000 pixels, more than the limit of 159999; --max-pixels raises it "
            "(DecodeLimits::max_pixels)");
}

TEST(PackedRebuild, SaysWhatIsWrongWithTheRecipe) {
  JpegRecipe recipe;
  recipe.headers = {0xFF, 0xD8};
  std::vector<uint8_t> bytes;
  ASSERT_EQ(pack_with(recipe, bytes), "");
  JpegRebuilder rebuilder;
  EXPECT_EQ(rebuild_error(bytes, {}, rebuilder),
            "error[packed.damaged] the packed image is damaged: component 0 is in no scan");
}

TEST(PackedRebuild, StrippedImagesHaveNoFile) {
  std::mt19937 rng(12);
  const std::vector<uint8_t> bytes =
      pack_for_test(draw_coefficients(HR_PLANES_420, 40, 30, Drawn::photo, rng));
  JpegRebuilder rebuilder;
  const Expected<RecipeState> state = rebuilder.rebuild(image_bytes(bytes), {});
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(*state, RecipeState::none);
  EXPECT_TRUE(rebuilder.jpeg().empty());
}

}  // namespace
}  // namespace headrace::testing
