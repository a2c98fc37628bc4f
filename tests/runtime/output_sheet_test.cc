#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cmath>

#include "dataset_testing.h"
#include "runtime/loader/contact_sheet.h"

namespace headrace {
namespace {

using testing::Bytes;
using testing::TempDir;

using Pixel = std::array<int, 3>;

Pixel at(const RgbImage& image, uint32_t x, uint32_t y) {
  const uint8_t* p = image.pixels.data() + (size_t{y} * image.width + x) * 3;
  return {p[0], p[1], p[2]};
}

RgbImage plain(uint32_t width, uint32_t height, std::array<uint8_t, 3> color) {
  RgbImage image = {width, height, {}};
  for (uint32_t i = 0; i < width * height; ++i) {
    image.pixels.insert(image.pixels.end(), color.begin(), color.end());
  }
  return image;
}

RgbImage read_png(const std::string& path) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  EXPECT_EQ(png_image_begin_read_from_file(&png, path.c_str()), 1) << png.message;
  EXPECT_EQ(png.format & ~unsigned{PNG_FORMAT_FLAG_COLORMAP}, unsigned{PNG_FORMAT_RGB});
  png.format = PNG_FORMAT_RGB;
  RgbImage image = {png.width, png.height, Bytes(size_t{png.width} * png.height * 3)};
  EXPECT_EQ(png_image_finish_read(&png, nullptr, image.pixels.data(), 0, nullptr), 1) << png.message;
  return image;
}

/// The sheet with anything dark in a rectangle?
bool has_ink(const RgbImage& image, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
  for (uint32_t row = y; row < y + height; ++row) {
    for (uint32_t col = x; col < x + width; ++col) {
      if (at(image, col, row) == Pixel{48, 48, 48}) return true;
    }
  }
  return false;
}

TEST(ToRgb8, ReadsEveryLayout) {
  // Two rows, one column; (y, c) has the value 10 * y + c.
  const Bytes nhwc = {0, 1, 2, 10, 11, 12}, nchw = {0, 10, 1, 11, 2, 12};
  const ProgramOutput outputs[] = {{"i", DType::u8, Layout::nhwc, {2, 1, 3}, {3, 3, 1}, 6},
                                   {"i", DType::u8, Layout::nchw, {3, 2, 1}, {2, 1, 1}, 6},
                                   {"i", DType::u8, Layout::channels_last, {3, 2, 1}, {1, 3, 3}, 6}};
  for (const ProgramOutput& o : outputs) {
    const Expected<RgbImage> image = to_rgb8(o, o.layout == Layout::nchw ? nchw.data() : nhwc.data());
    ASSERT_TRUE(image.ok()) << image.status().to_string();
    EXPECT_EQ(image->width, 1u);
    EXPECT_EQ(image->height, 2u);
    EXPECT_EQ(image->pixels, nhwc);
  }
}

template <class T>
Bytes converted(DType dtype, const std::vector<T>& values, const PixelScale& scale = {}) {
  const auto height = static_cast<int64_t>(values.size() / 3);
  const ProgramOutput o = {"i", dtype, Layout::nhwc, {height, 1, 3}, {3, 3, 1}, values.size() * sizeof(T)};
  const Expected<RgbImage> image = to_rgb8(o, reinterpret_cast<const uint8_t*>(values.data()), scale);
  EXPECT_TRUE(image.ok()) << image.status().to_string();
  return image->pixels;
}

TEST(ToRgb8, UndoesNormalisationAndClamps) {
  // (p / 255 - mean) / std for p = 0, 128, 255 in the three channels.
  const std::array<double, 3> mean = {0.485, 0.456, 0.406}, deviation = {0.229, 0.224, 0.225};
  PixelScale scale;
  std::vector<float> values;
  for (size_t c = 0; c < 3; ++c) {
    scale.gain[c] = deviation[c] * 255;
    scale.offset[c] = mean[c] * 255;
    values.push_back(static_cast<float>((std::array{0.0, 128.0, 255.0}[c] / 255 - mean[c]) / deviation[c]));
  }
  EXPECT_EQ(converted(DType::f32, values, scale), (Bytes{0, 128, 255}));
  EXPECT_EQ(converted(DType::f32, std::vector<float>{-9, 9, 0}, scale), (Bytes{0, 255, 104}));
  EXPECT_EQ(converted(DType::f32, std::vector<float>{std::nanf(""), HUGE_VALF, -HUGE_VALF}),
            (Bytes{0, 255, 0}));
}

TEST(ToRgb8, ReadsShortFloats) {
  // 0.5, 1.5, 200; 2^-24 (the smallest), infinity, -2.
  EXPECT_EQ(converted(DType::f16, std::vector<uint16_t>{0x3800, 0x3E00, 0x5A40, 0x0001, 0x7C00, 0xC000}),
            (Bytes{1, 2, 200, 0, 255, 0}));
  PixelScale huge;
  huge.gain = {0x1p24 * 7, 1, 1};
  EXPECT_EQ(converted(DType::f16, std::vector<uint16_t>{0x0001, 0x7E00, 0}, huge), (Bytes{7, 0, 0}));
  // bf16: 0.5, 1.5, 200.
  EXPECT_EQ(converted(DType::bf16, std::vector<uint16_t>{0x3F00, 0x3FC0, 0x4348}), (Bytes{1, 2, 200}));
}

TEST(ToRgb8, RefusesWhatIsNoImage) {
  const Bytes data(8);
  const ProgramOutput label = {"label", DType::i64, Layout::none, {}, {}, 8};
  EXPECT_EQ(to_rgb8(label, data.data()).status().to_string(),
            "error[sheet.not_an_image] output \"label\" is not an image of three channels");
}

TEST(ContactSheet, PlacesImagesOnAGridAndIsReadableAsPng) {
  const TempDir dir;
  std::vector<SheetCell> cells;
  for (uint8_t i = 0; i < 5; ++i) {
    cells.push_back({plain(200, 150, {uint8_t(40 * i), 0, 200}), "class " + std::to_string(i)});
  }
  SheetOptions options;
  options.columns = 3;
  options.title = "five of them";
  ASSERT_EQ(write_contact_sheet(dir / "s.png", cells, options).to_string(), "");
  const RgbImage sheet = read_png(dir / "s.png");
  // Margins 24, gaps 14; captions of 18 pixels 6 below an image; the title takes 18 + 10.
  EXPECT_EQ(sheet.width, 24u + 3 * 200 + 2 * 14 + 24);
  EXPECT_EQ(sheet.height, 24u + 28 + 2 * (150 + 6 + 18) + 14 + 24);
  for (uint32_t i = 0; i < 5; ++i) {
    const uint32_t x = 24 + i % 3 * 214, y = 52 + i / 3 * 188;
    const Pixel color = {static_cast<int>(40 * i), 0, 200};
    EXPECT_EQ(at(sheet, x, y), color) << i;
    EXPECT_EQ(at(sheet, x + 199, y + 149), color) << i;
    EXPECT_EQ(at(sheet, x - 1, y - 1), (Pixel{205, 205, 205})) << i;
    EXPECT_TRUE(has_ink(sheet, x, y + 156, 100, 14)) << i;
  }
  EXPECT_TRUE(has_ink(sheet, 24, 24, 200, 14));
  EXPECT_EQ(at(sheet, 0, 0), (Pixel{255, 255, 255}));
  EXPECT_EQ(at(sheet, 24 + 2 * 214 + 100, 52 + 188 + 75), (Pixel{255, 255, 255}));  // no sixth image
  EXPECT_EQ(dir.names(), std::vector<std::string>{"s.png"});
}

TEST(ContactSheet, DrawsLettersPixelByPixel) {
  const std::vector<SheetCell> cells = {{plain(128, 128, {255, 255, 255}), "T"}};
  const Expected<RgbImage> sheet = compose_contact_sheet(cells);
  ASSERT_TRUE(sheet.ok());
  // A T at twice its size: the bar over all five columns, then the stem in the third.
  const uint32_t x = 24, y = 24 + 128 + 6;
  for (uint32_t row = 0; row < 7; ++row) {
    for (uint32_t col = 0; col < 5; ++col) {
      const bool ink = row == 0 || col == 2;
      EXPECT_EQ(at(*sheet, x + 2 * col + 1, y + 2 * row + 1),
                (ink ? Pixel{48, 48, 48} : Pixel{255, 255, 255}))
          << row << " " << col;
    }
  }
}

TEST(ContactSheet, EveryPrintableCharacterHasItsOwnShape) {
  std::vector<std::vector<uint8_t>> shapes;
  for (char c = ' '; c <= '~'; ++c) {
    const std::vector<SheetCell> cells = {{plain(128, 128, {9, 9, 9}), std::string(1, c)}};
    const Expected<RgbImage> sheet = compose_contact_sheet(cells);
    ASSERT_TRUE(sheet.ok());
    EXPECT_EQ(std::find(shapes.begin(), shapes.end(), sheet->pixels), shapes.end()) << c;
    shapes.push_back(sheet->pixels);
  }
}

TEST(ContactSheet, CaptionsNeverLeaveTheirCell) {
  const std::string wide(200, 'W');
  const std::vector<SheetCell> cells = {{plain(128, 128, {255, 255, 255}), wide},
                                        {plain(128, 128, {255, 255, 255}), "\xC3\xA4\n"}};
  SheetOptions options;
  options.columns = 2;
  options.title = wide;
  const Expected<RgbImage> sheet = compose_contact_sheet(cells, options);
  ASSERT_TRUE(sheet.ok());
  EXPECT_FALSE(has_ink(*sheet, 24 + 128, 52, 14, sheet->height - 52));
  EXPECT_FALSE(has_ink(*sheet, sheet->width - 24, 0, 24, sheet->height));
  EXPECT_TRUE(has_ink(*sheet, 24 + 128 + 14, 52 + 128 + 6, 12, 7));  // "??" at the smaller size
}

TEST(ContactSheet, ReducesLargeImagesByMeansAndEnlargesSmallOnes) {
  RgbImage large = plain(600, 300, {0, 0, 0});
  for (size_t i = 0; i < large.pixels.size(); ++i) large.pixels[i] = i / 3 % 3 == 0 ? 90 : 0;
  const std::vector<SheetCell> cells = {{large, ""}};
  const Expected<RgbImage> sheet = compose_contact_sheet(cells);
  ASSERT_TRUE(sheet.ok());
  EXPECT_EQ(sheet->width, 24u + 200 + 24);
  EXPECT_EQ(sheet->height, 24u + 100 + 24);
  EXPECT_EQ(at(*sheet, 24, 24), (Pixel{30, 30, 30}));
  EXPECT_EQ(at(*sheet, 223, 123), (Pixel{30, 30, 30}));

  RgbImage small = plain(32, 16, {10, 20, 30});
  small.pixels[3 * (32 * 16 - 1)] = 200;
  const std::vector<SheetCell> tiny = {{small, ""}};
  const Expected<RgbImage> enlarged = compose_contact_sheet(tiny);
  ASSERT_TRUE(enlarged.ok());
  EXPECT_EQ(enlarged->width, 24u + 128 + 24);
  EXPECT_EQ(at(*enlarged, 24 + 127, 24 + 63), (Pixel{200, 20, 30}));
  EXPECT_EQ(at(*enlarged, 24 + 124, 24 + 60), (Pixel{200, 20, 30}));
  EXPECT_EQ(at(*enlarged, 24 + 123, 24 + 63), (Pixel{10, 20, 30}));
}

TEST(ContactSheet, SaysWhatIsWrong) {
  const TempDir dir;
  EXPECT_EQ(write_contact_sheet(dir / "s.png", {}).to_string(),
            "error[sheet.empty] there is no image to show");
  const std::vector<SheetCell> broken = {{{2, 2, Bytes(11)}, ""}};
  EXPECT_EQ(write_contact_sheet(dir / "s.png", broken).to_string(),
            "error[sheet.image] cell 0: an image of 2 x 2 pixels has 11 bytes");
  std::vector<SheetCell> many(5000, {plain(1, 1, {1, 2, 3}), ""});
  SheetOptions options;
  options.columns = 1;
  EXPECT_TRUE(compose_contact_sheet(many, options).ok());
  many.resize(20000, many.front());
  EXPECT_EQ(compose_contact_sheet(many).status().code(), "sheet.too_large");
  const std::vector<SheetCell> good = {{plain(4, 4, {1, 2, 3}), ""}};
  EXPECT_EQ(write_contact_sheet(dir / "none/s.png", good).to_string(),
            "error[data.io] " + (dir / "none/s.png") + ": cannot be created: its folder does not exist");
  EXPECT_TRUE(dir.names().empty());
}

}  // namespace
}  // namespace headrace
