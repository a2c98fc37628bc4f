// Images decoded at 4, 2 and 1 of 8 of their size, as files and packed: the pixels of libjpeg-turbo's own
// scaled decode, for every rectangle.
#include "headrace/scaled.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "coefficient_testing.h"
#include "jpeg_testing.h"
#include "kernels/packed/packed_image.h"
#include "kernels/planes.h"

namespace headrace::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kScales[] = {4, 2, 1};

struct Sampling {
  const char* space;
  std::array<int, 4> h, v;
  bool packs = true;
};
const std::vector<Sampling>& samplings() {
  static const std::vector<Sampling> kSamplings = {
      {"gray", {1}, {1}},
      {"YCbCr", {1, 1, 1}, {1, 1, 1}},
      {"YCbCr", {2, 1, 1}, {1, 1, 1}},
      {"YCbCr", {2, 1, 1}, {2, 1, 1}},
      {"YCbCr", {1, 1, 1}, {2, 1, 1}},
      {"RGB", {1, 1, 1}, {1, 1, 1}},
      {"YCbCr", {4, 1, 1}, {1, 1, 1}, false},  // 4:1:1
      {"YCbCr", {4, 1, 1}, {2, 1, 1}, false},
      {"YCbCr", {2, 1, 2}, {2, 2, 1}, false},  // each component its own way
      {"CMYK", {1, 1, 1, 1}, {1, 1, 1, 1}, false},
      {"YCCK", {2, 1, 1, 2}, {2, 1, 1, 2}, false},
  };
  return kSamplings;
}

JpegSpec make_spec(const Sampling& s, uint32_t width, uint32_t height) {
  JpegSpec spec;
  spec.width = width;
  spec.height = height;
  spec.space = s.space;
  spec.h = s.h;
  spec.v = s.v;
  spec.seed = width * 100 + height;
  return spec;
}

class Scaled : public ::testing::Test {
 protected:
  /// A JPEG as a field, as it is or packed; false if it cannot be packed.
  static bool field_of(const Bytes& jpeg, bool packed, Bytes& bytes, hr_field& f) {
    bytes = jpeg;
    f = {};
    f.encoding = HR_ENCODING_JPEG;
    if (packed) {
      CoefficientImage image;
      if (!read_coefficients(jpeg, kDefaultDecodeLimits, image).ok()) return false;
      EXPECT_TRUE(ImagePacker().pack(image, nullptr, false, PackEffort::fast, bytes).ok());
      f.encoding = HR_ENCODING_PACKED;
      f.planes = coefficient_planes(image);
    }
    f.size = bytes.size();
    bytes.resize(bytes.size() + HR_BUFFER_ALIGNMENT);
    f.data = bytes.data();
    return true;
  }

  /// Reads the rectangle of the scaled image and compares it with that of `full`; "" if equal.
  std::string compare(const hr_field& f, int scale, const Pixels& full, const PixelRect& r) {
    error_ = {};
    if (hr_image_open_scaled(decoder_.get(), f.data, int64_t(f.size), f.width, f.height, f.encoding,
                             int64_t(f.planes), scale, r.top, r.left, r.rows, r.cols, window_,
                             &error_) != HR_OK) {
      return "open: " + std::string(error_.text);
    }
    Bytes line(static_cast<size_t>(window_[1]));
    for (uint32_t y = 0; y < r.rows; ++y) {
      if (hr_image_rows(decoder_.get(), line.data(), window_[1], 1, &error_) != HR_OK) return error_.text;
      const uint8_t* const got = line.data() + window_[0] * 3;
      const uint8_t* const wanted = &full.rgb[((r.top + y) * size_t{full.width} + r.left) * 3];
      for (size_t i = 0; i < size_t{r.cols} * 3; ++i) {
        if (got[i] != wanted[i]) {
          return "scale " + std::to_string(scale) + " rectangle " + std::to_string(r.top) + "," +
                 std::to_string(r.left) + " " + std::to_string(r.rows) + "x" + std::to_string(r.cols) +
                 ": row " + std::to_string(y) + " byte " + std::to_string(i) + " is " +
                 std::to_string(got[i]) + ", not " + std::to_string(wanted[i]);
        }
      }
    }
    return hr_image_close(decoder_.get(), &error_) == HR_OK ? "" : "close";
  }

  DecoderPtr decoder_ = make_decoder();
  int64_t window_[2] = {-1, -1};
  hr_error error_{};
};

TEST_F(Scaled, EveryRectangleOfSmallImages) {
  for (const Sampling& sampling : samplings()) {
    for (const auto& [width, height] :
         {std::pair{1u, 1u}, {5u, 3u}, {9u, 20u}, {33u, 17u}, {3u, 70u}, {50u, 26u}}) {
      const JpegSpec spec = make_spec(sampling, width, height);
      const Bytes jpeg = make_jpeg(spec);
      for (const bool packed : {false, true}) {
        Bytes bytes;
        hr_field f;
        const bool made = field_of(jpeg, packed, bytes, f);
        ASSERT_EQ(made, !packed || sampling.packs) << describe(spec);
        if (!made) continue;
        f.width = width;
        f.height = height;
        for (const int scale : kScales) {
          const Pixels full = full_decode(jpeg, unsigned(scale));
          ASSERT_EQ(full.width, scaled_length(width, scale)) << describe(spec);
          ASSERT_EQ(full.height, scaled_length(height, scale));
          const uint32_t step = full.width * full.height > 100 ? 3 : 1;
          for (uint32_t top = 0; top < full.height; top += step) {
            for (uint32_t left = 0; left < full.width; ++left) {
              for (uint32_t rows = 1; rows <= full.height - top; rows += step) {
                for (uint32_t cols = 1; cols <= full.width - left; ++cols) {
                  ASSERT_EQ(compare(f, scale, full, {top, left, rows, cols}), "")
                      << describe(spec) << (packed ? " packed" : " file");
                }
              }
            }
          }
        }
      }
    }
  }
}

// Every way scans can be laid out, and sizes at which rows of tiles and of MCUs change.
TEST_F(Scaled, RandomRectanglesOfEveryCoding) {
  std::mt19937 rng(3);
  for (const Sampling& sampling : samplings()) {
    for (const Scans scans :
         {Scans::sequential, Scans::one_per_component, Scans::progressive, Scans::dc_only, Scans::coarse}) {
      JpegSpec spec = make_spec(sampling, 150 + rng() % 150, 100 + rng() % 200);
      spec.scans = scans;
      spec.restart_interval = int(rng() % 3) * 2;
      const Bytes jpeg = make_jpeg(spec);
      for (const bool packed : {false, true}) {
        Bytes bytes;
        hr_field f;
        if (!field_of(jpeg, packed, bytes, f)) continue;
        f.width = spec.width;
        f.height = spec.height;
        for (const int scale : {8, 4, 2, 1}) {
          const Pixels full = full_decode(jpeg, unsigned(scale));
          ASSERT_EQ(full.width, scaled_length(spec.width, scale)) << describe(spec);
          ASSERT_EQ(compare(f, scale, full, {0, 0, full.height, full.width}), "") << describe(spec);
          for (int i = 0; i < 30; ++i) {
            ASSERT_EQ(compare(f, scale, full, random_rect(rng, full.width, full.height)), "")
                << describe(spec) << (packed ? " packed" : " file");
          }
        }
      }
    }
  }
}

TEST_F(Scaled, RefusesOtherScalesAndRectanglesOutside) {
  const Bytes jpeg = make_jpeg(make_spec(samplings()[3], 33, 17));
  Bytes bytes;
  hr_field f;
  ASSERT_TRUE(field_of(jpeg, false, bytes, f));
  const auto open = [&](uint32_t encoding, int64_t scale, const PixelRect& r) {
    error_ = {};
    return hr_image_open_scaled(decoder_.get(), f.data, int64_t(f.size), 33, 17, encoding, HR_PLANES_420,
                                scale, r.top, r.left, r.rows, r.cols, window_, &error_);
  };
  for (const int64_t scale : {-1, 0, 3, 5, 6, 7, 9, 16}) {
    EXPECT_EQ(open(HR_ENCODING_JPEG, scale, {0, 0, 1, 1}), HR_E_INTERNAL);
    EXPECT_STREQ(error_.text, "hr_image_open: not a scale of this encoding");
  }
  EXPECT_EQ(open(HR_ENCODING_YCC, 4, {0, 0, 1, 1}), HR_E_INTERNAL);
  EXPECT_STREQ(error_.text, "hr_image_open: not a scale of this encoding");
  EXPECT_EQ(open(HR_ENCODING_JPEG, 4, {0, 0, 9, 17}), HR_OK);
  EXPECT_EQ(open(HR_ENCODING_JPEG, 4, {0, 1, 9, 17}), HR_E_CROP_OUTSIDE);
  EXPECT_EQ(std::vector<int64_t>(error_.args, error_.args + 6), (std::vector<int64_t>{0, 1, 9, 17, 9, 17}));
}

// Where a rectangle of the whole image lies in the scaled one, and back.
TEST(ScaledSpan, CoversTheRange) {
  EXPECT_EQ(scaled_length(501, 4), 251);
  EXPECT_EQ(scaled_length(8, 1), 1);
  EXPECT_EQ(scaled_length(9, 1), 2);
  // [3, 10) of 8 is [1.5, 5) at 4 of 8 and [0.375, 1.25) at 1 of 8.
  const ScaledSpan half = scaled_span(3, 7, 4);
  EXPECT_EQ(half.first, 1);
  EXPECT_EQ(half.count, 4);
  EXPECT_EQ(half.begin8, 4);
  EXPECT_EQ(half.length8, 28);
  const ScaledSpan eighth = scaled_span(3, 7, 1);
  EXPECT_EQ(eighth.first, 0);
  EXPECT_EQ(eighth.count, 2);
  EXPECT_EQ(eighth.begin8, 3);
  EXPECT_EQ(eighth.length8, 7);
  for (int64_t length = 1; length <= 40; ++length) {
    for (const int scale : {1, 2, 4, 8}) {
      for (int64_t first = 0; first < length; ++first) {
        for (int64_t count = 1; count <= length - first; ++count) {
          const ScaledSpan s = scaled_span(first, count, scale);
          ASSERT_LE(8 * s.first, first * scale);
          ASSERT_GT(8 * (s.first + 1), first * scale);
          ASSERT_GE(8 * (s.first + s.count), (first + count) * scale);
          ASSERT_LT(8 * (s.first + s.count - 1), (first + count) * scale);
          ASSERT_LE(s.first + s.count, scaled_length(length, scale));
          ASSERT_EQ(8 * s.first + s.begin8, first * scale);
          const SourceSpan back = source_span(s.first, s.count, scale, length);
          ASSERT_LE(back.first, first);
          ASSERT_GE(back.first, 0);
          ASSERT_GE(back.first + back.count, first + count);
          ASSERT_LE(back.first + back.count, length);
        }
      }
    }
  }
}

TEST_F(Scaled, Photos) {
  const fs::path photos = fs::path(HEADRACE_SHARED_DIR) / "photos";
  if (!fs::exists(photos)) GTEST_SKIP() << "no shared photos";
  std::vector<fs::path> files, train;
  for (const auto& e : fs::directory_iterator(photos / "odd")) files.push_back(e.path());
  for (const auto& e : fs::recursive_directory_iterator(photos / "train")) {
    if (e.is_regular_file()) train.push_back(e.path());
  }
  std::sort(train.begin(), train.end());
  for (size_t i = 0; i < train.size(); i += std::max<size_t>(train.size() / 30, 1)) files.push_back(train[i]);
  std::mt19937 rng(6);
  int checked = 0;
  for (const fs::path& file : files) {
    const Bytes jpeg = read_file(file);
    const Pixels whole = full_decode(jpeg);
    if (whole.width == 0) continue;  // no image, or a damaged one
    for (const bool packed : {false, true}) {
      Bytes bytes;
      hr_field f;
      if (!field_of(jpeg, packed, bytes, f)) continue;
      f.width = whole.width;
      f.height = whole.height;
      ++checked;
      for (const int scale : kScales) {
        const Pixels full = full_decode(jpeg, unsigned(scale));
        ASSERT_EQ(compare(f, scale, full, {0, 0, full.height, full.width}), "") << file;
        for (int i = 0; i < 3; ++i) {
          ASSERT_EQ(compare(f, scale, full, random_rect(rng, full.width, full.height)), "")
              << file << (packed ? " packed" : " file");
        }
      }
    }
  }
  EXPECT_GT(checked, 90);
}

}  // namespace
}  // namespace headrace::testing
