#include "kernels/packed/jpeg_rebuilder.h"

#include <algorithm>

#include "headrace/counted.h"
#include "kernels/decode_limits.h"

namespace headrace {
namespace {

/// What is held beside the file.
uint64_t held_bytes(const CoefficientImage& image, const JpegRecipe& recipe) {
  uint64_t bytes = recipe.headers.size() + recipe.extra.size();
  for (const CoefficientComponent& c : image.components) bytes += c.blocks.size() * sizeof(CoefficientBlock);
  return bytes;
}

}  // namespace

Expected<RecipeState> JpegRebuilder::rebuild(std::span<const uint8_t> packed, const DecodeLimits& limits) {
  jpeg_.clear();
  RecipeState state = RecipeState::none;
  HR_RETURN_IF_ERROR(unpacker_.unpack(packed, limits, image_, &recipe_, &state));
  if (state == RecipeState::none) return state;
  const uint64_t held = held_bytes(image_, recipe_);  // unpacking has made sure that it fits
  const uint64_t room = limits.max_memory - held, most = max_rebuilt_bytes(packed.size());
  const Status rebuilt = jpeg_rebuild(recipe_.headers, recipe_.extra, image_, std::min(room, most), jpeg_);
  if (rebuilt.ok()) return state;
  if (rebuilt.code() == "decode.limit") return rebuilt;
  if (rebuilt.code() == "packed.too_long" && room < most) {
    return Status("decode.limit", "",
                  "at least " + limit_message(Limit::memory, limits.max_memory + 1, limits.max_memory));
  }
  std::string reason = rebuilt.errors().front().message;
  if (rebuilt.code() == "packed.too_long") {
    reason = "its file would have more than the " + counted(most, "byte") + " that " +
             counted(packed.size(), "packed byte") + " may stand for";
  }
  return Status("packed.damaged", "", "the packed image is damaged: " + reason);
}

}  // namespace headrace
