// JPEG decoding for C++ callers: an exact rectangle, and the plain full decode that benchmarks compare
// with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "headrace/status.h"
#include "kernels/decode_limits.h"

namespace headrace {

/// A rectangle of pixels.
struct PixelRect {
  uint32_t top = 0, left = 0, rows = 0, cols = 0;
};

/// Decodes `rect` of the JPEG in `data`, whose metadata says width x height pixels, to RGB: rect.rows
/// rows of rect.cols * 3 bytes at dst, dst + stride, ... The pixels are those of a full decode.
/// `decoder` is an hr_decoder of this thread. Tolerated oddities are added to `warnings` if given.
/// Errors: "decode.damaged", "decode.limit", "decode.crop_outside", "internal"; `where` is empty.
Status decode_rgb(void* decoder, std::span<const uint8_t> data, uint32_t width, uint32_t height,
                  PixelRect rect, uint8_t* dst, size_t stride, uint64_t* warnings = nullptr);

/// Whole images to RGB by libjpeg-turbo alone (SIMD on, islow, fancy upsampling, no crop, buffers kept
/// from image to image), as tjbench does it: the baseline that benchmarks state their rates against.
class BaselineDecoder {
 public:
  struct Image {
    const uint8_t* pixels = nullptr;  ///< height x width x 3, row-major, valid until the next decode()
    uint32_t width = 0, height = 0;
  };

  explicit BaselineDecoder(const DecodeLimits& limits = kDefaultDecodeLimits);
  ~BaselineDecoder();
  BaselineDecoder(BaselineDecoder&&) noexcept;
  BaselineDecoder& operator=(BaselineDecoder&&) noexcept;

  /// Errors as of jpeg_info().
  Expected<Image> decode(std::span<const uint8_t> data);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace headrace
