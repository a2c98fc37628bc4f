// A rectangle of a JPEG must have the pixels of the full decode, wherever it lies and however the file
// is built.
#include <gtest/gtest.h>

#include "jpeg_testing.h"

namespace headrace::testing {
namespace {

struct Sampling {
  const char* space;
  std::array<int, 4> h, v;
};

/// Usual subsamplings, and unusual ones that take other paths through libjpeg's upsampling.
const std::vector<Sampling>& samplings() {
  static const std::vector<Sampling> kSamplings = {
      {"YCbCr", {1, 1, 1}, {1, 1, 1}},  // 4:4:4
      {"YCbCr", {2, 1, 1}, {1, 1, 1}},  // 4:2:2
      {"YCbCr", {2, 1, 1}, {2, 1, 1}},  // 4:2:0
      {"YCbCr", {1, 1, 1}, {2, 1, 1}},  // 4:4:0
      {"YCbCr", {4, 1, 1}, {1, 1, 1}},  // 4:1:1
      {"YCbCr", {4, 1, 1}, {2, 1, 1}},  // 4:1:0
      {"YCbCr", {1, 1, 1}, {4, 1, 1}},  // four rows to one
      {"YCbCr", {3, 1, 1}, {1, 1, 1}},  // three to one: replicated
      {"YCbCr", {4, 2, 1}, {1, 1, 1}},  // one interpolated and one replicated
      {"YCbCr", {2, 1, 2}, {2, 2, 1}},  // each component its own way
      {"YCbCr", {1, 1, 1}, {4, 2, 1}},
      {"YCbCr", {1, 2, 2}, {1, 2, 2}},  // luma subsampled
      {"YCbCr", {2, 2, 1}, {1, 1, 1}},
      {"RGB", {1, 1, 1}, {1, 1, 1}},
      {"RGB", {2, 1, 1}, {2, 1, 1}},
      {"gray", {1}, {1}},
      {"gray", {2}, {2}},
      {"gray", {4}, {1}},
      {"CMYK", {1, 1, 1, 1}, {1, 1, 1, 1}},
      {"YCCK", {2, 1, 1, 2}, {2, 1, 1, 2}},
      {"YCCK", {2, 1, 1, 2}, {1, 1, 1, 1}},
  };
  return kSamplings;
}

struct Coding {
  Scans scans;
  bool arithmetic;
  int restart_interval;
};

constexpr Coding kCodings[] = {
    {Scans::sequential, false, 0},  {Scans::sequential, false, 3},        {Scans::sequential, true, 0},
    {Scans::sequential, true, 2},   {Scans::one_per_component, false, 0}, {Scans::progressive, false, 0},
    {Scans::progressive, false, 5}, {Scans::progressive, true, 0},        {Scans::dc_only, false, 0},
    {Scans::coarse, false, 0},
};

JpegSpec make_spec(uint32_t width, uint32_t height, const Sampling& s, const Coding& c, uint32_t seed) {
  JpegSpec spec;
  spec.width = width;
  spec.height = height;
  spec.space = s.space;
  spec.h = s.h;
  spec.v = s.v;
  spec.scans = c.scans;
  spec.arithmetic = c.arithmetic;
  spec.restart_interval = c.restart_interval;
  spec.seed = seed;
  return spec;
}

TEST(JpegRegion, RandomRectsOfEverySamplingAndCoding) {
  std::mt19937 rng(20240607);
  const DecoderPtr decoder = make_decoder();
  uint32_t seed = 0;
  for (const Sampling& sampling : samplings()) {
    for (const Coding& coding : kCodings) {
      const JpegSpec spec = make_spec(70 + rng() % 70, 60 + rng() % 80, sampling, coding, ++seed);
      const Bytes jpeg = make_jpeg(spec);
      const Pixels full = full_decode(jpeg);
      ASSERT_EQ(full.width, spec.width) << describe(spec);
      for (int i = 0; i < 60; ++i) {
        const PixelRect rect = random_rect(rng, spec.width, spec.height);
        ASSERT_EQ(compare_region(decoder.get(), jpeg, full, rect), "") << describe(spec);
      }
    }
  }
}

// Every column range of every small width: the narrow crops are where libjpeg may change its mind
// about upsampling.
TEST(JpegRegion, EveryColumnRangeOfNarrowImages) {
  const DecoderPtr decoder = make_decoder();
  for (const Sampling& sampling : samplings()) {
    for (const Coding& coding : {kCodings[0], kCodings[5]}) {
      for (uint32_t width : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 10u, 15u, 16u, 17u, 18u, 33u}) {
        const JpegSpec spec = make_spec(width, 5, sampling, coding, width);
        const Bytes jpeg = make_jpeg(spec);
        const Pixels full = full_decode(jpeg);
        ASSERT_EQ(full.width, width) << describe(spec);
        for (uint32_t left = 0; left < width; ++left) {
          for (uint32_t cols = 1; left + cols <= width; ++cols) {
            if (cols > 6 && left + cols + 6 < width) continue;  // neither narrow nor near the right border
            ASSERT_EQ(compare_region(decoder.get(), jpeg, full, {1, left, 2, cols}), "") << describe(spec);
          }
        }
      }
    }
  }
}

TEST(JpegRegion, EveryFirstRow) {
  const DecoderPtr decoder = make_decoder();
  for (const Sampling& sampling : samplings()) {
    for (const Coding& coding : kCodings) {
      const JpegSpec spec = make_spec(19, 70, sampling, coding, 3);
      const Bytes jpeg = make_jpeg(spec);
      const Pixels full = full_decode(jpeg);
      ASSERT_EQ(full.height, spec.height) << describe(spec);
      for (uint32_t top = 0; top < spec.height; ++top) {
        const uint32_t rows = std::min(spec.height - top, 1 + top % 5);
        ASSERT_EQ(compare_region(decoder.get(), jpeg, full, {top, 0, rows, 19}), "") << describe(spec);
        ASSERT_EQ(compare_region(decoder.get(), jpeg, full, {top, 3, rows, 11}), "") << describe(spec);
      }
    }
  }
}

TEST(JpegRegion, ThinImages) {
  std::mt19937 rng(5);
  const DecoderPtr decoder = make_decoder();
  for (const Sampling& sampling : samplings()) {
    for (const auto& [width, height] : {std::pair{1u, 1u}, {1u, 257u}, {300u, 1u}, {2u, 130u}, {131u, 2u}}) {
      for (const Coding& coding : {kCodings[0], kCodings[5], kCodings[9]}) {
        const JpegSpec spec = make_spec(width, height, sampling, coding, 9);
        const Bytes jpeg = make_jpeg(spec);
        const Pixels full = full_decode(jpeg);
        ASSERT_EQ(full.height, height) << describe(spec);
        for (int i = 0; i < 12; ++i) {
          const PixelRect rect = random_rect(rng, width, height);
          ASSERT_EQ(compare_region(decoder.get(), jpeg, full, rect), "") << describe(spec);
        }
      }
    }
  }
}

// The test images must reach the special case they are there for: smoothing changes pixels of
// incomplete progressive files, which the test would not see if the files were complete.
TEST(JpegRegion, IncompleteProgressiveFilesAreSmoothed) {
  JpegSpec spec{.width = 64, .height = 64, .scans = Scans::dc_only};
  const Pixels smoothed = full_decode(make_jpeg(spec));
  ASSERT_EQ(smoothed.width, 64u);
  int steps_inside_blocks = 0;
  for (int x = 25; x < 31; ++x) {
    steps_inside_blocks += smoothed.rgb[(20 * 64 + x) * 3] != smoothed.rgb[(20 * 64 + x + 1) * 3];
  }
  EXPECT_GT(steps_inside_blocks, 0);
}

TEST(JpegRegion, SamplesAreReplicatedForGray) {
  const JpegSpec spec{.width = 21, .height = 13, .space = "gray"};
  const Bytes jpeg = make_jpeg(spec);
  const DecoderPtr decoder = make_decoder();
  Bytes out(21 * 13 * 3);
  ASSERT_TRUE(decode_rgb(decoder.get(), jpeg, 21, 13, {0, 0, 13, 21}, out.data(), 21 * 3).ok());
  for (size_t i = 0; i < out.size(); i += 3) {
    ASSERT_EQ(out[i], out[i + 1]);
    ASSERT_EQ(out[i], out[i + 2]);
  }
}

}  // namespace
}  // namespace headrace::testing
