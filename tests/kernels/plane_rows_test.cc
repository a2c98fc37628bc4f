// RGB rows from coefficients and from raw planes, bit for bit those of libjpeg-turbo's full decode.
#include "kernels/plane_rows.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "coefficient_testing.h"
#include "jpeg_testing.h"
#include "kernels/packed/packed_image.h"
#include "kernels/planes.h"
#include "kernels/ycc_to_rgb.h"

namespace headrace::testing {
namespace {

struct Kind {
  const char* space;
  int h, v;
  uint64_t planes;
};
constexpr Kind kKinds[] = {{"gray", 1, 1, HR_PLANES_GRAY}, {"YCbCr", 1, 1, HR_PLANES_444},
                           {"YCbCr", 2, 1, HR_PLANES_422}, {"YCbCr", 2, 2, HR_PLANES_420},
                           {"YCbCr", 1, 2, HR_PLANES_440}, {"RGB", 1, 1, HR_PLANES_444 | HR_PLANES_RGB}};

Bytes make(const Kind& kind, uint32_t width, uint32_t height, int quality = 85) {
  return make_jpeg({.width = width,
                    .height = height,
                    .space = kind.space,
                    .h = {kind.h, 1, 1, 1},
                    .v = {kind.v, 1, 1, 1},
                    .quality = quality,
                    .seed = width * 100 + height});
}

// An image with all that its rows can be read from.
class Subject {
 public:
  explicit Subject(const Bytes& jpeg) : full(full_decode(jpeg)), image(coefficients_of(jpeg)), rows(image) {
    planes = raw_planes(jpeg, rows.layout());
  }

  // Reads the rectangle in pieces and compares; "" if equal. `from_planes`: from raw planes, else
  // coefficients.
  std::string compare(PlaneRows& reader, const PixelRect& r, bool from_planes, int64_t piece = INT64_MAX) {
    const PlaneRows::Image what{rows.layout(), full.width, full.height, r.top, r.left, r.rows, r.cols};
    hr_error error{};
    const hr_result opened = from_planes ? reader.open(what, planes.data(), &error)
                                         : reader.open(what, rows, rows.open(r), &error);
    if (opened != HR_OK) return "open: " + std::to_string(opened);
    const size_t stride = size_t{r.cols} * 3 + 3;
    Bytes out(stride * r.rows, 0xA5);
    for (int64_t y = 0; y < r.rows; y += piece) {
      const int64_t n = std::min<int64_t>(piece, r.rows - y);
      if (reader.read(out.data() + size_t(y) * stride, int64_t(stride), n, &error) != HR_OK)
        return "read: " + std::string(error.text);
      if (piece == INT64_MAX) break;
    }
    for (size_t y = 0; y < r.rows; ++y) {
      const uint8_t* const got = &out[y * stride];
      const uint8_t* const wanted = &full.rgb[((r.top + y) * full.width + r.left) * 3];
      for (size_t i = 0; i < size_t{r.cols} * 3; ++i) {
        if (got[i] != wanted[i]) {
          return std::to_string(full.width) + "x" + std::to_string(full.height) + " rectangle " +
                 std::to_string(r.top) + "," + std::to_string(r.left) + " " + std::to_string(r.rows) + "x" +
                 std::to_string(r.cols) + ": row " + std::to_string(y) + " byte " + std::to_string(i) +
                 " is " + std::to_string(got[i]) + ", not " + std::to_string(wanted[i]);
        }
      }
      if (std::memcmp(got + size_t{r.cols} * 3, "\xA5\xA5\xA5", 3) != 0)
        return "bytes beyond a row were written";
    }
    return "";
  }

  std::string compare_both(PlaneRows& reader, const PixelRect& r, int64_t piece = INT64_MAX) {
    const std::string coefficients = compare(reader, r, false, piece);
    return coefficients.empty() ? compare(reader, r, true, piece) : "coefficients: " + coefficients;
  }

  Pixels full;
  CoefficientImage image;
  CoefficientRowsOf rows;
  Bytes planes;
};

TEST(PlaneRows, EverySmallSize) {
  std::mt19937 rng(1);
  PlaneRows reader;
  for (const Kind& kind : kKinds) {
    for (uint32_t width = 1; width <= 40; ++width) {
      for (uint32_t height = 1; height <= 40; ++height) {
        Subject s(make(kind, width, height));
        ASSERT_EQ(coefficient_planes(s.image), kind.planes);
        ASSERT_EQ(s.compare_both(reader, {0, 0, height, width}), "") << kind.space << kind.h << kind.v;
        ASSERT_EQ(s.compare_both(reader, random_rect(rng, width, height)), "")
            << kind.space << kind.h << kind.v;
      }
    }
  }
}

TEST(PlaneRows, EveryRectangleOfSmallImages) {
  PlaneRows reader;
  for (const Kind& kind : kKinds) {
    for (const auto& [width, height] : {std::pair{5u, 3u}, {4u, 7u}, {9u, 10u}, {18u, 6u}, {3u, 35u}}) {
      Subject s(make(kind, width, height));
      for (uint32_t top = 0; top < height; ++top) {
        for (uint32_t left = 0; left < width; ++left) {
          for (uint32_t rows = 1; rows <= height - top; ++rows) {
            for (uint32_t cols = 1; cols <= width - left; ++cols) {
              ASSERT_EQ(s.compare_both(reader, {top, left, rows, cols}), "")
                  << kind.space << kind.h << kind.v;
            }
          }
        }
      }
    }
  }
}

TEST(PlaneRows, InPiecesOverManyUnits) {
  std::mt19937 rng(2);
  PlaneRows reader;
  for (const Kind& kind : kKinds) {
    Subject s(make(kind, 150, 203));
    for (const int64_t piece : {1, 2, 7, 16, 31, 64, 100}) {
      for (int i = 0; i < 6; ++i) ASSERT_EQ(s.compare_both(reader, random_rect(rng, 150, 203), piece), "");
      ASSERT_EQ(s.compare_both(reader, {0, 0, 203, 150}, piece), "");
    }
  }
}

TEST(PlaneRows, ReportsTheProducersError) {
  Subject s(make(kKinds[3], 40, 200));
  PlaneRows reader;
  hr_error error{};
  s.rows.fails_at = 3;
  const PixelRect rect{40, 0, 160, 40};
  ASSERT_EQ(reader.open({s.rows.layout(), 40, 200, 40, 0, 160, 40}, s.rows, s.rows.open(rect), &error),
            HR_OK);
  Bytes out(40 * 3 * 160);
  // Row 95 is interpolated with row 96, the first of unit 3.
  EXPECT_EQ(reader.read(out.data(), 120, 55, &error), HR_OK);
  EXPECT_EQ(reader.read(out.data(), 120, 1, &error), HR_E_DECODE);
  EXPECT_STREQ(error.text, "unit 3");
}

TEST(YccToRgb, EveryColour) {
  std::array<uint8_t, 256> y{}, cb{}, cr{};
  for (size_t i = 0; i < 256; ++i) y[i] = uint8_t(i);
  std::array<uint8_t, 768> rgb{};
  for (int b = 0; b < 256; ++b) {
    for (int r = 0; r < 256; ++r) {
      cb.fill(uint8_t(b));
      cr.fill(uint8_t(r));
      ycc_to_rgb(y.data(), cb.data(), cr.data(), 256, rgb.data());
      const int x = b - 128, z = r - 128;
      const int red = (91881 * z + 32768) >> 16, green = (-22554 * x - 46802 * z + 32768) >> 16,
                blue = (116130 * x + 32768) >> 16;
      for (int i = 0; i < 256; ++i) {
        const uint8_t* const p = &rgb[size_t(i) * 3];
        const bool equal = p[0] == std::clamp(i + red, 0, 255) && p[1] == std::clamp(i + green, 0, 255) &&
                           p[2] == std::clamp(i + blue, 0, 255);
        ASSERT_TRUE(equal) << i << " " << b << " " << r;
      }
    }
  }
}

// The C ABI over both plane encodings, and read_planes(): the same planes as libjpeg's raw output.
class ImageAbi : public ::testing::Test {
 protected:
  static Bytes pack(const CoefficientImage& image) {
    ImagePacker packer;
    Bytes bytes;
    const Status status = packer.pack(image, nullptr, false, PackEffort::fast, bytes);
    EXPECT_TRUE(status.ok()) << status.to_string();
    return bytes;
  }

  hr_result open(const hr_field& f, const PixelRect& r) {
    error_ = {};
    return hr_image_open(decoder_.get(), f.data, int64_t(f.size), f.width, f.height, f.encoding,
                         int64_t(f.planes), r.top, r.left, r.rows, r.cols, window_, &error_);
  }

  // As fields have it, 64 bytes can be read beyond the payload.
  static hr_field field_of(Bytes& bytes, uint32_t encoding, const Subject& s) {
    hr_field f{};
    f.size = bytes.size();
    bytes.resize(bytes.size() + HR_BUFFER_ALIGNMENT);
    f.data = bytes.data();
    f.width = s.full.width;
    f.height = s.full.height;
    f.encoding = encoding;
    f.planes = coefficient_planes(s.image);
    return f;
  }

  std::string compare(const hr_field& f, const Pixels& full, const PixelRect& r) {
    if (open(f, r) != HR_OK) return "open: " + std::string(error_.text);
    if (window_[0] != 0 || window_[1] != int64_t{r.cols} * 3) return "window";
    Bytes out(size_t{r.rows} * r.cols * 3);
    if (hr_image_rows(decoder_.get(), out.data(), window_[1], r.rows, &error_) != HR_OK) return error_.text;
    if (hr_image_close(decoder_.get(), &error_) != HR_OK) return "close";
    for (size_t y = 0; y < r.rows; ++y) {
      if (std::memcmp(&out[y * r.cols * 3], &full.rgb[((r.top + y) * full.width + r.left) * 3],
                      size_t{r.cols} * 3) != 0) {
        return "row " + std::to_string(y) + " differs";
      }
    }
    return "";
  }

  // Planes of a rectangle; only what its pixels depend on is compared.
  std::string compare_planes(const hr_field& f, const Subject& s, const PixelRect& r) {
    const PlaneLayout& layout = s.rows.layout();
    std::vector<Bytes> planes(3);
    uint8_t* to[3] = {};
    for (int c = 0; c < layout.components; ++c) {
      planes[size_t(c)].resize(size_t(plane_width(layout, c, f.width) * plane_height(layout, c, f.height)));
      to[c] = planes[size_t(c)].data();
    }
    error_ = {};
    if (read_planes(decoder_.get(), f, {r.top, r.left, r.rows, r.cols}, to, &error_) != HR_OK)
      return error_.text;
    const uint8_t* wanted = s.planes.data();
    for (int c = 0; c < layout.components; ++c) {
      const int64_t w = plane_width(layout, c, f.width), h = plane_height(layout, c, f.height);
      const int64_t hs = c == 0 ? 1 : layout.h_max, vs = c == 0 ? 1 : layout.v_max;
      // With the pixel next to the rectangle on each side, where there is one and chroma is subsampled.
      const int64_t top = std::max<int64_t>(int64_t{r.top} - (vs - 1), 0) / vs;
      const int64_t left = std::max<int64_t>(int64_t{r.left} - (hs - 1), 0) / hs;
      const int64_t bottom = std::min<int64_t>(r.top + r.rows - 1 + (vs - 1), f.height - 1) / vs + 1;
      const int64_t right = std::min<int64_t>(r.left + r.cols - 1 + (hs - 1), f.width - 1) / hs + 1;
      for (int64_t y = top; y < bottom; ++y) {
        if (std::memcmp(to[c] + y * w + left, wanted + y * w + left, size_t(right - left)) != 0) {
          return "plane " + std::to_string(c) + " row " + std::to_string(y) + " differs";
        }
      }
      wanted += w * h;
    }
    return "";
  }

  DecoderPtr decoder_ = make_decoder();
  int64_t window_[2] = {-1, -1};
  hr_error error_{};
};

TEST_F(ImageAbi, PackedAndRawPlanes) {
  std::mt19937 rng(4);
  for (const Kind& kind : kKinds) {
    for (const auto& [width, height] : {std::pair{1u, 1u}, {4u, 4u}, {5u, 33u}, {97u, 61u}, {300u, 170u}}) {
      Subject s(make(kind, width, height));
      Bytes packed = pack(s.image), raw = s.planes;
      for (const hr_field& f : {field_of(packed, HR_ENCODING_PACKED, s), field_of(raw, HR_ENCODING_YCC, s)}) {
        for (int i = 0; i < 12; ++i) {
          const PixelRect r = i == 0 ? PixelRect{0, 0, height, width} : random_rect(rng, width, height);
          ASSERT_EQ(compare(f, s.full, r), "")
              << kind.space << kind.h << kind.v << " " << width << "x" << height << " " << f.encoding;
          ASSERT_EQ(compare_planes(f, s, r), "")
              << kind.space << kind.h << kind.v << " " << width << "x" << height << " " << f.encoding;
        }
      }
    }
  }
}

TEST_F(ImageAbi, RefusesWhatItCannotRead) {
  Subject s(make(kKinds[3], 20, 10));
  Bytes packed = pack(s.image), raw = s.planes;
  const hr_field p = field_of(packed, HR_ENCODING_PACKED, s), y = field_of(raw, HR_ENCODING_YCC, s);
  const PixelRect whole{0, 0, 10, 20};
  uint8_t* const none[3] = {};
  const auto both = [&](const hr_field& f, hr_result code, const std::string& text) {
    EXPECT_EQ(open(f, whole), code);
    EXPECT_EQ(error_.text, text);
    error_ = {};
    EXPECT_EQ(read_planes(decoder_.get(), f, {0, 0, 10, 20}, none, &error_), code);
    EXPECT_EQ(error_.text, text);
    EXPECT_EQ(error_.code, code);
  };
  for (hr_field f : {p, y}) {
    f.planes = 5;
    both(f, HR_E_DECODE, "the image's planes are of the unknown kind 5");
    f.planes = ~uint64_t{0};
    both(f, HR_E_DECODE, "the image's planes are of the unknown kind 18446744073709551615");
    f.planes = HR_PLANES_420 | HR_PLANES_RGB;
    both(f, HR_E_DECODE, "the image's planes are of the unknown kind 11");
    f.planes = HR_PLANES_420;
    f.width = 65536;
    both(f, HR_E_DECODE, "an image of planes cannot have 65536 x 10 pixels");
    f.width = 20;
    f.height = UINT32_MAX;
    both(f, HR_E_DECODE, "an image of planes cannot have 20 x 4294967295 pixels");
    f.height = 10;
    EXPECT_EQ(open(f, {0, 1, 10, 20}), HR_E_CROP_OUTSIDE);
    EXPECT_EQ((std::vector<int64_t>(error_.args, error_.args + 6)),
              (std::vector<int64_t>{0, 1, 10, 20, 10, 20}));
    f.encoding = HR_ENCODING_RGB;
    EXPECT_EQ(open(f, whole), HR_E_INTERNAL);
    EXPECT_STREQ(error_.text, "hr_image_open: not an encoding it decodes");
  }
  hr_field f = y;
  f.size = 299;
  both(f, HR_E_SHORT, "");
  EXPECT_EQ(error_.args[0], 299);
  EXPECT_EQ(error_.args[1], 300);
  f = p;
  f.planes = HR_PLANES_444;
  EXPECT_EQ(open(f, whole), HR_E_DECODE);
  EXPECT_NE(std::string(error_.text).find("its record says 20 x 10"), std::string::npos) << error_.text;
  // Nothing is left open.
  uint8_t row[60];
  EXPECT_EQ(hr_image_rows(decoder_.get(), row, 60, 1, &error_), HR_E_INTERNAL);
  EXPECT_STREQ(error_.text, "hr_image_rows: no image is open");
}

TEST_F(ImageAbi, EncodingsTakeTurns) {
  const Bytes jpeg = make(kKinds[3], 64, 48);
  Subject s(jpeg);
  Bytes packed = pack(s.image), raw = s.planes, file = jpeg;
  const hr_field fields[] = {field_of(packed, HR_ENCODING_PACKED, s), field_of(raw, HR_ENCODING_YCC, s)};
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(compare(fields[i % 2], s.full, {3, 5, 40, 33}), "");
    EXPECT_EQ(compare_region(decoder_.get(), file, s.full, {3, 5, 40, 33}), "");
    ASSERT_EQ(open(fields[i % 2], {0, 0, 48, 64}), HR_OK);  // and is dropped half read
    Bytes out(64 * 3 * 20);
    ASSERT_EQ(hr_image_rows(decoder_.get(), out.data(), 192, 20, &error_), HR_OK);
  }
}

namespace fs = std::filesystem;

TEST_F(ImageAbi, Photos) {
  const fs::path photos = fs::path(HEADRACE_SHARED_DIR) / "photos";
  if (!fs::exists(photos)) GTEST_SKIP() << "no shared photos";
  std::vector<fs::path> files, train;
  for (const auto& e : fs::directory_iterator(photos / "odd")) files.push_back(e.path());
  for (const auto& e : fs::recursive_directory_iterator(photos / "train")) {
    if (e.is_regular_file()) train.push_back(e.path());
  }
  std::sort(train.begin(), train.end());
  for (size_t i = 0; i < train.size(); i += std::max<size_t>(train.size() / 40, 1)) files.push_back(train[i]);
  std::mt19937 rng(6);
  PlaneRows reader;
  int packed_files = 0;
  for (const fs::path& file : files) {
    const Bytes jpeg = read_file(file);
    CoefficientImage image;
    if (!read_coefficients(jpeg, kDefaultDecodeLimits, image).ok()) continue;
    ++packed_files;
    Subject s(jpeg);
    Bytes packed = pack(s.image);
    const hr_field f = field_of(packed, HR_ENCODING_PACKED, s);
    for (int i = 0; i < 4; ++i) {
      const PixelRect r = i == 0 ? PixelRect{0, 0, s.full.height, s.full.width}
                                 : random_rect(rng, s.full.width, s.full.height);
      ASSERT_EQ(s.compare_both(reader, r), "") << file;
      ASSERT_EQ(compare(f, s.full, r), "") << file;
      ASSERT_EQ(compare_planes(f, s, r), "") << file;
    }
  }
  EXPECT_GT(packed_files, 55);
}

}  // namespace
}  // namespace headrace::testing
