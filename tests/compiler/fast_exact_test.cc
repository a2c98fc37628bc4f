// How far fast numerics are from exact, on photos and on images made like photos: mean and largest difference
// in 1/255 of the pixel range, per image, with the worst image printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "kernels/jpeg_info.h"
#include "tests/compiler/program_testing.h"
#include "tests/compiler/random_stream.h"
#include "tests/kernels/jpeg_testing.h"

namespace headrace::testing {
namespace {

constexpr double kMean[] = {0.485, 0.456, 0.406}, kStd[] = {0.229, 0.224, 0.225};

struct PhotoCase {
  std::string name;
  TestImage image;
};

// Smooth shading, sharp edges at several angles, and sensor noise.
TestImage photo_like(uint32_t width, uint32_t height, uint64_t seed) {
  RandomStream random(seed);
  TestImage image;
  image.width = width;
  image.height = height;
  image.size = size_t(width) * height * 3;
  image.bytes.assign(image.size + HR_BUFFER_ALIGNMENT, 0);
  struct Edge {
    double a, b, c;
    int step[3];
  };
  std::vector<Edge> edges(12);
  for (Edge& e : edges) {
    const double angle = double(random.below(360)) * 0.01745;
    e.a = std::cos(angle);
    e.b = std::sin(angle);
    e.c = -(e.a * double(random.below(width)) + e.b * double(random.below(height)));
    for (int& s : e.step) s = int(random.between(-70, 70));
  }
  const double fx = 6.28 / width * double(random.between(1, 4)),
               fy = 6.28 / height * double(random.between(1, 4));
  const int64_t noise = random.between(1, 12);
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        double v = 128 + 80 * std::sin(fx * x + c) * std::cos(fy * y - c);
        for (const Edge& e : edges) v += e.a * x + e.b * y + e.c > 0 ? e.step[c] : 0;
        v += double(random.between(-noise, noise));
        image.bytes[(size_t(y) * width + x) * 3 + size_t(c)] = uint8_t(std::clamp(v, 0.0, 255.0));
      }
    }
  }
  return image;
}

std::vector<PhotoCase> cases() {
  std::vector<PhotoCase> list;
  uint64_t seed = 1;
  for (const auto& [w, h] : {std::pair<uint32_t, uint32_t>{500, 375},
                             {375, 500},
                             {640, 480},
                             {1100, 700},
                             {90, 120},
                             {256, 256},
                             {33, 470}}) {
    list.push_back({"synthetic " + std::to_string(w) + "x" + std::to_string(h), photo_like(w, h, seed++)});
  }
  list.push_back({"noise 300x200", random_rgb(300, 200, 4)});
  const std::string folder = HEADRACE_SHARED_DIR "/photos/train";
  if (!std::filesystem::exists(folder)) return list;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (size_t i = 0; i < paths.size(); i += 10) {
    const Bytes jpeg = read_file(paths[i]);
    const auto info = jpeg_info(jpeg);
    EXPECT_TRUE(info.ok()) << paths[i];
    if (!info.ok()) continue;
    TestImage image{jpeg, jpeg.size(), info->width, info->height, HR_ENCODING_JPEG};
    image.bytes.resize(jpeg.size() + HR_BUFFER_ALIGNMENT, 0);
    list.push_back({std::filesystem::path(paths[i]).filename(), std::move(image)});
  }
  return list;
}

struct Distance {
  double mean = 0, largest = 0;
};

// Of f32 NCHW outputs, normalised by kMean and kStd.
Distance distance(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  const size_t n = a.size() / sizeof(float), plane = n / 3;
  Distance d;
  for (size_t i = 0; i < n; ++i) {
    float x, y;
    std::memcpy(&x, &a[i * sizeof x], sizeof x);
    std::memcpy(&y, &b[i * sizeof y], sizeof y);
    const double difference = std::fabs(double(x) - double(y)) * kStd[i / plane] * 255;
    if (!(difference <= d.largest)) d.largest = difference;  // a NaN stays and fails the bound
    d.mean += difference / double(n);
  }
  return d;
}

std::shared_ptr<const Program> make(const std::string& geometry, Numerics numerics) {
  char normalize[200];
  std::snprintf(normalize, sizeof normalize,
                R"({"op": "normalize", "mean": [%g, %g, %g], "std": [%g, %g, %g]})", kMean[0], kMean[1],
                kMean[2], kStd[0], kStd[1], kStd[2]);
  const std::string json = R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"}, )" +
                           geometry + ", " + normalize + R"(, {"op": "layout", "layout": "NCHW"}]}})";
  CompileOptions options;
  options.numerics = numerics;
  options.engine = !code_generator().empty() && best_isa() ? Engine::jit : Engine::interp;
  auto program = compile(json, nullptr, options);
  EXPECT_TRUE(program.ok()) << json << program.status().to_string();
  return program.ok() ? *program : nullptr;
}

// Returns the worst distance of all images.
Distance expect_near(const char* name, const std::string& geometry, double mean_bound, double largest_bound) {
  static const std::vector<PhotoCase> images = cases();
  const auto exact = make(geometry, Numerics::exact), fast = make(geometry, Numerics::fast);
  Distance worst;
  std::string worst_mean, worst_largest;
  if (!exact || !fast) return worst;
  for (const PhotoCase& c : images) {
    for (uint64_t k = 0; k < 2; ++k) {
      const hr_key key{k, 0, 5};
      const RunResult a = run_program(*exact, c.image, key), b = run_program(*fast, c.image, key);
      EXPECT_EQ(a.code, HR_OK) << c.name << ": " << a.error;
      EXPECT_EQ(b.code, HR_OK) << c.name << ": " << b.error;
      if (a.code != HR_OK || b.code != HR_OK) continue;
      const Distance d = distance(a.outputs[0], b.outputs[0]);
      EXPECT_LE(d.mean, mean_bound) << name << ", " << c.name;
      EXPECT_LE(d.largest, largest_bound) << name << ", " << c.name;
      if (d.mean >= worst.mean) worst_mean = c.name;
      if (d.largest >= worst.largest) worst_largest = c.name;
      worst = {std::max(worst.mean, d.mean), std::max(worst.largest, d.largest)};
    }
  }
  std::printf("%-28s fast - exact in 1/255: mean at most %.3f (%s), largest %.3f (%s), %zu images\n", name,
              worst.mean, worst_mean.c_str(), worst.largest, worst_largest.c_str(), images.size());
  return worst;
}

// Both round to u8 or to q6 at different places: measured means are at most 0.34 and single values at most 1.
constexpr double kMeanBound = 0.45, kLargestBound = 2;

void expect_small_but_real(const char* name, const std::string& geometry,
                           double largest_bound = kLargestBound) {
  const Distance worst = expect_near(name, geometry, kMeanBound, largest_bound);
  EXPECT_GT(worst.largest, 0.1) << "fast and exact are the same: nothing was compared";
}

TEST(FastAgainstExact, TrainingCrop) {
  expect_small_but_real(
      "random_resized_crop 224",
      R"({"op": "random_resized_crop", "size": [224, 224]}, {"op": "random_horizontal_flip"})");
}
TEST(FastAgainstExact, Evaluation) {
  expect_small_but_real("short side 256, centre 224",
                        R"({"op": "resize", "short_side": 256}, {"op": "center_crop", "size": [224, 224]})");
}
TEST(FastAgainstExact, Area) {
  expect_small_but_real("area 160x200", R"({"op": "resize", "size": [160, 200], "filter": "area"})");
}
TEST(FastAgainstExact, Point) {
  expect_small_but_real("bilinear without antialias",
                        R"({"op": "resize", "size": [160, 200], "antialias": false})");
}
TEST(FastAgainstExact, WideFilters) {
  expect_small_but_real("thumbnail 9x13", R"({"op": "resize", "size": [9, 13]})");
}
TEST(FastAgainstExact, TwoResizes) {
  expect_small_but_real("two resizes",
                        R"({"op": "resize", "size": [200, 180]}, {"op": "resize", "size": [96, 96]})", 3);
}

// Copies of pixels have nothing to round: only the affine map behind them may differ, in the last bit.
TEST(FastAgainstExact, NearestIsTheSame) {
  expect_near("nearest 160x200", R"({"op": "resize", "size": [160, 200], "filter": "nearest"})", 1e-4, 1e-4);
}

// Maps whose product leaves the range of f32 are not composed: it would make NaN of black.
TEST(FastAgainstExact, ExtremeFactorsStayFinite) {
  const char* json =
      R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"}, {"op": "center_crop", "size": [5, 6]},
      {"op": "convert", "dtype": "f32", "scale": 1e30}, {"op": "normalize", "mean": [0, 0, 0], "std": [1e-20, 1, 1e-20]}]}})";
  TestImage black = random_rgb(8, 8, 1);
  std::fill(black.bytes.begin(), black.bytes.begin() + ptrdiff_t(black.size), uint8_t{0});
  CompileOptions options;
  options.engine = Engine::interp;
  for (const Numerics numerics : {Numerics::exact, Numerics::fast}) {
    options.numerics = numerics;
    const auto program = compile(json, nullptr, options);
    ASSERT_TRUE(program.ok()) << program.status().to_string();
    const RunResult result = run_program(**program, black, {1, 2, 3});
    ASSERT_EQ(result.outputs.size(), 1u);
    for (size_t i = 0; i < result.outputs[0].size(); i += sizeof(float)) {
      float v;
      std::memcpy(&v, &result.outputs[0][i], sizeof v);
      ASSERT_EQ(v, 0.0f) << numerics_name(numerics) << ", value " << i / sizeof v;
    }
  }
}

}  // namespace
}  // namespace headrace::testing
