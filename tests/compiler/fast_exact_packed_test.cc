// How far fast numerics are from exact on packed images, where fast resizes the component planes and composes chroma
// upsampling with the resize: mean and 99.9th percentile of the difference in 1/255 of the pixel range, per image.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "kernels/packed/packed_image.h"
#include "tests/compiler/program_testing.h"
#include "tests/kernels/jpeg_testing.h"

namespace headrace::testing {
namespace {

constexpr double kMean[] = {0.485, 0.456, 0.406}, kStd[] = {0.229, 0.224, 0.225};

struct PackedCase {
  std::string name;
  TestImage image;
};

/// False if the JPEG is of a kind that is not packed.
bool pack(const std::string& name, const Bytes& jpeg, std::vector<PackedCase>& list) {
  CoefficientImage image;
  if (!read_coefficients(jpeg, kDefaultDecodeLimits, image).ok()) return false;
  ImagePacker packer;
  PackedCase c{name, {}};
  EXPECT_TRUE(packer.pack(image, nullptr, false, PackEffort::fast, c.image.bytes).ok()) << name;
  c.image.size = c.image.bytes.size();
  c.image.bytes.resize(c.image.size + HR_BUFFER_ALIGNMENT, 0);
  c.image.width = image.width;
  c.image.height = image.height;
  c.image.encoding = HR_ENCODING_PACKED;
  c.image.planes = coefficient_planes(image);
  list.push_back(std::move(c));
  return true;
}

/// Waves with some noise, at every sampling, without colours out of range: exact numerics clamp those at every pixel, fast
/// after the resize. The bounds of photographs hold for them too.
std::vector<PackedCase> made() {
  std::vector<PackedCase> list;
  const std::array<std::array<int, 2>, 4> samplings = {{{1, 1}, {2, 1}, {2, 2}, {1, 2}}};
  for (const auto& [h, v] : samplings) {
    for (const uint32_t width : {500u, 333u, 61u}) {
      JpegSpec spec;
      spec.width = width;
      spec.height = width * 3 / 4;
      spec.h[0] = h;
      spec.v[0] = v;
      spec.quality = 90;
      spec.seed = width + uint32_t(h * 2 + v);
      spec.contrast = 0.3;
      EXPECT_TRUE(pack(describe(spec), make_jpeg(spec), list));
    }
  }
  JpegSpec gray;
  gray.contrast = 0.3;
  gray.width = 320;
  gray.height = 200;
  gray.space = "gray";
  EXPECT_TRUE(pack(describe(gray), make_jpeg(gray), list));
  return list;
}

/// Every `step`-th JPEG of a shared folder that can be packed.
std::vector<PackedCase> shared(const std::string& folder, size_t step) {
  std::vector<PackedCase> list;
  const std::string path = HEADRACE_SHARED_DIR "/photos/" + folder;
  if (!std::filesystem::exists(path)) return list;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.path().extension() == ".jpg") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (size_t i = 0; i < paths.size(); i += step) pack(std::filesystem::path(paths[i]).filename(), read_file(paths[i]), list);
  return list;
}

struct Distance {
  double mean = 0, high = 0;  ///< high: 99.9 % of the values are not farther apart
};

/// Counts of differences in steps of 1/64, over many images.
struct Pool {
  std::vector<uint64_t> counts = std::vector<uint64_t>(64 * 256 + 1);
  uint64_t total = 0;

  void add(double d) {
    ++counts[size_t(std::min(d, 256.0) * 64)];
    ++total;
  }
  double high() const {
    uint64_t seen = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      seen += counts[i];
      if (double(seen) >= 0.999 * double(total)) return double(i + 1) / 64;
    }
    return 256;
  }
};

// Of f32 NCHW outputs, normalised by kMean and kStd.
Distance distance(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b, Pool& pool) {
  const size_t n = a.size() / sizeof(float), plane = n / 3;
  std::vector<double> d(n);
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    float x, y;
    std::memcpy(&x, &a[i * sizeof x], sizeof x);
    std::memcpy(&y, &b[i * sizeof y], sizeof y);
    d[i] = std::fabs(double(x) - double(y)) * kStd[i / plane] * 255;
    if (!(d[i] < 1000)) d[i] = 1000;  // not a number
    sum += d[i];
    pool.add(d[i]);
  }
  const auto at = d.begin() + ptrdiff_t(double(n - 1) * 0.999);
  std::nth_element(d.begin(), at, d.end());
  return {sum / double(n), *at};
}

std::shared_ptr<const Program> make(const std::string& geometry, Numerics numerics) {
  char normalize[200];
  std::snprintf(normalize, sizeof normalize, R"({"op": "normalize", "mean": [%g, %g, %g], "std": [%g, %g, %g]})", kMean[0],
                kMean[1], kMean[2], kStd[0], kStd[1], kStd[2]);
  const std::string json = R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"}, )" + geometry + ", " +
                           normalize + R"(, {"op": "layout", "layout": "NCHW"}]}})";
  CompileOptions options;
  options.numerics = numerics;
  options.engine = !code_generator().empty() && best_isa() ? Engine::jit : Engine::interp;
  auto program = compile(json, nullptr, options);
  EXPECT_TRUE(program.ok()) << json << program.status().to_string();
  return program.ok() ? *program : nullptr;
}

struct Filter {
  const char* name;
  const char* options;
};
constexpr Filter kFilters[] = {{"bilinear, antialiased", R"("filter": "bilinear", "antialias": true)"},
                               {"area", R"("filter": "area")"},
                               {"bilinear", R"("filter": "bilinear", "antialias": false)"}};

void expect_near(const char* title, const std::vector<PackedCase>& images, double mean_bound, double pool_bound, double high_bound) {
  if (images.empty()) GTEST_SKIP() << "there are no shared photos";
  for (const Filter& filter : kFilters) {
    for (const std::string op : {"random_resized_crop", "resize"}) {
      const std::string geometry = R"({"op": ")" + op + R"(", "size": [224, 224], )" + filter.options + "}";
      const auto exact = make(geometry, Numerics::exact), fast = make(geometry, Numerics::fast);
      if (!exact || !fast) return;
      Distance worst;
      Pool pool;
      double mean = 0;
      std::string worst_mean, worst_high;
      for (const PackedCase& c : images) {
        const hr_key key{3, 0, c.image.size};
        const RunResult a = run_program(*exact, c.image, key), b = run_program(*fast, c.image, key);
        ASSERT_EQ(a.code, HR_OK) << c.name << ": " << a.error;
        ASSERT_EQ(b.code, HR_OK) << c.name << ": " << b.error;
        const Distance d = distance(a.outputs[0], b.outputs[0], pool);
        EXPECT_LE(d.mean, mean_bound) << op << ", " << filter.name << ", " << c.name;
        EXPECT_LE(d.high, high_bound) << op << ", " << filter.name << ", " << c.name;
        if (d.mean >= worst.mean) worst_mean = c.name;
        if (d.high >= worst.high) worst_high = c.name;
        worst = {std::max(worst.mean, d.mean), std::max(worst.high, d.high)};
        mean += d.mean / double(images.size());
      }
      EXPECT_LE(pool.high(), pool_bound) << op << ", " << filter.name;
      std::printf("%-8s %-20s %-22s mean %.3f, 99.9 %% %.2f; worst mean %.3f (%s), worst 99.9 %% %.2f (%s); %zu images\n", title,
                  op.c_str(), filter.name, mean, pool.high(), worst.mean, worst_mean.c_str(), worst.high, worst_high.c_str(),
                  images.size());
    }
  }
}

TEST(FastExactPacked, EverySampling) { expect_near("made", made(), 0.5, 3, 4); }
TEST(FastExactPacked, Photos) { expect_near("photos", shared("train", 4), 0.5, 3, 8); }
// Noise at quality 98, a photograph at quality 5, images of a few pixels blown up, whose pixels show the rounding that exact
// numerics do at every step, four times as wide.
TEST(FastExactPacked, OddFiles) { expect_near("odd", shared("odd", 1), 0.65, 7, 12); }

}  // namespace
}  // namespace headrace::testing
