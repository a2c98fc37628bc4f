// Counting the time of entropy decoding and libjpeg-turbo. The clock goes on by one tick each time it is
// read, so that ticks counted are stretches that were measured.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "jpeg_testing.h"
#include "kernels/coefficient_rows.h"
#include "packed_testing.h"

namespace headrace::testing {
namespace {

uint64_t g_readings = 0;
uint64_t counting_clock() { return ++g_readings; }

class DecoderTicks : public ::testing::Test {
 protected:
  DecoderTicks() { g_readings = 0; }

  void decode(const uint8_t* data, size_t size, int64_t width, int64_t height, int64_t encoding,
              int64_t planes, int64_t piece) {
    int64_t window[2];
    ASSERT_EQ(hr_image_open(decoder_.get(), data, int64_t(size), width, height, encoding, planes, 0, 0,
                            height, width, window, &error_),
              HR_OK)
        << error_.text;
    Bytes rows(size_t(window[1] * height));
    for (int64_t row = 0; row < height; row += piece) {
      const int64_t count = std::min(piece, height - row);
      ASSERT_EQ(hr_image_rows(decoder_.get(), rows.data(), window[1], count, &error_), HR_OK) << error_.text;
    }
    ASSERT_EQ(hr_image_close(decoder_.get(), &error_), HR_OK);
  }

  void decode_jpeg(int64_t piece) { decode(jpeg_.data(), jpeg_.size(), 90, 75, HR_ENCODING_JPEG, 0, piece); }

  DecoderPtr decoder_ = make_decoder();
  hr_error error_ = {};
  const Bytes jpeg_ = make_jpeg({.width = 90, .height = 75});
};

TEST_F(DecoderTicks, NothingIsCountedUnlessAClockIsGiven) {
  decode_jpeg(10);
  EXPECT_EQ(hr_decoder_ticks(decoder_.get()), 0u);
  EXPECT_EQ(g_readings, 0u);
}

TEST_F(DecoderTicks, EveryCallOfLibjpegIsCounted) {
  hr_decoder_set_clock(decoder_.get(), counting_clock);
  decode_jpeg(75);
  EXPECT_EQ(hr_decoder_ticks(decoder_.get()), 3u);  // open, all rows, close
  decode_jpeg(10);
  EXPECT_EQ(hr_decoder_ticks(decoder_.get()), 3u + 2 + 8);
  hr_decoder_set_clock(decoder_.get(), nullptr);
  decode_jpeg(10);
  EXPECT_EQ(hr_decoder_ticks(decoder_.get()), 13u) << "the count stays";
  EXPECT_EQ(g_readings, 26u);
}

TEST_F(DecoderTicks, AnImageThatFailsIsCountedToo) {
  hr_decoder_set_clock(decoder_.get(), counting_clock);
  int64_t window[2];
  EXPECT_EQ(hr_image_open(decoder_.get(), jpeg_.data(), 20, 90, 75, HR_ENCODING_JPEG, 0, 0, 0, 75, 90, window,
                          &error_),
            HR_E_DECODE);
  EXPECT_EQ(hr_decoder_ticks(decoder_.get()), 1u);
}

TEST_F(DecoderTicks, OfAPackedImageOnlyRowsOfTilesAreCounted) {
  std::mt19937 rng(7);
  const CoefficientImage image = draw_coefficients(HR_PLANES_420, 200, 2000, Drawn::photo, rng);
  const std::vector<uint8_t> bytes = pack_for_test(image);
  packed::View view;
  ASSERT_EQ(packed::open_view({bytes.data(), bytes.size() - 64}, view), nullptr);
  ASSERT_GT(view.grid.tiles_high, 1u);
  hr_decoder_set_clock(decoder_.get(), counting_clock);
  hr_coefficient_rows rows{};
  ASSERT_EQ(hr_packed_open(decoder_.get(), bytes.data(), int64_t(bytes.size()) - 64, 200, 2000, HR_PLANES_420,
                           0, 0, 400, 200, &rows, &error_),
            HR_OK)
      << error_.text;
  EXPECT_EQ(hr_decoder_ticks(decoder_.get()), 0u);
  for (int64_t unit = 0; unit < 63; ++unit) {  // of 32 rows of pixels
    ASSERT_EQ(hr_packed_unit(decoder_.get(), unit, &rows, &error_), HR_OK) << error_.text;
  }
  EXPECT_EQ(hr_decoder_ticks(decoder_.get()), view.grid.tiles_high);
  decode(bytes.data(), bytes.size() - 64, 200, 2000, HR_ENCODING_PACKED, HR_PLANES_420, 7);
  EXPECT_EQ(hr_decoder_ticks(decoder_.get()), 2 * view.grid.tiles_high) << "as pixels";
}

TEST_F(DecoderTicks, RawPlanesNeedNone) {
  hr_decoder_set_clock(decoder_.get(), counting_clock);
  const Bytes planes(90 * 75 * 3 / 2 + 200, 128);
  decode(planes.data(), planes.size(), 90, 75, HR_ENCODING_YCC, HR_PLANES_420, 10);
  EXPECT_EQ(g_readings, 0u);
}

}  // namespace
}  // namespace headrace::testing
