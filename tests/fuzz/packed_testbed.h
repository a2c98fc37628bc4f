// Packed images as a reader finds them in memory, and everything that reads them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/packed/image_decoder.h"

namespace headrace::fuzz {

/// What a reader may touch behind a packed image.
inline constexpr size_t kTail = 64;

/// A copy of an image in an allocation of exactly the bytes a reader may touch, so that sanitizers see the
/// others.
class GuardedImage {
 public:
  explicit GuardedImage(std::span<const uint8_t> bytes);
  std::span<const uint8_t> bytes() const { return {memory_.get(), size_}; }

 private:
  size_t size_;
  std::unique_ptr<uint8_t[]> memory_;
};

/// A level of tile decoding, with a decoder that keeps its memory, as a thread's does.
struct Level {
  const char* name;
  packed::ImageDecoder decoder;
};

/// Every level this CPU runs, baseline first; the same ones in every call.
std::span<Level> tile_decode_levels();

/// What an image's record states.
struct Stated {
  uint32_t width, height, planes;
};

/// All units that a rectangle touches, decoded: the fingerprint of every block it needs, or the error's text.
std::string decode_units(Level& level, std::span<const uint8_t> image, const Stated& stated,
                         const packed::PixelRange& range, const DecodeLimits& limits);

/// The rectangle's RGB pixels through the C ABI, by a decoder that keeps its memory; cols * 3 bytes a row;
/// empty on an error, whose text is in `error`. The rectangle is one of the image at `scale` of 8.
std::vector<uint8_t> decode_rows(std::span<const uint8_t> image, int64_t encoding, const Stated& stated,
                                 const packed::PixelRange& range, std::string& error, int scale = 8);

}  // namespace headrace::fuzz
