// What may change speed but never bytes.
#pragma once

namespace headrace {

/// How loops are written for one level: every choice of ScheduleOptions, made.
struct Schedule {
  int vector_bits = 256;  ///< 128, 256 or 512
  int strip = 0;          ///< 8, 16 or 32 rows; 0: a row per 16-bit lane
  int unroll = 1;         ///< 1 or 2
  int idct_columns = 1;   ///< 1 or 2

  int lanes16() const { return vector_bits / 16; }
  /// Source rows that pass through the horizontal stage together, a lane each.
  int strip_rows() const { return strip != 0 ? strip : lanes16(); }
  /// Pixels that the stages which end a nest take at a time.
  int block_pixels() const { return lanes16() * unroll; }
  bool operator==(const Schedule&) const = default;
};

}  // namespace headrace
