#include "tests/compiler/plane_images.h"

#include <gtest/gtest.h>

#include "headrace/planes.h"
#include "kernels/decoder.h"
#include "kernels/packed/packed_image.h"
#include "kernels/planes.h"
#include "tests/kernels/packed_testing.h"

namespace headrace::testing {
TestImage packed_image(std::span<const uint8_t> jpeg) {
  CoefficientImage coefficients;
  const Status status = read_coefficients(jpeg, {100'000'000, 500}, coefficients);
  EXPECT_TRUE(status.ok()) << status.to_string();
  if (!status.ok()) return {};
  return packed_image(coefficients);
}

TestImage packed_image(const CoefficientImage& coefficients) {
  TestImage image;
  image.bytes = pack_for_test(coefficients);
  image.size = image.bytes.size() - HR_BUFFER_ALIGNMENT;
  image.encoding = HR_ENCODING_PACKED;
  image.planes = coefficient_planes(coefficients);
  image.width = coefficients.width;
  image.height = coefficients.height;
  return image;
}

TestImage ycc_image(const TestImage& packed) {
  PlaneLayout layout;
  EXPECT_TRUE(plane_layout(packed.planes, layout));
  TestImage image;
  image.encoding = HR_ENCODING_YCC;
  image.planes = packed.planes;
  image.width = packed.width;
  image.height = packed.height;
  image.bytes.resize(plane_bytes(layout, packed.width, packed.height));
  hr_field field{};
  field.data = packed.bytes.data();
  field.size = packed.size;
  field.width = packed.width;
  field.height = packed.height;
  field.encoding = packed.encoding;
  field.planes = packed.planes;
  uint8_t* planes[3] = {};
  size_t at = 0;
  for (int c = 0; c < layout.components; ++c) {
    planes[c] = image.bytes.data() + at;
    at += size_t(plane_width(layout, c, packed.width) * plane_height(layout, c, packed.height));
  }
  hr_error error{};
  void* decoder = hr_decoder_create(nullptr);
  EXPECT_EQ(read_planes(decoder, field, {0, 0, packed.height, packed.width}, planes, &error), HR_OK)
      << error.text;
  hr_decoder_destroy(decoder);
  image.size = image.bytes.size();
  image.bytes.resize(image.size + HR_BUFFER_ALIGNMENT, 0xEE);
  return image;
}

}  // namespace headrace::testing
