// The C ABI as generated code uses it: open, rows in pieces, close.
#include <gtest/gtest.h>

#include <cstring>

#include "jpeg_testing.h"

namespace headrace::testing {
namespace {

class DecoderAbi : public ::testing::Test {
 protected:
  static constexpr int64_t kWidth = 90, kHeight = 75;

  int32_t open(const Bytes& jpeg, PixelRect r, int64_t width = kWidth, int64_t height = kHeight) {
    error_ = {};
    return hr_image_open(decoder_.get(), jpeg.data(), static_cast<int64_t>(jpeg.size()), width, height,
                         HR_ENCODING_JPEG, 0, r.top, r.left, r.rows, r.cols, window_, &error_);
  }
  int32_t rows(uint8_t* dst, int64_t stride, int64_t count) {
    return hr_image_rows(decoder_.get(), dst, stride, count, &error_);
  }
  std::string text() const { return error_.text; }

  DecoderPtr decoder_ = make_decoder();
  int64_t window_[2] = {-1, -1};
  hr_error error_ = {};
  const Bytes jpeg_ = make_jpeg({.width = kWidth, .height = kHeight, .h = {2, 1, 1}, .v = {2, 1, 1}});
  const Pixels full_ = full_decode(jpeg_);
};

TEST_F(DecoderAbi, DeliversRowsInPiecesOfAnySize) {
  const PixelRect rect{.top = 21, .left = 37, .rows = 50, .cols = 30};
  for (int64_t piece : {1, 2, 3, 7, 16, 33, 50}) {
    ASSERT_EQ(open(jpeg_, rect), HR_OK) << text();
    EXPECT_GE(window_[0], 0);
    EXPECT_LE(window_[1], kWidth * 3);
    EXPECT_GE(window_[1], (window_[0] + rect.cols) * 3);
    const int64_t stride = window_[1] + 5;
    Bytes out(stride * rect.rows);
    for (int64_t row = 0; row < rect.rows; row += piece) {
      const int64_t n = std::min<int64_t>(piece, rect.rows - row);
      ASSERT_EQ(rows(out.data() + row * stride, stride, n), HR_OK) << text();
    }
    EXPECT_EQ(hr_image_close(decoder_.get(), &error_), HR_OK);
    for (uint32_t y = 0; y < rect.rows; ++y) {
      ASSERT_EQ(std::memcmp(out.data() + y * stride + window_[0] * 3,
                            full_.rgb.data() + ((rect.top + y) * kWidth + rect.left) * 3, rect.cols * 3),
                0)
          << "row " << y << " in pieces of " << piece;
    }
  }
}

TEST_F(DecoderAbi, DecodesOnlyTheCropsColumns) {
  ASSERT_EQ(open(jpeg_, {0, 40, 10, 10}), HR_OK);
  EXPECT_EQ(window_[0], 8);              // from the MCU at column 32
  EXPECT_EQ(window_[1], (52 - 32) * 3);  // to two pixels beyond the crop
  ASSERT_EQ(open(jpeg_, {0, 0, 10, kWidth}), HR_OK);
  EXPECT_EQ(window_[0], 0);
  EXPECT_EQ(window_[1], kWidth * 3);
}

TEST_F(DecoderAbi, OpeningAnotherImageDropsTheOneBefore) {
  ASSERT_EQ(open(jpeg_, {0, 0, 40, kWidth}), HR_OK);
  Bytes out(kWidth * 3 * 40);
  ASSERT_EQ(rows(out.data(), kWidth * 3, 11), HR_OK);
  const Bytes other = make_jpeg({.width = 31, .height = 17, .scans = Scans::progressive});
  const Pixels other_full = full_decode(other);
  EXPECT_EQ(compare_region(decoder_.get(), other, other_full, {3, 5, 9, 20}), "");
  EXPECT_EQ(compare_region(decoder_.get(), jpeg_, full_, {3, 5, 9, 20}), "");
}

TEST_F(DecoderAbi, RectanglesOutsideTheImageAreRefusedWithTheirNumbers) {
  const int64_t cases[][4] = {{-1, 0, 1, 1},        {0, -1, 1, 1},          {0, 0, 0, 1},
                              {0, 0, 1, 0},         {0, 0, kHeight + 1, 1}, {0, 0, 1, kWidth + 1},
                              {kHeight, 0, 1, 1},   {0, kWidth, 1, 1},      {1, 0, kHeight, 1},
                              {INT64_MAX, 0, 1, 1}, {1, 1, INT64_MAX, 1},   {1, 1, 1, INT64_MAX},
                              {0, INT64_MIN, 1, 1}};
  for (const auto& c : cases) {
    hr_error error = {};
    EXPECT_EQ(hr_image_open(decoder_.get(), jpeg_.data(), static_cast<int64_t>(jpeg_.size()), kWidth, kHeight,
                            HR_ENCODING_JPEG, 0, c[0], c[1], c[2], c[3], window_, &error),
              HR_E_CROP_OUTSIDE);
    EXPECT_EQ(error.code, HR_E_CROP_OUTSIDE);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(error.args[i], c[i]);
    EXPECT_EQ(error.args[4], kHeight);
    EXPECT_EQ(error.args[5], kWidth);
    EXPECT_STREQ(error.text, "");
  }
  Bytes out(300);
  EXPECT_EQ(decode_rgb(decoder_.get(), jpeg_, kWidth, kHeight, {70, 80, 6, 11}, out.data(), 33).to_string(),
            "error[decode.crop_outside] rectangle of 6 rows x 11 columns at row 70, column 80 is empty or "
            "not inside "
            "the image of 75 x 90");
}

TEST_F(DecoderAbi, SizeMustMatchTheMetadata) {
  EXPECT_EQ(open(jpeg_, {0, 0, 1, 1}, 91, 75), HR_E_DECODE);
  EXPECT_EQ(text(), "the JPEG is 90 x 75 pixels, its metadata says 91 x 75");
  EXPECT_EQ(open(jpeg_, {0, 0, 1, 1}, 90, 74), HR_E_DECODE);
  EXPECT_EQ(text(), "the JPEG is 90 x 75 pixels, its metadata says 90 x 74");
  // Equal only in the lower 32 bits.
  EXPECT_EQ(open(jpeg_, {0, 0, 1, 1}, (int64_t{1} << 32) + 90, 75), HR_E_DECODE);
  EXPECT_EQ(text(), "the JPEG is 90 x 75 pixels, its metadata says 4294967386 x 75");
}

TEST_F(DecoderAbi, WrongUseIsReportedNotExecuted) {
  Bytes out(kWidth * 3 * kHeight);
  EXPECT_EQ(rows(out.data(), kWidth * 3, 1), HR_E_INTERNAL);
  EXPECT_EQ(text(), "hr_image_rows: no image is open");
  ASSERT_EQ(open(jpeg_, {0, 0, 4, kWidth}), HR_OK);
  EXPECT_EQ(rows(out.data(), kWidth * 3 - 1, 1), HR_E_INTERNAL);
  EXPECT_EQ(text(), "hr_image_rows: stride shorter than a row");
  EXPECT_EQ(rows(nullptr, kWidth * 3, 1), HR_E_INTERNAL);
  EXPECT_EQ(text(), "hr_image_rows: no destination");
  EXPECT_EQ(rows(out.data(), kWidth * 3, 5), HR_E_INTERNAL);
  EXPECT_EQ(text(), "hr_image_rows: more rows than the rectangle has left");
  EXPECT_EQ(rows(out.data(), kWidth * 3, -1), HR_E_INTERNAL);
  EXPECT_EQ(rows(out.data(), kWidth * 3, 3), HR_OK);
  EXPECT_EQ(rows(out.data(), kWidth * 3, 2), HR_E_INTERNAL);
  EXPECT_EQ(text(), "hr_image_rows: more rows than the rectangle has left");
  EXPECT_EQ(rows(out.data(), kWidth * 3, 1), HR_OK);
  EXPECT_EQ(hr_image_close(decoder_.get(), &error_), HR_OK);
  EXPECT_EQ(hr_image_close(decoder_.get(), &error_), HR_OK);  // nothing open: nothing to do
  EXPECT_EQ(hr_image_open(nullptr, jpeg_.data(), 10, 1, 1, HR_ENCODING_JPEG, 0, 0, 0, 1, 1, window_, &error_),
            HR_E_INTERNAL);
  EXPECT_EQ(text(), "hr_image_open: bad argument");
  EXPECT_EQ(hr_image_open(decoder_.get(), jpeg_.data(), -1, 1, 1, HR_ENCODING_JPEG, 0, 0, 0, 1, 1, window_,
                          &error_),
            HR_E_INTERNAL);
  EXPECT_EQ(
      hr_image_open(decoder_.get(), nullptr, 10, 1, 1, HR_ENCODING_JPEG, 0, 0, 0, 1, 1, window_, &error_),
      HR_E_INTERNAL);
  EXPECT_EQ(decode_rgb(decoder_.get(), jpeg_, kWidth, kHeight, {0, 0, 1, 2}, out.data(), 5).to_string(),
            "error[internal] decode_rgb: stride shorter than a row");
}

TEST_F(DecoderAbi, WarningsAreAddedOnClose) {
  Bytes jpeg = make_jpeg({.width = 16, .height = 16});
  const size_t app0 = find_marker(jpeg, 0xE0);
  jpeg[app0 + 9] = 3;  // a JFIF version that is not known
  Bytes out(16 * 3 * 16);
  ASSERT_EQ(open(jpeg, {0, 0, 16, 16}, 16, 16), HR_OK);
  ASSERT_EQ(rows(out.data(), 48, 16), HR_OK);
  EXPECT_EQ(error_.warnings, 0);
  error_.warnings = 41;
  ASSERT_EQ(hr_image_close(decoder_.get(), &error_), HR_OK);
  EXPECT_EQ(error_.warnings, 42);
  uint64_t warnings = 7;
  EXPECT_TRUE(decode_rgb(decoder_.get(), jpeg, 16, 16, {0, 0, 16, 16}, out.data(), 48, &warnings).ok());
  EXPECT_EQ(warnings, 8u);
  EXPECT_TRUE(
      decode_rgb(decoder_.get(), jpeg_, kWidth, kHeight, {0, 0, 1, 1}, out.data(), 3, &warnings).ok());
  EXPECT_EQ(warnings, 8u) << "an image without warnings must not report those of the one before";
}

TEST_F(DecoderAbi, DamageShowsWhereItIsReached) {
  Bytes cut(jpeg_.begin(), jpeg_.begin() + jpeg_.size() * 3 / 4);
  EXPECT_EQ(compare_region(decoder_.get(), cut, full_, {0, 0, 16, kWidth}), "");
  ASSERT_EQ(open(cut, {0, 0, kHeight, kWidth}), HR_OK);
  Bytes out(kWidth * 3 * kHeight);
  EXPECT_EQ(rows(out.data(), kWidth * 3, kHeight), HR_E_DECODE);
  EXPECT_EQ(error_.code, HR_E_DECODE);
  EXPECT_EQ(text(), "premature end of JPEG data");
  EXPECT_EQ(rows(out.data(), kWidth * 3, 1), HR_E_INTERNAL);
  EXPECT_EQ(text(), "hr_image_rows: no image is open");
  EXPECT_EQ(hr_image_close(decoder_.get(), &error_), HR_OK);
  EXPECT_EQ(open(cut, {kHeight - 1, 0, 1, kWidth}), HR_E_DECODE) << "damage above the rectangle";
  EXPECT_EQ(text(), "premature end of JPEG data");
  EXPECT_EQ(compare_region(decoder_.get(), jpeg_, full_, {0, 0, kHeight, kWidth}), "");
}

TEST_F(DecoderAbi, LimitsComeBeforeDecoding) {
  decoder_ = make_decoder({.max_pixels = 90 * 75 - 1});
  EXPECT_EQ(open(jpeg_, {0, 0, 1, 1}), HR_E_LIMIT);
  EXPECT_EQ(text(),
            "6750 pixels, more than the limit of 6749; --max-pixels raises it (DecodeLimits::max_pixels)");
  EXPECT_EQ(error_.args[0], 6750);
  EXPECT_EQ(error_.args[1], 6749);
  EXPECT_EQ(error_.args[2], 0);
}

TEST_F(DecoderAbi, ScansAreLimited) {
  const Bytes progressive = make_jpeg({.width = 90, .height = 75, .scans = Scans::progressive});
  decoder_ = make_decoder({.max_scans = 9});
  EXPECT_EQ(open(progressive, {0, 0, 1, 1}), HR_E_LIMIT);
  EXPECT_EQ(text(), "10 scans, more than the limit of 9; --max-scans raises it (DecodeLimits::max_scans)");
  EXPECT_EQ(error_.args[0], 10);
  EXPECT_EQ(error_.args[1], 9);
  decoder_ = make_decoder({.max_scans = 10});
  EXPECT_EQ(open(progressive, {0, 0, 1, 1}), HR_OK) << text();
}

TEST_F(DecoderAbi, MemoryIsLimitedWhereCoefficientsAreHeld) {
  // 4:2:0: 12 x 10 blocks of luma and twice 6 x 5 of chroma, 128 bytes each.
  constexpr uint64_t kCoefficients = (12 * 10 + 2 * 6 * 5) * 128;
  const JpegSpec spec = {
      .width = 90, .height = 75, .h = {2, 1, 1}, .v = {2, 1, 1}, .scans = Scans::progressive};
  const Bytes progressive = make_jpeg(spec);
  decoder_ = make_decoder({.max_memory = kCoefficients - 1});
  EXPECT_EQ(open(progressive, {0, 0, 1, 1}), HR_E_LIMIT);
  EXPECT_EQ(text(),
            "23040 bytes of memory, more than the limit of 23039; --max-memory raises it "
            "(DecodeLimits::max_memory)");
  EXPECT_EQ(error_.args[0], 23040);
  EXPECT_EQ(error_.args[1], 23039);
  EXPECT_EQ(open(jpeg_, {0, 0, 1, 1}), HR_OK) << "a single scan holds a few rows only";
  decoder_ = make_decoder({.max_memory = kCoefficients});
  EXPECT_EQ(open(progressive, {0, 0, 1, 1}), HR_OK) << text();
}

}  // namespace
}  // namespace headrace::testing
