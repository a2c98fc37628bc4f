// The meaning of mixing: values worked out by hand, torchvision's formulas written down again, and the
// distribution of the shares.
#include "ir/mixing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "headrace/philox.h"
#include "ir/graph_batch.h"
#include "ir/numeric.h"

namespace headrace::mixing {
namespace {

using graph::Elem;

// The regularised incomplete beta function I_x(a, a), by its power series in x up to 1/2.
double beta_cdf(double x, double a) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > 0.5) return 1 - beta_cdf(1 - x, a);
  double sum = 0, term = 1;
  for (int n = 0; n < 200; ++n) {
    sum += term;
    term *= (2 * a + n) / (a + 1 + n) * x;
  }
  return sum * std::exp(a * std::log(x) + a * std::log1p(-x) + std::lgamma(2 * a) - 2 * std::lgamma(a)) / a;
}

TEST(Beta, TheTestsOwnDistributionFunction) {
  for (const double x : {0.001, 0.2, 0.5, 0.7, 0.99}) {
    EXPECT_NEAR(beta_cdf(x, 1), x, 1e-14);
    EXPECT_NEAR(beta_cdf(x, 2), x * x * (3 - 2 * x), 1e-14);
    EXPECT_NEAR(beta_cdf(x, 0.5), 2 / M_PI * std::asin(std::sqrt(x)), 1e-13);
  }
}

// Kolmogorov and Smirnov's statistic times sqrt(n). Numbers nearer to 1 than f64 tells apart from it count,
// but the distance is not looked at there.
double kolmogorov(std::vector<double> numbers, double alpha) {
  std::sort(numbers.begin(), numbers.end());
  const double n = double(numbers.size());
  double distance = 0;
  for (size_t i = 0; i < numbers.size() && numbers[i] < 1 - 1e-9; ++i) {
    const double f = beta_cdf(numbers[i], alpha);
    distance = std::max({distance, f - double(i) / n, double(i + 1) / n - f});
  }
  return distance * std::sqrt(n);
}

TEST(Beta, HasItsDistribution) {
  constexpr double kLimit = 1.95;  // exceeded with probability 0.001
  constexpr size_t kNumbers = 20000;
  for (const double alpha : {0.1, 0.2, 1.0, 4.0}) {
    std::vector<double> numbers;
    for (uint64_t i = 0; i < kNumbers; ++i) numbers.push_back(random_beta(alpha, {17, 3, i}, "/batch/0"));
    EXPECT_LT(kolmogorov(numbers, alpha), kLimit) << alpha;
    // The test tells neighbours apart.
    EXPECT_GT(kolmogorov(numbers, alpha * 1.2), kLimit) << alpha;
    EXPECT_GT(kolmogorov(numbers, alpha / 1.2), kLimit) << alpha;
  }
}

TEST(Beta, KeepsToTheIntervalAndToItsKey) {
  for (const double alpha : {kMinAlpha, 0.01, 0.3, 50.0, kMaxAlpha}) {
    double least = 1, most = 0;
    for (uint64_t i = 0; i < 2000; ++i) {
      const double v = random_beta(alpha, {1, 2, i}, "x");
      ASSERT_GE(v, 0) << alpha;
      ASSERT_LE(v, 1) << alpha;
      least = std::min(least, v);
      most = std::max(most, v);
    }
    EXPECT_LT(least, 0.5) << alpha;
    EXPECT_GT(most, 0.5) << alpha;
    EXPECT_EQ(random_beta(alpha, {1, 2, 3}, "x"), random_beta(alpha, {1, 2, 3}, "x"));
  }
  const double v = random_beta(1, {1, 2, 3}, "x");
  EXPECT_NE(v, random_beta(1, {2, 2, 3}, "x"));
  EXPECT_NE(v, random_beta(1, {1, 3, 3}, "x"));
  EXPECT_NE(v, random_beta(1, {1, 2, 4}, "x"));
  EXPECT_NE(v, random_beta(1, {1, 2, 3}, "y"));
}

// alpha = 1: with a = x^2 / r, the number is (1 -+ sqrt((1 - r) a / (r + (1 - r) a))) / 2; here by libm.
TEST(Beta, FollowsFromThePointInTheDisc) {
  for (uint64_t i = 0; i < 200; ++i) {
    const hr_key key{5, 6, i};
    const uint64_t op = philox::op_key(key.seed, philox::op_hash("x"));
    double x = 0, r = 2;
    for (uint32_t attempt = 0; r > 1; ++attempt) {
      const philox::Block b = philox::draw(op, key.epoch, key.sample, 16 + attempt);
      x = 2 * philox::uniform(b[0], b[1]) - 1;
      const double y = 2 * philox::uniform(b[2], b[3]) - 1;
      r = x * x + y * y;
    }
    for (const double alpha : {0.3, 1.0, 7.0}) {
      const double w = std::pow(r, 1 / alpha), a = x * x / r;
      const double t = std::sqrt(2 * alpha * (1 / w - 1) * a);  // Student's, 2 alpha degrees of freedom
      const double expected = 0.5 + std::copysign(0.5 * t / std::sqrt(2 * alpha + t * t), x);
      EXPECT_NEAR(random_beta(alpha, key, "x"), expected, 1e-13);
    }
  }
}

TEST(Interval, PartsOfOneDrawExcludeEachOther) {
  std::array<int, 3> counts{};
  for (uint64_t i = 0; i < 10000; ++i) {
    const hr_key key{1, 0, i};
    const std::array<bool, 3> hit = {random_interval(0, 0.5, key, "/batch/0"),
                                     random_interval(0.5, 0.6, key, "/batch/0"),
                                     random_interval(0.6, 1, key, "/batch/0")};
    ASSERT_EQ(hit[0] + hit[1] + hit[2], 1);
    for (size_t k = 0; k < 3; ++k) counts[k] += hit[k];
  }
  EXPECT_NEAR(counts[0], 5000, 200);
  EXPECT_NEAR(counts[1], 1000, 120);
  EXPECT_NEAR(counts[2], 4000, 200);
}

// torchvision's CutMix: sides sqrt(1 - lambda) of the image's, a centre anywhere, clipped to the image.
TEST(CutRect, IsTorchvisions) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{224, 192}, {7, 5}, {1, 1}, {65535, 3}}) {
    int clipped = 0;
    for (uint64_t i = 0; i < 500; ++i) {
      const hr_key key{9, 1, i};
      const double lambda = double(i) / 499;
      const philox::Block b = philox::draw(philox::op_key(9, philox::op_hash("x")), 1, i, 1);
      const int64_t r_x = int64_t(double(b[0]) / 4294967296.0 * double(width));
      const int64_t r_y = int64_t(double(b[1]) / 4294967296.0 * double(height));
      const double r = 0.5 * std::sqrt(1.0 - lambda);
      const int64_t r_w_half = int64_t(r * double(width)), r_h_half = int64_t(r * double(height));
      const int64_t x1 = std::clamp<int64_t>(r_x - r_w_half, 0, width),
                    y1 = std::clamp<int64_t>(r_y - r_h_half, 0, height);
      const int64_t x2 = std::clamp<int64_t>(r_x + r_w_half, 0, width),
                    y2 = std::clamp<int64_t>(r_y + r_h_half, 0, height);
      const geometry::Rect box = cut_rect(lambda, height, width, key, "x");
      ASSERT_EQ(box.left, x1);
      ASSERT_EQ(box.top, y1);
      ASSERT_EQ(box.width, x2 - x1);
      ASSERT_EQ(box.height, y2 - y1);
      const double expected = 1.0 - double((x2 - x1) * (y2 - y1)) / double(width * height);
      ASSERT_EQ(cut_share(box, height, width), expected);
      clipped += x2 - x1 < 2 * r_w_half || y2 - y1 < 2 * r_h_half;
    }
    if (height > 1) {
      EXPECT_GT(clipped, 50);
    }
  }
  // By hand: all of a 4 x 6 image is half sides of 2 and 3; nothing of it is an empty box.
  const geometry::Rect all = cut_rect(0, 4, 6, {1, 1, 1}, "x");
  EXPECT_GE(all.height, 2);
  EXPECT_GE(all.width, 3);
  EXPECT_EQ(cut_share({0, 0, 2, 3}, 4, 6), 0.75);
  const geometry::Rect none = cut_rect(1, 4, 6, {1, 1, 1}, "x");
  EXPECT_EQ(none.height * none.width, 0);
  EXPECT_EQ(cut_share(none, 4, 6), 1.0);
}

template <class T>
std::array<T, 2> blended(T a, T b, double share, Elem elem) {
  uint8_t row_a[sizeof(T)], row_b[sizeof(T)];
  std::memcpy(row_a, &a, sizeof a);
  std::memcpy(row_b, &b, sizeof b);
  blend(row_a, row_b, 1, elem, weights(share));
  std::memcpy(&a, row_a, sizeof a);
  std::memcpy(&b, row_b, sizeof b);
  return {a, b};
}

TEST(Blend, HandComputed) {
  // 17.5 and 12.5: half to even.
  EXPECT_EQ(blended<uint8_t>(10, 20, 0.25, Elem::u8), (std::array<uint8_t, 2>{18, 12}));
  EXPECT_EQ(blended<uint8_t>(255, 0, 0.5, Elem::u8), (std::array<uint8_t, 2>{128, 128}));
  EXPECT_EQ(blended<uint8_t>(255, 255, 0.3, Elem::u8), (std::array<uint8_t, 2>{255, 255}));
  EXPECT_EQ(blended<float>(1, -3, 0.75, Elem::f32), (std::array<float, 2>{0, -2}));
  // f16: 1.0, 2.0 and 1.75, 1.25; bf16: 1.0, 3.0 and 2.0.
  EXPECT_EQ(blended<uint16_t>(0x3C00, 0x4000, 0.25, Elem::f16), (std::array<uint16_t, 2>{0x3F00, 0x3D00}));
  EXPECT_EQ(blended<uint16_t>(0x3F80, 0x4040, 0.5, Elem::bf16), (std::array<uint16_t, 2>{0x4000, 0x4000}));
  // The smallest subnormal f16 against 0: half of it is a tie, which goes to 0.
  EXPECT_EQ(blended<uint16_t>(0x0001, 0x0000, 0.5, Elem::f16), (std::array<uint16_t, 2>{0x0000, 0x0000}));
  EXPECT_EQ(blended<uint16_t>(0x0003, 0x0000, 0.5, Elem::f16), (std::array<uint16_t, 2>{0x0002, 0x0002}));
}

// torchvision: x * lambda + rolled * (1 - lambda).
TEST(Blend, IsTorchvisionsMixUp) {
  for (uint64_t i = 0; i < 2000; ++i) {
    const philox::Block b = philox::draw(1, 2, i, 3);
    const float x = float(int32_t(b[0])) * 0x1p-29f, y = float(int32_t(b[1])) * 0x1p-29f;
    const double share = philox::uniform(b[2], b[3]);
    const auto [p, q] = blended<float>(x, y, share, Elem::f32);
    EXPECT_NEAR(p, x * share + y * (1 - share), 2e-6);
    EXPECT_NEAR(q, y * share + x * (1 - share), 2e-6);
  }
}

TEST(Blend, WholeSharesAndEqualLabelsAreExact) {
  for (uint64_t i = 0; i < 2000; ++i) {
    const philox::Block b = philox::draw(1, 2, i, 3);
    const float x = float(int32_t(b[0])) * 0x1p-29f, y = float(int32_t(b[1])) * 0x1p-29f;
    EXPECT_EQ(blended<float>(x, y, 1.0, Elem::f32), (std::array<float, 2>{x, y}));
    EXPECT_EQ(blended<float>(x, y, 0.0, Elem::f32), (std::array<float, 2>{y, x}));
    const double share = philox::uniform(b[2], b[3]);
    EXPECT_EQ(blended<float>(1, 1, share, Elem::f32), (std::array<float, 2>{1, 1})) << share;
    const uint8_t v = uint8_t(i);
    EXPECT_EQ(blended<uint8_t>(v, v, share, Elem::u8), (std::array<uint8_t, 2>{v, v})) << share;
  }
}

graph::Type tensor(int64_t height, int64_t width, Layout layout, Elem elem) {
  graph::Type t = graph::image_type(elem, height, width);
  t.kind = graph::Kind::tensor_pair;
  t.layout = layout;
  return t;
}

TEST(Exchange, SwapsTheBoxInEveryLayoutAndNothingElse) {
  const geometry::Rect box{1, 2, 2, 3};
  for (const Layout layout : {Layout::nhwc, Layout::nchw, Layout::channels_last}) {
    for (const Elem elem : {Elem::u8, Elem::f16, Elem::bf16, Elem::f32}) {
      const graph::Type t = tensor(4, 7, layout, elem);
      const size_t unit = elem == Elem::u8 ? 1 : elem == Elem::f32 ? 4 : 2, bytes = 4 * 7 * 3 * unit;
      std::vector<uint8_t> a(bytes), b(bytes);
      for (size_t i = 0; i < bytes; ++i) {
        a[i] = uint8_t(i % 101);
        b[i] = uint8_t(128 + i % 103);
      }
      const std::vector<uint8_t> a0 = a, b0 = b;
      exchange(a.data(), b.data(), t, box);
      for (size_t i = 0; i < bytes; ++i) {
        const size_t e = i / unit;
        const size_t pixel = layout == Layout::nchw ? e % 28 : e / 3, y = pixel / 7, x = pixel % 7;
        const bool inside = y >= 1 && y < 3 && x >= 2 && x < 5;
        ASSERT_EQ(a[i], inside ? b0[i] : a0[i]) << i;
        ASSERT_EQ(b[i], inside ? a0[i] : b0[i]) << i;
      }
    }
  }
}

}  // namespace
}  // namespace headrace::mixing
