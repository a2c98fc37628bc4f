// What may change speed but never bytes.
#pragma once

namespace headrace {

struct Schedule {
  int vector_bits = 256;  ///< 128, 256 or 512

  int lanes16() const { return vector_bits / 16; }
  /// Source rows that pass through the horizontal stage together: a row per 16-bit lane.
  int strip_rows() const { return lanes16(); }
};

}  // namespace headrace
