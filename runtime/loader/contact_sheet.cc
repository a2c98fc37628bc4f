#include "runtime/loader/contact_sheet.h"

#include <png.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <string_view>

#include "runtime/platform/atomic_file.h"

namespace headrace {
namespace {

// Pixels of the sheet.
constexpr uint32_t kMargin = 24, kGap = 14, kCaptionGap = 6, kTitleGap = 10;
constexpr uint32_t kTitleZoom = 2, kCaptionZoom = 2;
constexpr uint32_t kEnlargeBelow = 128;  ///< images with a smaller long side are enlarged up to this
constexpr uint64_t kMaxSheetPixels = 1u << 28;

using Color = std::array<uint8_t, 3>;
constexpr Color kInk = {48, 48, 48}, kFrame = {205, 205, 205};

// A font of 5 x 7 pixels in a cell of 6 x 7, for the characters from ' ' to '~': 35 bits a glyph, rows from
// top to bottom, pixels from left to right, the first in bit 34.
constexpr uint32_t kGlyphWidth = 5, kGlyphHeight = 7, kGlyphAdvance = 6;
constexpr std::string_view kLowered = ",gpqy";  ///< these stand kDescent lower than the others
constexpr uint32_t kDescent = 2, kLineHeight = kGlyphHeight + kDescent;
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

float half_to_float(uint16_t h) {
  const uint32_t exponent = h >> 10 & 31, fraction = h & 0x3FF;
  const float sign = (h & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction == 0 ? sign * HUGE_VALF : std::nanf("");
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25);
}

template <class T>
T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

double element(DType dtype, const uint8_t* at) {
  switch (dtype) {
    case DType::u8:
      return *at;
    case DType::f16:
      return half_to_float(load<uint16_t>(at));
    case DType::bf16:
      return std::bit_cast<float>(uint32_t{load<uint16_t>(at)} << 16);
    case DType::f32:
      return load<float>(at);
    case DType::i64:
      return static_cast<double>(load<int64_t>(at));
  }
  return 0;
}

uint8_t to_u8(double v) {
  if (!(v > 0)) return 0;  // NaN too
  return static_cast<uint8_t>(std::lround(std::min(v, 255.0)));
}

/// The width or height of an image whose long side is `side`, on the sheet: times `zoom`, divided by
/// `shrink`.
struct Fit {
  uint32_t zoom = 1, shrink = 1;
  uint32_t operator()(uint32_t side) const { return (side * zoom + shrink - 1) / shrink; }
};

Fit fit(uint32_t side, uint32_t max_side) {
  Fit f;
  f.shrink = std::max(1u, (side + max_side - 1) / max_side);
  f.zoom = std::max(1u, std::min(kEnlargeBelow, max_side) / side);
  return f;
}

class Canvas {
 public:
  Canvas(uint32_t width, uint32_t height) {
    image_.width = width;
    image_.height = height;
    image_.pixels.assign(size_t{width} * height * 3, 255);
  }

  void fill(uint32_t x, uint32_t y, uint32_t width, uint32_t height, Color color) {
    for (uint32_t row = y; row < std::min(y + height, image_.height); ++row) {
      for (uint32_t col = x; col < std::min(x + width, image_.width); ++col) {
        std::copy(color.begin(), color.end(), at(col, row));
      }
    }
  }

  void text(uint32_t x, uint32_t y, uint32_t zoom, std::string_view ascii) {
    for (const char c : ascii) {
      const uint64_t glyph = kGlyphs[static_cast<size_t>(c - kFirstGlyph)];
      const uint32_t top = y + (kLowered.find(c) == kLowered.npos ? 0 : kDescent * zoom);
      for (uint32_t i = 0; i < kGlyphWidth * kGlyphHeight; ++i) {
        if ((glyph >> (kGlyphWidth * kGlyphHeight - 1 - i) & 1) == 0) continue;
        fill(x + i % kGlyphWidth * zoom, top + i / kGlyphWidth * zoom, zoom, zoom, kInk);
      }
      x += kGlyphAdvance * zoom;
    }
  }

  /// Each sheet pixel is the mean of the `shrink` x `shrink` image pixels it stands for (fewer at the edge).
  void image(uint32_t x, uint32_t y, const RgbImage& from, Fit f) {
    const uint32_t width = f(from.width), height = f(from.height);
    fill(x - 1, y - 1, width + 2, height + 2, kFrame);
    for (uint32_t row = 0; row < height; ++row) {
      for (uint32_t col = 0; col < width; ++col) {
        const uint32_t top = row / f.zoom * f.shrink, left = col / f.zoom * f.shrink;
        const Color mean = mean_of(from, top, left, f.shrink);
        std::copy(mean.begin(), mean.end(), at(x + col, y + row));
      }
    }
  }

  RgbImage take() { return std::move(image_); }

 private:
  uint8_t* at(uint32_t x, uint32_t y) { return image_.pixels.data() + (size_t{y} * image_.width + x) * 3; }

  static Color mean_of(const RgbImage& from, uint32_t top, uint32_t left, uint32_t side) {
    std::array<uint32_t, 3> sum = {};
    const uint32_t bottom = std::min(top + side, from.height), right = std::min(left + side, from.width);
    for (uint32_t row = top; row < bottom; ++row) {
      const uint8_t* p = from.pixels.data() + (size_t{row} * from.width + left) * 3;
      for (uint32_t i = 0; i < (right - left) * 3; ++i) sum[i % 3] += p[i];
    }
    const uint32_t count = (bottom - top) * (right - left);
    Color mean;
    for (size_t c = 0; c < 3; ++c) mean[c] = static_cast<uint8_t>((sum[c] + count / 2) / count);
    return mean;
  }

  RgbImage image_;
};

uint32_t text_width(size_t characters, uint32_t zoom) {
  return static_cast<uint32_t>(characters) * kGlyphAdvance * zoom;
}

/// The characters of UTF-8 text that the font has, "?" for every other character.
std::string to_ascii(std::string_view utf8) {
  std::string out;
  for (const char c : utf8) {
    const bool continuation = (static_cast<uint8_t>(c) & 0xC0) == 0x80;
    if (!continuation) out += c >= kFirstGlyph && c <= kLastGlyph ? c : '?';
  }
  return out;
}

std::string cut(std::string text, uint32_t width, uint32_t zoom) {
  const size_t room = width / (kGlyphAdvance * zoom);
  if (text.size() <= room) return text;
  return room <= 2 ? text.substr(0, room) : text.substr(0, room - 2) + "..";
}

Status check_image(const RgbImage& image, const std::string& where) {
  if (image.width != 0 && image.height != 0 &&
      image.pixels.size() == size_t{image.width} * image.height * 3) {
    return {};
  }
  return {"sheet.image", where,
          "an image of " + std::to_string(image.width) + " x " + std::to_string(image.height) +
              " pixels has " + std::to_string(image.pixels.size()) + " bytes"};
}

/// Everything on the sheet in pixels.
struct SheetPlan {
  uint32_t columns = 1, rows = 1;
  uint32_t cell_width = 0, cell_height = 0;  ///< of the images
  uint32_t top = kMargin;                    ///< of the first row
  uint32_t caption_zoom = 0;                 ///< 0: no cell has a caption

  uint32_t row_height() const {
    return cell_height + (caption_zoom == 0 ? 0 : kCaptionGap + kLineHeight * caption_zoom);
  }
  uint64_t width() const { return 2 * kMargin + uint64_t{columns} * (cell_width + kGap) - kGap; }
  uint64_t height() const { return top + kMargin + uint64_t{rows} * (row_height() + kGap) - kGap; }
};

SheetPlan make_plan(std::span<const SheetCell> cells, const std::vector<std::string>& captions,
                    const SheetOptions& options) {
  SheetPlan plan;
  for (const SheetCell& cell : cells) {
    const Fit f = fit(std::max(cell.image.width, cell.image.height), options.max_side);
    plan.cell_width = std::max(plan.cell_width, f(cell.image.width));
    plan.cell_height = std::max(plan.cell_height, f(cell.image.height));
  }
  size_t longest = 0;
  for (const std::string& caption : captions) longest = std::max(longest, caption.size());
  if (longest > 0)
    plan.caption_zoom = text_width(longest, kCaptionZoom) <= plan.cell_width ? kCaptionZoom : 1;
  if (!options.title.empty()) plan.top += kLineHeight * kTitleZoom + kTitleGap;

  const auto count = static_cast<uint32_t>(cells.size());
  const double wider = 1.6 * (plan.row_height() + kGap) / (plan.cell_width + kGap);
  plan.columns =
      options.columns != 0 ? options.columns : static_cast<uint32_t>(std::ceil(std::sqrt(count * wider)));
  plan.columns = std::clamp(plan.columns, 1u, count);
  plan.rows = (count + plan.columns - 1) / plan.columns;
  return plan;
}

}  // namespace

Expected<RgbImage> to_rgb8(const ProgramOutput& output, const uint8_t* sample, const PixelScale& scale) {
  const bool planar = output.layout == Layout::nchw || output.layout == Layout::channels_last;
  const size_t y = planar ? 1 : 0, x = planar ? 2 : 1, c = planar ? 0 : 2;
  if (output.layout == Layout::none || output.shape.size() != 3 || output.strides.size() != 3 ||
      output.shape[c] != 3) {
    return Status("sheet.not_an_image", "",
                  "output \"" + output.name + "\" is not an image of three channels");
  }
  RgbImage image;
  image.height = static_cast<uint32_t>(output.shape[y]);
  image.width = static_cast<uint32_t>(output.shape[x]);
  image.pixels.resize(size_t{image.width} * image.height * 3);
  uint8_t* to = image.pixels.data();
  for (int64_t row = 0; row < output.shape[y]; ++row) {
    for (int64_t col = 0; col < output.shape[x]; ++col) {
      for (int64_t channel = 0; channel < 3; ++channel) {
        const int64_t at = row * output.strides[y] + col * output.strides[x] + channel * output.strides[c];
        const double v = element(output.dtype, sample + static_cast<size_t>(at) * dtype_size(output.dtype));
        const auto i = static_cast<size_t>(channel);
        *to++ = to_u8(v * scale.gain[i] + scale.offset[i]);
      }
    }
  }
  return image;
}

Expected<RgbImage> compose_contact_sheet(std::span<const SheetCell> cells, const SheetOptions& options) {
  if (cells.empty() || options.max_side == 0) return Status("sheet.empty", "", "there is no image to show");
  std::vector<std::string> captions;
  for (const SheetCell& cell : cells) {
    HR_RETURN_IF_ERROR(check_image(cell.image, "cell " + std::to_string(captions.size())));
    captions.push_back(to_ascii(cell.caption));
  }
  const SheetPlan plan = make_plan(cells, captions, options);
  if (plan.width() * plan.height() > kMaxSheetPixels) {
    return Status("sheet.too_large", "",
                  "a sheet of " + std::to_string(plan.width()) + " x " + std::to_string(plan.height()) +
                      " pixels would be too large; show fewer images");
  }
  Canvas canvas(static_cast<uint32_t>(plan.width()), static_cast<uint32_t>(plan.height()));
  if (!options.title.empty()) {
    const auto room = static_cast<uint32_t>(plan.width()) - 2 * kMargin;
    const std::string title = to_ascii(options.title);
    const uint32_t zoom = text_width(title.size(), kTitleZoom) <= room ? kTitleZoom : 1;
    canvas.text(kMargin, kMargin + kGlyphHeight * (kTitleZoom - zoom), zoom, cut(title, room, zoom));
  }
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto column = static_cast<uint32_t>(i) % plan.columns,
               row = static_cast<uint32_t>(i) / plan.columns;
    const uint32_t x = kMargin + column * (plan.cell_width + kGap);
    const uint32_t y = plan.top + row * (plan.row_height() + kGap);
    const RgbImage& image = cells[i].image;
    canvas.image(x, y, image, fit(std::max(image.width, image.height), options.max_side));
    if (plan.caption_zoom == 0) continue;
    canvas.text(x, y + plan.cell_height + kCaptionGap, plan.caption_zoom,
                cut(captions[i], plan.cell_width, plan.caption_zoom));
  }
  return canvas.take();
}

Status write_png(const std::string& path, const RgbImage& image) {
  HR_RETURN_IF_ERROR(check_image(image, path));
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = image.width;
  png.height = image.height;
  png.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<uint8_t> bytes(size);
  if (png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) == 0) {
    const Status failed("sheet.png", path, "cannot be encoded: " + std::string(png.message));
    png_image_free(&png);
    return failed;
  }
  bytes.resize(size);
  HR_ASSIGN_OR_RETURN(const auto file, platform::AtomicFile::create(path, true));
  HR_RETURN_IF_ERROR(file->write_at(0, bytes));
  return file->publish();
}

Status write_contact_sheet(const std::string& path, std::span<const SheetCell> cells,
                           const SheetOptions& options) {
  HR_ASSIGN_OR_RETURN(const RgbImage sheet, compose_contact_sheet(cells, options));
  return write_png(path, sheet);
}

}  // namespace headrace
