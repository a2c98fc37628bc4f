#include <gtest/gtest.h>

#include "jpeg_testing.h"
#include "kernels/jpeg_decode.h"
#include "kernels/self_test.h"

namespace headrace::testing {
namespace {

Bytes pixels_of(const BaselineDecoder::Image& image) {
  return Bytes(image.pixels, image.pixels + size_t{image.width} * image.height * 3);
}

TEST(BaselineDecoder, EqualsFullDecodeWhileBuffersAreReused) {
  const JpegSpec specs[] = {
      {.width = 100, .height = 80, .h = {2, 1, 1}, .v = {2, 1, 1}},
      {.width = 9, .height = 150, .space = "gray"},
      {.width = 301, .height = 7, .scans = Scans::progressive},
      {.width = 40, .height = 30, .space = "CMYK"},
      {.width = 33, .height = 44, .space = "YCCK", .h = {2, 1, 1, 2}, .v = {2, 1, 1, 2}},
      {.width = 64, .height = 64, .space = "RGB", .restart_interval = 2},
      {.width = 120, .height = 90, .h = {2, 1, 1}, .arithmetic = true},
  };
  BaselineDecoder decoder;
  for (int round = 0; round < 2; ++round) {
    for (const JpegSpec& spec : specs) {
      const Bytes jpeg = make_jpeg(spec);
      const Pixels full = full_decode(jpeg);
      const auto image = decoder.decode(jpeg);
      ASSERT_TRUE(image.ok()) << describe(spec) << ": " << image.status().to_string();
      EXPECT_EQ(image->width, spec.width);
      EXPECT_EQ(image->height, spec.height);
      EXPECT_EQ(pixels_of(*image), full.rgb) << describe(spec);
    }
  }
}

TEST(BaselineDecoder, WorksOnAfterAnError) {
  const Bytes jpeg = make_jpeg({.width = 50, .height = 50});
  const Pixels full = full_decode(jpeg);
  BaselineDecoder decoder;
  const auto bad = decoder.decode(std::span(jpeg).first(jpeg.size() / 2));
  EXPECT_EQ(bad.status().to_string(), "error[decode.damaged] premature end of JPEG data");
  BaselineDecoder moved = std::move(decoder);
  const auto good = moved.decode(jpeg);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(pixels_of(*good), full.rgb);
}

TEST(BaselineDecoder, KeepsTheLimits) {
  BaselineDecoder decoder({.max_pixels = 2499, .max_scans = 1});
  const auto image = decoder.decode(make_jpeg({.width = 50, .height = 50}));
  EXPECT_EQ(image.status().to_string(),
            "error[decode.limit] 2500 pixels, more than the limit of 2499; --max-pixels raises it "
            "(DecodeLimits::max_pixels)");
}

TEST(SelfTest, ThisLibraryDecodesAsExpected) {
  const Status status = decoder_self_test();
  EXPECT_TRUE(status.ok()) << status.to_string();
}

}  // namespace
}  // namespace headrace::testing
