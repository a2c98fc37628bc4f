#include "tests/compiler/sample_recipe.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <random>

#include "tests/compiler/plane_images.h"
#include "tests/kernels/packed_testing.h"

namespace headrace::testing {
namespace {

constexpr std::string_view kEncodings[] = {"jpeg", "packed", "ycc"};
constexpr std::string_view kContents[] = {"photo", "extreme", "full"};
constexpr std::string_view kDamages[] = {"",       "flipped",  "truncated",       "short",
                                         "planes", "no image", "unknown encoding"};

struct Subsampling {
  std::string_view name;
  int h, v;        ///< sampling factors of luma in a JPEG; 0: none has it
  int64_t planes;  ///< HR_PLANES_*; -1: none has it
};
constexpr Subsampling kSubsamplings[] = {{"gray", 1, 1, HR_PLANES_GRAY},
                                         {"4:4:4", 1, 1, HR_PLANES_444},
                                         {"4:2:2", 2, 1, HR_PLANES_422},
                                         {"4:2:0", 2, 2, HR_PLANES_420},
                                         {"4:4:0", 1, 2, HR_PLANES_440},
                                         {"4:1:1", 4, 1, -1},
                                         {"rgb", 0, 0, HR_PLANES_444 | HR_PLANES_RGB}};

template <class List>
bool has(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::string_view encoding_of(const SampleRecipe& r) {
  return std::string_view(r.kind).substr(0, r.kind.find(' '));
}

const Subsampling* subsampling_of(const SampleRecipe& r) {
  const size_t space = r.kind.find(' ');
  if (space == std::string::npos) return nullptr;
  const auto* found = std::find_if(
      std::begin(kSubsamplings), std::end(kSubsamplings),
      [&](const Subsampling& s) { return s.name == std::string_view(r.kind).substr(space + 1); });
  return found == std::end(kSubsamplings) ? nullptr : found;
}

TestImage make_jpeg(const SampleRecipe& r, const Subsampling& s) {
  if (s.name == "gray") return random_gray_jpeg(r.width, r.height, r.seed, r.quality);
  return random_jpeg(r.width, r.height, r.seed, r.quality, s.h, s.v);
}

TestImage make_planes(const SampleRecipe& r, const Subsampling& s) {
  const auto drawn = static_cast<Drawn>(std::find(std::begin(kContents), std::end(kContents), r.content) -
                                        std::begin(kContents));
  std::mt19937 rng(static_cast<uint32_t>(r.seed));
  const TestImage packed =
      packed_image(draw_coefficients(static_cast<uint32_t>(s.planes), r.width, r.height, drawn, rng));
  return encoding_of(r) == "ycc" ? ycc_image(packed) : packed;
}

void cut(TestImage& image, size_t size) {
  image.size = size;
  image.bytes.resize(size);
  image.bytes.resize(size + HR_BUFFER_ALIGNMENT, 0);
}

void damage(const SampleRecipe& r, TestImage& image) {
  std::mt19937_64 rng(r.seed);
  if (r.damage == "flipped") image.bytes[image.size / 2] ^= static_cast<uint8_t>(1 + rng() % 255);
  if (r.damage == "truncated") cut(image, image.size * (2 + rng() % 8) / 10);
  if (r.damage == "short") cut(image, image.size - 1);
  if (r.damage == "planes") {
    static constexpr uint64_t kUnknown[] = {5, 6, 7, 8, 11, 16};
    image.planes = kUnknown[rng() % std::size(kUnknown)];
  }
  if (r.damage == "no image") image.encoding = HR_ENCODING_NONE;
  if (r.damage == "unknown encoding") image.encoding = 77;
}

}  // namespace

std::string describe(const SampleRecipe& r) {
  return std::to_string(r.width) + "x" + std::to_string(r.height) + " " + r.kind +
         (r.damage.empty() ? "" : ", " + r.damage);
}

bool is_valid(const SampleRecipe& r) {
  if (!has(kContents, r.content) || !has(kDamages, r.damage)) return false;
  if (r.width < 1 || r.height < 1 || r.width > 4096 || r.height > 4096 || r.quality < 1 || r.quality > 100)
    return false;
  if (r.kind == "rgb") return true;
  const Subsampling* const s = subsampling_of(r);
  if (!has(kEncodings, encoding_of(r)) || s == nullptr) return false;
  return encoding_of(r) == "jpeg" ? s->h != 0 : s->planes >= 0;
}

TestImage make_image(const SampleRecipe& r) {
  TestImage image;
  if (r.kind == "rgb") {
    image = random_rgb(r.width, r.height, r.seed);
  } else {
    const Subsampling& s = *subsampling_of(r);
    image = encoding_of(r) == "jpeg" ? make_jpeg(r, s) : make_planes(r, s);
  }
  damage(r, image);
  return image;
}

}  // namespace headrace::testing
