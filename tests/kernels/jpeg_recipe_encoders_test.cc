// Files as other encoders might write them: altered by hand, padded and filled up differently, coded
// differently.
#include <gtest/gtest.h>

#include <algorithm>

#include "jpeg_recode_testing.h"
#include "jpeg_testing.h"
#include "kernels/jpeg_recipe.h"
#include "kernels/jpeg_recipe_extra.h"
#include "kernels/jpeg_segments.h"

namespace headrace::testing {
namespace {

Bytes altered(const Bytes& jpeg, size_t at, const Bytes& inserted) {
  Bytes out = jpeg;
  out.insert(out.begin() + static_cast<ptrdiff_t>(at), inserted.begin(), inserted.end());
  return out;
}

TEST(JpegRecipeOtherEncoders, BytesOutsideOfSegments) {
  const Bytes jpeg = make_jpeg({.width = 50, .height = 30, .restart_interval = 4});
  const size_t tables = find_marker(jpeg, 0xDB), scan = find_marker(jpeg, 0xDA), end = jpeg.size() - 2;
  EXPECT_EQ(round_trip(altered(jpeg, tables, {0xFF, 0xFF, 0xFF})), "");
  EXPECT_EQ(round_trip(altered(jpeg, tables, {0x12, 0x00, 0xFF, 0x00, 0x34})), "");
  EXPECT_EQ(round_trip(altered(jpeg, scan, {0xFF})), "");
  EXPECT_EQ(round_trip(altered(jpeg, end, {0xFF})), "");
  EXPECT_EQ(round_trip(altered(jpeg, end, {0x00, 0x00, 0xFF, 0x00, 0x77})), "");
  EXPECT_EQ(round_trip(altered(jpeg, end, {0xFF, 0xD0})), "");
  EXPECT_EQ(round_trip(altered(jpeg, jpeg.size(), {0x00})), "");
  Bytes tail(3000);
  for (size_t i = 0; i < tail.size(); ++i) tail[i] = static_cast<uint8_t>(i * i >> 3);
  EXPECT_EQ(round_trip(altered(jpeg, jpeg.size(), tail)), "");
  EXPECT_EQ(round_trip(altered(jpeg, jpeg.size(), jpeg)), "");
}

TEST(JpegRecipeOtherEncoders, WithoutEndOfImage) {
  const Bytes jpeg = make_jpeg({.width = 50, .height = 30});
  Split s;
  ASSERT_EQ(round_trip(jpeg, &s), "");
  const Bytes cut(jpeg.begin(), jpeg.end() - 2);
  ASSERT_TRUE(make_jpeg_recipe(cut, s.image, s.recipe, s.byte_exact).ok());
  EXPECT_TRUE(s.byte_exact);
  std::string error;
  EXPECT_EQ(rebuild(s, error), cut);
  EXPECT_EQ(error, "");
}

TEST(JpegRecipeOtherEncoders, RestartIntervalChangesBetweenScans) {
  const Bytes jpeg =
      make_jpeg({.width = 50, .height = 30, .scans = Scans::one_per_component, .restart_interval = 3});
  const Bytes other =
      make_jpeg({.width = 50, .height = 30, .scans = Scans::one_per_component, .restart_interval = 5});
  const auto first_end = [](const Bytes& b) {
    return static_cast<ptrdiff_t>(scan_end(b, scan_begin(b, find_marker(b, 0xDA))));
  };
  Bytes joined(jpeg.begin(), jpeg.begin() + first_end(jpeg));
  joined.insert(joined.end(), {0xFF, 0xDD, 0, 4, 0, 5});
  joined.insert(joined.end(), other.begin() + first_end(other), other.end());
  EXPECT_EQ(round_trip(joined), "");
}

TEST(JpegRecipeOtherEncoders, StandardTablesMayBeLeftOut) {
  Bytes jpeg = make_jpeg({.width = 50, .height = 30});
  for (int i = 0; i < 4; ++i) {
    const size_t table = find_marker(jpeg, 0xC4);
    const auto begin = jpeg.begin() + static_cast<ptrdiff_t>(table);
    jpeg.erase(begin, begin + 2 + (jpeg[table + 2] << 8 | jpeg[table + 3]));
  }
  EXPECT_EQ(round_trip(jpeg), "");
}

TEST(JpegRecipeOtherEncoders, FillBits) {
  const Bytes ones = make_jpeg({.width = 90, .height = 60, .restart_interval = 5});
  std::string error;
  Split s = split(ones, error);
  ASSERT_EQ(error, "");
  s.recipe.extra = {1, 0, 0};  // zeros; no insertions, no padding blocks
  const Bytes zeros = rebuild(s, error);
  ASSERT_EQ(error, "");
  ASSERT_EQ(zeros.size(), ones.size());
  EXPECT_EQ(full_decode(zeros).rgb, full_decode(ones).rgb);
  Split t;
  EXPECT_EQ(round_trip(zeros, &t), "");
  EXPECT_EQ(t.recipe.extra, (Bytes{1, 0, 0}));

  Bytes mixed = ones;
  int differing = 0;
  for (size_t i = 0; i < ones.size(); ++i) {
    if (ones[i] == zeros[i]) continue;
    // Each is followed by a marker, and differs in low bits.
    EXPECT_EQ(ones[i + 1], 0xFF);
    EXPECT_EQ((ones[i] ^ zeros[i]) & ((ones[i] ^ zeros[i]) + 1), 0);
    if (++differing % 2 == 0) mixed[i] = zeros[i];
  }
  EXPECT_GT(differing, 3);
  EXPECT_EQ(round_trip(mixed, &t), "");
  EXPECT_EQ(t.recipe.extra[0] & 3, 2);
}

TEST(JpegRecipeOtherEncoders, UnusualPaddingBlocks) {
  std::mt19937 rng(5);
  for (const auto& [h, v] : {std::pair{2, 1}, {2, 2}, {1, 2}}) {
    for (const int restart : {0, 1, 3}) {
      // A file of whole MCUs whose size is then stated smaller, so that its last blocks become padding.
      CoefficientImage image = blank_image(96, 64, h, v);
      randomize(image, rng);
      Bytes jpeg = write_jpeg(image, {.optimize = true, .restart_interval = restart});
      const size_t frame = find_marker(jpeg, 0xC0);
      jpeg[frame + 6] = static_cast<uint8_t>(v == 2 ? 49 : 57);  // height
      jpeg[frame + 8] = static_cast<uint8_t>(h == 2 ? 81 : 89);  // width
      Split s;
      ASSERT_EQ(round_trip(jpeg, &s), "") << restart << " " << h << "x" << v;
      EXPECT_FALSE(s.recipe.extra.empty());
      EXPECT_EQ(s.image.components[0].blocks, image.components[0].blocks);
    }
  }
}

TEST(JpegRecipeOtherEncoders, UnusualPaddingInProgressiveDcScans) {
  std::mt19937 rng(6);
  CoefficientImage image = blank_image(145, 130, 2, 2);
  randomize(image, rng);
  Split s;
  const Bytes usual = write_jpeg(image, {.progressive = true});
  ASSERT_EQ(round_trip(usual, &s), "");
  jpeg::RecipeExtra extra;
  const jpeg::ExtraLimits limits = {s.recipe.headers.size(), 100};
  ASSERT_TRUE(jpeg::read_extra(s.recipe.extra, limits, extra).ok());
  ASSERT_TRUE(extra.padding.empty());
  extra.padding.resize(2);
  extra.padding[0].block[0] = image.components[0].block(0, 3)[0];
  extra.padding[1].skipped = 4;
  extra.padding[1].block[0] = image.components[0].block(5, 3)[0];
  s.recipe.extra = jpeg::write_extra(extra);
  std::string error;
  const Bytes unusual = rebuild(s, error);
  ASSERT_EQ(error, "");
  EXPECT_NE(unusual, usual);
  EXPECT_EQ(full_decode(unusual).rgb, full_decode(usual).rgb);
  Split again;
  EXPECT_EQ(round_trip(unusual, &again), "");
  EXPECT_EQ(again.recipe.extra, s.recipe.extra);
}

TEST(JpegRecipeOtherEncoders, OtherCodingKeepsCoefficientsAndMetadata) {
  // Fill bytes before a restart marker are allowed, and not reproduced.
  for (const Scans scans : {Scans::sequential, Scans::progressive}) {
    Bytes jpeg =
        make_jpeg({.width = 50, .height = 30, .h = {2, 1, 1, 1}, .scans = scans, .restart_interval = 2});
    size_t restart = scan_begin(jpeg, find_marker(jpeg, 0xDA));
    while (jpeg[restart] != 0xFF || jpeg[restart + 1] != 0xD0) ++restart;
    jpeg = altered(jpeg, restart, {0xFF});
    jpeg = altered(jpeg, 2, {0xFF, 0xFE, 0, 6, 'n', 'o', 't', 'e'});
    std::string error;
    const Split s = split(jpeg, error);
    ASSERT_EQ(error, "");
    EXPECT_FALSE(s.byte_exact);
    const Bytes again = rebuild(s, error);
    ASSERT_EQ(error, "");
    EXPECT_NE(again, jpeg);
    EXPECT_EQ(find_marker(again, 0xFE), 2u);
    EXPECT_EQ(full_decode(again).rgb, full_decode(jpeg).rgb);
    CoefficientImage image;
    ASSERT_TRUE(read_coefficients(again, kDefaultDecodeLimits, image).ok());
    EXPECT_EQ(compare(image, s.image), "");
    EXPECT_EQ(round_trip(again), "");
  }
}

TEST(JpegRecipeOtherEncoders, OtherCodingOfLargeCoefficients) {
  const Bytes jpeg = make_jpeg({.width = 50, .height = 30});
  std::string error;
  Split s = split(jpeg, error);
  ASSERT_EQ(error, "");
  s.image.components[1].blocks[3][17] = -20000;
  s.image.components[2].blocks[2][63] = 32767;
  ASSERT_TRUE(make_jpeg_recipe(jpeg, s.image, s.recipe, s.byte_exact).ok());
  EXPECT_FALSE(s.byte_exact);
  const Bytes again = rebuild(s, error);
  ASSERT_EQ(error, "");
  CoefficientImage image;
  ASSERT_TRUE(read_coefficients(again, kDefaultDecodeLimits, image).ok());
  EXPECT_EQ(compare(image, s.image), "");

  s.image.components[1].blocks[3][17] = -32768;
  EXPECT_EQ(make_jpeg_recipe(jpeg, s.image, s.recipe, s.byte_exact).to_string(),
            "error[packed.recipe] a coefficient has no code in the scan's Huffman tables");
}

TEST(JpegRecipeOtherEncoders, WideQuantisationTablesInOtherCoding) {
  const Bytes jpeg = make_jpeg({.width = 50, .height = 30});
  std::string error;
  Split s = split(jpeg, error);
  ASSERT_EQ(error, "");
  s.image.components[1].quant[5] = 1000;
  s.image.components[0].blocks[0][5] ^= 1;
  ASSERT_TRUE(make_jpeg_recipe(jpeg, s.image, s.recipe, s.byte_exact).ok());
  EXPECT_FALSE(s.byte_exact);
  CoefficientImage image;
  ASSERT_TRUE(read_coefficients(rebuild(s, error), kDefaultDecodeLimits, image).ok());
  EXPECT_EQ(compare(image, s.image), "");
}

/// A file's headers, or a recipe's, without or with only the tables of AC codes.
Bytes ac_tables(const Bytes& headers, bool keep) {
  Bytes out;
  jpeg::SegmentReader reader(headers);
  for (jpeg::Piece piece = reader.next(); piece.kind != jpeg::Piece::Kind::end; piece = reader.next()) {
    const bool ac = piece.marker == jpeg::kDht && piece.content()[0] >> 4 == 1;
    if (ac == keep) out.insert(out.end(), piece.bytes.begin(), piece.bytes.end());
  }
  return out;
}

TEST(JpegRecipeOtherEncoders, EndOfBandRunsAreNoLongerThanTheTableHasCodesFor) {
  // Progressive, with the standard tables, which say the end of one block only.
  const Bytes tables = ac_tables(make_jpeg({.width = 8, .height = 8}), true);
  ASSERT_EQ(tables.size(), 2u * 183);
  std::mt19937 rng(9);
  CoefficientImage image = blank_image(90, 70, 2, 1);
  randomize(image, rng);
  std::string error;
  Split s = split(write_jpeg(image, {.progressive = true}), error);
  ASSERT_EQ(error, "");
  jpeg::RecipeExtra extra;
  ASSERT_TRUE(jpeg::read_extra(s.recipe.extra, {s.recipe.headers.size(), 0}, extra).ok());
  s.recipe = {ac_tables(jpeg::merge_insertions(s.recipe.headers, extra), false), {}};
  s.recipe.headers.insert(s.recipe.headers.begin() + 2, tables.begin(), tables.end());
  const Bytes jpeg = rebuild(s, error);
  ASSERT_EQ(error, "");
  EXPECT_EQ(full_decode(jpeg).rgb, full_decode(write_jpeg(image, {})).rgb);
  Split again;
  EXPECT_EQ(round_trip(jpeg, &again), "");
  EXPECT_EQ(compare(again.image, image), "");
}

}  // namespace
}  // namespace headrace::testing
