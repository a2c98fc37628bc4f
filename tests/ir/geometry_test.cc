// Sizes, rectangles and draws. Golden rows: make_geometry_golden.py, a second implementation.
#include "ir/geometry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "headrace/philox.h"

namespace headrace::geometry {

bool operator==(const Rect& a, const Rect& b) {
  return std::tie(a.top, a.left, a.height, a.width) == std::tie(b.top, b.left, b.height, b.width);
}
std::ostream& operator<<(std::ostream& out, const Rect& r) {
  return out << r.height << "x" << r.width << " at " << r.top << "," << r.left;
}
bool operator==(const Size& a, const Size& b) { return a.height == b.height && a.width == b.width; }
std::ostream& operator<<(std::ostream& out, const Size& s) { return out << s.height << "x" << s.width; }

namespace {

const std::vector<double> kScale = {0.08, 1.0}, kRatio = {0.75, 1.3333333333333333};

TEST(Geometry, ResizedCropEqualsTheSecondImplementation) {
  const struct {
    int64_t height, width;
    std::vector<double> scale, ratio;
    hr_key key;
    Rect rect;
    int failed_attempts;
  } cases[] = {
      {375, 500, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 0u}, {205, 92, 114, 147}, 0},
      {375, 500, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 1u}, {45, 153, 160, 127}, 6},
      {375, 500, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 2u}, {89, 76, 234, 210}, 1},
      {375, 500, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 3u}, {78, 49, 281, 350}, 1},
      {375, 500, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 4u}, {12, 76, 354, 296}, 0},
      {375, 500, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 5u}, {25, 42, 320, 282}, 0},
      {500, 375, {0.08, 1.0}, {0.75, 1.3333333333333333}, {7u, 3u, 123456789012u}, {143, 47, 337, 288}, 0},
      {224, 224, {0.08, 1.0}, {0.75, 1.3333333333333333}, {1099511627776u, 1u, 5u}, {51, 17, 164, 183}, 0},
      {20, 400, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 1u}, {0, 186, 20, 27}, 10},
      {400, 20, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 1u}, {186, 0, 27, 20}, 10},
      {60, 100, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 2u}, {11, 16, 42, 38}, 1},
      {1, 1, {0.08, 1.0}, {0.75, 1.3333333333333333}, {0u, 0u, 0u}, {0, 0, 1, 1}, 1},
      {2, 3, {0.5, 0.5}, {1.0, 1.0}, {0u, 0u, 1u}, {0, 1, 2, 2}, 0},
      {10, 1000, {1, 1}, {3.0, 3.0}, {0u, 0u, 1u}, {0, 485, 10, 30}, 10},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(random_resized_crop_rect({c.height, c.width}, c.scale, c.ratio, c.key, "/outputs/image/1"),
              c.rect)
        << c.height << "x" << c.width << ", sample " << c.key.sample << ", after " << c.failed_attempts
        << " attempts";
  }
}

TEST(Geometry, RandomCropAndFlagEqualTheSecondImplementation) {
  const struct {
    uint64_t sample;
    int64_t top, left;
    double uniform;
  } cases[] = {
      {0u, 6, 16, 0.07102458828674707}, {1u, 6, 3, 0.3281487491062888},    {2u, 0, 11, 0.863271890342316},
      {3u, 7, 3, 0.1797905600198828},   {4u, 5, 17, 0.011729887958492169},
  };
  for (const auto& c : cases) {
    const hr_key key{9, 2, c.sample};
    EXPECT_EQ(random_crop_rect({40, 48}, 32, 30, key, "/shared/crop"), (Rect{c.top, c.left, 32, 30}));
    EXPECT_TRUE(random_bool(std::nextafter(c.uniform, 1.0), key, "/shared/flip"));
    EXPECT_FALSE(random_bool(c.uniform, key, "/shared/flip"));
    EXPECT_TRUE(random_bool(1.0, key, "/shared/flip"));
    EXPECT_FALSE(random_bool(0.0, key, "/shared/flip"));
  }
}

TEST(Geometry, ResizedCropAlwaysFits) {
  const std::vector<std::vector<double>> scales = {kScale, {1.0, 1.0}, {1e-9, 1e-9}, {1e-6, 1.0}};
  const std::vector<std::vector<double>> ratios = {kRatio, {1e-6, 1e6}, {1e-6, 1e-6}, {1e6, 1e6}, {1.0, 1.0}};
  const int64_t sides[] = {1, 2, 3, 7, 64, 500, 65535};
  uint64_t sample = 0;
  for (int64_t height : sides) {
    for (int64_t width : sides) {
      for (const auto& scale : scales) {
        for (const auto& ratio : ratios) {
          for (int k = 0; k < 10; ++k) {
            const Rect r =
                random_resized_crop_rect({height, width}, scale, ratio, {0, 0, ++sample}, "/outputs/x/1");
            ASSERT_TRUE(fits(r, {height, width})) << r << " in " << height << "x" << width;
          }
        }
      }
    }
  }
}

// Where no attempt can succeed, the result is the largest centred rectangle of an allowed ratio.
TEST(Geometry, ResizedCropFallsBack) {
  auto whole = [](int64_t height, int64_t width, const std::vector<double>& ratio) {
    return random_resized_crop_rect({height, width}, {1.0, 1.0}, ratio, {1, 2, 3}, "/outputs/x/1");
  };
  EXPECT_EQ(whole(20, 400, kRatio), (Rect{0, 186, 20, 27}));  // 20 * 4/3 = 26.67; (400 - 27) / 2 = 186.5
  EXPECT_EQ(whole(400, 20, kRatio), (Rect{186, 0, 27, 20}));  // 20 / 0.75 = 26.67
  EXPECT_EQ(whole(1, 60000, kRatio), (Rect{0, 29999, 1, 1}));
  EXPECT_EQ(whole(2, 100, {1.25, 1.25}), (Rect{0, 49, 2, 2}));  // 2.5 rounds to even
  EXPECT_EQ(whole(2, 100, {1.75, 1.75}), (Rect{0, 48, 2, 4}));  // 3.5 too
  EXPECT_EQ(whole(100, 10, {1e6, 1e6}), (Rect{49, 0, 1, 10}));  // 10 / 1e6 rounds to 0, which becomes 1
  EXPECT_EQ(whole(10, 100, {1e-6, 1e-6}), (Rect{0, 49, 10, 1}));
  // Every attempt is less than a pixel; a ratio in range takes the whole image.
  EXPECT_EQ(random_resized_crop_rect({10, 11}, {1e-9, 1e-9}, kRatio, {1, 2, 3}, "/outputs/x/1"),
            (Rect{0, 0, 10, 11}));
}

TEST(Geometry, CenterCropRoundsHalfToEven) {
  EXPECT_EQ(center_crop_rect({10, 10}, 4, 4), (Rect{3, 3, 4, 4}));
  EXPECT_EQ(center_crop_rect({11, 13}, 10, 10), (Rect{0, 2, 10, 10}));  // 0.5 and 1.5
  EXPECT_EQ(center_crop_rect({15, 17}, 10, 10), (Rect{2, 4, 10, 10}));  // 2.5 and 3.5
  EXPECT_EQ(center_crop_rect({224, 224}, 224, 224), (Rect{0, 0, 224, 224}));
  EXPECT_EQ(center_crop_rect({5, 8}, 10, 10), (Rect{-2, -1, 10, 10}));  // does not fit; -2.5 to even
  EXPECT_FALSE(fits(center_crop_rect({5, 8}, 10, 10), {5, 8}));
}

TEST(Geometry, ShortSideKeepsTheProportions) {
  EXPECT_EQ(short_side_size({375, 500}, 256), (Size{256, 341}));  // 341.33
  EXPECT_EQ(short_side_size({500, 375}, 256), (Size{341, 256}));
  EXPECT_EQ(short_side_size({300, 300}, 256), (Size{256, 256}));
  EXPECT_EQ(short_side_size({100, 199}, 256), (Size{256, 509}));  // 509.44: cut off, not rounded
  EXPECT_EQ(short_side_size({3, 5}, 2), (Size{2, 3}));            // 3.33
  EXPECT_EQ(short_side_size({3, 8}, 6), (Size{6, 16}));
  EXPECT_EQ(short_side_size({1, 65535}, 65535), (Size{65535, 4294836225}));
}

TEST(Geometry, MirrorRect) {
  const Rect r{2, 3, 4, 5};
  EXPECT_EQ(mirror_rect(r, {20, 30}, false, false), r);
  EXPECT_EQ(mirror_rect(r, {20, 30}, true, false), (Rect{2, 22, 4, 5}));
  EXPECT_EQ(mirror_rect(r, {20, 30}, false, true), (Rect{14, 3, 4, 5}));
  EXPECT_EQ(mirror_rect(mirror_rect(r, {20, 30}, true, true), {20, 30}, true, true), r);
}

TEST(Geometry, Fits) {
  EXPECT_TRUE(fits({0, 0, 3, 4}, {3, 4}));
  EXPECT_TRUE(fits({2, 3, 1, 1}, {3, 4}));
  for (const Rect& r :
       {Rect{-1, 0, 1, 1}, Rect{0, -1, 1, 1}, Rect{0, 0, 0, 1}, Rect{0, 0, 1, 0}, Rect{0, 0, 4, 4},
        Rect{0, 0, 3, 5}, Rect{3, 0, 1, 1}, Rect{0, 4, 1, 1}, Rect{INT64_MAX, INT64_MAX, 1, 1},
        Rect{0, 0, INT64_MAX, INT64_MAX}, Rect{1, 1, INT64_MAX, INT64_MAX}}) {
    EXPECT_FALSE(fits(r, {3, 4})) << r;
  }
}

// Both sides at least twice the result's, at 1, 2 or 4 of 8.
TEST(Geometry, IdctScale) {
  EXPECT_EQ(idct_scale({0, 0, 896, 896}, {224, 224}), 4);
  EXPECT_EQ(idct_scale({0, 0, 895, 896}, {224, 224}), 8);
  EXPECT_EQ(idct_scale({0, 0, 896, 895}, {224, 224}), 8);
  EXPECT_EQ(idct_scale({5, 7, 1791, 5000}, {224, 224}), 4);
  EXPECT_EQ(idct_scale({0, 0, 1792, 5000}, {224, 224}), 2);
  EXPECT_EQ(idct_scale({0, 0, 3584, 3584}, {224, 224}), 1);
  EXPECT_EQ(idct_scale({0, 0, 3583, 3584}, {224, 224}), 2);
  EXPECT_EQ(idct_scale({0, 0, 1, 1}, {1, 1}), 8);
  EXPECT_EQ(idct_scale({0, 0, 64, 32}, {4, 2}), 1);
  EXPECT_EQ(idct_scale({0, 0, 64, 31}, {4, 2}), 2);
}

TEST(Geometry, RandomCropReachesEveryPlace) {
  int seen[3][4] = {};
  for (uint64_t sample = 0; sample < 400; ++sample) {
    const Rect r = random_crop_rect({7, 9}, 5, 6, {0, 0, sample}, "/outputs/x/1");
    ASSERT_TRUE(fits(r, {7, 9}));
    ++seen[r.top][r.left];
  }
  for (const auto& row : seen) {
    for (int count : row) EXPECT_GT(count, 10);
  }
}

// A crop that does not fit is left to the check that follows it.
TEST(Geometry, RandomCropThatDoesNotFit) {
  EXPECT_EQ(random_crop_rect({7, 9}, 8, 6, {0, 0, 1}, "/outputs/x/1"), (Rect{0, 0, 8, 6}));
  EXPECT_EQ(random_crop_rect({7, 9}, 5, 10, {0, 0, 1}, "/outputs/x/1"), (Rect{0, 0, 5, 10}));
}

}  // namespace
}  // namespace headrace::geometry
