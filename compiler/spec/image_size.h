// What is known of an image's height and width before any image is seen.
#pragma once

#include <optional>
#include <string>

#include "compiler/spec.h"

namespace headrace::spec {

class ImageSize {
 public:
  /// Applies a geometry op. Returns what is wrong with it (a crop that cannot fit), or "".
  std::string apply(const OpParams& op);

  /// After an op that was reported as invalid: the size is to be taken for one that is all right.
  void forget();

  /// Height and width, where every image has the same.
  const std::optional<Size2>& known() const { return known_; }

  /// Whether every image has the same size here, as far as can be told.
  bool known_or_forgotten() const { return known_.has_value() || forgotten_; }

 private:
  void set(const Size2& size);
  std::string crop(const OpParams& op, const Size2& size, int64_t top, int64_t left);

  std::optional<Size2> known_;
  std::optional<int64_t> short_side_;  ///< the shorter side, where only that is known
  bool forgotten_ = false;
};

}  // namespace headrace::spec
