// Damaged and unsupported files: the exact message, from every way of decoding, and a decoder that
// works on afterwards.
#include "kernels/jpeg_errors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "jpeg_testing.h"
#include "kernels/jpeg_info.h"

namespace headrace::testing {
namespace {

constexpr uint32_t kWidth = 60, kHeight = 50;

Bytes base(JpegSpec spec = {}) {
  spec.width = kWidth;
  spec.height = kHeight;
  return make_jpeg(spec);
}

std::string check(const Bytes& jpeg) {
  JpegInfo info;
  uint64_t warnings = 0;
  return jpeg_check(jpeg, kDefaultDecodeLimits, info, warnings).to_string();
}

/// Sets the byte at `offset` behind a marker's 0xFF to `value`.
Bytes patched(Bytes jpeg, uint8_t marker, size_t offset, uint8_t value) {
  jpeg[find_marker(jpeg, marker) + offset] = value;
  return jpeg;
}

/// Expects the same error from the check, the baseline and a decode of the last row, and that the
/// decoder still decodes a good file.
void expect_error(const Bytes& jpeg, const std::string& code, const std::string& message) {
  EXPECT_EQ(check(jpeg), "error[" + code + "] " + message);
  BaselineDecoder baseline;
  EXPECT_EQ(baseline.decode(jpeg).status().to_string(), "error[" + code + "] " + message);
  const DecoderPtr decoder = make_decoder();
  Bytes out(kWidth * 3);
  const Status status =
      decode_rgb(decoder.get(), jpeg, kWidth, kHeight, {kHeight - 1, 0, 1, kWidth}, out.data(), kWidth * 3);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.errors()[0].message, message);
  EXPECT_EQ(status.errors()[0].where, "");
  const Bytes good = base({.h = {2, 1, 1}, .v = {2, 1, 1}});
  EXPECT_EQ(compare_region(decoder.get(), good, full_decode(good), {7, 9, 30, 40}), "");
}

TEST(JpegErrors, NotAJpeg) {
  expect_error({}, "decode.damaged", "the file is empty");
  expect_error({'h', 'e', 'l', 'l', 'o'}, "decode.damaged", "not a JPEG file: starts with 0x68 0x65");
  expect_error({0x89, 'P', 'N', 'G'}, "decode.damaged", "not a JPEG file: starts with 0x89 0x50");
  expect_error({0xFF}, "decode.damaged", "premature end of JPEG data");
  expect_error({0xFF, 0xD8, 0xFF, 0xD9}, "decode.damaged", "the JPEG file holds tables but no image");
}

TEST(JpegErrors, EveryTruncationIsPremature) {
  for (Scans scans : {Scans::sequential, Scans::progressive}) {
    for (bool arithmetic : {false, true}) {
      const Bytes whole = base({.scans = scans, .arithmetic = arithmetic});
      ASSERT_EQ(check(whole), "");
      for (size_t size = 1; size < whole.size(); size += 1 + size / 12) {
        ASSERT_EQ(check(Bytes(whole.begin(), whole.begin() + size)),
                  "error[decode.damaged] premature end of JPEG data")
            << size << " of " << whole.size();
      }
    }
  }
  const Bytes whole = base();
  expect_error(Bytes(whole.begin(), whole.begin() + whole.size() / 2), "decode.damaged",
               "premature end of JPEG data");
}

TEST(JpegErrors, ImageSizes) {
  Bytes zero = patched(patched(base(), 0xC0, 5, 0), 0xC0, 6, 0);
  expect_error(zero, "decode.damaged", "the image has no pixels: width or height is 0");
  Bytes huge = patched(patched(base(), 0xC0, 7, 0xFF), 0xC0, 8, 0xFF);
  expect_error(huge, "decode.unsupported", "the image is larger than 65500 pixels on a side");
  Bytes large = base();
  for (size_t offset : {5u, 7u}) large = patched(large, 0xC0, offset, 0x80);
  expect_error(large, "decode.limit",
               "1077349304 pixels, more than the limit of 100000000; --max-pixels raises it "
               "(DecodeLimits::max_pixels)");
}

TEST(JpegErrors, UnsupportedKinds) {
  expect_error(patched(base(), 0xC0, 4, 12), "decode.unsupported",
               "12-bit samples are not supported, only 8-bit ones");
  expect_error(patched(base(), 0xC0, 1, 0xC5), "decode.unsupported", "JPEG frame type 0xc5 is not supported");
  Bytes lossless = patched(patched(base(), 0xC0, 1, 0xC3), 0xDA, 11, 1);  // predictor 1
  expect_error(patched(lossless, 0xDA, 12, 0), "decode.unsupported", "lossless JPEG is not supported");
  // Luma 3 columns, chroma 2.
  Bytes fractional = patched(patched(patched(base(), 0xC0, 11, 0x31), 0xC0, 14, 0x21), 0xC0, 17, 0x21);
  expect_error(fractional, "decode.unsupported",
               "chroma sampling ratios that are not whole numbers are not supported");
}

TEST(JpegErrors, TwoComponents) {
  // Of a three-component file with one scan per component, the third component is taken away.
  Bytes jpeg = base({.scans = Scans::one_per_component});
  const size_t frame = find_marker(jpeg, 0xC0);
  jpeg[frame + 3] -= 3;
  jpeg[frame + 9] = 2;
  jpeg.erase(jpeg.begin() + frame + 16, jpeg.begin() + frame + 19);
  expect_error(jpeg, "decode.unsupported", "2 colour components are not supported, only 1 (gray), 3 and 4");
}

TEST(JpegErrors, BrokenStructure) {
  expect_error(patched(base(), 0xC0, 12, 3), "decode.damaged",
               "quantisation table 0x03 is used but not defined");
  expect_error(patched(base(), 0xC0, 11, 0x51), "decode.damaged", "bad sampling factors");
  expect_error(patched(base(), 0xDB, 4, 0x0F), "decode.damaged", "bad quantisation table index 15");
  expect_error(patched(base(), 0xC4, 4, 0x09), "decode.damaged", "bad Huffman table index 9");
  expect_error(patched(base(), 0xC4, 5, 0xFF), "decode.damaged", "bad Huffman table");
  expect_error(patched(base(), 0xC0, 3, 16), "decode.damaged", "bad marker length");
  expect_error(patched(base(), 0xE0, 1, 0xD8), "decode.damaged", "two start-of-image markers");
  Bytes no_frame = base();
  no_frame[find_marker(no_frame, 0xC0) + 1] = 0xEA;  // an application segment instead
  expect_error(no_frame, "decode.damaged", "a scan before the frame header");
  Bytes progressive = base({.scans = Scans::progressive});
  expect_error(patched(progressive, 0xDA, 11, 3), "decode.damaged",
               "bad progressive scan parameters Ss=3 Se=0 Ah=0 Al=1");
}

TEST(JpegErrors, TablesOfTheImageBeforeAreNotUsed) {
  Bytes bare = base();
  const size_t tables = find_marker(bare, 0xDB);
  bare.erase(bare.begin() + tables,
             bare.begin() + tables + 2 + (size_t{bare[tables + 2]} << 8 | bare[tables + 3]));
  const DecoderPtr decoder = make_decoder();
  const Bytes good = base();
  ASSERT_EQ(compare_region(decoder.get(), good, full_decode(good), {0, 0, 5, 5}), "");
  Bytes out(15);
  EXPECT_EQ(decode_rgb(decoder.get(), bare, kWidth, kHeight, {0, 0, 1, 5}, out.data(), 15).to_string(),
            "error[decode.damaged] quantisation table 0x00 is used but not defined");
}

TEST(JpegErrors, DamagedScans) {
  Bytes early_end = base();
  early_end.resize(early_end.size() / 2);
  early_end.insert(early_end.end(), {0x00, 0xFF, 0xD9});
  expect_error(early_end, "decode.damaged",
               "compressed data ends too early: a marker comes before the scan is complete");

  Bytes wrong_restart = base({.restart_interval = 3});
  for (size_t i = 0; i + 1 < wrong_restart.size(); ++i) {
    if (wrong_restart[i] != 0xFF || wrong_restart[i + 1] != 0xD1) continue;
    wrong_restart[i + 1] = 0xD5;
    break;
  }
  expect_error(wrong_restart, "decode.damaged", "found marker 0xd5 where restart marker 1 was expected");
}

// A run of one bits is longer than every code of the standard tables. The check notices it even where
// libjpeg-turbo's fast decoder does not: with plenty of data left.
TEST(JpegErrors, BadHuffmanCodesAreFoundByTheCheck) {
  for (double place : {0.0, 0.3, 0.9}) {
    Bytes jpeg = base();
    const size_t scan = find_marker(jpeg, 0xDA) + 14;
    size_t at = scan + static_cast<size_t>(place * (jpeg.size() - scan));
    while (at > scan && jpeg[at - 1] == 0xFF) ++at;
    for (int i = 0; i < 16; ++i) jpeg.insert(jpeg.begin() + at, i % 2 ? 0xFF : 0x00);
    EXPECT_EQ(check(jpeg), "error[decode.damaged] bad Huffman code in compressed data") << place;
  }
}

TEST(JpegErrors, LongSegmentsAreSkippedAndMissedIfCut) {
  Bytes jpeg = base();
  Bytes segment(65537, 0xFF);
  segment[1] = 0xE5;
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  EXPECT_EQ(check(jpeg), "");
  for (size_t size : {4u, 100u, 600u, 65536u, 65538u, 65539u}) {
    expect_error(Bytes(jpeg.begin(), jpeg.begin() + size), "decode.damaged", "premature end of JPEG data");
  }
}

TEST(JpegErrors, ASecondScanOfTheSameComponents) {
  Bytes jpeg = base();
  const size_t scan = find_marker(jpeg, 0xDA);
  const Bytes again(jpeg.begin() + scan, jpeg.end() - 2);
  jpeg.insert(jpeg.end() - 2, again.begin(), again.end());
  EXPECT_EQ(check(jpeg), "error[decode.damaged] another scan after the last one");
}

TEST(JpegErrors, ExtraneousBytesAreCountedNotRefused) {
  Bytes jpeg = base();
  jpeg.insert(jpeg.end() - 2, {1, 2, 3});
  JpegInfo info;
  uint64_t warnings = 99;
  EXPECT_TRUE(jpeg_check(jpeg, kDefaultDecodeLimits, info, warnings).ok());
  EXPECT_EQ(warnings, 1u);
  EXPECT_TRUE(jpeg_check(base(), kDefaultDecodeLimits, info, warnings).ok());
  EXPECT_EQ(warnings, 0u);
  jpeg = base();
  jpeg.insert(jpeg.end(), {1, 2, 3});  // behind the end of the image
  EXPECT_TRUE(jpeg_check(jpeg, kDefaultDecodeLimits, info, warnings).ok());
  EXPECT_EQ(warnings, 0u);
}

TEST(JpegErrors, LimitsOfTheCheck) {
  JpegInfo info;
  uint64_t warnings = 0;
  const Bytes jpeg = base({.scans = Scans::progressive});
  EXPECT_EQ(jpeg_check(jpeg, {.max_pixels = 2999, .max_scans = 500}, info, warnings).to_string(),
            "error[decode.limit] 3000 pixels, more than the limit of 2999; --max-pixels raises it "
            "(DecodeLimits::max_pixels)");
  EXPECT_EQ(jpeg_info(jpeg, {.max_pixels = 2999, .max_scans = 500}).status().to_string(),
            "error[decode.limit] 3000 pixels, more than the limit of 2999; --max-pixels raises it "
            "(DecodeLimits::max_pixels)");
  EXPECT_EQ(jpeg_check(jpeg, {.max_pixels = 3000, .max_scans = 5}, info, warnings).to_string(),
            "error[decode.limit] 6 scans, more than the limit of 5; --max-scans raises it "
            "(DecodeLimits::max_scans)");
  EXPECT_TRUE(jpeg_check(jpeg, {.max_pixels = 3000, .max_scans = 10}, info, warnings).ok());
}

/// Texts of codes that no small file provokes.
TEST(JpegErrors, TextsByCode) {
  const auto text = [](int code, int p0 = 0, int p1 = 0) {
    jpeg_error_mgr errors;
    jpeg_common_struct cinfo = {};
    cinfo.err = jpeg_std_error(&errors);
    errors.msg_code = code;
    errors.msg_parm.i[0] = p0;
    errors.msg_parm.i[1] = p1;
    jpeg::Failure failure;
    jpeg::describe_message(&cinfo, failure);
    return std::string(jpeg::fault_code(failure.fault)) + ": " + failure.text;
  };
  EXPECT_EQ(text(JWRN_ARITH_BAD_CODE), "decode.damaged: bad arithmetic code in compressed data");
  EXPECT_EQ(text(JERR_OUT_OF_MEMORY, 4), "decode.limit: out of memory while decoding");
  EXPECT_EQ(text(JERR_ARITH_NOTIMPL), "decode.unsupported: this libjpeg is built without arithmetic coding");
  EXPECT_EQ(text(JERR_COMPONENT_COUNT, 12, 10),
            "decode.unsupported: 12 colour components are not supported, at most 10");
  EXPECT_EQ(text(JERR_BAD_STATE, 205), "decode.damaged: libjpeg: Improper call to JPEG library in state 205");
}

TEST(JpegErrors, FatalWarnings) {
  for (int code :
       {JWRN_JPEG_EOF, JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_ARITH_BAD_CODE, JWRN_MUST_RESYNC}) {
    EXPECT_TRUE(jpeg::is_fatal_warning(code)) << code;
  }
  for (int code : {JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR, JWRN_ADOBE_XFORM, JWRN_BOGUS_PROGRESSION}) {
    EXPECT_FALSE(jpeg::is_fatal_warning(code)) << code;
  }
}

// Random damage: nothing crashes, the check refuses whatever a full decode refuses (and bad Huffman
// codes besides), and what it accepts decodes to the same pixels in part as in whole.
TEST(JpegErrors, RandomDamage) {
  std::mt19937 rng(77);
  const DecoderPtr decoder = make_decoder();
  BaselineDecoder baseline;
  const Bytes files[] = {base({.h = {2, 1, 1}, .v = {2, 1, 1}}),
                         base({.restart_interval = 4}),
                         base({.h = {2, 1, 1}, .scans = Scans::progressive}),
                         base({.arithmetic = true}),
                         base({.space = "YCCK", .v = {2, 1, 1, 2}}),
                         base({.scans = Scans::one_per_component})};
  int accepted = 0, refused = 0;
  for (int i = 0; i < 3000; ++i) {
    Bytes jpeg = files[i % std::size(files)];
    const int changes = 1 + static_cast<int>(rng() % 3);
    for (int k = 0; k < changes; ++k) jpeg[2 + rng() % (jpeg.size() - 2)] = static_cast<uint8_t>(rng());
    JpegInfo info;
    uint64_t warnings = 0;
    const DecodeLimits limits = {.max_pixels = 1'000'000, .max_scans = 50};
    const Status checked = jpeg_check(jpeg, limits, info, warnings);
    if (!checked.ok() && checked.code() == "decode.limit") continue;  // sizes of up to 65500 x 65500
    const auto whole = baseline.decode(jpeg);
    if (checked.to_string() != "error[decode.damaged] bad Huffman code in compressed data") {
      ASSERT_EQ(checked.to_string(), whole.status().to_string()) << i;
    }
    (checked.ok() ? accepted : refused)++;
    if (!checked.ok()) continue;
    Pixels pixels{whole->width, whole->height, {}};
    pixels.rgb.assign(whole->pixels, whole->pixels + size_t{whole->width} * whole->height * 3);
    const PixelRect rect = random_rect(rng, pixels.width, pixels.height);
    ASSERT_EQ(compare_region(decoder.get(), jpeg, pixels, rect), "") << i;
  }
  EXPECT_GT(accepted, 200);
  EXPECT_GT(refused, 200);
}

}  // namespace
}  // namespace headrace::testing
