// Reading coefficients: compared with what was written, and with pixels; what is refused, and how.
#include "kernels/jpeg_coefficients.h"

#include <gtest/gtest.h>

#include <ostream>

#include "jpeg_recode_testing.h"
#include "jpeg_testing.h"

namespace headrace::testing {
namespace {

std::string read_error(const Bytes& jpeg, const DecodeLimits& limits = kDefaultDecodeLimits) {
  CoefficientImage image;
  return read_coefficients(jpeg, limits, image).to_string();
}

constexpr int kSamplings[][2] = {{0, 0}, {1, 1}, {2, 1}, {2, 2}, {1, 2}};

TEST(JpegCoefficients, AreThoseWritten) {
  std::mt19937 rng(1);
  CoefficientImage read;  // used again, so that it shrinks, grows and changes kind
  for (const auto [h, v] : kSamplings) {
    for (const uint32_t size : {1u, 7u, 8u, 9u, 16u, 17u, 33u, 70u}) {
      for (const bool progressive : {false, true}) {
        CoefficientImage written = blank_image(size, size * 7 % 41 + 1, h, v);
        randomize(written, rng);
        const Bytes jpeg = write_jpeg(written, {.progressive = progressive, .optimize = true});
        const Status status = read_coefficients(jpeg, kDefaultDecodeLimits, read);
        ASSERT_TRUE(status.ok()) << status.to_string();
        ASSERT_EQ(compare(written, read), "")
            << written.width << "x" << written.height << " " << h << "x" << v;
        EXPECT_EQ(read.color, written.color);
        EXPECT_EQ(read.h_max, written.h_max);
        EXPECT_EQ(read.v_max, written.v_max);
        EXPECT_EQ(read.warnings, 0u);
      }
    }
  }
}

TEST(JpegCoefficients, PaddingOfInterleavedScansIsReadToo) {
  std::mt19937 rng(2);
  CoefficientImage written = blank_image(48, 48, 2, 2);
  randomize(written, rng);
  Bytes jpeg = write_jpeg(written, {});
  const size_t frame = find_marker(jpeg, 0xC0);
  jpeg[frame + 6] = 33;  // height
  jpeg[frame + 8] = 35;  // width
  CoefficientImage read;
  ASSERT_TRUE(read_coefficients(jpeg, kDefaultDecodeLimits, read).ok());
  const CoefficientComponent& luma = read.components[0];
  EXPECT_EQ(luma.blocks_wide, 5u);
  EXPECT_EQ(luma.blocks_high, 5u);
  EXPECT_EQ(luma.padded_wide, 6u);
  EXPECT_EQ(luma.padded_high, 6u);
  EXPECT_EQ(luma.blocks, written.components[0].blocks);
  EXPECT_EQ(read.components[1].padded_wide, 3u);
  EXPECT_EQ(read.components[1].blocks, written.components[1].blocks);
}

TEST(JpegCoefficients, ColorIsAsLibjpegResolvesIt) {
  CoefficientImage image;
  JpegSpec spec = {.width = 20, .height = 10, .space = "RGB"};
  ASSERT_TRUE(read_coefficients(make_jpeg(spec), kDefaultDecodeLimits, image).ok());
  EXPECT_EQ(image.color, CoefficientColor::rgb);
  EXPECT_EQ(image.components[0].id, 'R');
  spec.space = "gray";
  ASSERT_TRUE(read_coefficients(make_jpeg(spec), kDefaultDecodeLimits, image).ok());
  EXPECT_EQ(image.color, CoefficientColor::gray);
  EXPECT_EQ(image.components.size(), 1u);
}

TEST(JpegCoefficients, SamplingFactorsOfGrayCountAsOne) {
  const JpegSpec spec = {.width = 21, .height = 13, .space = "gray", .h = {2}, .v = {2}};
  CoefficientImage image, plain;
  ASSERT_TRUE(read_coefficients(make_jpeg(spec), kDefaultDecodeLimits, image).ok());
  ASSERT_TRUE(
      read_coefficients(make_jpeg({.width = 21, .height = 13, .space = "gray"}), kDefaultDecodeLimits, plain)
          .ok());
  EXPECT_EQ(compare(image, plain), "");
  EXPECT_EQ(image.components[0].padded_wide, 3u);
  EXPECT_EQ(image.components[0].padded_high, 2u);
}

/// Why a whole JPEG is not packed, for programs and for people.
struct NotPacked {
  uint32_t kept;
  std::string text;
  bool operator==(const NotPacked&) const = default;
};
std::ostream& operator<<(std::ostream& out, const NotPacked& n) { return out << n.kept << " " << n.text; }

NotPacked reason_of(const Bytes& jpeg) {
  CoefficientImage image;
  uint32_t kept = HR_KEPT_COUNT;
  const Status status = read_coefficients(jpeg, kDefaultDecodeLimits, image, &kept);
  EXPECT_EQ(status.code(), "packed.unsupported");
  return {kept, status.ok() ? "" : status.errors().front().message};
}

TEST(JpegCoefficients, KindsThatAreNotPackedSayWhy) {
  const auto reason = [](const JpegSpec& spec) { return reason_of(make_jpeg(spec)); };
  const auto sampling = [](const char* text) { return NotPacked{HR_KEPT_SAMPLING, text}; };
  const NotPacked incomplete = {HR_KEPT_INCOMPLETE, "incomplete progressive scans"};
  EXPECT_EQ(reason({.width = 9, .height = 9, .space = "CMYK"}), (NotPacked{HR_KEPT_CMYK, "CMYK"}));
  EXPECT_EQ(reason({.width = 9, .height = 9, .space = "YCCK"}), (NotPacked{HR_KEPT_CMYK, "YCCK"}));
  EXPECT_EQ(reason({.width = 9, .height = 9, .arithmetic = true}),
            (NotPacked{HR_KEPT_ARITHMETIC, "arithmetic coding"}));
  EXPECT_EQ(reason({.width = 9, .height = 9, .h = {4, 1, 1, 1}}), sampling("4:1:1 subsampling"));
  EXPECT_EQ(reason({.width = 9, .height = 9, .h = {2, 2, 1, 1}}), sampling("sampling factors 2x1, 2x1, 1x1"));
  EXPECT_EQ(reason({.width = 9, .height = 9, .h = {1, 2, 1, 1}}), sampling("sampling factors 1x1, 2x1, 1x1"));
  for (const int v : {1, 2}) {
    EXPECT_EQ(reason({.width = 9, .height = 9, .space = "RGB", .h = {3 - v, 1, 1, 1}, .v = {v, 1, 1, 1}}),
              sampling("RGB with subsampling"));
  }
  EXPECT_EQ(reason({.width = 9, .height = 9, .scans = Scans::dc_only}), incomplete);
  EXPECT_EQ(reason({.width = 9, .height = 9, .scans = Scans::coarse}), incomplete);
}

TEST(JpegCoefficients, ComponentsWithoutAScanOrOfOneId) {
  Bytes jpeg = make_jpeg({.width = 9, .height = 9, .scans = Scans::one_per_component});
  const size_t end = scan_end(jpeg, scan_begin(jpeg, find_marker(jpeg, 0xDA)));
  Bytes one_scan(jpeg.begin(), jpeg.begin() + static_cast<ptrdiff_t>(end));
  one_scan.insert(one_scan.end(), {0xFF, 0xD9});
  EXPECT_EQ(reason_of(one_scan), (NotPacked{HR_KEPT_OTHER, "a component without a scan"}));

  jpeg = make_jpeg({.width = 9, .height = 9});
  const size_t frame = find_marker(jpeg, 0xC0), scan = find_marker(jpeg, 0xDA);
  jpeg[frame + 10 + 3] = jpeg[frame + 10];
  jpeg[scan + 5 + 2] = jpeg[scan + 5];
  EXPECT_EQ(reason_of(jpeg), (NotPacked{HR_KEPT_OTHER, "components of the same id"}));
}

TEST(JpegCoefficients, QuantisationStepsBeyondFifteenBits) {
  CoefficientImage image = blank_image(16, 16, 1, 1);
  image.components[1].quant[9] = 32768;
  EXPECT_EQ(reason_of(write_jpeg(image, {})), (NotPacked{HR_KEPT_OTHER, "quantisation steps above 32767"}));
  image.components[1].quant[9] = 32767;
  EXPECT_EQ(read_error(write_jpeg(image, {})), "");
}

TEST(JpegCoefficients, TheReasonIsLeftAloneOtherwise) {
  const Bytes good = make_jpeg({.width = 9, .height = 9}), damaged(good.begin(), good.end() - 20);
  CoefficientImage image;
  uint32_t kept = HR_KEPT_COUNT;
  EXPECT_TRUE(read_coefficients(good, kDefaultDecodeLimits, image, &kept).ok());
  EXPECT_EQ(read_coefficients(damaged, kDefaultDecodeLimits, image, &kept).code(), "decode.damaged");
  EXPECT_EQ(kept, uint32_t{HR_KEPT_COUNT});
}

TEST(JpegCoefficients, DamageIsSaidBeforeTheKind) {
  Bytes cmyk = make_jpeg({.width = 40, .height = 40, .space = "CMYK"});
  cmyk.resize(cmyk.size() / 2);
  EXPECT_EQ(read_error(cmyk), "error[decode.damaged] premature end of JPEG data");
}

TEST(JpegCoefficients, DamageIsFound) {
  const Bytes jpeg = make_jpeg({.width = 64, .height = 64});
  EXPECT_EQ(read_error({}), "error[decode.damaged] the file is empty");
  EXPECT_EQ(read_error(Bytes(jpeg.begin(), jpeg.end() - 20)),
            "error[decode.damaged] premature end of JPEG data");
  // Ones are no code of the standard tables; enough follows for libjpeg's fast decoder, which would not
  // notice.
  Bytes bad = make_jpeg({.width = 512, .height = 512, .space = "gray"});
  const size_t begin = scan_begin(bad, find_marker(bad, 0xDA));
  for (size_t i = begin + 100; i < begin + 140; i += 2) bad[i] = 0xFF, bad[i + 1] = 0;
  EXPECT_EQ(read_error(bad), "error[decode.damaged] bad Huffman code in compressed data");
}

TEST(JpegCoefficients, LimitsHold) {
  const Bytes jpeg = make_jpeg({.width = 30, .height = 20, .scans = Scans::progressive});
  EXPECT_EQ(read_error(jpeg, {.max_pixels = 599, .max_scans = 500}),
            "error[decode.limit] 600 pixels, more than the limit of 599; --max-pixels raises it "
            "(DecodeLimits::max_pixels)");
  EXPECT_EQ(read_error(jpeg, {.max_pixels = 600, .max_scans = 3}),
            "error[decode.limit] 4 scans, more than the limit of 3; --max-scans raises it "
            "(DecodeLimits::max_scans)");
  EXPECT_EQ(read_error(jpeg, {.max_pixels = 600, .max_scans = 10}), "");
  // 4 x 3 blocks in each of three components, twice: libjpeg's and the image's.
  EXPECT_EQ(read_error(jpeg, {.max_memory = 2 * 3 * 12 * 128 - 1}),
            "error[decode.limit] 9216 bytes of memory, more than the limit of 9215; --max-memory raises it "
            "(DecodeLimits::max_memory)");
  EXPECT_EQ(read_error(jpeg, {.max_memory = 2 * 3 * 12 * 128}), "");
}

TEST(JpegCoefficients, WarningsAreCounted) {
  Bytes jpeg = make_jpeg({.width = 30, .height = 20});
  jpeg.insert(jpeg.end() - 2, {0x12, 0x34});
  CoefficientImage image;
  ASSERT_TRUE(read_coefficients(jpeg, kDefaultDecodeLimits, image).ok());
  EXPECT_EQ(image.warnings, 1u);
}

}  // namespace
}  // namespace headrace::testing
