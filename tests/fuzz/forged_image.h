// Packed images that no packer writes but every reader must take: any symbol where the format has room for
// one.
#pragma once

#include <cstdint>
#include <vector>

#include "byte_script.h"
#include "kernels/jpeg_coefficients.h"

namespace headrace::fuzz {

struct ForgedImage {
  std::vector<uint8_t> bytes;  ///< without the tail
  CoefficientImage expected;   ///< what it says, worked out symbol by symbol; padding blocks zero
};

/// Everything is the script's choice: planes, size, tiles, code tables, quantisation, and all symbols, words
/// and signs, those that mean nothing included (a mask's bit for DC, classes and slots that fill up a
/// symbol). False if it chooses tiles whose streams are too long.
bool forge_image(ByteScript& script, ForgedImage& out);

}  // namespace headrace::fuzz
