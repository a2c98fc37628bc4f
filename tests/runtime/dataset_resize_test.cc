#include <gtest/gtest.h>

#include "runtime/dataset/rgb_resize.h"

namespace headrace {
namespace {

std::vector<uint8_t> pattern(RgbSize size) {
  std::vector<uint8_t> out;
  for (uint32_t y = 0; y < size.height; ++y) {
    for (uint32_t x = 0; x < size.width; ++x) {
      for (uint32_t c = 0; c < 3; ++c) {
        out.push_back(static_cast<uint8_t>((x * 37 + y * 91 + c * 53 + x * y * 7) ^ (x * x >> 3)));
      }
    }
  }
  return out;
}

uint64_t fnv1a(const std::vector<uint8_t>& bytes) {
  uint64_t h = 0xcbf29ce484222325u;
  for (const uint8_t b : bytes) h = (h ^ b) * 0x100000001b3u;
  return h;
}

struct Golden {
  RgbSize from, to;
  uint64_t hash;
};

// From dataset_resize_golden.py with Pillow 12.0.0.
constexpr Golden kGolden[] = {
    {{7, 5}, {3, 2}, 0xfe8b2ce1d4a323ddu},         {{16, 16}, {8, 8}, 0x6795f01eda473970u},
    {{17, 513}, {8, 256}, 0x9726bcf9ef356985u},    {{513, 17}, {256, 8}, 0x3c9e6d96648fbb46u},
    {{500, 375}, {256, 192}, 0x2bedda269063fbcbu}, {{375, 500}, {192, 256}, 0xc8dbdb0ade3b7828u},
    {{256, 3}, {255, 3}, 0x5d1af6592e39e895u},     {{3, 256}, {3, 100}, 0x2796981306751966u},
    {{1000, 1}, {10, 1}, 0x26854c24fa88eb34u},     {{1, 1000}, {1, 3}, 0x60147975ce6ce700u},
    {{97, 89}, {96, 89}, 0xa64285ac681e402fu},     {{640, 480}, {1, 1}, 0x2fbd371ae17f7f16u},
};

TEST(RgbResize, EqualsPillow) {
  RgbResizer resizer;  // one for all sizes, so that scratch memory of larger images is met again
  for (const Golden& g : kGolden) {
    EXPECT_EQ(fnv1a(resizer.resize(pattern(g.from), g.from, g.to)), g.hash)
        << g.from.width << " x " << g.from.height << " to " << g.to.width << " x " << g.to.height;
  }
}

TEST(RgbResize, EqualsPillowByteForByte) {
  const std::vector<uint8_t> expected = {105, 133, 143, 125, 129, 144, 134, 135, 127,
                                         124, 135, 130, 139, 140, 133, 152, 132, 124};
  EXPECT_EQ(RgbResizer().resize(pattern({7, 5}), {7, 5}, {3, 2}), expected);
}

TEST(RgbResize, SameSizeKeepsPixels) {
  EXPECT_EQ(RgbResizer().resize(pattern({33, 21}), {33, 21}, {33, 21}), pattern({33, 21}));
}

TEST(RgbResize, ConstantStaysConstant) {
  const std::vector<uint8_t> white(300 * 200 * 3, 255);
  EXPECT_EQ(RgbResizer().resize(white, {300, 200}, {77, 31}), std::vector<uint8_t>(77 * 31 * 3, 255));
}

TEST(LimitedSize, MaxSideRoundsHalfUpAndNeverEnlarges) {
  const auto limit = [](uint32_t w, uint32_t h, uint32_t n) { return limited_size({w, h}, n, std::nullopt); };
  EXPECT_EQ(limit(500, 375, 256), (RgbSize{256, 192}));
  EXPECT_EQ(limit(375, 500, 256), (RgbSize{192, 256}));
  EXPECT_EQ(limit(512, 3, 256), (RgbSize{256, 2}));   // 1.5
  EXPECT_EQ(limit(1024, 5, 256), (RgbSize{256, 1}));  // 1.25
  EXPECT_EQ(limit(65535, 1, 256), (RgbSize{256, 1}));
  EXPECT_EQ(limit(256, 100, 256), (RgbSize{256, 100}));
  EXPECT_EQ(limit(20, 10, 256), (RgbSize{20, 10}));
}

TEST(LimitedSize, ShortSide) {
  const auto limit = [](uint32_t w, uint32_t h, uint32_t n) { return limited_size({w, h}, std::nullopt, n); };
  EXPECT_EQ(limit(500, 375, 256), (RgbSize{341, 256}));  // 341.33
  EXPECT_EQ(limit(375, 500, 256), (RgbSize{256, 341}));
  EXPECT_EQ(limit(5, 2, 1), (RgbSize{3, 1}));  // 2.5
  EXPECT_EQ(limit(1000, 200, 256), (RgbSize{1000, 200}));
}

TEST(LimitedSize, WithoutLimits) {
  EXPECT_EQ(limited_size({5000, 1}, std::nullopt, std::nullopt), (RgbSize{5000, 1}));
}

}  // namespace
}  // namespace headrace
