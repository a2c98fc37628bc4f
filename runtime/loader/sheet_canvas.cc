#include "runtime/loader/sheet_canvas.h"

#include <algorithm>

namespace headrace {
namespace {

// A font of 5 x 7 pixels in a cell of 6 x 7, for the characters from ' ' to '~': 35 bits a glyph, rows from
// top to bottom, pixels from left to right, the first in bit 34.
constexpr uint32_t kGlyphWidth = 5, kGlyphAdvance = 6;
constexpr std::string_view kLowered = ",gpqy";  ///< these stand kDescent lower than the others
constexpr uint32_t kDescent = 2;
static_assert(kLineHeight == kGlyphHeight + kDescent);
constexpr char kFirstGlyph = ' ', kLastGlyph = '~';
constexpr std::array<uint64_t, kLastGlyph - kFirstGlyph + 1> kGlyphs = {
    0x000000000, 0x108421004, 0x294000000, 0x295f57d4a, 0x11f4717c4, 0x632222263, 0x32544564d, 0x108000000,
    0x088842082, 0x208210888, 0x009575480, 0x0084f9080, 0x000001888, 0x000070000, 0x00000018c, 0x002222200,
    0x3a33ae62e, 0x11842108e, 0x3a211111f, 0x78217043e, 0x08ca97c42, 0x7e1e0862e, 0x3a10f462e, 0x7c2211084,
    0x3a317462e, 0x3a317842e, 0x018c03180, 0x018c03088, 0x088882082, 0x001f07c00, 0x208208888, 0x3a2131004,
    0x3a37ade0e, 0x11518fe31, 0x7a31f463e, 0x3a308422e, 0x7a318c63e, 0x7e10f421f, 0x7e10f4210, 0x3a309c62e,
    0x4631fc631, 0x38842108e, 0x1c4210a4c, 0x4654c5251, 0x42108421f, 0x4775ac631, 0x4739ace71, 0x3a318c62e,
    0x7a31f4210, 0x3a318d64d, 0x7a31f5251, 0x3e107043e, 0x7c8421084, 0x46318c62e, 0x46318a944, 0x4631ad771,
    0x462a22a31, 0x462a21084, 0x7c222221f, 0x39084210e, 0x020820820, 0x38421084e, 0x115100000, 0x00000001f,
    0x208000000, 0x000e0be2f, 0x421e8c63e, 0x000f8420f, 0x042f8c62f, 0x000e8fe0e, 0x191e42108, 0x3e318bc2e,
    0x421e8c631, 0x100c2108e, 0x080610a4c, 0x4212a6292, 0x30842108e, 0x001aad6b5, 0x001e8c631, 0x000e8c62e,
    0x7a318fa10, 0x3e318bc21, 0x0016c4210, 0x000f8383e, 0x211e42106, 0x00118c66d, 0x00118a944, 0x00118d6aa,
    0x001151151, 0x46318bc2e, 0x001f1111f, 0x088441082, 0x108421084, 0x208411088, 0x0008a8800};

/// The mean of a square of `side` pixels, as far as it lies in the image.
Canvas::Color mean_of(const RgbImage& from, uint32_t top, uint32_t left, uint32_t side) {
  std::array<uint32_t, 3> sum = {};
  const uint32_t bottom = std::min(top + side, from.height), right = std::min(left + side, from.width);
  for (uint32_t row = top; row < bottom; ++row) {
    const uint8_t* p = from.pixels.data() + (size_t{row} * from.width + left) * 3;
    for (uint32_t i = 0; i < (right - left) * 3; ++i) sum[i % 3] += p[i];
  }
  const uint32_t count = (bottom - top) * (right - left);
  Canvas::Color mean;
  for (size_t c = 0; c < 3; ++c) mean[c] = static_cast<uint8_t>((sum[c] + count / 2) / count);
  return mean;
}

}  // namespace

uint32_t text_width(size_t characters, uint32_t zoom) {
  return static_cast<uint32_t>(characters) * kGlyphAdvance * zoom;
}

std::string to_ascii(std::string_view utf8) {
  std::string out;
  for (const char c : utf8) {
    const bool continuation = (static_cast<uint8_t>(c) & 0xC0) == 0x80;
    if (!continuation) out += c >= kFirstGlyph && c <= kLastGlyph ? c : '?';
  }
  return out;
}

std::string cut_text(std::string text, uint32_t width, uint32_t zoom) {
  const size_t room = width / (kGlyphAdvance * zoom);
  if (text.size() <= room) return text;
  return room <= 2 ? text.substr(0, room) : text.substr(0, room - 2) + "..";
}

Canvas::Canvas(uint32_t width, uint32_t height) {
  image_.width = width;
  image_.height = height;
  image_.pixels.assign(size_t{width} * height * 3, 255);
}

void Canvas::fill(uint32_t x, uint32_t y, uint32_t width, uint32_t height, Color color) {
  for (uint32_t row = y; row < std::min(y + height, image_.height); ++row) {
    for (uint32_t col = x; col < std::min(x + width, image_.width); ++col) {
      std::copy(color.begin(), color.end(), at(col, row));
    }
  }
}

void Canvas::text(uint32_t x, uint32_t y, uint32_t zoom, std::string_view ascii, Color color) {
  for (const char c : ascii) {
    const uint64_t glyph = kGlyphs[static_cast<size_t>(c - kFirstGlyph)];
    const uint32_t top = y + (kLowered.find(c) == kLowered.npos ? 0 : kDescent * zoom);
    for (uint32_t i = 0; i < kGlyphWidth * kGlyphHeight; ++i) {
      if ((glyph >> (kGlyphWidth * kGlyphHeight - 1 - i) & 1) == 0) continue;
      fill(x + i % kGlyphWidth * zoom, top + i / kGlyphWidth * zoom, zoom, zoom, color);
    }
    x += kGlyphAdvance * zoom;
  }
}

void Canvas::image(uint32_t x, uint32_t y, const RgbImage& from, ImageFit fit) {
  const uint32_t width = fit(from.width), height = fit(from.height);
  for (uint32_t row = 0; row < height; ++row) {
    for (uint32_t col = 0; col < width; ++col) {
      const uint32_t top = row / fit.zoom * fit.shrink, left = col / fit.zoom * fit.shrink;
      const Color mean = mean_of(from, top, left, fit.shrink);
      std::copy(mean.begin(), mean.end(), at(x + col, y + row));
    }
  }
}

}  // namespace headrace
