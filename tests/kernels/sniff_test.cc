#include <gtest/gtest.h>

#include "jpeg_testing.h"
#include "kernels/jpeg_info.h"

namespace headrace::testing {
namespace {

using namespace std::string_literals;

SourceKind kind_of(const std::string& text) {
  return sniff({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(Sniff, KnownKinds) {
  EXPECT_EQ(sniff(make_jpeg({.width = 1, .height = 1})), SourceKind::jpeg);
  EXPECT_EQ(kind_of("\xFF\xD8\xFF\xE0"s), SourceKind::jpeg);
  EXPECT_EQ(kind_of("\x89PNG\r\n\x1A\n....IHDR"s), SourceKind::png);
  EXPECT_EQ(kind_of("RIFF\x10\0\0\0WEBPVP8 "s), SourceKind::webp);
  EXPECT_EQ(kind_of("GIF87a"s), SourceKind::gif);
  EXPECT_EQ(kind_of("GIF89a\x01"s), SourceKind::gif);
  EXPECT_EQ(kind_of("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"s), SourceKind::bmp);
  EXPECT_EQ(kind_of("II*\0\x08\0\0\0"s), SourceKind::tiff);
  EXPECT_EQ(kind_of("MM\0*\0\0\0\x08"s), SourceKind::tiff);
  EXPECT_EQ(kind_of("II+\0\x08\0\0\0"s), SourceKind::tiff);
  EXPECT_EQ(kind_of("MM\0+\0\x08\0\0"s), SourceKind::tiff);
  EXPECT_EQ(kind_of("\0\0\0\x1C"s + "ftypavif\0\0\0\0mif1miaf"s), SourceKind::avif);
  EXPECT_EQ(kind_of("\0\0\0\x1C"s + "ftypmif1\0\0\0\0miafavif"s), SourceKind::avif);
}

TEST(Sniff, NearMissesAreUnknown) {
  const std::string cases[] = {
      ""s,
      "\xFF\xD8"s,
      "\xFF\xD8\xFE"s,
      "\x89PNG\r\n\x1A"s,
      "RIFF\x10\0\0\0WAVEfmt "s,
      "RIFF"s,
      "GIF88a"s,
      "BMW is a car maker, not an image"s,
      "II*"s,
      "\0\0\0\x1C"s + "ftypmp42\0\0\0\0isommp41"s,
      "\0\0\0\x14"s + "ftypmif1\0\0\0\0miafavif"s,      // avif lies beyond the box
      "\0\0\0\x14"s + "ftypmif1"s + "avif"s + "miaf"s,  // the minor version is not a brand
      "hello"s,
  };
  for (const std::string& text : cases) EXPECT_EQ(kind_of(text), SourceKind::unknown) << text;
}

TEST(Sniff, Names) {
  EXPECT_EQ(source_kind_name(SourceKind::jpeg), "JPEG");
  EXPECT_EQ(source_kind_name(SourceKind::png), "PNG");
  EXPECT_EQ(source_kind_name(SourceKind::webp), "WebP");
  EXPECT_EQ(source_kind_name(SourceKind::gif), "GIF");
  EXPECT_EQ(source_kind_name(SourceKind::bmp), "BMP");
  EXPECT_EQ(source_kind_name(SourceKind::tiff), "TIFF");
  EXPECT_EQ(source_kind_name(SourceKind::avif), "AVIF");
  EXPECT_EQ(source_kind_name(SourceKind::unknown), "unknown");
}

}  // namespace
}  // namespace headrace::testing
