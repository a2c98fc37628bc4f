#include "kernels/jpeg_info.h"

#include <gtest/gtest.h>

#include "jpeg_testing.h"
#include "kernels/exif.h"

namespace headrace::testing {
namespace {

using namespace std::string_literals;

JpegInfo info_of(const Bytes& jpeg) {
  const auto info = jpeg_info(jpeg);
  EXPECT_TRUE(info.ok()) << info.status().to_string();
  return info.ok() ? *info : JpegInfo();
}

TEST(JpegInfo, SubsamplingAndColourSpace) {
  struct Case {
    JpegSpec spec;
    const char *subsampling, *color_space;
    uint32_t components;
  };
  const Case cases[] = {
      {{.width = 20, .height = 10}, "4:4:4", "YCbCr", 3},
      {{.width = 20, .height = 10, .h = {2, 1, 1}}, "4:2:2", "YCbCr", 3},
      {{.width = 20, .height = 10, .h = {2, 1, 1}, .v = {2, 1, 1}}, "4:2:0", "YCbCr", 3},
      {{.width = 20, .height = 10, .v = {2, 1, 1}}, "4:4:0", "YCbCr", 3},
      {{.width = 20, .height = 10, .h = {4, 1, 1}}, "4:1:1", "YCbCr", 3},
      {{.width = 20, .height = 10, .h = {2, 2, 2}}, "4:4:4", "YCbCr", 3},
      {{.width = 20, .height = 10, .h = {4, 1, 1}, .v = {2, 1, 1}}, "other", "YCbCr", 3},
      {{.width = 20, .height = 10, .h = {2, 1, 2}}, "other", "YCbCr", 3},
      {{.width = 20, .height = 10, .h = {1, 2, 2}}, "other", "YCbCr", 3},
      {{.width = 20, .height = 10, .space = "RGB"}, "4:4:4", "RGB", 3},
      {{.width = 20, .height = 10, .space = "gray"}, "gray", "gray", 1},
      {{.width = 20, .height = 10, .space = "CMYK"}, "4:4:4", "CMYK", 4},
      {{.width = 20, .height = 10, .space = "YCCK", .h = {2, 1, 1, 2}, .v = {2, 1, 1, 2}},
       "4:2:0",
       "YCCK",
       4},
      {{.width = 20, .height = 10, .space = "YCCK", .h = {2, 1, 1, 1}, .v = {2, 1, 1, 1}},
       "other",
       "YCCK",
       4},
      {{.width = 20, .height = 10, .space = "YCCK", .adobe = false}, "4:4:4", "CMYK", 4},
  };
  for (const Case& c : cases) {
    const JpegInfo info = info_of(make_jpeg(c.spec));
    EXPECT_EQ(info.width, 20u);
    EXPECT_EQ(info.height, 10u);
    EXPECT_EQ(info.subsampling, c.subsampling) << describe(c.spec);
    EXPECT_EQ(info.color_space, c.color_space) << describe(c.spec);
    EXPECT_EQ(info.components, c.components) << describe(c.spec);
    EXPECT_EQ(info.precision, 8u);
    EXPECT_EQ(info.orientation, 1u);
  }
}

TEST(JpegInfo, Coding) {
  for (bool progressive : {false, true}) {
    for (bool arithmetic : {false, true}) {
      const JpegInfo info = info_of(make_jpeg({.width = 9,
                                               .height = 9,
                                               .scans = progressive ? Scans::progressive : Scans::sequential,
                                               .arithmetic = arithmetic}));
      EXPECT_EQ(info.progressive, progressive);
      EXPECT_EQ(info.arithmetic, arithmetic);
    }
  }
}

TEST(JpegInfo, ReadsTheHeaderOnly) {
  Bytes jpeg = make_jpeg({.width = 20, .height = 10});
  jpeg.resize(find_marker(jpeg, 0xDA) + 14);  // the scan header is complete, its data is missing
  EXPECT_EQ(info_of(jpeg).width, 20u);
  JpegInfo info;
  uint64_t warnings = 0;
  const Status status = jpeg_check(jpeg, kDefaultDecodeLimits, info, warnings);
  EXPECT_EQ(status.to_string(), "error[decode.damaged] premature end of JPEG data");
  EXPECT_EQ(info.width, 20u);
}

/// An EXIF payload with one foreign tag before the orientation.
std::string exif(bool big_endian, unsigned orientation, unsigned type = 3, unsigned count = 1) {
  const auto number = [&](uint32_t v, int bytes) {
    std::string s;
    for (int i = 0; i < bytes; ++i) s += static_cast<char>(v >> 8 * (big_endian ? bytes - 1 - i : i));
    return s;
  };
  std::string s = "Exif\0\0"s + (big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(2, 2);
  s += number(0x010F, 2) + number(2, 2) + number(4, 4) + "abc\0"s;
  s += number(0x0112, 2) + number(type, 2) + number(count, 4);
  s += type == 3 ? number(orientation, 2) + number(0, 2) : number(orientation, 4);
  return s + number(0, 4);
}

Bytes with_app1(Bytes jpeg, const std::string& payload) {
  std::string segment = "\xFF\xE1"s;
  segment += static_cast<char>((payload.size() + 2) >> 8);
  segment += static_cast<char>((payload.size() + 2) & 0xFF);
  segment += payload;
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

unsigned orientation_of(const std::string& payload) {
  return jpeg::exif_orientation({reinterpret_cast<const uint8_t*>(payload.data()), payload.size()});
}

TEST(JpegInfo, OrientationOfTheFile) {
  const Bytes jpeg = make_jpeg({.width = 20, .height = 10});
  EXPECT_EQ(info_of(with_app1(jpeg, exif(true, 6))).orientation, 6u);
  // The first EXIF block counts, other APP1 blocks do not.
  EXPECT_EQ(info_of(with_app1(with_app1(jpeg, exif(false, 3)), exif(true, 8))).orientation, 8u);
  EXPECT_EQ(info_of(with_app1(with_app1(jpeg, exif(false, 3)), exif(true, 1))).orientation, 1u);
  EXPECT_EQ(
      info_of(with_app1(with_app1(jpeg, exif(false, 3)), "http://ns.adobe.com/xap/1.0/\0x"s)).orientation,
      3u);
}

TEST(Exif, Orientation) {
  for (unsigned value = 1; value <= 8; ++value) {
    EXPECT_EQ(orientation_of(exif(false, value)), value);
    EXPECT_EQ(orientation_of(exif(true, value)), value);
    EXPECT_EQ(orientation_of(exif(true, value, 4)), value);
  }
}

TEST(Exif, UnusableTagsMeanUpright) {
  EXPECT_EQ(orientation_of(exif(false, 0)), 1u);
  EXPECT_EQ(orientation_of(exif(false, 9)), 1u);
  EXPECT_EQ(orientation_of(exif(true, 6, 2)), 1u);     // ASCII
  EXPECT_EQ(orientation_of(exif(true, 6, 3, 2)), 1u);  // two values
  EXPECT_EQ(orientation_of("Exif\0\0"s), 1u);
  EXPECT_EQ(orientation_of("Exif\0\0XX\0*"s), 1u);
  EXPECT_EQ(orientation_of("Exif\0\0MM\0\x2B\0\0\0\x08"s), 1u);
  EXPECT_EQ(orientation_of("Exif\0\0II*\0\xFF\xFF\xFF\xFF"s), 1u);  // directory outside the block
  EXPECT_EQ(orientation_of("http://ns.adobe.com/xap/1.0/\0"s), 0u);
  EXPECT_EQ(orientation_of(""s), 0u);
}

TEST(Exif, EveryTruncationIsSafe) {
  const std::string whole = exif(true, 6);
  const size_t needed = whole.size() - 4;  // all but the offset of the next directory
  for (size_t size = 6; size < whole.size(); ++size) {
    EXPECT_EQ(orientation_of(whole.substr(0, size)), size < needed ? 1u : 6u) << size;
  }
}

}  // namespace
}  // namespace headrace::testing
