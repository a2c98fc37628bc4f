// Element types, memory layouts and numerics modes: the vocabulary shared by spec, IR, files and API.
#pragma once

#include <cstdint>
#include <cstddef>
#include <string_view>

namespace headrace {

/// Element type of a tensor. bf16 is the upper half of an f32, rounded to nearest even.
enum class DType : uint8_t { u8, f16, bf16, f32, i64 };

/// Memory layout of an image tensor. `channels_last` has shape [3, H, W] with the strides of NHWC.
enum class Layout : uint8_t { none, nhwc, nchw, channels_last };

/// `exact`: every op as specified. `fast`: passes tagged approx may rewrite the graph.
enum class Numerics : uint8_t { exact, fast };

constexpr size_t dtype_size(DType t) {
  switch (t) {
    case DType::u8: return 1;
    case DType::f16:
    case DType::bf16: return 2;
    case DType::f32: return 4;
    case DType::i64: return 8;
  }
  return 0;
}

constexpr std::string_view dtype_name(DType t) {
  switch (t) {
    case DType::u8: return "u8";
    case DType::f16: return "f16";
    case DType::bf16: return "bf16";
    case DType::f32: return "f32";
    case DType::i64: return "i64";
  }
  return "?";
}

constexpr std::string_view layout_name(Layout l) {
  switch (l) {
    case Layout::none: return "none";
    case Layout::nhwc: return "NHWC";
    case Layout::nchw: return "NCHW";
    case Layout::channels_last: return "channels_last";
  }
  return "?";
}

constexpr std::string_view numerics_name(Numerics n) { return n == Numerics::exact ? "exact" : "fast"; }

}  // namespace headrace
