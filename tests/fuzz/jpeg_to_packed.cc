// Any bytes as a JPEG. What can be read packs, unpacks to the same coefficients and recipe, and is written
// again: byte for byte if that was promised, else with the same coefficients.
#include <algorithm>

#include "coefficient_compare.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/jpeg_recipe.h"
#include "kernels/packed/jpeg_rebuilder.h"
#include "kernels/packed/packed_image.h"
#include "mutator.h"
#include "packed_testbed.h"
#include "target.h"

namespace headrace::fuzz {
namespace {

/// Low, so that an input takes milliseconds.
constexpr DecodeLimits kLimits = {.max_pixels = uint64_t{1} << 18, .max_scans = 30};

/// The same for the same file.
PackEffort effort_of(std::span<const uint8_t> source) {
  return source.size() % 2 != 0 ? PackEffort::small : PackEffort::fast;
}

void compare_file(std::span<const uint8_t> source, const CoefficientImage& image, bool byte_exact,
                  std::span<const uint8_t> rebuilt) {
  if (byte_exact) {
    if (!std::ranges::equal(source, rebuilt)) fail("the file comes back byte for byte", "it differs");
    return;
  }
  CoefficientImage again;
  expect_none("the file written instead can be read", read_coefficients(rebuilt, kLimits, again).to_string());
  expect_none("the file written instead has the same coefficients", first_difference(image, again));
}

void run(std::span<const uint8_t> source) {
  CoefficientImage image;
  if (!read_coefficients(source, kLimits, image).ok()) return;
  JpegRecipe recipe;
  bool byte_exact = false;
  const Status made = make_jpeg_recipe(source, image, recipe, byte_exact);
  if (!made.ok()) {
    // Damaged but readable files can hold coefficients that no JPEG of 8-bit samples codes.
    if (made.code() != "packed.recipe") fail("a whole JPEG has a recipe", made.to_string());
    return;
  }
  ImagePacker packer;
  std::vector<uint8_t> packed;
  const Status status = packer.pack(image, &recipe, byte_exact, effort_of(source), packed);
  if (!status.ok()) {
    if (status.code() != "packed.unsupported") fail("a whole JPEG packs", status.to_string());
    return;
  }
  const GuardedImage guarded(packed);
  CoefficientImage unpacked;
  JpegRecipe recipe_back;
  RecipeState state = RecipeState::none;
  expect_none("what was packed unpacks",
              ImageUnpacker().unpack(guarded.bytes(), kLimits, unpacked, &recipe_back, &state).to_string());
  expect_none("coefficients come back", first_difference(image, unpacked));
  if (recipe_back.headers != recipe.headers || recipe_back.extra != recipe.extra) {
    fail("the recipe comes back", "it differs");
  }
  if (state != (byte_exact ? RecipeState::byte_exact : RecipeState::coefficients_exact)) {
    fail("the recipe's state comes back", "it differs");
  }
  JpegRebuilder rebuilder;
  expect_none("the recipe rebuilds a file", rebuilder.rebuild(guarded.bytes(), kLimits).status().to_string());
  compare_file(source, image, byte_exact, rebuilder.jpeg());
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
