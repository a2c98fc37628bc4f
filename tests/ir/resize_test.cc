// Resizing with windows, mirroring and the fixed-point arithmetic of `fast`.
#include <gtest/gtest.h>

#include <algorithm>

#include "ir/resample_table.h"
#include "tests/ir/resize_testing.h"

namespace headrace::ir_testing {
namespace {

using geometry::Rect;
using geometry::Size;
using graph::ImageValue;

constexpr const char* kFilters[] = {"bilinear", "bilinear_point", "area", "nearest"};
constexpr const char* kAriths[] = {"pillow8", "q14"};

ImageValue constant_image(int64_t width, int64_t height, int16_t value) {
  ImageValue image;
  image.width = width;
  image.height = height;
  image.ints.assign(size_t(width * height * 3), value);
  return image;
}

ImageValue gray_image(int64_t width, int64_t height, const std::vector<int16_t>& pixels) {
  ImageValue image;
  image.width = width;
  image.height = height;
  for (int16_t p : pixels) image.ints.insert(image.ints.end(), 3, p);
  return image;
}

TEST(Resize, WindowAndLaterMirrorAreACropAndAFlip) {
  const ImageValue in = make_image(37, 23, 5);
  for (const Size size : {Size{12, 14}, Size{40, 50}, Size{23, 9}}) {
    const Rect window{3, 2, 6, 7};
    for (const char* filter : kFilters) {
      for (const char* arith : kAriths) {
        const ImageValue cropped = graph::crop_image(resize(in, size, filter, arith), window);
        for (int flips = 0; flips < 4; ++flips) {
          const bool h = flips & 1, v = flips & 2;
          const ImageValue out = graph::resize_image(in, size, window, false, false, h, v, filter, arith);
          EXPECT_EQ(out.ints, graph::flip_image(cropped, h, v).ints)
              << filter << " " << arith << " " << flips;
          EXPECT_EQ(out.height, 6);
          EXPECT_EQ(out.width, 7);
        }
      }
    }
  }
}

TEST(Resize, EarlierMirrorIsAFlip) {
  const ImageValue in = make_image(37, 23, 6);
  for (const Size size : {Size{12, 14}, Size{40, 50}, Size{23, 9}}) {
    for (const char* filter : kFilters) {
      for (int flips = 1; flips < 4; ++flips) {
        const bool h = flips & 1, v = flips & 2;
        const Rect window{0, 0, size.height, size.width};
        const ImageValue out = graph::resize_image(in, size, window, h, v, false, false, filter, "pillow8");
        EXPECT_EQ(out.ints, resize(graph::flip_image(in, h, v), size, filter).ints) << filter << " " << flips;
      }
    }
  }
}

// v / 64 + 128 of the pixel, exactly, where a pixel is only copied.
TEST(Resize, Q14KeepsPixelsThatAreCopied) {
  std::vector<int16_t> all;
  for (int16_t p = 0; p < 256; ++p) all.push_back(p);
  const ImageValue out = resize(gray_image(16, 16, all), {16, 16}, "bilinear", "q14");
  ASSERT_EQ(out.elem, graph::Elem::q6);
  for (size_t p = 0; p < 256; ++p) EXPECT_EQ(out.ints[3 * p], int(p) * 64 - 128 * 64);
}

// Pixels 0 and 1: columns -8192 and -8128 (7 fraction bits) add to -16320; the rows' weight 1 makes it -8160.
TEST(Resize, Q14ByHand) {
  const ImageValue out = resize(gray_image(2, 1, {0, 1}), {1, 1}, "bilinear", "q14");
  EXPECT_EQ(out.ints[0], -8160);
  EXPECT_EQ(graph::convert_image(out, graph::Elem::u8).ints[0], 1);  // 0.5, half up
  EXPECT_EQ(graph::convert_image(out, graph::Elem::f32).floats[0], 0.5f);
}

// Two passes with a u8 between them: 0 1 / 1 1 has row sums 0.5 and 1, which round up to 1 and 1.
TEST(Resize, Pillow8RoundsBetweenThePasses) {
  EXPECT_EQ(resize(gray_image(2, 2, {0, 1, 1, 1}), {1, 1}, "bilinear").ints[0], 1);
  EXPECT_EQ(resize(gray_image(2, 2, {0, 1, 0, 0}), {1, 1}, "bilinear").ints[0],
            1);  // 0.5 to 1, then 0.5 to 1
  EXPECT_EQ(resize(gray_image(2, 2, {0, 0, 0, 0}), {1, 1}, "bilinear").ints[0], 0);
}

// Wide axes (more than 32 taps possible) round the sum once, so a constant image keeps its value exactly.
TEST(Resize, WideAxesKeepConstantsExactly) {
  ASSERT_GT(resample::taps_bound(resample::Shape::triangle, 64, 3), resample::kNarrowTaps);
  for (int16_t p : {int16_t(0), int16_t(1), int16_t(77), int16_t(128), int16_t(254), int16_t(255)}) {
    for (int16_t v : resize(constant_image(64, 64, p), {3, 3}, "bilinear", "q14").ints)
      ASSERT_EQ(v, p * 64 - 8192);
  }
}

// 256 pixels of weight 64, one of them not 128: 64 / 128 and 16384 / 2^15 are halves, which round up.
TEST(Resize, WideSumsRoundHalfUp) {
  auto shrunk = [](int64_t width, int64_t height, int16_t pixel) {
    ImageValue in = constant_image(width, height, 128);
    in.ints[3 * 100] = pixel;
    return int(resize(in, {1, 1}, "area", "q14").ints[0]);
  };
  EXPECT_EQ(shrunk(256, 1, 129), 1);
  EXPECT_EQ(shrunk(256, 1, 127), 0);
  EXPECT_EQ(shrunk(1, 256, 130), 1);
  EXPECT_EQ(shrunk(1, 256, 126), 0);
  EXPECT_EQ(shrunk(1, 256, 129), 0);
}

// Narrow ones round every product; the errors of at most 32 taps do not reach half a level.
TEST(Resize, NarrowAxesKeepConstantsToTheLevel) {
  ASSERT_LE(resample::taps_bound(resample::Shape::triangle, 45, 3), resample::kNarrowTaps);
  bool inexact = false;
  for (int p = 0; p < 256; ++p) {
    const ImageValue out = resize(constant_image(45, 45, int16_t(p)), {3, 3}, "bilinear", "q14");
    for (int16_t v : out.ints) inexact = inexact || v != p * 64 - 8192;
    for (int16_t v : graph::convert_image(out, graph::Elem::u8).ints) ASSERT_EQ(v, p);
  }
  EXPECT_TRUE(inexact) << "these axes are computed as wide ones";
}

// The bound on taps alone decides, by lengths: 15 is the largest whole factor of a narrow triangle.
TEST(Resize, NarrowRule) {
  using resample::Shape;
  using resample::taps_bound;
  EXPECT_LE(taps_bound(Shape::triangle, 15 * 224, 224), resample::kNarrowTaps);
  EXPECT_GT(taps_bound(Shape::triangle, 15 * 224 + 1, 224), resample::kNarrowTaps);
  EXPECT_LE(taps_bound(Shape::area_overlap, 31 * 224, 224), resample::kNarrowTaps);
  EXPECT_GT(taps_bound(Shape::area_overlap, 31 * 224 + 1, 224), resample::kNarrowTaps);
}

// One row wide, the other axis narrow: horizontal rounds once, vertical per product.
TEST(Resize, AxesAreDecidedApart) {
  const ImageValue out = resize(constant_image(64, 45, 77), {3, 3}, "bilinear", "q14");
  const ImageValue tall = resize(constant_image(45, 64, 77), {3, 3}, "bilinear", "q14");
  const ImageValue narrow = resize(constant_image(45, 45, 77), {3, 3}, "bilinear", "q14");
  EXPECT_NE(out.ints, narrow.ints);
  EXPECT_NE(tall.ints, narrow.ints);
}

}  // namespace
}  // namespace headrace::ir_testing
