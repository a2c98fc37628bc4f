// What pipelines make of samples stored as planes, by the graph interpreter: in exact numerics the bytes of
// the JPEG they were made from; in fast ones, where they are resized in their planes, values near those.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>

#include "headrace/planes.h"
#include "tests/compiler/meaning_testing.h"
#include "tests/compiler/pixel_distance.h"
#include "tests/compiler/plane_images.h"

namespace headrace::testing {
namespace {

TEST(PlanesMeaning, ExactGivesTheFilesBytes) {
  for (const char* ops :
       {R"({"op": "resize", "size": [30, 41]})",
        R"({"op": "random_resized_crop", "size": [24, 17]}, {"op": "random_horizontal_flip"})",
        R"({"op": "random_crop", "size": [2, 3]})"}) {
    const auto exact = interpreted(ops, Numerics::exact);
    ASSERT_TRUE(exact);
    for (const JpegKind& kind : kJpegKinds) {
      for (const auto& [width, height] : {std::pair{3u, 4u}, {5u, 37u}, {67u, 45u}}) {
        const Bytes jpeg = make_file(kind, width, height);
        const TestImage packed = packed_image(jpeg), ycc = ycc_image(packed);
        for (uint64_t k = 0; k < 6; ++k) {
          const RunResult wanted = run_program(*exact, file_image(jpeg, width, height), {k, 0, 5});
          ASSERT_EQ(wanted.code, HR_OK) << wanted.error;
          EXPECT_EQ(difference(wanted, run_program(*exact, packed, {k, 0, 5})), "")
              << kind.name << " " << width << "x" << height;
          EXPECT_EQ(difference(wanted, run_program(*exact, ycc, {k, 0, 5})), "")
              << kind.name << " " << width << "x" << height;
        }
      }
    }
  }
}

// Planes of R, G, B, copies and nearest pixels are no resizes of planes: fast gives what it gives for the
// file.
TEST(PlanesMeaning, FastLeavesOtherReadsAsTheyAre) {
  struct Case {
    const char* ops;
    const JpegKind* kind;
  };
  for (const Case& c : {Case{R"({"op": "resize", "size": [30, 41]})", &kJpegKinds[5]},
                        {R"({"op": "center_crop", "size": [20, 21]})", &kJpegKinds[3]},
                        {R"({"op": "resize", "size": [30, 41], "filter": "nearest"})", &kJpegKinds[3]}}) {
    const auto fast = interpreted(c.ops, Numerics::fast);
    ASSERT_TRUE(fast);
    const Bytes jpeg = make_file(*c.kind, 67, 45);
    const RunResult wanted = run_program(*fast, file_image(jpeg, 67, 45), {1, 0, 5});
    ASSERT_EQ(wanted.code, HR_OK) << wanted.error;
    EXPECT_EQ(difference(wanted, run_program(*fast, packed_image(jpeg), {1, 0, 5})), "") << c.ops;
  }
}

// Raw planes and packed ones are the same planes.
TEST(PlanesMeaning, FastIsTheSameForBothPlaneEncodings) {
  const auto fast = interpreted(
      R"({"op": "random_resized_crop", "size": [24, 17]}, {"op": "random_horizontal_flip"})", Numerics::fast);
  ASSERT_TRUE(fast);
  for (const JpegKind& kind : kJpegKinds) {
    for (const auto& [width, height] : {std::pair{1u, 1u}, {4u, 6u}, {67u, 145u}}) {
      const TestImage packed = packed_image(make_file(kind, width, height));
      for (uint64_t k = 0; k < 8; ++k) {
        const RunResult wanted = run_program(*fast, packed, {k, 0, 5});
        ASSERT_EQ(wanted.code, HR_OK) << wanted.error;
        EXPECT_EQ(difference(wanted, run_program(*fast, ycc_image(packed), {k, 0, 5})), "") << kind.name;
      }
    }
  }
}

struct Filter {
  const char *name, *ops;
};
constexpr Filter kFilters[] = {
    {"bilinear, random crop",
     R"({"op": "random_resized_crop", "size": [112, 112]}, {"op": "random_horizontal_flip"})"},
    {"bilinear, smaller", R"({"op": "resize", "size": [112, 112]})"},
    {"bilinear, much smaller", R"({"op": "resize", "size": [3, 5]})"},
    {"bilinear, larger", R"({"op": "random_crop", "size": [16, 16]}, {"op": "resize", "size": [75, 90]})"},
    {"point", R"({"op": "resize", "size": [112, 112], "antialias": false})"},
    {"area", R"({"op": "resize", "size": [112, 112], "filter": "area"})"}};

struct Bounds {
  Distance each, all;  ///< of every image; of all images' pixels together
};

void compare_samples(const char* what, const std::vector<NamedImage>& samples, const Bounds& bounds) {
  for (const Filter& filter : kFilters) {
    const auto exact = interpreted(std::string(filter.ops) + kToFloat, Numerics::exact);
    const auto fast = interpreted(std::string(filter.ops) + kToFloat, Numerics::fast);
    ASSERT_TRUE(exact && fast);
    Distance worst;
    std::string worst_mean, worst_p999;
    std::vector<double> all;
    for (const auto& [name, image] : samples) {
      const RunResult a = run_program(*exact, image, {3, 0, 5}), b = run_program(*fast, image, {3, 0, 5});
      ASSERT_EQ(a.code, b.code);
      if (a.code == HR_E_CROP_OUTSIDE) continue;
      ASSERT_EQ(a.code, HR_OK) << name << ": " << a.error;
      const std::vector<double> here = pixel_differences(a, b);
      all.insert(all.end(), here.begin(), here.end());
      const Distance d = distance_of(here);
      EXPECT_LE(d.mean, bounds.each.mean) << filter.name << ", " << name;
      EXPECT_LE(d.p999, bounds.each.p999) << filter.name << ", " << name;
      EXPECT_LE(d.largest, bounds.each.largest) << filter.name << ", " << name;
      if (d.mean > worst.mean) worst_mean = name;
      if (d.p999 > worst.p999) worst_p999 = name;
      worst = {std::max(worst.mean, d.mean), std::max(worst.p999, d.p999),
               std::max(worst.largest, d.largest)};
    }
    const Distance together = distance_of(all);
    std::printf(
        "%-7s %-22s fast - exact in 1/255: mean %.3f, 99.9 %% %.2f; at most %.3f (%s), %.2f (%s), single "
        "values %.2f\n",
        what, filter.name, together.mean, together.p999, worst.mean, worst_mean.c_str(), worst.p999,
        worst_p999.c_str(), worst.largest);
    EXPECT_LE(together.mean, bounds.all.mean) << filter.name;
    EXPECT_LE(together.p999, bounds.all.p999) << filter.name;
    EXPECT_GT(worst.largest, 0.3) << "fast and exact are the same: nothing was compared";
  }
}

// Noise of so little contrast that no colour leaves 0..255: what is left is rounding, in every layout and at
// any size.
TEST(PlanesMeaning, FastIsExactButForRounding) {
  std::mt19937 rng(8);
  std::vector<NamedImage> samples;
  for (const uint64_t planes : {HR_PLANES_GRAY, HR_PLANES_444, HR_PLANES_422, HR_PLANES_420, HR_PLANES_440}) {
    for (const auto& [width, height] :
         {std::pair{1u, 1u}, {2u, 3u}, {3u, 2u}, {4u, 5u}, {5u, 4u}, {6u, 7u}, {40u, 33u}, {201u, 150u}}) {
      PlaneLayout layout;
      ASSERT_TRUE(plane_layout(planes, layout));
      TestImage image;
      image.width = width;
      image.height = height;
      image.encoding = HR_ENCODING_YCC;
      image.planes = planes;
      image.size = plane_bytes(layout, width, height);
      image.bytes.resize(image.size + HR_BUFFER_ALIGNMENT);
      for (size_t i = 0; i < image.size; ++i) {
        const bool luma = i < size_t{width} * height;
        image.bytes[i] = uint8_t(128 + int(rng() % (luma ? 121u : 61u)) - (luma ? 60 : 30));
      }
      samples.push_back(
          {std::to_string(planes) + ": " + std::to_string(width) + "x" + std::to_string(height), image});
    }
  }
  compare_samples("muted", samples, {{0.7, 3, 3}, {0.5, 2, 3}});
}

std::vector<NamedImage> read_samples(const std::string& folder, size_t step) {
  return packed_photos(folder, step, [](const CoefficientImage& image) {
    return image.color != CoefficientColor::rgb && image.width >= 3 && image.width <= 2000;
  });
}

// What exact clamps to 0..255 before it resizes and fast after, colours outside the range of RGB, makes the
// outliers.
TEST(PlanesMeaning, FastIsNearExactOnPhotos) {
  const std::string folder = HEADRACE_SHARED_DIR "/photos/train";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared photos";
  const std::vector<NamedImage> samples = read_samples(folder, 8);
  ASSERT_GT(samples.size(), 10u);
  compare_samples("photos", samples, {{0.6, 12, 40}, {0.5, 3, 40}});
}

TEST(PlanesMeaning, FastOnOddFiles) {
  const std::string folder = HEADRACE_SHARED_DIR "/photos/odd";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shared photos";
  compare_samples("odd", read_samples(folder, 1), {{1.5, 20, 60}, {0.6, 8, 60}});
}

}  // namespace
}  // namespace headrace::testing
