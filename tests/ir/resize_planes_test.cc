// Resizing in component planes, against unrounded upsampling, resampling and colour.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "ir/chroma_table.h"
#include "ir/graph_interp.h"

namespace headrace::graph {
namespace {

using geometry::Rect;
using geometry::Size;
using Plane = std::vector<uint8_t>;

constexpr uint64_t kLayouts[] = {HR_PLANES_GRAY, HR_PLANES_444, HR_PLANES_422, HR_PLANES_420, HR_PLANES_440};

struct Random {
  std::mt19937 engine{11};
  int64_t operator()(int64_t lo, int64_t hi) {
    return std::uniform_int_distribution<int64_t>(lo, hi)(engine);
  }
};

TEST(Planes, LayoutsAndSizes) {
  PlaneLayout l;
  for (const uint64_t word : {5ull, 6ull, 7ull, 8ull, 10ull, 11ull, 12ull, 16ull, 1ull << 32}) {
    EXPECT_FALSE(plane_layout(word, l)) << word;
  }
  ASSERT_TRUE(plane_layout(HR_PLANES_444 | HR_PLANES_RGB, l));
  EXPECT_TRUE(l.rgb);
  ASSERT_TRUE(plane_layout(HR_PLANES_420, l));
  EXPECT_FALSE(l.rgb);
  EXPECT_EQ(plane_width(l, 0, 5), 5);
  EXPECT_EQ(plane_width(l, 1, 5), 3);
  EXPECT_EQ(plane_height(l, 2, 8), 4);
  EXPECT_EQ(plane_bytes(l, 5, 3), 15u + 2 * 3 * 2);
  EXPECT_FALSE(fancy_across(l, 4) || fancy_down(l, 4));  // two samples in a row: repeated, down as well
  EXPECT_TRUE(fancy_across(l, 5) && fancy_down(l, 5));
  ASSERT_TRUE(plane_layout(HR_PLANES_422, l));
  EXPECT_EQ(plane_bytes(l, 5, 3), 15u + 2 * 3 * 3);
  EXPECT_FALSE(fancy_across(l, 4) || fancy_down(l, 9));
  EXPECT_TRUE(fancy_across(l, 5));
  ASSERT_TRUE(plane_layout(HR_PLANES_440, l));
  EXPECT_EQ(plane_bytes(l, 5, 3), 15u + 2 * 5 * 2);
  EXPECT_TRUE(fancy_down(l, 1));
  EXPECT_FALSE(fancy_across(l, 9));
  ASSERT_TRUE(plane_layout(HR_PLANES_GRAY, l));
  EXPECT_EQ(plane_bytes(l, 5, 3), 15u);
}

using Rgb = std::array<int16_t, 3>;

TEST(Planes, ColourByHand) {
  EXPECT_EQ(ycc_to_rgb_q6(0, 0, 0), (Rgb{0, 0, 0}));
  EXPECT_EQ(ycc_to_rgb_q6(-8216, 0, 0), (Rgb{-8192, -8192, -8192}));
  EXPECT_EQ(ycc_to_rgb_q6(8152, 0, 0), (Rgb{8128, 8128, 8128}));
  // 6400 * 13173 / 2^15 = 2572.85, 6400 * 23401 / 2^15 = 4570.51: up.
  EXPECT_EQ(ycc_to_rgb_q6(-1000, 0, 6400), (Rgb{7973, -5571, -1000}));
  EXPECT_EQ(ycc_to_rgb_q6(-1000, 0, -640), (Rgb{-1897, -543, -1000}));  // -257.29, -457.05
  // 3200 * 11277 / 2^15 = 1101.27, 3200 * 7471 / 2^15 = 729.59.
  EXPECT_EQ(ycc_to_rgb_q6(100, 3200, 0), (Rgb{100, -1001, 5770}));
  EXPECT_EQ(ycc_to_rgb_q6(8152, 8152, 8152), (Rgb{8128, -475, 8128}));
}

// Every sum of the colour step in 16 bits, as vectors of i16 take it.
TEST(Planes, ColourFitsSixteenBits) {
  const auto add = [](int32_t a, int32_t b) {
    EXPECT_LE(std::abs(a + b), 32767);
    return a + b;
  };
  const auto m = [](int32_t a, int32_t b) { return (a * b + (1 << 14)) >> 15; };
  for (const int32_t y : {-8216, 8152}) {
    for (const int32_t cb : {-8216, 8152}) {
      add(add(add(y, cb), cb), -m(cb, 7471));
      for (const int32_t cr : {-8216, 8152}) {
        add(add(y, cr), m(cr, 13173));
        add(add(y, -m(cb, 11277)), -m(cr, 23401));
      }
    }
  }
}

TEST(Planes, ColourIsNearTheFormula) {
  Random random;
  double worst = 0;
  for (int i = 0; i < 100000; ++i) {
    const double y = double(random(-8192, 8128)), cb = double(random(-8192, 8128)),
                 cr = double(random(-8192, 8128));
    const double exact[] = {y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb};
    const Rgb rgb = ycc_to_rgb_q6(int16_t(y), int16_t(cb), int16_t(cr));
    for (size_t c = 0; c < 3; ++c) {
      worst = std::max(worst, std::fabs(std::clamp(exact[c], -8192.0, 8128.0) - rgb[c]));
    }
  }
  EXPECT_LT(worst, 1.5);  // of 64 to a level
}

struct Case {
  PlaneLayout layout;
  Size image, size;
  Rect rect, window;
  std::vector<Plane> planes;
  resample::Axes luma;
};

Case random_case(Random& random, uint64_t word, int64_t longest, bool smooth) {
  Case c;
  plane_layout(word, c.layout);
  c.image = {random(1, longest), random(1, longest)};
  c.rect.height = random(1, c.image.height);
  c.rect.width = random(1, c.image.width);
  c.rect.top = random(0, c.image.height - c.rect.height);
  c.rect.left = random(0, c.image.width - c.rect.width);
  c.size = {random(1, 30), random(1, 30)};
  c.window.height = random(1, c.size.height);
  c.window.width = random(1, c.size.width);
  c.window.top = random(0, c.size.height - c.window.height);
  c.window.left = random(0, c.size.width - c.window.width);
  for (int p = 0; p < c.layout.components; ++p) {
    Plane plane(size_t(plane_width(c.layout, p, c.image.width) * plane_height(c.layout, p, c.image.height)));
    for (uint8_t& v : plane) v = uint8_t(smooth ? 77 + 50 * p : random(0, 255));
    c.planes.push_back(plane);
  }
  const char* const filters[] = {"bilinear", "bilinear_point", "area"};
  c.luma = image_axes({c.rect.height, c.rect.width}, c.size, c.window, random(0, 1) == 1, random(0, 1) == 1,
                      random(0, 1) == 1, random(0, 1) == 1, filters[random(0, 2)], resample::Arith::q14);
  return c;
}

// A component at a pixel of the image, its chroma interpolated without rounding.
double pixel(const Case& c, int component, int64_t y, int64_t x) {
  const Plane& p = c.planes[size_t(component)];
  const int64_t h = plane_height(c.layout, component, c.image.height),
                w = plane_width(c.layout, component, c.image.width);
  struct Pair {
    int64_t near, next;
    double near_weight;
  };
  const auto pair = [](int64_t i, int64_t n, bool halved, bool fancy) {
    if (!halved) return Pair{i, i, 1};
    return Pair{i / 2, std::clamp<int64_t>(i % 2 == 0 ? i / 2 - 1 : i / 2 + 1, 0, n - 1), fancy ? 0.75 : 1.0};
  };
  const Pair v = pair(y, h, component > 0 && c.layout.v_max == 2, fancy_down(c.layout, c.image.width));
  const Pair u = pair(x, w, component > 0 && c.layout.h_max == 2, fancy_across(c.layout, c.image.width));
  const auto row = [&](int64_t r) {
    return u.near_weight * p[size_t(r * w + u.near)] + (1 - u.near_weight) * p[size_t(r * w + u.next)];
  };
  return v.near_weight * row(v.near) + (1 - v.near_weight) * row(v.next);
}

TEST(Planes, ResizedIsUpsampledAndResampled) {
  Random random;
  double worst = 0;
  for (int round = 0; round < 1500; ++round) {
    const Case c = random_case(random, kLayouts[round % 5], round % 2 == 0 ? 6 : 45, false);
    const ImageValue out = resize_planes(c.planes, c.layout, c.image, c.rect, c.luma);
    ASSERT_EQ(out.elem, Elem::q6);
    ASSERT_EQ(out.height, c.window.height);
    ASSERT_EQ(out.width, c.window.width);
    const resample::Table& h = c.luma.horizontal;
    const resample::Table& v = c.luma.vertical;
    for (int64_t y = 0; y < out.height; ++y) {
      for (int64_t x = 0; x < out.width; ++x) {
        double ycc[3] = {0, 128, 128};
        for (int p = 0; p < c.layout.components; ++p) {
          double sum = 0;
          for (int64_t a = 0; a < v.taps; ++a) {
            for (int64_t b = 0; b < h.taps; ++b) {
              const double weight =
                  double(v.weight[size_t(y * v.taps + a)]) * h.weight[size_t(x * h.taps + b)];
              if (weight == 0) continue;
              sum += weight *
                     pixel(c, p, c.rect.top + v.start[size_t(y)] + a, c.rect.left + h.start[size_t(x)] + b);
            }
          }
          ycc[p] = sum / (1 << 28);
        }
        const double cb = ycc[1] - 128, cr = ycc[2] - 128;
        const double rgb[] = {ycc[0] + 1.402 * cr, ycc[0] - 0.344136 * cb - 0.714136 * cr,
                              ycc[0] + 1.772 * cb};
        for (size_t k = 0; k < 3; ++k) {
          const double got = out.ints[size_t(y * out.width + x) * 3 + k] / 64.0 + 128;
          worst = std::max(worst, std::fabs(got - std::clamp(rgb[k], 0.0, 255.0)));
          ASSERT_LT(std::fabs(got - std::clamp(rgb[k], 0.0, 255.0)), 0.5) << "round " << round;
        }
      }
    }
  }
  EXPECT_GT(worst, 0.01);  // the comparison sees the rounding
}

TEST(Planes, FlatPlanesStayFlat) {
  Random random;
  for (int round = 0; round < 300; ++round) {
    const Case c = random_case(random, kLayouts[round % 5], 40, true);
    const ImageValue out = resize_planes(c.planes, c.layout, c.image, c.rect, c.luma);
    const bool gray = c.layout.components == 1;
    const auto q6 = [](int v) { return int16_t((v - 128) * 64); };
    const Rgb flat = ycc_to_rgb_q6(q6(77), gray ? int16_t(0) : q6(127), gray ? int16_t(0) : q6(177));
    for (size_t i = 0; i < out.ints.size(); ++i) ASSERT_NEAR(out.ints[i], flat[i % 3], 20) << round;
  }
}

TEST(Planes, GrayIsTheResizedImage) {
  Random random;
  for (int round = 0; round < 100; ++round) {
    const Case c = random_case(random, HR_PLANES_GRAY, 40, false);
    const ImageValue out = resize_planes(c.planes, c.layout, c.image, c.rect, c.luma);
    ImageValue in;
    in.height = c.image.height;
    in.width = c.image.width;
    for (const uint8_t v : c.planes[0]) in.ints.insert(in.ints.end(), 3, v);
    in = crop_image(in, c.rect);
    const std::vector<int16_t> rgb =
        resample::resample_passes(in.ints, in.height, in.width, 3, c.luma, resample::Arith::q14);
    ASSERT_EQ(out.ints.size(), rgb.size());
    for (size_t i = 0; i < rgb.size(); ++i) {
      ASSERT_EQ(out.ints[i], std::clamp<int16_t>(rgb[i], -8192, 8128));
    }
  }
}

TEST(Planes, Unsubsampled444IsTheResizedComponents) {
  Random random;
  for (int round = 0; round < 100; ++round) {
    const Case c = random_case(random, HR_PLANES_444, 40, false);
    const ImageValue out = resize_planes(c.planes, c.layout, c.image, c.rect, c.luma);
    ImageValue in;
    in.height = c.image.height;
    in.width = c.image.width;
    for (size_t i = 0; i < c.planes[0].size(); ++i) {
      for (const Plane& p : c.planes) in.ints.push_back(p[i]);
    }
    in = crop_image(in, c.rect);
    const std::vector<int16_t> ycc =
        resample::resample_passes(in.ints, in.height, in.width, 3, c.luma, resample::Arith::q14);
    for (size_t i = 0; i < ycc.size(); i += 3) {
      ASSERT_EQ((Rgb{out.ints[i], out.ints[i + 1], out.ints[i + 2]}),
                ycc_to_rgb_q6(ycc[i], ycc[i + 1], ycc[i + 2]));
    }
  }
}

// Which samples are read as planes, and the errors on the way.
class ResamplePlanes : public ::testing::Test {
 protected:
  hr_result run(uint32_t encoding, uint64_t planes, int planes_attr, const std::string& window = "%w") {
    const std::string text = R"(graph fast {
%0 = record : record
%i = field %0 {kind="image", name="image"} : coded
%is = image_size %i : size
%r = const_rect %is {height=2, left=1, top=1, width=3} : rect
%s = const_size {height=2, width=3} : size
%big = const_size {height=3, width=3} : size
%w = full_rect %s : rect
%outside = full_rect %big : rect
%f = const_bool {value=0} : bool
)";
    const int height = window == "%w" ? 2 : 3;
    const std::string type = std::to_string(height) + " 3 3";
    const auto g =
        parse(text + "%c = resample %i, %r, %s, " + window +
              ", %f, %f, %f, %f {arith=\"q14\", filter=\"bilinear\", planes=" + std::to_string(planes_attr) +
              "} : image<q6, " + type + ">\n%u = convert %c {dtype=\"u8\"} : image<u8, " + type +
              ">\n%x = layout %u {layout=\"NHWC\"} : tensor<u8, " + type + ", NHWC>\noutput \"x\" %x\n}\n");
    EXPECT_TRUE(g.ok()) << g.status().to_string();
    if (!g.ok()) return HR_E_INTERNAL;
    hr_field field{};
    field.width = width_;
    field.height = 4;
    field.encoding = encoding;
    field.planes = planes;
    const std::string name = "image";
    out_.assign(size_t(height) * 9, 0);
    uint8_t* const output = out_.data();
    Env env;
    env.fields = std::span(&field, 1);
    env.field_names = std::span(&name, 1);
    env.decode_context = this;
    env.error = &error_;
    env.decode = [](void* self, const hr_field&, const CodedPart& part, uint8_t* dst, hr_error*) {
      const Rect& r = part.rect;
      static_cast<ResamplePlanes*>(self)->decoded_ = r;
      std::fill_n(dst, r.height * r.width * 3, uint8_t(1));
      return hr_result(HR_OK);
    };
    env.planes = [](void* self, const hr_field&, const CodedPart& part, uint8_t* const* to, hr_error* error) {
      auto& test = *static_cast<ResamplePlanes*>(self);
      test.read_ = part.rect;
      error->code = test.fail_;
      if (test.fail_ != HR_OK) return hr_result(test.fail_);
      std::fill_n(to[0], 4 * 5, uint8_t(200));
      if (to[1]) std::fill_n(to[1], 2 * 3, uint8_t(128));
      if (to[2]) std::fill_n(to[2], 2 * 3, uint8_t(138));
      return hr_result(HR_OK);
    };
    decoded_ = read_ = {};
    error_ = {};
    return evaluate(*g, env, std::span(&output, 1));
  }

  Plane out_;
  Rect decoded_, read_;
  hr_error error_{};
  int fail_ = HR_OK;
  uint32_t width_ = 5;
};

TEST_F(ResamplePlanes, SamplesOfPlanesAreReadAsPlanes) {
  for (const uint32_t encoding : {HR_ENCODING_PACKED, HR_ENCODING_YCC}) {
    ASSERT_EQ(run(encoding, HR_PLANES_420, 1), HR_OK);
    EXPECT_EQ(read_.top * 1000 + read_.left * 100 + read_.height * 10 + read_.width, 1123);
    EXPECT_EQ(decoded_.height, 0);
    for (size_t i = 0; i < out_.size(); i += 3) {
      EXPECT_EQ(Plane(out_.begin() + int64_t(i), out_.begin() + int64_t(i) + 3), (Plane{214, 193, 200}));
    }
    ASSERT_EQ(run(encoding, HR_PLANES_GRAY, 1), HR_OK);
    EXPECT_EQ(out_, Plane(18, 200));
  }
}

TEST_F(ResamplePlanes, OthersAreReadAsPixels) {
  struct Sample {
    uint32_t encoding;
    uint64_t planes;
    int attr;
  };
  for (const Sample s : {Sample{HR_ENCODING_PACKED, HR_PLANES_420, 0},
                         {HR_ENCODING_YCC, HR_PLANES_GRAY, 0},
                         {HR_ENCODING_JPEG, 0, 1},
                         {HR_ENCODING_RGB, 0, 1},
                         {HR_ENCODING_PACKED, HR_PLANES_444 | HR_PLANES_RGB, 1},
                         {HR_ENCODING_YCC, 5, 1},
                         {HR_ENCODING_YCC, HR_PLANES_420 | HR_PLANES_RGB, 1},
                         {HR_ENCODING_YCC, 1ull << 32, 1}}) {
    ASSERT_EQ(run(s.encoding, s.planes, s.attr), HR_OK);
    EXPECT_EQ(read_.height, 0);
    EXPECT_EQ(decoded_.height, 2);
    EXPECT_EQ(out_, Plane(18, 1));
  }
}

TEST_F(ResamplePlanes, Errors) {
  fail_ = HR_E_DECODE;
  EXPECT_EQ(run(HR_ENCODING_PACKED, HR_PLANES_420, 1), HR_E_DECODE);
  fail_ = HR_OK;
  EXPECT_EQ(run(HR_ENCODING_PACKED, HR_PLANES_420, 1, "%outside"), HR_E_CROP_OUTSIDE);
  EXPECT_EQ(std::vector<int64_t>(error_.args, error_.args + 6), (std::vector<int64_t>{0, 0, 3, 3, 2, 3}));
  width_ = 3;
  EXPECT_EQ(run(HR_ENCODING_PACKED, HR_PLANES_420, 1), HR_E_CROP_OUTSIDE);
  EXPECT_EQ(std::vector<int64_t>(error_.args, error_.args + 6), (std::vector<int64_t>{1, 1, 2, 3, 4, 3}));
  EXPECT_EQ(read_.height, 0);
}

TEST(Needed, IsWhatATableMayRead) {
  resample::Table table;
  table.start = {5, 3, 1};  // a mirrored axis
  table.taps = 4;
  EXPECT_EQ(resample::needed(table, 20).first, 1);
  EXPECT_EQ(resample::needed(table, 20).end, 9);
  EXPECT_EQ(resample::needed(table, 8).end, 8);
  table.start = {2};
  table.taps = 1;
  EXPECT_EQ(resample::needed(table, 20).first, 2);
  EXPECT_EQ(resample::needed(table, 20).end, 4);
}

}  // namespace
}  // namespace headrace::graph
