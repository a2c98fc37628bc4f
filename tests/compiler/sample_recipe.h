// How a sample for tests is made: a few words and numbers instead of its bytes, so that a failing case is a
// short text.
#pragma once

#include <cstdint>
#include <string>

#include "tests/compiler/program_testing.h"

namespace headrace::testing {

struct SampleRecipe {
  /// "rgb", "jpeg SUBSAMPLING", "packed SUBSAMPLING" or "ycc SUBSAMPLING". A subsampling is "gray", "4:4:4",
  /// "4:2:2", "4:2:0", "4:4:0", "4:1:1" (JPEG only) or "rgb" (packed and ycc only).
  std::string kind = "rgb";
  uint32_t width = 1, height = 1;
  uint64_t seed = 0;
  int quality = 90;               ///< of a JPEG
  std::string content = "photo";  ///< of packed and ycc: "photo", "extreme" or "full" coefficients
  /// What was done to it: "", "flipped" (a byte in the middle), "truncated", "short" (a byte less), "planes"
  /// (of an unknown kind), "no image" or "unknown encoding".
  std::string damage;
  int64_t label = 7;

  bool operator==(const SampleRecipe&) const = default;
};

/// "61x47 jpeg 4:2:0, truncated"
std::string describe(const SampleRecipe& recipe);

/// Its bytes may be refused after part of the outputs was made: what an engine says of them depends on how
/// much it reads.
inline bool is_damaged(const SampleRecipe& recipe) {
  return recipe.damage == "flipped" || recipe.damage == "truncated";
}

/// Whether there is such a kind, content and damage.
bool is_valid(const SampleRecipe& recipe);

/// The recipe must be valid.
TestImage make_image(const SampleRecipe& recipe);

}  // namespace headrace::testing
