// A resample at a scale: which part of the scaled image is asked for, of which kind, and what is made of it.
#include <gtest/gtest.h>

#include "ir/graph_interp.h"

namespace headrace::graph {
namespace {

// A field of 83 x 61 pixels, of which rows 5 to 59 and columns 3 to 79 are resized to 6 x 5.
class IdctScale : public ::testing::Test {
 protected:
  hr_result run(uint32_t encoding, uint64_t planes, const std::string& arith,
                const std::string& filter = "bilinear") {
    const std::string elem = arith == "q14" ? "q6" : "u8";
    const auto g = parse(R"(graph fast {
%0 = record : record
%i = field %0 {kind="image", name="image"} : coded
%is = image_size %i : size
%r = const_rect %is {height=55, left=3, top=5, width=77} : rect
%s = const_size {height=6, width=5} : size
%w = full_rect %s : rect
%f = const_bool {value=0} : bool
%k = idct_scale %i, %r, %s : scale
%c = resample %i, %r, %s, %w, %f, %f, %f, %f, %k {arith=")" +
                         arith + "\", filter=\"" + filter + "\", planes=" + (arith == "q14" ? "1" : "0") +
                         "} : image<" + elem + ", 6 5 3>\n" +
                         (arith == "q14" ? "%u = convert %c {dtype=\"u8\"} : image<u8, 6 5 3>\n"
                                           "%x = layout %u {layout=\"NHWC\"} : tensor<u8, 6 5 3, NHWC>\n"
                                         : "%x = layout %c {layout=\"NHWC\"} : tensor<u8, 6 5 3, NHWC>\n") +
                         "output \"x\" %x\n}\n");
    EXPECT_TRUE(g.ok()) << g.status().to_string();
    if (!g.ok()) return HR_E_INTERNAL;
    hr_field field{};
    field.width = 83;
    field.height = 61;
    field.encoding = encoding;
    field.planes = planes;
    const std::string name = "image";
    out_.assign(6 * 5 * 3, 0);
    uint8_t* const output = out_.data();
    Env env;
    env.fields = std::span(&field, 1);
    env.field_names = std::span(&name, 1);
    env.decode_context = this;
    env.error = &error_;
    env.decode = [](void* self, const hr_field&, const CodedPart& part, uint8_t* dst, hr_error*) {
      static_cast<IdctScale*>(self)->decoded_ = part;
      std::fill_n(dst, part.rect.height * part.rect.width * 3, uint8_t(77));
      return hr_result(HR_OK);
    };
    env.planes = [](void* self, const hr_field& f, const CodedPart& part, uint8_t* const* to, hr_error*) {
      static_cast<IdctScale*>(self)->read_ = part;
      PlaneLayout stored;
      EXPECT_TRUE(plane_layout(f.planes, stored));
      const PlaneLayout layout = scaled_layout(stored, part.scale);
      for (int c = 0; c < layout.components; ++c) {
        const int64_t width = plane_width(layout, c, scaled_length(f.width, part.scale)),
                      height = plane_height(layout, c, scaled_length(f.height, part.scale));
        std::fill_n(to[c], width * height, uint8_t(c == 0 ? 200 : 128));
      }
      return hr_result(HR_OK);
    };
    decoded_ = read_ = {};
    error_ = {};
    return evaluate(*g, env, std::span(&output, 1));
  }

  static std::vector<int64_t> numbers(const CodedPart& p) {
    return {p.rect.top, p.rect.left, p.rect.height, p.rect.width, p.scale};
  }

  std::vector<uint8_t> out_;
  CodedPart decoded_, read_;
  hr_error error_{};
};

// 55 x 77 pixels are 8 times 6 x 5 and more, so decoded at 2 of 8: rows [1.25, 15), columns [0.75, 20).
TEST_F(IdctScale, CoefficientsAreDecodedSmaller) {
  for (const char* filter : {"bilinear", "area"}) {
    ASSERT_EQ(run(HR_ENCODING_JPEG, 0, "pillow8", filter), HR_OK);
    EXPECT_EQ(numbers(decoded_), (std::vector<int64_t>{1, 0, 14, 20, 2}));
    EXPECT_EQ(out_, std::vector<uint8_t>(out_.size(), 77));
    ASSERT_EQ(run(HR_ENCODING_PACKED, HR_PLANES_420, "pillow8", filter), HR_OK);
    EXPECT_EQ(numbers(decoded_), (std::vector<int64_t>{1, 0, 14, 20, 2}));
    ASSERT_EQ(run(HR_ENCODING_JPEG, 0, "q14", filter), HR_OK);
    EXPECT_EQ(numbers(decoded_), (std::vector<int64_t>{1, 0, 14, 20, 2}));
    ASSERT_EQ(run(HR_ENCODING_PACKED, HR_PLANES_444 | HR_PLANES_RGB, "q14", filter), HR_OK);
    EXPECT_EQ(numbers(decoded_), (std::vector<int64_t>{1, 0, 14, 20, 2}));
    for (const uint64_t planes :
         {HR_PLANES_GRAY, HR_PLANES_444, HR_PLANES_422, HR_PLANES_420, HR_PLANES_440}) {
      ASSERT_EQ(run(HR_ENCODING_PACKED, planes, "q14", filter), HR_OK);
      EXPECT_EQ(numbers(read_), (std::vector<int64_t>{1, 0, 14, 20, 2}));
      EXPECT_EQ(decoded_.rect.height, 0);
      EXPECT_EQ(out_, std::vector<uint8_t>(out_.size(), 200));
    }
  }
}

TEST_F(IdctScale, PixelsStayAsTheyAre) {
  ASSERT_EQ(run(HR_ENCODING_RGB, 0, "pillow8"), HR_OK);
  EXPECT_EQ(numbers(decoded_), (std::vector<int64_t>{5, 3, 55, 77, 8}));
  ASSERT_EQ(run(HR_ENCODING_YCC, HR_PLANES_420, "pillow8"), HR_OK);
  EXPECT_EQ(numbers(decoded_), (std::vector<int64_t>{5, 3, 55, 77, 8}));
  ASSERT_EQ(run(HR_ENCODING_YCC, HR_PLANES_420, "q14"), HR_OK);
  EXPECT_EQ(numbers(read_), (std::vector<int64_t>{5, 3, 55, 77, 8}));
}

// Chroma that is subsampled both ways has as many samples as luma below the whole size; of other layouts it
// is interpolated as in a whole image, but at 1 of 8.
TEST(ScaledLayout, AsLibjpegChoosesIt) {
  PlaneLayout layout;
  ASSERT_TRUE(plane_layout(HR_PLANES_420, layout));
  for (const int scale : {4, 2, 1}) {
    EXPECT_EQ(scaled_layout(layout, scale).h_max, 1);
    EXPECT_EQ(scaled_layout(layout, scale).v_max, 1);
    EXPECT_EQ(block_side(layout, 0, scale), scale);
    EXPECT_EQ(block_side(layout, 1, scale), 2 * scale);
  }
  EXPECT_EQ(scaled_layout(layout, 8).h_max, 2);
  EXPECT_EQ(block_side(layout, 1, 8), 8);
  ASSERT_TRUE(plane_layout(HR_PLANES_422, layout));
  for (const int scale : {8, 4, 2, 1}) {
    EXPECT_EQ(scaled_layout(layout, scale).h_max, 2);
    EXPECT_EQ(block_side(layout, 1, scale), scale);
    EXPECT_EQ(fancy_across(scaled_layout(layout, scale), 100), scale > 1);
  }
  ASSERT_TRUE(plane_layout(HR_PLANES_440, layout));
  for (const int scale : {8, 4, 2, 1}) {
    EXPECT_EQ(scaled_layout(layout, scale).v_max, 2);
    EXPECT_EQ(fancy_down(scaled_layout(layout, scale), 100), scale > 1);
  }
}

}  // namespace
}  // namespace headrace::graph
