// The weight tables: small cases by hand, and what must hold for every pair of lengths.
#include "ir/resample_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace headrace::resample {
namespace {

using Ints = std::vector<int32_t>;
constexpr Shape kShapes[] = {Shape::triangle, Shape::point, Shape::nearest, Shape::area_overlap,
                             Shape::area_linear};
constexpr int32_t kOne22 = 1 << 22, kOne14 = 1 << 14;

Table whole(Shape shape, int64_t src, int64_t dst, Arith arith, bool pre = false, bool post = false) {
  return build_table({shape, src, dst, 0, dst, pre, post}, arith);
}

void expect_table(Shape shape, int64_t src, int64_t dst, Arith arith, const Ints& start, const Ints& weight) {
  const Table t = whole(shape, src, dst, arith);
  EXPECT_EQ(t.start, start) << src << " to " << dst;
  EXPECT_EQ(t.weight, weight) << src << " to " << dst;
  EXPECT_EQ(t.weight.size(), size_t(t.taps * dst));
}

// Shrinking by 2: centres 1 and 3, weights 3/4, 3/4, 1/4 over their sum 7/4.
TEST(ResampleTable, TriangleShrinks) {
  expect_table(Shape::triangle, 2, 1, Arith::pillow8, {0}, {kOne22 / 2, kOne22 / 2});
  expect_table(Shape::triangle, 4, 2, Arith::pillow8, {0, 1},
               {1797559, 1797559, 599186, 599186, 1797559, 1797559});
  // Running sums 7021.71, 14043.43, 16384 and 2340.57, 9362.29, 16384, each rounded, then differences.
  expect_table(Shape::triangle, 4, 2, Arith::q14, {0, 1}, {7022, 7021, 2341, 2341, 7021, 7022});
}

// Growing by 2: centres 0.25, 0.75, 1.25, 1.75; the first and last see one pixel.
TEST(ResampleTable, TriangleGrows) {
  const int32_t q = kOne22 / 4;
  expect_table(Shape::triangle, 2, 4, Arith::pillow8, {0, 0, 0, 1}, {4 * q, 0, 3 * q, q, q, 3 * q, 4 * q, 0});
  expect_table(Shape::triangle, 1, 3, Arith::q14, {0, 0, 0}, {kOne14, kOne14, kOne14});
}

TEST(ResampleTable, TriangleOfEqualLengthsIsTheIdentity) {
  const Table t = whole(Shape::triangle, 5, 5, Arith::pillow8);
  for (int64_t i = 0; i < 5; ++i) {
    for (int64_t k = 0; k < t.taps; ++k) {
      EXPECT_EQ(t.weight[size_t(i * t.taps + k)], t.start[size_t(i)] + k == i ? kOne22 : 0);
    }
  }
}

// Positions (j + 1/2) src / dst - 1/2, clamped to the source; two neighbours only, however much it shrinks.
TEST(ResampleTable, Point) {
  expect_table(Shape::point, 4, 2, Arith::q14, {0, 2}, {kOne14 / 2, kOne14 / 2, kOne14 / 2, kOne14 / 2});
  expect_table(Shape::point, 12, 2, Arith::q14, {2, 8}, {kOne14 / 2, kOne14 / 2, kOne14 / 2, kOne14 / 2});
  const int32_t q = kOne14 / 4;
  expect_table(Shape::point, 2, 4, Arith::q14, {0, 0, 0, 1}, {4 * q, 0, 3 * q, q, q, 3 * q, 4 * q, 0});
  expect_table(Shape::point, 1, 2, Arith::pillow8, {0, 0}, {kOne22, kOne22});
}

// Positions trunc((j + 1/2) src / dst): 0.83, 2.5, 4.17.
TEST(ResampleTable, Nearest) {
  expect_table(Shape::nearest, 5, 3, Arith::pillow8, {0, 2, 4}, {kOne22, kOne22, kOne22});
  expect_table(Shape::nearest, 2, 5, Arith::q14, {0, 0, 1, 1, 1}, Ints(5, kOne14));
  expect_table(Shape::nearest, 6, 2, Arith::q14, {1, 4}, Ints(2, kOne14));
}

// Cells [0, 1.5) and [1.5, 3): 1 and 1/2 of the pixels, over 1.5.
TEST(ResampleTable, AreaOverlap) {
  expect_table(Shape::area_overlap, 3, 2, Arith::q14, {0, 1}, {10923, 5461, 5461, 10923});
  expect_table(Shape::area_overlap, 3, 2, Arith::pillow8, {0, 1}, {2796203, 1398101, 1398101, 2796203});
  expect_table(Shape::area_overlap, 6, 2, Arith::q14, {0, 3}, {5461, 5462, 5461, 5461, 5462, 5461});
}

TEST(ResampleTable, AreaOverlapDropsSlivers) {
  // The first cell is [0, 1.0005): 0.0005 of the second pixel does not count.
  const Table sliver = whole(Shape::area_overlap, 2001, 2000, Arith::q14);
  EXPECT_EQ(sliver.start[0], 0);
  EXPECT_EQ(sliver.weight[0], kOne14);
  EXPECT_EQ(sliver.weight[1], 0);
  // [0, 1.002) covers 0.002 of it.
  const Table counted = whole(Shape::area_overlap, 501, 500, Arith::pillow8);
  EXPECT_EQ(counted.weight[0], 4185932);  // 2^22 / 1.002, rounded
  EXPECT_EQ(counted.weight[1], 8372);     // 2^22 * 0.002 / 1.002
}

// Cell trunc(j src / dst); how far output pixel j reaches beyond that cell's end.
TEST(ResampleTable, AreaLinear) {
  expect_table(Shape::area_linear, 2, 3, Arith::q14, {0, 0, 1},
               {kOne14, 0, kOne14 / 2, kOne14 / 2, kOne14, 0});
  expect_table(Shape::area_linear, 2, 4, Arith::q14, {0, 0, 1, 1},
               {kOne14, 0, kOne14, 0, kOne14, 0, kOne14, 0});
  expect_table(Shape::area_linear, 1, 2, Arith::pillow8, {0, 0}, {kOne22, kOne22});
}

// [0.5, 4.5) of 5 samples to 2: centres 1.5 and 3.5, each in the middle of a sample, whose weight is 1 and
// those of the samples around it 1/2. The fourth tap just touches a sample.
TEST(ResampleTable, TriangleOfABox) {
  const Table t = build_table({Shape::triangle, 5, 2, 0, 2, false, false, {4, 32}}, Arith::q14);
  EXPECT_EQ(t.start, (Ints{0, 2}));
  EXPECT_EQ(t.weight, (Ints{4096, 8192, 4096, 0, 4096, 8192, 4096, 0}));
}

// [0.5, 3.5) of 4 samples to 2: cells [0.5, 2) and [2, 3.5).
TEST(ResampleTable, AreaOfABox) {
  const Table t = build_table({Shape::area_overlap, 4, 2, 0, 2, false, false, {4, 24}}, Arith::q14);
  EXPECT_EQ(t.start, (Ints{0, 2}));
  EXPECT_EQ(t.weight, (Ints{5461, 10923, 10923, 5461}));
}

TEST(ResampleTable, ShapeOfFilter) {
  EXPECT_EQ(shape_of("bilinear", 4, 4, 2, 2), Shape::triangle);
  EXPECT_EQ(shape_of("bilinear_point", 4, 4, 2, 2), Shape::point);
  EXPECT_EQ(shape_of("nearest", 4, 4, 2, 2), Shape::nearest);
  EXPECT_EQ(shape_of("area", 4, 4, 2, 2), Shape::area_overlap);
  EXPECT_EQ(shape_of("area", 4, 4, 4, 4), Shape::area_overlap);
  EXPECT_EQ(shape_of("area", 4, 4, 5, 2), Shape::area_linear);
  EXPECT_EQ(shape_of("area", 4, 4, 2, 5), Shape::area_linear);
}

TEST(ResampleTable, TapsBound) {
  EXPECT_EQ(taps_bound(Shape::triangle, 500, 224), 7);  // ceil(2.23) = 3
  EXPECT_EQ(taps_bound(Shape::triangle, 448, 224), 5);
  EXPECT_EQ(taps_bound(Shape::triangle, 100, 224), 3);
  EXPECT_EQ(taps_bound(Shape::triangle, 2, 224), 2);
  EXPECT_EQ(taps_bound(Shape::area_overlap, 500, 224), 4);
  EXPECT_EQ(taps_bound(Shape::point, 500, 2), 2);
  EXPECT_EQ(taps_bound(Shape::area_linear, 500, 2), 2);
  EXPECT_EQ(taps_bound(Shape::nearest, 500, 2), 1);
}

// Every pair of small lengths, and large and extreme ones.
std::vector<std::pair<int64_t, int64_t>> length_pairs() {
  std::vector<std::pair<int64_t, int64_t>> pairs;
  for (int64_t src = 1; src <= 48; ++src) {
    for (int64_t dst = 1; dst <= 48; ++dst) pairs.push_back({src, dst});
  }
  uint32_t state = 1;
  auto next = [&](uint32_t limit) {
    state = state * 1664525u + 1013904223u;
    return int64_t(1 + (uint64_t{state} * limit >> 32));
  };
  for (int i = 0; i < 300; ++i) pairs.push_back({next(2000), next(500)});
  for (int64_t dst : {1, 2, 3, 7, 224, 16384}) pairs.push_back({65535, dst});
  for (int64_t src : {1, 2, 3, 7, 224, 16384}) pairs.push_back({src, 16384});
  for (int64_t src : {4095, 4097, 8191, 16383}) pairs.push_back({src, 4096});
  return pairs;
}

// Weights lie inside the source, are not negative, and their sum is one.
void expect_sound(const Table& t, Shape shape, int64_t src, int64_t dst, Arith arith) {
  const int64_t bound = taps_bound(shape, src, dst);
  ASSERT_GE(t.taps, 1);
  ASSERT_LE(t.taps, bound);
  for (int64_t i = 0; i < dst; ++i) {
    ASSERT_GE(t.start[size_t(i)], 0) << i;
    ASSERT_LT(t.start[size_t(i)], src) << i;
    int64_t sum = 0;
    for (int64_t k = 0; k < t.taps; ++k) {
      const int32_t w = t.weight[size_t(i * t.taps + k)];
      ASSERT_GE(w, 0) << i;
      ASSERT_TRUE(w == 0 || t.start[size_t(i)] + k < src) << "beyond the source at " << i;
      sum += w;
    }
    if (arith == Arith::q14) {
      ASSERT_EQ(sum, kOne14) << i;
    } else {
      ASSERT_LE(std::abs(sum - kOne22), (t.taps + 1) / 2) << i;  // each weight is off by at most a half
    }
  }
}

TEST(ResampleTable, EveryTableIsSound) {
  for (const auto& [src, dst] : length_pairs()) {
    for (Shape shape : kShapes) {
      if (shape == Shape::area_overlap && src < dst) continue;
      for (Arith arith : {Arith::pillow8, Arith::q14}) {
        SCOPED_TRACE(std::to_string(src) + " to " + std::to_string(dst) + ", shape " +
                     std::to_string(int(shape)));
        expect_sound(whole(shape, src, dst, arith), shape, src, dst, arith);
        if (HasFatalFailure()) return;
      }
    }
  }
}

// All of the source as a box is the source; and what a box leaves out beyond the outermost samples does not
// count.
TEST(ResampleTable, BoxesAreSound) {
  for (const Shape shape : {Shape::triangle, Shape::area_overlap}) {
    for (int64_t src = 2; src <= 40; ++src) {
      for (int64_t dst = 1; 2 * dst <= src; ++dst) {
        for (const Arith arith : {Arith::pillow8, Arith::q14}) {
          for (const bool pre : {false, true}) {
            const Table all = build_table({shape, src, dst, 0, dst, pre, false}, arith);
            const Table boxed = build_table({shape, src, dst, 0, dst, pre, false, {0, 8 * src}}, arith);
            ASSERT_EQ(boxed.start, all.start);
            ASSERT_EQ(boxed.weight, all.weight);
            for (const auto& [begin, end] :
                 {std::pair{1, 8 * src - 7}, {7, 8 * src - 1}, {3, 8 * src}, {0, 8 * src - 5}}) {
              if (end - begin < 16 * dst) continue;
              SCOPED_TRACE(std::to_string(src) + " to " + std::to_string(dst) + " from " +
                           std::to_string(begin) + " to " + std::to_string(end));
              expect_sound(build_table({shape, src, dst, 0, dst, pre, false, {begin, end - begin}}, arith),
                           shape, src, dst, arith);
              if (::testing::Test::HasFatalFailure()) return;
            }
          }
        }
      }
    }
  }
}

// The table as a matrix, [output index][source index].
std::vector<Ints> dense(const Table& t, int64_t src) {
  std::vector<Ints> rows;
  for (size_t i = 0; i < t.start.size(); ++i) {
    Ints row(size_t(src), 0);
    for (int64_t k = 0; k < t.taps; ++k) {
      const int64_t at = t.start[i] + k;
      if (at < src) row[size_t(at)] += t.weight[i * size_t(t.taps) + size_t(k)];
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

const std::pair<int64_t, int64_t> kMirrorCases[] = {{1, 1},  {2, 3},   {3, 2},   {5, 5},  {7, 16},
                                                    {16, 7}, {33, 10}, {100, 3}, {41, 40}};

// A source that is mirrored first: the same weights on mirrored source indices.
TEST(ResampleTable, MirroredBeforeResizing) {
  for (const auto& [src, dst] : kMirrorCases) {
    for (Shape shape : kShapes) {
      if (shape == Shape::area_overlap && src < dst) continue;
      SCOPED_TRACE(std::to_string(src) + " to " + std::to_string(dst) + ", shape " +
                   std::to_string(int(shape)));
      const auto plain = dense(whole(shape, src, dst, Arith::pillow8), src);
      auto mirrored = dense(whole(shape, src, dst, Arith::pillow8, true), src);
      for (Ints& row : mirrored) std::reverse(row.begin(), row.end());
      EXPECT_EQ(mirrored, plain);
      // q14 sums run in order of the source, so a rounding can fall differently.
      const Table q14 = whole(shape, src, dst, Arith::q14, true);
      expect_sound(q14, shape, src, dst, Arith::q14);
      const auto plain14 = dense(whole(shape, src, dst, Arith::q14), src);
      auto mirrored14 = dense(q14, src);
      for (size_t i = 0; i < plain14.size(); ++i) {
        for (size_t k = 0; k < size_t(src); ++k)
          EXPECT_LE(std::abs(mirrored14[i][size_t(src) - 1 - k] - plain14[i][k]), 1);
      }
    }
  }
}

TEST(ResampleTable, MirroredAfterResizing) {
  for (const auto& [src, dst] : kMirrorCases) {
    for (Arith arith : {Arith::pillow8, Arith::q14}) {
      const auto plain = dense(whole(Shape::triangle, src, dst, arith), src);
      auto mirrored = dense(whole(Shape::triangle, src, dst, arith, false, true), src);
      std::reverse(mirrored.begin(), mirrored.end());
      EXPECT_EQ(mirrored, plain);
    }
  }
}

// A window is the same rows of the whole table, in reverse if mirrored afterwards.
TEST(ResampleTable, Window) {
  for (Shape shape : kShapes) {
    for (bool post : {false, true}) {
      const auto all = dense(whole(shape, 50, 20, Arith::q14), 50);
      const auto window = dense(build_table({shape, 50, 20, 3, 9, false, post}, Arith::q14), 50);
      ASSERT_EQ(window.size(), 9u);
      for (size_t i = 0; i < 9; ++i) EXPECT_EQ(window[i], all[3 + (post ? 8 - i : i)]) << i;
    }
  }
}

}  // namespace
}  // namespace headrace::resample
