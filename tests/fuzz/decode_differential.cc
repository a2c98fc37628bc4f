// The input is a script for a valid JPEG. libjpeg-turbo's full decode of it, headrace's decode of the file
// and that of the packed image give the same pixels, whole and for rectangles, at the whole size and at 4, 2
// and 1 of 8; and the coefficients are those of the script.
#include <algorithm>
#include <array>
#include <cstring>

#include "coefficient_compare.h"
#include "headrace/scaled.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/jpeg_recipe.h"
#include "kernels/packed/packed_image.h"
#include "mutator.h"
#include "packed_testbed.h"
#include "reference_decode.h"
#include "scripted_jpeg.h"
#include "target.h"

namespace headrace::fuzz {
namespace {

packed::PixelRange rectangle(ByteScript& script, uint32_t height, uint32_t width) {
  packed::PixelRange r{};
  r.top = script.between(0, height - 1);
  r.left = script.between(0, width - 1);
  r.rows = 1 + script.between(0, height - 1 - uint32_t(r.top));
  r.cols = 1 + script.between(0, width - 1 - uint32_t(r.left));
  return r;
}

/// All pixels of the image at `scale` of 8.
struct Pixels {
  int scale;
  uint32_t height, width;
  std::vector<uint8_t> rgb;
};

/// An image in one of its encodings.
struct Encoded {
  const char* name;
  std::span<const uint8_t> bytes;
  int64_t encoding;
};

void compare_rectangle(const Encoded& encoded, const Stated& stated, const packed::PixelRange& r,
                       const Pixels& whole) {
  std::string error;
  const std::vector<uint8_t> part =
      decode_rows(encoded.bytes, encoded.encoding, stated, r, error, whole.scale);
  if (!error.empty()) fail("a valid image decodes", std::string(encoded.name) + ": " + error);
  for (int64_t y = 0; y < r.rows; ++y) {
    const uint8_t* const got = &part[size_t(y * r.cols * 3)];
    const uint8_t* const want = &whole.rgb[(size_t(r.top + y) * whole.width + size_t(r.left)) * 3];
    const auto differs = std::mismatch(got, got + r.cols * 3, want);
    if (differs.first == got + r.cols * 3) continue;
    fail("pixels equal libjpeg-turbo's",
         std::string(encoded.name) + ", " + std::to_string(stated.width) + " x " +
             std::to_string(stated.height) + " of kind " + std::to_string(stated.planes) + " at " +
             std::to_string(whole.scale) + " of 8: row " + std::to_string(r.top + y) + ", column " +
             std::to_string(r.left + (differs.first - got) / 3) + " is " + std::to_string(*differs.first) +
             ", not " + std::to_string(*differs.second));
  }
}

void run(std::span<const uint8_t> bytes) {
  ByteScript script(bytes);
  const CoefficientImage image = scripted_image(script);
  const std::vector<uint8_t> jpeg = scripted_jpeg(script, image);
  CoefficientImage read;
  expect_none("a valid file's coefficients are read",
              read_coefficients(jpeg, kDefaultDecodeLimits, read).to_string());
  expect_none("they are those it was written with", first_difference(image, read));
  JpegRecipe recipe;
  bool byte_exact = false;
  expect_none("its recipe is made", make_jpeg_recipe(jpeg, read, recipe, byte_exact).to_string());
  if (!byte_exact) fail("libjpeg's files come back byte for byte", "the recipe says not");
  ImagePacker packer;
  std::vector<uint8_t> packed;
  const PackEffort effort = bytes.size() % 2 != 0 ? PackEffort::small : PackEffort::fast;
  expect_none("they pack", packer.pack(read, &recipe, byte_exact, effort, packed).to_string());

  const GuardedImage guarded(packed);
  const Stated stated{image.width, image.height, coefficient_planes(image)};
  const std::array<Encoded, 2> encodings = {
      {{"packed", guarded.bytes(), HR_ENCODING_PACKED}, {"jpeg", jpeg, HR_ENCODING_JPEG}}};
  for (const int scale : {8, 4, 2, 1}) {
    const Pixels whole{scale, uint32_t(scaled_length(image.height, scale)),
                       uint32_t(scaled_length(image.width, scale)), reference_decode(jpeg, unsigned(scale))};
    const packed::PixelRange part = rectangle(script, whole.height, whole.width);
    for (const Encoded& e : encodings) {
      compare_rectangle(e, stated, {0, 0, whole.height, whole.width}, whole);
      compare_rectangle(e, stated, part, whole);
    }
  }
}

}  // namespace
}  // namespace headrace::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  headrace::fuzz::run({data, size});
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  return LLVMFuzzerMutate(data, size, max_size);
}
