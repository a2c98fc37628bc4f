// The parts of op_references(), each in a file of its own, and what they are written with.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "compiler/spec/op_reference.h"

namespace headrace::spec {

std::vector<OpReference> image_op_references();  ///< sources and geometry
std::vector<OpReference> value_op_references();  ///< pixels, types and layouts, vectors
std::vector<OpReference> user_op_references();
std::vector<OpReference> batch_op_references();

inline KeyReference required_key(std::string name, std::string accepts, std::string meaning) {
  return {std::move(name), std::move(accepts), KeyReference::Need::required, "", std::move(meaning)};
}

/// `fallback` is the default as JSON.
inline KeyReference default_key(std::string name, std::string accepts, std::string fallback,
                                std::string meaning) {
  return {std::move(name), std::move(accepts), KeyReference::Need::with_default, std::move(fallback),
          std::move(meaning)};
}

/// `without` says in words what holds if the key is left out.
inline KeyReference optional_key(std::string name, std::string accepts, std::string without,
                                 std::string meaning) {
  return {std::move(name), std::move(accepts), KeyReference::Need::optional, std::move(without),
          std::move(meaning)};
}

/// The words of read_integer().
inline std::string integer_text(int64_t low, int64_t high) {
  return "an integer from " + std::to_string(low) + " to " + std::to_string(high);
}

inline constexpr std::string_view kProbabilityText = "a number from 0 to 1";

}  // namespace headrace::spec
