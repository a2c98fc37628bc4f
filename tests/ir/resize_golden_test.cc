// Resized images against those of Pillow and OpenCV (resize_golden.txt, made by make_resize_golden.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/ir/resize_testing.h"

namespace headrace::ir_testing {
namespace {

graph::ImageValue resized(const Golden& g, const std::string& arith = "pillow8") {
  return resize(make_image(g.width, g.height, g.seed, g.extremes), {g.to_height, g.to_width}, g.filter,
                arith);
}

int max_difference(const std::vector<int16_t>& a, const std::vector<int16_t>& b) {
  int most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(int(a[i]) - int(b[i])));
  return most;
}

// Every golden case within `levels` of the library's result.
void expect_within(const std::string& filter, size_t cases, int levels) {
  const std::vector<Golden> goldens = read_goldens(filter);
  ASSERT_GE(goldens.size(), cases);
  for (const Golden& g : goldens) {
    SCOPED_TRACE(g.name());
    const graph::ImageValue out = resized(g);
    ASSERT_EQ(out.ints.size(), g.pixels.size());
    EXPECT_LE(max_difference(out.ints, g.pixels), levels);
  }
}

TEST(ResizeGolden, BilinearEqualsPillow) { expect_within("bilinear", 45, 0); }
TEST(ResizeGolden, AreaIsWithinOneLevelOfOpenCv) { expect_within("area", 40, 1); }
TEST(ResizeGolden, BilinearPointIsWithinOneLevelOfOpenCv) { expect_within("bilinear_point", 40, 1); }

// Pillow adds up its sample positions step by step. Where (j + 1/2) src / dst is a whole number, that sum may
// fall just below it, to the pixel before; everywhere else the pixels are the same.
TEST(ResizeGolden, NearestEqualsPillow) {
  auto whole = [](int64_t j, int64_t src, int64_t dst) { return (2 * j + 1) * src % (2 * dst) == 0; };
  auto at = [](int64_t j, int64_t src, int64_t dst) { return (2 * j + 1) * src / (2 * dst); };
  int64_t same = 0, before = 0;
  const std::vector<Golden> goldens = read_goldens("nearest");
  ASSERT_GE(goldens.size(), 40u);
  for (const Golden& g : goldens) {
    SCOPED_TRACE(g.name());
    const graph::ImageValue in = make_image(g.width, g.height, g.seed, g.extremes), out = resized(g);
    for (int64_t y = 0; y < g.to_height; ++y) {
      for (int64_t x = 0; x < g.to_width; ++x) {
        const int16_t* found = &out.ints[size_t(y * g.to_width + x) * 3];
        const int16_t* golden = &g.pixels[size_t(y * g.to_width + x) * 3];
        const int64_t from_y = at(y, g.height, g.to_height), from_x = at(x, g.width, g.to_width);
        EXPECT_TRUE(std::equal(found, found + 3, &in.ints[size_t(from_y * g.width + from_x) * 3]))
            << y << "," << x;
        if (std::equal(found, found + 3, golden)) {
          ++same;
          continue;
        }
        ++before;
        bool explained = false;
        for (int64_t up : {0, 1}) {
          for (int64_t left : {0, 1}) {
            if ((up && !whole(y, g.height, g.to_height)) || (left && !whole(x, g.width, g.to_width)))
              continue;
            const int64_t pixel = (from_y - up) * g.width + from_x - left;
            explained = explained || std::equal(golden, golden + 3, &in.ints[size_t(pixel) * 3]);
          }
        }
        EXPECT_TRUE(explained) << y << "," << x;
      }
    }
  }
  EXPECT_GT(same, 100 * before);
}

graph::ImageValue resized_box(const Golden& g, const std::string& arith) {
  const graph::ImageValue in = make_image(g.width, g.height, g.seed, g.extremes);
  return graph::resize_image(in, {g.to_height, g.to_width}, {0, 0, g.to_height, g.to_width}, false, false,
                             false, false, "bilinear", arith, g.box);
}

// A part that begins and ends inside pixels, as Pillow's resize() takes it for its `box`.
TEST(ResizeGolden, BoxesEqualPillow) {
  const std::vector<Golden> goldens = read_goldens("bilinear_box");
  ASSERT_GE(goldens.size(), 15u);
  for (const Golden& g : goldens) {
    SCOPED_TRACE(g.name());
    ASSERT_GT(g.box.across.length8, 0);
    EXPECT_EQ(resized_box(g, "pillow8").ints, g.pixels);
    const graph::ImageValue q14 = graph::convert_image(resized_box(g, "q14"), graph::Elem::u8);
    ASSERT_EQ(q14.ints.size(), g.pixels.size());
    EXPECT_LE(max_difference(q14.ints, g.pixels), 1);
    // A mirrored source is resized to the mirrored result.
    const graph::ImageValue in = make_image(g.width, g.height, g.seed, g.extremes);
    const graph::ImageValue mirrored =
        graph::resize_image(graph::flip_image(in, true, true), {g.to_height, g.to_width},
                            {0, 0, g.to_height, g.to_width}, true, true, false, false, "bilinear", "pillow8",
                            {{g.width * 8 - g.box.across.begin8 - g.box.across.length8, g.box.across.length8},
                             {g.height * 8 - g.box.down.begin8 - g.box.down.length8, g.box.down.length8}});
    EXPECT_EQ(mirrored.ints, g.pixels);
  }
}

// The fixed-point form of `fast`, rounded to u8, against Pillow: one rounding less than Pillow has.
TEST(ResizeGolden, Q14IsWithinOneLevelOfPillow) {
  for (const Golden& g : read_goldens("bilinear")) {
    SCOPED_TRACE(g.name());
    const graph::ImageValue out = graph::convert_image(resized(g, "q14"), graph::Elem::u8);
    ASSERT_EQ(out.ints.size(), g.pixels.size());
    EXPECT_LE(max_difference(out.ints, g.pixels), 1);
  }
}

}  // namespace
}  // namespace headrace::ir_testing
