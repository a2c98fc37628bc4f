// Chroma tables: worked by hand, and against upsampling and resampling as two matrices.
#include "ir/chroma_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace headrace::resample {
namespace {

using Weights = std::vector<int32_t>;

constexpr int32_t kOne = 1 << kQ14Bits;

Table single_pixels(int64_t first, int64_t count) {
  Table t;
  t.taps = 1;
  for (int64_t i = 0; i < count; ++i) t.start.push_back(int32_t(first + i));
  t.weight.assign(size_t(count), kOne);
  return t;
}

TEST(ChromaTable, OfSinglePixelsIsTheUpsamplingFilter) {
  const Table fancy = compose_chroma(single_pixels(0, 6), {0, 3, true});
  EXPECT_EQ(fancy.taps, 2);
  EXPECT_EQ(fancy.start, (Weights{0, 0, 0, 1, 1, 2}));
  EXPECT_EQ(fancy.weight, (Weights{16384, 0, 12288, 4096, 4096, 12288, 12288, 4096, 4096, 12288, 16384, 0}));
  const Table box = compose_chroma(single_pixels(0, 6), {0, 3, false});
  EXPECT_EQ(box.start, fancy.start);
  EXPECT_EQ(box.weight, (Weights{16384, 0, 16384, 0, 0, 16384, 16384, 0, 0, 16384, 16384, 0}));
}

TEST(ChromaTable, CountsPixelsFromTheImagesEdge) {
  // A rectangle that begins at pixel 3 of 5: its chroma is interpolated with what lies outside it.
  const Table t = compose_chroma(single_pixels(0, 2), {3, 3, true});
  EXPECT_EQ(t.start, (Weights{1, 1}));
  EXPECT_EQ(t.weight, (Weights{12288, 4096, 4096, 12288}));
}

TEST(ChromaTable, RoundsTheRunningSum) {
  Table luma;
  luma.taps = 3;
  luma.start = {1};
  luma.weight = {5461, 5462, 5461};
  // In quarters: sample 0 takes 3 * 5461 + 5462, sample 1 takes 5461 + 3 * 5462 + 3 * 5461, sample 2 takes
  // 5461: 21845, 38230, 5461. Running sums 21845, 60075, 65536 become 5461, 15019, 16384.
  const Table t = compose_chroma(luma, {0, 4, true});
  EXPECT_EQ(t.taps, 3);
  EXPECT_EQ(t.start, (Weights{0}));
  EXPECT_EQ(t.weight, (Weights{5461, 9558, 1365}));
  // At the end of the plane what would be sample 2 is sample 1.
  EXPECT_EQ(compose_chroma(luma, {0, 2, true}).weight, (Weights{5461, 10923, 0}));
  // Repeated: 4 * 5461, 4 * (5462 + 5461).
  EXPECT_EQ(compose_chroma(luma, {0, 4, false}).weight, (Weights{5461, 10923, 0}));
}

// Weight of chroma sample k in pixel j, in quarters.
int quarters(int64_t j, int64_t k, const ChromaAxis& axis) {
  if (!axis.fancy) return j / 2 == k ? 4 : 0;
  const int64_t next = std::clamp<int64_t>(j % 2 == 0 ? j / 2 - 1 : j / 2 + 1, 0, axis.samples - 1);
  return (j / 2 == k ? 3 : 0) + (next == k ? 1 : 0);
}

struct Random {
  std::mt19937 engine{7};
  int64_t operator()(int64_t lo, int64_t hi) {
    return std::uniform_int_distribution<int64_t>(lo, hi)(engine);
  }
};

TEST(ChromaTable, IsUpsamplingThenResampling) {
  Random random;
  int64_t last_tap_used[2] = {0, 0};  // by whether the luma's taps are odd
  for (int round = 0; round < 4000; ++round) {
    const int64_t pixels = random(1, round % 4 == 0 ? 6 : 90);
    Axis axis;
    axis.shape = Shape(random(0, 4));
    axis.src = random(1, pixels);
    axis.dst = axis.shape == Shape::area_overlap ? random(1, axis.src) : random(1, 60);
    axis.count = random(1, axis.dst);
    axis.offset = random(0, axis.dst - axis.count);
    axis.pre = random(0, 1) == 1;
    axis.post = random(0, 1) == 1;
    const Table luma = build_table(axis, Arith::q14);
    const ChromaAxis chroma{random(0, pixels - axis.src), (pixels + 1) / 2, random(0, 1) == 1};
    const Table t = compose_chroma(luma, chroma);
    ASSERT_EQ(t.taps, luma.taps / 2 + 2);
    ASSERT_EQ(t.start.size(), luma.start.size());
    for (size_t i = 0; i < t.start.size(); ++i) {
      const int32_t* w = &t.weight[i * size_t(t.taps)];
      ASSERT_EQ(std::accumulate(w, w + t.taps, 0), kOne);
      ASSERT_GE(t.start[i], 0);
      ASSERT_LT(t.start[i], chroma.samples);
      double exact_sum = 0;
      for (int64_t tap = 0; tap < t.taps; ++tap) {
        const int64_t k = t.start[i] + tap;
        double exact = 0;
        for (int64_t l = 0; l < luma.taps; ++l) {
          const int64_t j = chroma.offset + luma.start[i] + l;
          exact += luma.weight[i * size_t(luma.taps) + size_t(l)] * quarters(j, k, chroma) / 4.0;
        }
        exact_sum += exact;
        ASSERT_LT(std::fabs(w[tap] - exact), 1.0) << "round " << round << " entry " << i << " tap " << tap;
        ASSERT_GE(w[tap], 0);
        if (w[tap] != 0) {
          ASSERT_LT(k, chroma.samples);
          if (tap == t.taps - 1) ++last_tap_used[luma.taps % 2];
        }
      }
      ASSERT_EQ(exact_sum, double(kOne))
          << "round " << round << ": a sample before or beyond the taps counts";
    }
  }
  EXPECT_GT(last_tap_used[0], 0);  // so the number of taps is no larger than it must be
  EXPECT_GT(last_tap_used[1], 0);
}

TEST(ChromaTable, OfAFlippedAxisIsTheFlippedLumaTableComposed) {
  // 7 pixels from pixel 2 on, mirrored, to 3.
  const Axis plain{Shape::triangle, 7, 3, 0, 3, false, false}, both{Shape::triangle, 7, 3, 0, 3, true, true};
  const Table t = compose_chroma(build_table(plain, Arith::q14), {2, 5, true});
  const Table mirrored = compose_chroma(build_table(both, Arith::q14), {2, 5, true});
  ASSERT_EQ(t.start, mirrored.start);  // mirrored twice; the luma's weights are symmetric
  for (size_t i = 0; i < t.weight.size(); ++i) EXPECT_NEAR(t.weight[i], mirrored.weight[i], 2);
}

}  // namespace
}  // namespace headrace::resample
