// Any bytes as a packed image. Whatever they are: no reader leaves its memory, all levels of tile decoding
// agree, and what an image's recipe makes of it is a file or an error.
//
// An input that begins with 0 is a script for forge_image(), whose result must decode to what it says.
#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <utility>

#include "coefficient_compare.h"
#include "forged_image.h"
#include "kernels/packed/jpeg_rebuilder.h"
#include "kernels/packed/packed_image.h"
#include "kernels/packed/view.h"
#include "mutator.h"
#include "packed_testbed.h"
#include "scripted_jpeg.h"
#include "target.h"

namespace headrace::fuzz {
namespace {

constexpr DecodeLimits kLimits = {.max_pixels = uint64_t{1} << 18, .max_memory = uint64_t{16} << 20};
constexpr uint8_t kForge = 0;

/// Rectangles inside the image, always the same for the same bytes. Borders of blocks, where tiles end, are
/// frequent.
class Rectangles {
 public:
  Rectangles(std::span<const uint8_t> bytes, const Stated& stated) : stated_(stated) {
    Fingerprint sum;
    for (const uint8_t b : bytes) sum.add(b);
    rng_.seed(uint32_t(sum.value() ^ sum.value() >> 32));
  }

  packed::PixelRange next() {
    const auto [top, bottom] = range(stated_.height);
    const auto [left, right] = range(stated_.width);
    return {top, left, bottom - top, right - left};
  }

 private:
  std::pair<int64_t, int64_t> range(int64_t size) {
    const int64_t a = border(size), b = border(size);
    if (a == b) return a < size ? std::pair(a, a + 1) : std::pair(a - 1, a);
    return std::minmax({a, b});
  }
  int64_t border(int64_t size) {
    const int64_t at = int64_t(rng_() % uint32_t(size + 1));
    return rng_() % 2 != 0 ? at / 8 * 8 : at;
  }

  Stated stated_;
  std::mt19937 rng_;
};

Stated stated_by(std::span<const uint8_t> bytes) {
  packed::Header header;
  if (bytes.size() >= sizeof header) std::memcpy(&header, bytes.data(), sizeof header);
  return {header.width, header.height, header.planes};
}

/// The same result at every level, for the whole image and for a part of it.
void compare_levels(const GuardedImage& image, const Stated& stated) {
  std::array<packed::PixelRange, 2> ranges = {{{0, 0, stated.height, stated.width}, {0, 0, 1, 1}}};
  if (stated.width > 0 && stated.height > 0) ranges[1] = Rectangles(image.bytes(), stated).next();
  for (const packed::PixelRange& range : ranges) {
    std::string baseline;
    for (Level& level : tile_decode_levels()) {
      const std::string result = decode_units(level, image.bytes(), stated, range, kLimits);
      if (baseline.empty()) baseline = result;
      if (result != baseline) {
        fail("all levels decode alike", std::string(level.name) + " gives " + result + ", not " + baseline);
      }
    }
  }
}

/// Pixels of rectangles, from the image opened for each and from the whole.
void compare_rows(const GuardedImage& image, const Stated& stated) {
  constexpr int kRectangles = 3;
  std::string error;
  const auto whole =
      decode_rows(image.bytes(), HR_ENCODING_PACKED, stated, {0, 0, stated.height, stated.width}, error);
  if (!error.empty()) return;
  Rectangles rectangles(image.bytes(), stated);
  for (int i = 0; i < kRectangles; ++i) {
    const packed::PixelRange r = rectangles.next();
    const auto part = decode_rows(image.bytes(), HR_ENCODING_PACKED, stated, r, error);
    expect_none("a part of a whole image decodes", error);
    const size_t row_bytes = size_t(r.cols) * 3;
    for (int64_t y = 0; y < r.rows; ++y) {
      const uint8_t* const want = &whole[(size_t(r.top + y) * stated.width + size_t(r.left)) * 3];
      if (std::memcmp(&part[size_t(y) * row_bytes], want, row_bytes) != 0) {
        fail("a part equals that of the whole", "row " + std::to_string(y) + " of the part differs");
      }
    }
  }
}

void rebuild(std::span<const uint8_t> bytes) {
  JpegRebuilder rebuilder;
  const Expected<RecipeState> state = rebuilder.rebuild(bytes, kLimits);
  const uint64_t size = rebuilder.jpeg().size();
  if (!state.ok() && size != 0) fail("a recipe that fails leaves nothing", state.status().to_string());
  if (size > max_rebuilt_bytes(bytes.size())) fail("files are limited", std::to_string(size));
}

/// Writes the image as a JPEG, with headers and tables that libjpeg gives an empty image of the same kind:
/// coefficients that they have no codes for are an error, the others come back.
void rebuild_forged(ByteScript& script, CoefficientImage& image) {
  CoefficientImage empty = image;
  for (CoefficientComponent& c : empty.components) std::ranges::fill(c.blocks, CoefficientBlock{});
  const std::vector<uint8_t> empty_jpeg = scripted_jpeg(script, empty);
  JpegRecipe recipe;
  bool byte_exact = false;
  expect_none("an empty image has a recipe",
              make_jpeg_recipe(empty_jpeg, empty, recipe, byte_exact).to_string());
  std::vector<uint8_t> jpeg;
  if (!jpeg_rebuild(recipe.headers, recipe.extra, image, UINT64_MAX, jpeg).ok()) return;
  CoefficientImage again;
  expect_none("a rebuilt file can be read", read_coefficients(jpeg, kDefaultDecodeLimits, again).to_string());
  expect_none("a rebuilt file has the coefficients", first_difference(image, again));
}

void run_forged(std::span<const uint8_t> bytes) {
  ByteScript script(bytes);
  ForgedImage forged;
  if (!forge_image(script, forged)) return;
  const GuardedImage image(forged.bytes);
  CoefficientImage unpacked;
  expect_none("a forged image unpacks",
              ImageUnpacker().unpack(image.bytes(), kLimits, unpacked, nullptr, nullptr).to_string());
  expect_none("a forged image unpacks to what it says", first_difference(unpacked, forged.expected));
  const Stated stated = stated_by(image.bytes());
  compare_levels(image, stated);
  compare_rows(image, stated);
  rebuild_forged(script, unpacked);
}

void run(std::span<const uint8_t> bytes) {
  const GuardedImage image(bytes);
  const Stated stated = stated_by(bytes);
  compare_levels(image, stated);
  packed::View view;
  if (packed::open_view(image.bytes(), view) != nullptr) return;
  if (uint64_t{stated.width} * stated.height <= kLimits.max_pixels) compare_rows(image, stated);
  rebuild(image.bytes());
}

/// Makes sizes and offsets agree again with the number of bytes that a mutation has left.
void mend(std::span<uint8_t> bytes, uint32_t choice) {
  packed::Header h;
  if (bytes.size() < sizeof h) return;
  std::memcpy(&h, bytes.data(), sizeof h);
  const auto size = uint32_t(bytes.size());
  // What was inserted or removed belongs to the tiles as often as to the recipe.
  if (choice % 2 != 0) h.recipe += size - h.bytes;
  h.bytes = size;
  h.recipe = std::clamp<uint32_t>(h.recipe, sizeof h, size);
  if ((h.flags & packed::kHasRecipe) == 0) h.recipe = size;
  std::memcpy(bytes.data(), &h, sizeof h);
  if (PlaneLayout layout; !plane_layout(h.planes, layout) || h.width == 0 || h.height == 0 ||
                          h.tile_wide == 0 || h.tile_high == 0)
    return;
  packed::Grid grid(h.planes, h.width, h.height);
  grid.set_tiles(h.tile_wide, h.tile_high);
  const uint64_t last = h.directory + uint64_t{4} * grid.tiles_wide * grid.tiles_high - 4;
  if (last + 4 <= size) std::memcpy(&bytes[size_t(last)], &h.recipe, sizeof h.recipe);
}

}  // namespace
}  // namespace headrace::fuzz

using namespace headrace::fuzz;  // NOLINT(google-build-using-namespace): entry points have no namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  if (size > 0 && data[0] == kForge) {
    run_forged(bytes.subspan(1));
  } else {
    run(bytes);
  }
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (size > 0 && data[0] != kForge && seed % 8 != 0) mend({data, size}, seed / 8);
  return size;
}
