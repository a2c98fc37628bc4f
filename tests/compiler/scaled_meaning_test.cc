// What "idct_scale": "auto" means, by the graph interpreter: in exact numerics libjpeg-turbo's scaled decode
// resized as Pillow does it, for files and packed images alike; how far fast numerics are from that, and both
// from no scaling.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "headrace/scaled.h"
#include "ir/geometry.h"
#include "tests/compiler/meaning_testing.h"
#include "tests/compiler/pixel_distance.h"
#include "tests/compiler/plane_images.h"

namespace headrace::testing {
namespace {

std::shared_ptr<const Program> make(const std::string& ops, Numerics numerics, bool scaled = true) {
  return interpreted(ops, numerics, scaled ? R"(, "idct_scale": "auto")" : "");
}

// One axis of Pillow's 8-bit bilinear reduction of samples [begin, end), to `to` values: sums of 22-bit
// weights, rounded to whole pixels.
std::vector<int> reduce(const std::vector<int>& in, double begin, double end, int to) {
  std::vector<int> out;
  const double scale = (end - begin) / to;  // above 1
  for (int j = 0; j < to; ++j) {
    const double centre = begin + (j + 0.5) * scale;
    const int first = std::max(int(centre - scale + 0.5), 0),
              last = std::min(int(centre + scale + 0.5), int(in.size()));
    std::vector<double> w;
    double total = 0;
    for (int k = first; k < last; ++k) {
      w.push_back(std::max(1 - std::fabs((k - centre + 0.5) * (1 / scale)), 0.0));
      total += w.back();
    }
    int64_t sum = 1 << 21;
    for (int k = first; k < last; ++k)
      sum += in[size_t(k)] * int64_t(w[size_t(k - first)] / total * (1 << 22) + 0.5);
    out.push_back(std::clamp(int(sum >> 22), 0, 255));
  }
  return out;
}

// The pixels of `scaled`, a whole image at n of 8, that `rect` covers, reduced from where it lies in them.
std::vector<uint8_t> expected(const Pixels& scaled, int n, const geometry::Rect& rect, int to_height,
                              int to_width) {
  const double x0 = double(rect.left) * n / 8, x1 = double(rect.left + rect.width) * n / 8;
  const double y0 = double(rect.top) * n / 8, y1 = double(rect.top + rect.height) * n / 8;
  const int left = int(std::floor(x0)), right = int(std::ceil(x1)), top = int(std::floor(y0)),
            bottom = int(std::ceil(y1));
  std::vector<uint8_t> out(size_t(to_height * to_width * 3));
  for (int c = 0; c < 3; ++c) {
    std::vector<std::vector<int>> rows;
    for (int y = top; y < bottom; ++y) {
      std::vector<int> row;
      for (int x = left; x < right; ++x)
        row.push_back(scaled.rgb[(size_t(y) * scaled.width + size_t(x)) * 3 + size_t(c)]);
      rows.push_back(reduce(row, x0 - left, x1 - left, to_width));
    }
    for (int x = 0; x < to_width; ++x) {
      std::vector<int> column;
      for (const auto& row : rows) column.push_back(row[size_t(x)]);
      column = reduce(column, y0 - top, y1 - top, to_height);
      for (int y = 0; y < to_height; ++y)
        out[size_t((y * to_width + x) * 3 + c)] = uint8_t(column[size_t(y)]);
    }
  }
  return out;
}

TEST(ScaledMeaning, ExactIsLibjpegsScaledDecodeResized) {
  constexpr int kHeight = 5, kWidth = 6;
  const auto exact =
      make(R"({"op": "random_resized_crop", "size": [5, 6], "scale": [0.01, 1]})", Numerics::exact);
  ASSERT_TRUE(exact);
  std::map<int, int> times;
  for (const JpegKind& kind : kJpegKinds) {
    for (const auto& [width, height] : {std::pair{131u, 45u}, {67u, 245u}, {150u, 149u}}) {
      const Bytes jpeg = make_file(kind, width, height);
      const TestImage file = file_image(jpeg, width, height), packed = packed_image(jpeg),
                      ycc = ycc_image(packed);
      for (uint64_t k = 0; k < 10; ++k) {
        const hr_key key{k, 0, 5};
        const geometry::Rect rect = geometry::random_resized_crop_rect(
            {height, width}, {0.01, 1}, {3.0 / 4, 4.0 / 3}, key, "/outputs/image/1");
        int n = 8;  // the smallest that leaves both sides twice the output
        for (const int m : {4, 2, 1}) {
          if (double(rect.width) * m / 8 >= 2 * kWidth && double(rect.height) * m / 8 >= 2 * kHeight) n = m;
        }
        ++times[n];
        if (n < 8) {
          const Pixels scaled = full_decode(jpeg, unsigned(n));
          const std::vector<uint8_t> wanted = expected(scaled, n, rect, kHeight, kWidth);
          const RunResult from_file = run_program(*exact, file, key);
          ASSERT_EQ(from_file.code, HR_OK) << from_file.error;
          EXPECT_EQ(from_file.outputs[0], wanted)
              << kind.name << " " << width << "x" << height << " at " << n;
        }
        EXPECT_EQ(difference(run_program(*exact, file, key), run_program(*exact, packed, key)), "")
            << kind.name << " " << width << "x" << height << " at " << n;
        // Planes are pixels already: what they hold was decoded whole.
        const auto whole = make(R"({"op": "random_resized_crop", "size": [5, 6], "scale": [0.01, 1]})",
                                Numerics::exact, false);
        EXPECT_EQ(difference(run_program(*whole, packed, key), run_program(*exact, ycc, key)), "");
      }
    }
  }
  for (const int n : {8, 4, 2, 1}) EXPECT_GT(times[n], 5) << n;
}

struct Draft {
  int width, height, reduction, to_width, to_height;
  std::string sampling;
  Bytes jpeg, pixels;
};

Bytes from_hex(const std::string& line) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < line.size(); i += 2)
    bytes.push_back(uint8_t(std::stoi(line.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::vector<Draft> read_drafts() {
  std::ifstream in(HEADRACE_SOURCE_DIR "/tests/compiler/draft_golden.txt");
  std::vector<Draft> drafts;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    Draft d;
    std::istringstream(line) >> d.width >> d.height >> d.sampling >> d.reduction >> d.to_width >> d.to_height;
    std::getline(in, line);
    d.jpeg = from_hex(line);
    for (int y = 0; y < d.to_height && std::getline(in, line); ++y) {
      const Bytes row = from_hex(line);
      d.pixels.insert(d.pixels.end(), row.begin(), row.end());
    }
    drafts.push_back(std::move(d));
  }
  return drafts;
}

// draft() decodes smaller and gives the box that the image then is; resize() takes it.
TEST(ScaledMeaning, ExactEqualsPillowsDraft) {
  const std::vector<Draft> drafts = read_drafts();
  ASSERT_EQ(drafts.size(), 12u);
  for (const Draft& d : drafts) {
    EXPECT_EQ(geometry::idct_scale({0, 0, d.height, d.width}, {d.to_height, d.to_width}), 8 / d.reduction);
    const auto exact = make(R"({"op": "resize", "size": [)" + std::to_string(d.to_height) + ", " +
                                std::to_string(d.to_width) + "]}",
                            Numerics::exact);
    ASSERT_TRUE(exact);
    for (const TestImage& image :
         {file_image(d.jpeg, uint32_t(d.width), uint32_t(d.height)), packed_image(d.jpeg)}) {
      const RunResult result = run_program(*exact, image, {});
      ASSERT_EQ(result.code, HR_OK) << result.error;
      EXPECT_EQ(result.outputs[0], d.pixels)
          << d.width << "x" << d.height << " " << d.sampling << " by " << d.reduction;
    }
  }
}

struct Pool {
  std::vector<double> all;
  Distance worst;
  int images = 0;

  void add(const std::vector<double>& here) {
    const Distance d = distance_of(here);
    worst = {std::max(worst.mean, d.mean), std::max(worst.p999, d.p999), std::max(worst.largest, d.largest)};
    all.insert(all.end(), here.begin(), here.end());
    ++images;
  }
  Distance check(const std::string& name, const Distance& bound, const Distance& worst_bound) const {
    const Distance d = distance_of(all);
    std::printf("%-52s mean %.3f, 99.9 %% %.2f; worst image %.3f, %.2f; %d images\n", name.c_str(), d.mean,
                d.p999, worst.mean, worst.p999, images);
    EXPECT_LE(d.mean, bound.mean) << name;
    EXPECT_LE(d.p999, bound.p999) << name;
    EXPECT_LE(worst.mean, worst_bound.mean) << name;
    EXPECT_LE(worst.p999, worst_bound.p999) << name;
    return d;
  }
};

// Fast against exact, both scaled.
void compare_numerics(const std::string& what, const std::vector<NamedImage>& samples,
                      const std::vector<int>& sizes, const Distance& bound, const Distance& worst) {
  for (const char* filter : {"bilinear", "area"}) {
    for (const int size : sizes) {
      const std::string ops = R"({"op": "random_resized_crop", "scale": [0.3, 1], "size": [)" +
                              std::to_string(size) + ", " + std::to_string(size) + R"(], "filter": ")" +
                              filter + "\"}" + kToFloat;
      const auto exact = make(ops, Numerics::exact), fast = make(ops, Numerics::fast);
      ASSERT_TRUE(exact && fast);
      Pool pool;
      for (const NamedImage& s : samples) {
        const hr_key key{3, 0, s.image.size};
        const RunResult a = run_program(*exact, s.image, key), b = run_program(*fast, s.image, key);
        ASSERT_EQ(a.code, HR_OK) << s.name << ": " << a.error;
        ASSERT_EQ(b.code, HR_OK) << s.name << ": " << b.error;
        pool.add(pixel_differences(a, b));
      }
      pool.check(what + " to " + std::to_string(size) + " " + filter + ", fast - exact", bound, worst);
    }
  }
}

// Content of so little contrast that no colour leaves 0..255: what is left is rounding, in every layout.
TEST(ScaledMeaning, FastIsExactButForRounding) {
  std::vector<NamedImage> samples;
  for (const JpegKind& kind : kJpegKinds) {
    for (const auto& [width, height] : {std::pair{300u, 250u}, {123u, 171u}, {97u, 90u}})
      samples.push_back({kind.name, packed_image(make_file(kind, width, height, 0.3))});
  }
  compare_numerics("muted", samples, {5, 12, 24}, {0.5, 2, 3}, {0.6, 3, 3});
}

std::vector<NamedImage> photos() {
  return packed_photos(HEADRACE_SHARED_DIR "/photos/train", 8,
                       [](const CoefficientImage& image) { return image.width >= 64 && image.height >= 64; });
}

TEST(ScaledMeaning, FastIsNearExactOnPhotos) {
  const std::vector<NamedImage> samples = photos();
  if (samples.empty()) GTEST_SKIP() << "no shared photos";
  compare_numerics("photos", samples, {32, 64}, {0.5, 3, 40}, {0.7, 12, 40});
}

// Scaling against none: what the attribute does to the pixels. A smaller IDCT is another antialiasing filter.
TEST(ScaledMeaning, DistanceToNoScalingOnPhotos) {
  const std::vector<NamedImage> samples = photos();
  if (samples.empty()) GTEST_SKIP() << "no shared photos";
  for (const Numerics numerics : {Numerics::exact, Numerics::fast}) {
    for (const int size : {16, 32, 64, 96}) {
      const std::string ops = R"({"op": "random_resized_crop", "size": [)" + std::to_string(size) + ", " +
                              std::to_string(size) + "]}" + kToFloat;
      const auto scaled = make(ops, numerics), whole = make(ops, Numerics::exact, false);
      ASSERT_TRUE(scaled && whole);
      std::map<int, Pool> pools;  // by scale; 0: all
      for (const NamedImage& s : samples) {
        for (uint64_t k = 0; k < 4; ++k) {
          const hr_key key{k, 0, s.image.size};
          const geometry::Rect rect = geometry::random_resized_crop_rect(
              {s.image.height, s.image.width}, {0.08, 1}, {3.0 / 4, 4.0 / 3}, key, "/outputs/image/1");
          const int n = geometry::idct_scale(rect, {size, size});
          if (n == 8 && k > 0) continue;
          const RunResult a = run_program(*whole, s.image, key), b = run_program(*scaled, s.image, key);
          ASSERT_EQ(a.code, HR_OK) << s.name << ": " << a.error;
          ASSERT_EQ(b.code, HR_OK) << s.name << ": " << b.error;
          pools[n].add(pixel_differences(a, b));
        }
      }
      for (const auto& [n, pool] : pools) {
        const std::string name = std::string(numerics_name(numerics)) + " at " + std::to_string(n) +
                                 " of 8 to " + std::to_string(size) + ", - exact, whole";
        if (n == 8) {
          const Distance d = pool.check(name, {0.5, 3, 0}, {0.7, 12, 0});
          EXPECT_TRUE(d.largest == 0 || numerics == Numerics::fast) << "nothing was to be scaled";
        } else {
          const Distance d = pool.check(name, {0.8, 12, 0}, {2, 25, 0});
          EXPECT_GT(d.mean, 0.1) << "nothing was scaled";
        }
      }
    }
  }
}

}  // namespace
}  // namespace headrace::testing
