// Drawing on an image: rectangles, text in a small built-in font, reduced or enlarged images.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/loader/rgb_image.h"

namespace headrace {

/// The width or height of an image's side on the canvas: times `zoom`, divided by `shrink`.
struct ImageFit {
  uint32_t zoom = 1, shrink = 1;
  uint32_t operator()(uint32_t side) const { return (side * zoom + shrink - 1) / shrink; }
};

/// Height of a line of text with zoom 1, and what its letters take above the lowered ones, in pixels.
inline constexpr uint32_t kLineHeight = 9, kGlyphHeight = 7;

/// Pixels that so many characters take in a line.
uint32_t text_width(size_t characters, uint32_t zoom);

/// The characters of UTF-8 text that the font has, "?" for every other character.
std::string to_ascii(std::string_view utf8);

/// Text of the font's characters, shortened to `width` pixels.
std::string cut_text(std::string text, uint32_t width, uint32_t zoom);

/// A white image to draw on. Positions are pixels from the top left corner.
class Canvas {
 public:
  using Color = std::array<uint8_t, 3>;

  Canvas(uint32_t width, uint32_t height);

  void fill(uint32_t x, uint32_t y, uint32_t width, uint32_t height, Color color);

  /// `ascii` as of to_ascii(), not wrapped.
  void text(uint32_t x, uint32_t y, uint32_t zoom, std::string_view ascii, Color color);

  /// Each pixel drawn is the mean of the `shrink` x `shrink` image pixels it stands for (fewer at the edge).
  void image(uint32_t x, uint32_t y, const RgbImage& from, ImageFit fit);

  RgbImage take() { return std::move(image_); }

 private:
  uint8_t* at(uint32_t x, uint32_t y) { return image_.pixels.data() + (size_t{y} * image_.width + x) * 3; }

  RgbImage image_;
};

}  // namespace headrace
