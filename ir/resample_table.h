// The weight tables of separable resampling: for each output index of one axis, which source indices
// contribute and with what integer weights. This is the definition; generated code repeats it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace headrace::resample {

/// Weights as 22-bit fixed point, rounded each on its own (Pillow's 8-bit resampling), or as 14-bit
/// fixed point whose sum is exactly 2^14.
enum class Arith : uint8_t { pillow8, q14 };

/// How source positions and raw weights are found. `area_overlap` is used for the filter "area" where
/// neither axis grows; `area_linear` where one does (both as OpenCV's INTER_AREA).
enum class Shape : uint8_t { triangle, point, nearest, area_overlap, area_linear };

inline constexpr int kPillowBits = 22;
inline constexpr int kQ14Bits = 14;

/// Above this bound on taps an axis sums q14 products in 32 bits and rounds once ("wide").
inline constexpr int64_t kNarrowTaps = 32;

/// The part of a source axis that is resized, in eighths of a sample: of a scaled image whose samples are
/// larger than those the part was given in. Weights are found as Pillow finds them for a box. Triangles and
/// area_overlap only.
struct Box {
  int64_t begin8 = 0;
  int64_t length8 = 0;  ///< 0: all of the source
};

struct Axis {
  Shape shape = Shape::triangle;
  int64_t src = 1;                 ///< source length
  int64_t dst = 1;                 ///< length of the whole resized axis
  int64_t offset = 0, count = 1;   ///< window of the resized axis that is computed
  bool pre = false;                ///< the source is mirrored before resizing
  bool post = false;               ///< the result's window is mirrored
  Box box = {};                    ///< before mirroring
};

struct Table {
  int64_t taps = 0;              ///< weights per output index; unused ones are 0
  std::vector<int32_t> start;    ///< first source index of each output index
  std::vector<int32_t> weight;   ///< [output index * taps + tap]
};

Shape shape_of(std::string_view filter, int64_t src_h, int64_t src_w, int64_t dst_h, int64_t dst_w);

/// An upper bound on the taps of an axis, from lengths alone; decides narrow or wide and sizes tables.
int64_t taps_bound(Shape shape, int64_t src, int64_t dst);

Table build_table(const Axis& axis, Arith arith);

}  // namespace headrace::resample
