// The graph interpreter: what each op makes of small images, and the errors it reports.
#include "ir/graph_interp.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "ir/numeric.h"

namespace headrace::graph {
namespace {

using Bytes = std::vector<uint8_t>;

// A 4 x 5 image whose pixel (y, x) is {10 y + x, 100 + 10 y + x, 200 + y}.
uint8_t pixel(int64_t y, int64_t x, int64_t c) { return uint8_t(c == 2 ? 200 + y : 100 * c + 10 * y + x); }

hr_result decode(void* context, const hr_field&, const CodedPart& part, uint8_t* dst, hr_error*) {
  const geometry::Rect& r = part.rect;
  ++*static_cast<int*>(context);
  for (int64_t y = 0; y < r.height; ++y) {
    for (int64_t x = 0; x < r.width; ++x) {
      for (int64_t c = 0; c < 3; ++c) *dst++ = pixel(r.top + y, r.left + x, c);
    }
  }
  return HR_OK;
}

// Runs the nodes (the record is %0, the 4 x 5 image field %i, its pixels %p, true %t and false %f) and
// returns the bytes of output "x".
class GraphInterp : public ::testing::Test {
 protected:
  hr_result run(const std::string& nodes, size_t bytes) {
    const std::string text =
        "graph exact {\n%0 = record : record\n%i = field %0 {kind=\"image\", name=\"image\"} : coded\n"
        "%p = decode %i : image<u8, ? ? 3>\n%t = const_bool {value=1} : bool\n"
        "%f = const_bool {value=0} : bool\n" +
        nodes + "}\n";
    const auto g = parse(text);
    EXPECT_TRUE(g.ok()) << g.status().to_string();
    if (!g.ok()) return HR_E_INTERNAL;
    out_.assign(bytes, 0xCD);
    const std::vector<std::string> names = {"image", "label", "score", "key"};
    const char* key = "abc";
    std::vector<hr_field> fields(4);
    fields[0].width = 5;
    fields[0].height = 4;
    fields[1].value = label_;
    fields[2].value = std::bit_cast<int64_t>(score_);
    fields[3].data = reinterpret_cast<const uint8_t*>(key);
    fields[3].size = key_bytes_;
    if (key_bytes_ == 0) fields[3].data = nullptr;
    Env env;
    env.fields = fields;
    env.field_names = names;
    env.key = {1, 2, 3};
    env.decode = decode;
    env.decode_context = &decodes_;
    env.error = &error_;
    uint8_t* const output = out_.data();
    return evaluate(*g, env, std::span(&output, 1));
  }

  // The bytes of a u8 tensor that holds rows x columns of the source, by index.
  static Bytes pixels(const std::vector<int>& rows, const std::vector<int>& columns) {
    Bytes b;
    for (int y : rows) {
      for (int x : columns) {
        for (int c = 0; c < 3; ++c) b.push_back(pixel(y, x, c));
      }
    }
    return b;
  }
  template <class T>
  T value(size_t i) const {
    T v;
    std::memcpy(&v, out_.data() + i * sizeof v, sizeof v);
    return v;
  }
  std::vector<int64_t> args() const { return {error_.args, error_.args + 6}; }

  Bytes out_;
  hr_error error_{};
  int decodes_ = 0;
  int64_t label_ = 0;
  double score_ = 0;
  uint64_t key_bytes_ = 3;
};

constexpr const char* kWhole =
    "%s = const_size {height=4, width=5} : size\n%w = full_rect %s : rect\n%q = crop %p, %w : image<u8, 4 5 "
    "3>\n";
constexpr const char* kTo = "output \"x\" %x\n";

TEST_F(GraphInterp, CropAndDecodeOfARectangle) {
  const std::string rect =
      "%s = image_size %i : size\n%r = const_rect %s {height=2, left=1, top=2, width=3} : rect\n";
  const std::string layout = "%x = layout %c {layout=\"NHWC\"} : tensor<u8, 2 3 3, NHWC>\n";
  ASSERT_EQ(run(rect + "%c = crop %p, %r : image<u8, 2 3 3>\n" + layout + kTo, 18), HR_OK);
  EXPECT_EQ(out_, pixels({2, 3}, {1, 2, 3}));
  ASSERT_EQ(run(rect + "%c = decode %i, %r : image<u8, 2 3 3>\n" + layout + kTo, 18), HR_OK);
  EXPECT_EQ(out_, pixels({2, 3}, {1, 2, 3}));
}

TEST_F(GraphInterp, Flip) {
  const std::string layout = "%x = layout %c {layout=\"NHWC\"} : tensor<u8, 4 5 3, NHWC>\n";
  ASSERT_EQ(run(kWhole + std::string("%c = flip %q, %t, %f : image<u8, 4 5 3>\n") + layout + kTo, 60), HR_OK);
  EXPECT_EQ(out_, pixels({0, 1, 2, 3}, {4, 3, 2, 1, 0}));
  ASSERT_EQ(run(kWhole + std::string("%c = flip %q, %f, %t : image<u8, 4 5 3>\n") + layout + kTo, 60), HR_OK);
  EXPECT_EQ(out_, pixels({3, 2, 1, 0}, {0, 1, 2, 3, 4}));
}

TEST_F(GraphInterp, RectanglesComposeAndMirror) {
  // Columns 1..4 of rows 1..3; of these the second and third row, third and fourth column; mirrored: first
  // two.
  const std::string nodes = R"(%s = image_size %i : size
%o = const_rect %s {height=3, left=1, top=1, width=4} : rect
%os = rect_size %o : size
%n = const_rect %os {height=2, left=2, top=1, width=2} : rect
%m = mirror_rect %n, %os, %t, %f : rect
%both = xor %t, %t : bool
%k = mirror_rect %m, %os, %both, %both : rect
%r = compose_rect %o, %k : rect
%c = decode %i, %r : image<u8, 2 2 3>
%x = layout %c {layout="NHWC"} : tensor<u8, 2 2 3, NHWC>
)";
  ASSERT_EQ(run(nodes + kTo, 12), HR_OK) << error_.code;
  EXPECT_EQ(out_, pixels({2, 3}, {1, 2}));
}

// All of a resample: source rectangle, window, mirrors before and after.
TEST_F(GraphInterp, ResampleThatCopies) {
  const std::string nodes = R"(%s = image_size %i : size
%r = const_rect %s {height=3, left=1, top=1, width=4} : rect
%rs = rect_size %r : size
%w = const_rect %rs {height=2, left=0, top=1, width=3} : rect
%c = resample %i, %r, %rs, %w, %t, %f, %f, %t {arith="copy", filter="none", planes=0} : image<u8, 2 3 3>
%x = layout %c {layout="NHWC"} : tensor<u8, 2 3 3, NHWC>
)";
  ASSERT_EQ(run(nodes + kTo, 18), HR_OK);
  // Columns 4 3 2 of the mirrored 1..4; rows 2, 3 of 1..3, the window turned upside down.
  EXPECT_EQ(out_, pixels({3, 2}, {4, 3, 2}));
  EXPECT_EQ(decodes_, 2);  // %p, which nothing uses, and the resample
}

TEST_F(GraphInterp, ResizeTakesTheNearestPixel) {
  const std::string nodes = R"(%s = const_size {height=2, width=2} : size
%c = resize %p, %s {filter="nearest"} : image<u8, 2 2 3>
%x = layout %c {layout="NHWC"} : tensor<u8, 2 2 3, NHWC>
)";
  ASSERT_EQ(run(nodes + kTo, 12), HR_OK);
  EXPECT_EQ(out_, pixels({1, 3}, {1, 3}));  // (0.5, 1.5) * 2; (0.5, 1.5) * 2.5 = 1.25, 3.75
}

TEST_F(GraphInterp, LayoutsPlaceTheSamePixels) {
  ASSERT_EQ(
      run(kWhole + std::string("%x = layout %q {layout=\"NCHW\"} : tensor<u8, 4 5 3, NCHW>\n") + kTo, 60),
      HR_OK);
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t i = 0; i < 20; ++i) EXPECT_EQ(out_[size_t(c * 20 + i)], pixel(i / 5, i % 5, c));
  }
  ASSERT_EQ(
      run(kWhole +
              std::string("%x = layout %q {layout=\"channels_last\"} : tensor<u8, 4 5 3, channels_last>\n") +
              kTo,
          60),
      HR_OK);
  EXPECT_EQ(out_, pixels({0, 1, 2, 3}, {0, 1, 2, 3, 4}));
}

TEST_F(GraphInterp, NormalizeIsOneFusedMultiplyAdd) {
  const std::string head = kWhole + std::string("%n = normalize %q {mean=[0.485, 0.456, 0.406], range=");
  const std::string tail =
      ", std=[0.229, 0.224, 0.225]} : image<f32, 4 5 3>\n%x = layout %n {layout=\"NHWC\"} : tensor<f32, 4 5 "
      "3, NHWC>\n";
  const double mean[] = {0.485, 0.456, 0.406}, std[] = {0.229, 0.224, 0.225};
  for (const int range : {1, 255}) {
    ASSERT_EQ(run(head + std::to_string(range) + tail + kTo, 240), HR_OK);
    for (size_t i = 0; i < 60; ++i) {
      const size_t c = i % 3;
      const float scale = float(1.0 / ((range == 1 ? 255.0 : 1.0) * std[c])), bias = float(-mean[c] / std[c]);
      EXPECT_EQ(value<float>(i),
                std::fma(float(pixel(int64_t(i / 15), int64_t(i / 3 % 5), int64_t(c))), scale, bias));
    }
  }
}

TEST_F(GraphInterp, NormalizeOfFloatsTakesThemAsTheyAre) {
  std::vector<double> scale, bias;
  normalize_constants({0.5}, {0.25}, 1, Elem::f32, scale, bias);
  EXPECT_EQ(scale[0], 4.0);
  EXPECT_EQ(bias[0], -2.0);
  normalize_constants({0.5}, {0.25}, 1, Elem::u8, scale, bias);
  EXPECT_EQ(scale[0], double(float(1.0 / 63.75)));
}

TEST_F(GraphInterp, ConvertRoundsOnce) {
  const std::string scaled =
      kWhole +
      std::string(
          "%a = affine %q {bias=[0.5, -100.75, 0.0], scale=[1.0, 1.0, 1.00390625]} : image<f32, 4 5 3>\n");
  const auto at = [](size_t i) {
    const double p = pixel(int64_t(i / 15), int64_t(i / 3 % 5), int64_t(i % 3));
    return float(i % 3 == 0 ? p + 0.5 : i % 3 == 1 ? p - 100.75 : p * 1.00390625);
  };
  ASSERT_EQ(run(scaled +
                    "%c = convert %a {dtype=\"u8\"} : image<u8, 4 5 3>\n%x = layout %c {layout=\"NHWC\"} : "
                    "tensor<u8, 4 5 3, NHWC>\n" +
                    kTo,
                60),
            HR_OK);
  for (size_t i = 0; i < 60; ++i) EXPECT_EQ(out_[i], num::f32_to_u8(at(i))) << at(i);
  EXPECT_EQ(out_[0], 0);  // 0.5 to even
  EXPECT_EQ(out_[1], 0);  // -0.75 clamped
  ASSERT_EQ(run(scaled +
                    "%c = convert %a {dtype=\"f16\"} : image<f16, 4 5 3>\n%x = layout %c {layout=\"NHWC\"} : "
                    "tensor<f16, 4 5 3, NHWC>\n" +
                    kTo,
                120),
            HR_OK);
  for (size_t i = 0; i < 60; ++i) EXPECT_EQ(value<uint16_t>(i), num::f32_to_f16(at(i)));
  ASSERT_EQ(run(scaled +
                    "%c = convert %a {dtype=\"bf16\"} : image<bf16, 4 5 3>\n%x = layout %c {layout=\"NHWC\"} "
                    ": tensor<bf16, 4 5 3, NHWC>\n" +
                    kTo,
                120),
            HR_OK);
  for (size_t i = 0; i < 60; ++i) EXPECT_EQ(value<uint16_t>(i), num::f32_to_bf16(at(i)));
}

TEST_F(GraphInterp, ConvertOfFixedPoint) {
  ImageValue in;
  in.elem = Elem::q6;
  in.height = 1;
  in.channels = 1;
  in.ints = {-8192, -8160, -8161, -9000, 8128, 8096, 8095, 9000, 0, 31, 32, -33};
  in.width = int64_t(in.ints.size());
  EXPECT_EQ(convert_image(in, Elem::u8).ints,
            (std::vector<int16_t>{0, 1, 0, 0, 255, 255, 254, 255, 128, 128, 129, 127}));
  EXPECT_EQ(convert_image(in, Elem::f32).floats[1], 0.5f);
  EXPECT_EQ(convert_image(in, Elem::f32).floats[4], 255.0f);
  EXPECT_EQ(convert_image(in, Elem::f16).floats[9], 128.5f);  // 128.484 to the nearest eighth
}

TEST_F(GraphInterp, Scalars) {
  label_ = 16777217;  // 2^24 + 1
  const std::string label = "%l = field %0 {kind=\"i64\", name=\"label\"} : i64\n";
  ASSERT_EQ(run(label + "%x = convert %l {dtype=\"i64\"} : scalar<i64>\n" + kTo, 8), HR_OK);
  EXPECT_EQ(value<int64_t>(0), label_);
  ASSERT_EQ(run(label + "%x = convert %l {dtype=\"f32\"} : scalar<f32>\n" + kTo, 4), HR_OK);
  EXPECT_EQ(value<float>(0), 16777216.0f);
  score_ = 0.1;
  ASSERT_EQ(run(std::string("%l = field %0 {kind=\"f64\", name=\"score\"} : f64\n%x = convert %l "
                            "{dtype=\"f32\"} : scalar<f32>\n") +
                    kTo,
                4),
            HR_OK);
  EXPECT_EQ(value<float>(0), 0.1f);
}

TEST_F(GraphInterp, BytesArePaddedWithZeros) {
  const std::string nodes =
      "%k = field %0 {kind=\"bytes\", name=\"key\"} : bytes\n%x = pad_bytes %k {length=4} : row<4>\n";
  ASSERT_EQ(run(nodes + kTo, 4), HR_OK);
  EXPECT_EQ(out_, (Bytes{'a', 'b', 'c', 0}));
  key_bytes_ = 0;
  ASSERT_EQ(run(nodes + kTo, 4), HR_OK);
  EXPECT_EQ(out_, (Bytes{0, 0, 0, 0}));
  key_bytes_ = 5;
  EXPECT_EQ(run(nodes + kTo, 4), HR_E_LIMIT);
  EXPECT_EQ(error_.code, HR_E_LIMIT);
  EXPECT_EQ(error_.args[0], 5);
  EXPECT_EQ(error_.args[1], 4);
}

TEST_F(GraphInterp, CropsOutsideTheImageAreReported) {
  const std::string size = "%s = image_size %i : size\n";
  const std::string rest =
      "%c = crop %p, %r : image<u8, 3 6 3>\n%x = layout %c {layout=\"NHWC\"} : tensor<u8, 3 6 3, NHWC>\n";
  ASSERT_EQ(run(size + "%r = const_rect %s {height=3, left=0, top=0, width=6} : rect\n" + rest + kTo, 54),
            HR_E_CROP_OUTSIDE);
  EXPECT_EQ(error_.code, HR_E_CROP_OUTSIDE);
  EXPECT_EQ(args(), (std::vector<int64_t>{0, 0, 3, 6, 4, 5}));
  ASSERT_EQ(run(size + "%r = center_crop_rect %s {height=3, width=6} : rect\n" + rest + kTo, 54),
            HR_E_CROP_OUTSIDE);
  EXPECT_EQ(args(), (std::vector<int64_t>{0, 0, 3, 6, 4, 5}));
  ASSERT_EQ(run(size + "%r = random_crop_rect %s {height=3, rng=\"x\", width=6} : rect\n" + rest + kTo, 54),
            HR_E_CROP_OUTSIDE);
  EXPECT_EQ(args(), (std::vector<int64_t>{0, 0, 3, 6, 4, 5}));
  EXPECT_EQ(decodes_, 0) << "geometry is checked before anything is decoded";
}

// Rectangles made for another size than that of the image they are used on.
TEST_F(GraphInterp, RectanglesOfAnotherImageAreReported) {
  const std::string nodes = R"(%s = const_size {height=9, width=9} : size
%r = const_rect %s {height=2, left=7, top=7, width=2} : rect
%w = full_rect %s : rect
)";
  const std::string layout = "%x = layout %c {layout=\"NHWC\"} : tensor<u8, 2 2 3, NHWC>\n";
  const std::string source = "%z = const_size {height=2, width=2} : size\n%small = full_rect %z : rect\n";
  EXPECT_EQ(run(nodes + "%c = crop %p, %r : image<u8, 2 2 3>\n" + layout + kTo, 12), HR_E_CROP_OUTSIDE);
  EXPECT_EQ(run(nodes + "%c = decode %i, %r : image<u8, 2 2 3>\n" + layout + kTo, 12), HR_E_CROP_OUTSIDE);
  for (const char* attrs : {"{arith=\"copy\", filter=\"none\", planes=0} : image<u8, 2 2 3>\n",
                            "{arith=\"pillow8\", filter=\"area\", planes=0} : image<u8, 2 2 3>\n"}) {
    EXPECT_EQ(
        run(nodes + source + "%c = resample %i, %small, %z, %r, %f, %f, %f, %f " + attrs + layout + kTo, 12),
        HR_E_CROP_OUTSIDE);
    EXPECT_EQ(args(), (std::vector<int64_t>{7, 7, 2, 2, 2, 2}));
    EXPECT_EQ(
        run(nodes + source + "%c = resample %p, %r, %z, %small, %f, %f, %f, %f " + attrs + layout + kTo, 12),
        HR_E_CROP_OUTSIDE);
    EXPECT_EQ(args(), (std::vector<int64_t>{7, 7, 2, 2, 4, 5}));
  }
}

}  // namespace
}  // namespace headrace::graph
