// The part of a random pipeline that mixes samples: vectors of classes and a "batch" section.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/compiler/random_stream.h"

namespace headrace::testing {

/// An output that can be mixed; vectors have no height.
struct Mixable {
  std::string name;
  int64_t height = 0, width = 0;
};

/// Classes that the values of the field "class" come from; a vector may have fewer, and then some samples
/// fail.
inline constexpr int64_t kRandomClasses = 24;

/// The ops of a vector of classes of the field "class".
std::string random_vector(RandomStream& random);

/// A "batch" section that mixes some of the outputs.
std::string random_batch(RandomStream& random, const std::vector<Mixable>& outputs);

}  // namespace headrace::testing
