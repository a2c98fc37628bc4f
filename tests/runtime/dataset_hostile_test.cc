// Files whose hashes are right and whose numbers are not: made by someone, not by an accident.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "dataset_forgery.h"
#include "dataset_testing.h"
#include "headrace/dataset.h"
#include "runtime/dataset/format.h"
#include "runtime/dataset/header.h"
#include "runtime/dataset/info.h"

namespace headrace::testing {
namespace {

using format::SectionKind;

class DatasetHostile : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_images(dir_ / "a.hrd", 9, 140, 50, {.page_size = 64u << 10}).ok());
  }
  std::string message(const std::function<void(Forgery&)>& change) {
    EXPECT_TRUE(write_images(dir_ / "a.hrd", 9, 140, 50, {.page_size = 64u << 10, .overwrite = true}).ok());
    Forgery f(dir_ / "a.hrd");
    change(f);
    return f.open();
  }
  TempDir dir_;
};

// A record: image entry of 48 bytes, label 8, key entry 16.
constexpr uint64_t kRecord = 72;

TEST_F(DatasetHostile, UnchangedForgeryOpens) {
  EXPECT_EQ(message([](Forgery&) {}), "");
}

TEST_F(DatasetHostile, VersionAndFeatures) {
  EXPECT_EQ(message([](Forgery& f) { f.header.version = 2; }),
            "data.version: has dataset format version 2; this headrace reads version 1");
  EXPECT_EQ(
      message([](Forgery& f) {
        f.header.incompatible = 1u << 3 | uint64_t{1} << 40;
        const std::string_view names("packed-jpeg\0page\x1bgroups\0", 23);
        std::copy(names.begin(), names.end(), f.header.feature_names.begin());
      }),
      "data.feature: uses features this headrace does not know: \"packed-jpeg\" (bit 3), \"page\\x1bgroups\" "
      "(bit 40); a newer headrace is needed");
  EXPECT_EQ(message([](Forgery& f) {
              f.header.incompatible = ~uint64_t{0};
              f.header.feature_names.fill('x');  // no NUL anywhere
            }).substr(0, 60),
            "data.feature: uses features this headrace does not know: \"xx");
  EXPECT_EQ(message([](Forgery& f) { f.header.compatible = 0xFF; }), "");
}

TEST_F(DatasetHostile, HeaderNumbers) {
  EXPECT_EQ(message([](Forgery& f) { f.header.header_bytes = 8192; }),
            "data.header: header: says it has 8192 bytes, expected 4096");
  EXPECT_EQ(message([](Forgery& f) { f.header.page_size = 65537; }),
            "data.header: header: page size 65537, expected a power of two from 65536 to 1073741824");
  EXPECT_EQ(message([](Forgery& f) { f.header.samples = uint64_t{1} << 60; }),
            "data.header: header: says 1152921504606846976 samples of 72 bytes, more than the index of 1024 "
            "bytes can hold");
  EXPECT_EQ(message([](Forgery& f) { f.header.samples = 10; }),
            "data.header: header: the record table has 704 bytes, at least 720 expected");
  EXPECT_EQ(message([](Forgery& f) { f.header.samples = 8; }),
            "data.page: page 2 of the page table holds 3 samples from 6, expected from 6 of 8");
  EXPECT_EQ(message([](Forgery& f) { f.header.page_count = UINT64_MAX; }),
            "data.header: header: says 18446744073709551615 pages, more than the index can hold");
  EXPECT_EQ(message([](Forgery& f) { f.header.page_count = 2; }),
            "data.page: the page table covers 6 of 9 samples");
  EXPECT_EQ(message([](Forgery& f) { f.header.field_count = 0; }),
            "data.header: header: says 0 fields, expected 1 to 1024");
  EXPECT_EQ(message([](Forgery& f) { f.header.field_count = 1000; }),
            "data.schema: the schema section is too small for 1000 fields");
  EXPECT_EQ(message([](Forgery& f) { f.header.record_bytes = 12; }),
            "data.header: header: says records of 12 bytes");
  EXPECT_EQ(message([](Forgery& f) { f.header.section_count = 65; }),
            "data.header: header: says 65 sections");
  EXPECT_EQ(message([](Forgery& f) { f.header.section_count = 0; }),
            "data.header: header: schema is missing");
  EXPECT_EQ(message([](Forgery& f) { f.header.index_offset += 8; }).substr(0, 39),
            "data.header: header: pages are said to ");
  EXPECT_EQ(message([](Forgery& f) { f.header.data_offset = f.header.index_offset + 4096; }).substr(0, 39),
            "data.header: header: pages are said to ");
}

TEST_F(DatasetHostile, Sections) {
  // In order: schema, records, keys, page table.
  EXPECT_EQ(message([](Forgery& f) { f.header.sections[1].bytes = UINT64_MAX; }).substr(0, 66),
            "data.header: header: records is said to take 18446744073709551615 ");
  EXPECT_EQ(message([](Forgery& f) { f.header.sections[1].offset = UINT64_MAX - 63; }).substr(0, 45),
            "data.header: header: records is said to take ");
  EXPECT_EQ(message([](Forgery& f) { f.header.sections[2].offset = f.header.sections[1].offset; }),
            "data.header: header: values of field 2 is said to take 128 bytes at 208896, outside its place "
            "or over another "
            "section");
  EXPECT_EQ(message([](Forgery& f) { f.header.sections[0].offset = f.header.index_offset; }).substr(0, 44),
            "data.header: header: schema is said to take ");
  EXPECT_EQ(message([](Forgery& f) { f.header.sections[2] = f.header.sections[3]; }),
            "data.header: header: page table is said to take 192 bytes at 209728, outside its place or over "
            "another "
            "section");
  EXPECT_EQ(message([](Forgery& f) { f.header.sections[2].owner = 1; }),
            "data.header: header: the section of field \"key\" is missing");
  EXPECT_EQ(message([](Forgery& f) { f.header.sections[1].bytes -= 64; }),
            "data.header: header: the record table has 640 bytes, at least 648 expected");
  EXPECT_EQ(message([](Forgery& f) { f.header.sections[3].bytes -= 64; }),
            "data.header: header: the page table has 128 bytes, at least 144 expected");
  EXPECT_EQ(message([](Forgery& f) { f.header.sections[2].bytes = 0; }),
            "data.header: header: the section of field \"key\" has 0 bytes, at least 64 expected");
}

TEST_F(DatasetHostile, SectionHashIsChecked) {
  Bytes bytes = read_bytes(dir_ / "a.hrd");
  bytes[8192 + 2] ^= 1;
  write_bytes(dir_ / "a.hrd", bytes);
  const std::string text = Dataset::open(dir_ / "a.hrd").status().to_string();
  const std::string start =
      "error[data.section] " + dir_ / "a.hrd" + ": schema (4096 bytes at 8192) is damaged: XXH3-64 ";
  EXPECT_EQ(text.substr(0, start.size()), start);
}

TEST_F(DatasetHostile, Pages) {
  const auto page = [&](uint64_t index, const std::function<void(format::PageEntry&)>& change) {
    return message([&](Forgery& f) {
      const uint64_t at = f.section(SectionKind::pages) + index * sizeof(format::PageEntry);
      auto e = f.get<format::PageEntry>(at);
      change(e);
      f.put(at, e);
    });
  };
  const auto extent = [](const std::string& page_text, const std::string& extent_text) {
    return "data.page: page " + page_text + " of the page table (" + extent_text +
           ") is misaligned, outside the file's pages or over another page";
  };
  EXPECT_EQ(page(1, [](auto& e) { e.offset -= 4096; }), extent("1", "65536 bytes at 73728"));
  EXPECT_EQ(page(1, [](auto& e) { e.offset += 64; }), extent("1", "65536 bytes at 77888"));
  EXPECT_EQ(page(2, [](auto& e) { e.bytes += 4096; }), extent("2", "69632 bytes at 143360"));
  EXPECT_EQ(page(2, [](auto& e) { e.bytes = ~uint64_t{4095}; }),
            extent("2", "18446744073709547520 bytes at 143360"));
  EXPECT_EQ(page(0, [](auto& e) { e.bytes = 0; }), extent("0", "0 bytes at 12288"));
  EXPECT_EQ(page(0, [](auto& e) { e.offset = 0; }), extent("0", "65536 bytes at 0"));
  EXPECT_EQ(page(0, [](auto& e) { e.group = 1; }),
            "data.page: page 0 of the page table is in page group 1, expected 0");
  EXPECT_EQ(page(0, [](auto& e) { e.samples = 0; }),
            "data.page: page 0 of the page table holds 0 samples from 0, expected from 0 of 9");
  EXPECT_EQ(page(1, [](auto& e) { e.first_sample = 2; }),
            "data.page: page 1 of the page table holds 3 samples from 2, expected from 3 of 9");
  EXPECT_EQ(
      page(1, [](auto& e) { e.samples = UINT64_MAX; }),
      "data.page: page 1 of the page table holds 18446744073709551615 samples from 3, expected from 3 of 9");
}

TEST_F(DatasetHostile, Records) {
  const auto image = [&](uint64_t sample, const std::function<void(format::ImageEntry&)>& change) {
    return message([&](Forgery& f) {
      const uint64_t at = f.section(SectionKind::records) + sample * kRecord;
      auto e = f.get<format::ImageEntry>(at);
      change(e);
      f.put(at, e);
    });
  };
  const std::string outside = " lie outside their page or section or over another value";
  const std::string at4 = "data.record: sample 4 (page 1), field \"image\": ";
  EXPECT_EQ(image(4, [](auto& e) { e.offset -= 64; }), at4 + "its 21000 bytes at 98880" + outside);
  EXPECT_EQ(image(4, [](auto& e) { e.offset += 1; }), at4 + "its 21000 bytes at 98945" + outside);
  EXPECT_EQ(image(4, [](auto& e) { e.bytes = UINT64_MAX; }),
            at4 + "its 18446744073709551615 bytes at 98944" + outside);
  EXPECT_EQ(image(4, [](auto& e) { e.offset = 12352; }),
            at4 + "its 21000 bytes at 12352" + outside);  // of sample 0
  EXPECT_EQ(image(4, [](auto& e) { e.offset = ~uint64_t{63}; }),
            at4 + "its 21000 bytes at 18446744073709551552" + outside);
  EXPECT_EQ(image(4, [](auto& e) { e.width = 141; }),
            at4 + "rgb of 141 x 50 pixels in 21000 bytes, expected width x height x 3");
  EXPECT_EQ(image(4, [](auto& e) { e.width = 0; }), at4 + "an image of 0 x 50 pixels");
  EXPECT_EQ(image(4, [](auto& e) { e.width = e.height = UINT32_MAX; }),
            at4 + "rgb of 4294967295 x 4294967295 pixels in 21000 bytes, expected width x height x 3");
  EXPECT_EQ(image(4, [](auto& e) { e.encoding = 9; }), at4 + "the unknown image encoding 9");
  EXPECT_EQ(image(4, [](auto& e) { e.channels = 4; }), at4 + "rgb of 4 channels, expected 3");
  EXPECT_EQ(image(4, [](auto& e) { e.bits = 16; }), at4 + "16 bits per channel, expected 8");
  EXPECT_EQ(image(4, [](auto& e) { e.aux = 1; }), at4 + "encoding data that its encoding does not use");
  EXPECT_EQ(image(4, [](auto& e) { e.shared = 1; }), at4 + "shared data that its encoding does not use");
  EXPECT_EQ(image(4, [](auto& e) { e.encoding = HR_ENCODING_JPEG, e.aux = HR_KEPT_COUNT; }),
            at4 + "encoding data that its encoding does not use");
  EXPECT_EQ(image(4, [](auto& e) { e.encoding = HR_ENCODING_PACKED, e.aux = 5; }),
            at4 + "a packed image of the unknown kind of planes 5");
  EXPECT_EQ(image(4, [](auto& e) { e.encoding = HR_ENCODING_PACKED, e.aux = HR_PLANES_GRAY; }),
            at4 + "a packed image of 3 channels, expected 1");
  EXPECT_EQ(image(4, [](auto& e) { e.encoding = HR_ENCODING_PACKED, e.aux = HR_PLANES_420, e.width = 65536; }),
            at4 + "a packed image of 65536 x 50 pixels");
  EXPECT_EQ(image(4, [](auto& e) { e.encoding = HR_ENCODING_YCC, e.aux = HR_PLANES_420; }),
            at4 + "ycc of 140 x 50 pixels in 21000 bytes, expected 10500");
  EXPECT_EQ(image(4, [](auto& e) { e.encoding = HR_ENCODING_JPEG, e.width = 65536; }),
            at4 + "a JPEG of 65536 x 50 pixels");
  EXPECT_EQ(message([&](Forgery& f) {
              f.put<uint64_t>(f.section(SectionKind::records) + 4 * kRecord + 56 + 8, 1000);
            }),
            "data.record: sample 4 (page 1), field \"key\": its 1000 bytes at 12" + outside);
}

TEST_F(DatasetHostile, SchemaSection) {
  const auto field = [&](uint64_t index, const std::function<void(format::FieldEntry&)>& change) {
    return message([&](Forgery& f) {
      const uint64_t at = f.section(SectionKind::schema) + index * sizeof(format::FieldEntry);
      auto e = f.get<format::FieldEntry>(at);
      change(e);
      f.put(at, e);
    });
  };
  const std::string names = "data.schema: field 1: its value names lie outside the schema section";
  EXPECT_EQ(field(1, [](auto& e) { e.kind = 9; }), "data.schema: field 1: unknown kind 9");
  EXPECT_EQ(field(1, [](auto& e) { e.name.fill('x'); }),
            "data.schema: field 1: its name is longer than 63 bytes");
  EXPECT_EQ(field(1, [](auto& e) { e.name[0] = '\n'; }),
            "data.schema: field name \"\\x0aabel\" is not 1 to 63 of [A-Za-z0-9_]");
  EXPECT_EQ(field(1, [](auto& e) { e.storage = 1; }), "data.schema: field 1: kind i64 with the storage 1");
  EXPECT_EQ(field(1, [](auto& e) { e.entry_offset = 68; }),
            "data.schema: field 1: its entry of 8 bytes at 68 does not fit a record of 72 bytes");
  EXPECT_EQ(field(2, [](auto& e) { e.entry_offset = 48; }),
            "data.schema: field 2: its entry of 16 bytes at 48 does not fit a record of 72 bytes");
  EXPECT_EQ(field(2, [](auto& e) { e.entry_offset = 64; }),
            "data.schema: field 2: its entry of 16 bytes at 64 does not fit a record of 72 bytes");
  EXPECT_EQ(field(1, [](auto& e) { e.names_offset = UINT64_MAX; }), names);
  EXPECT_EQ(field(1, [](auto& e) { e.names_count = UINT64_MAX; }), names);
  EXPECT_EQ(field(1, [](auto& e) { e.names_count = uint64_t{1} << 61; }), names);
  EXPECT_EQ(field(1, [](auto& e) { e.names_offset = 0; }), names);
  EXPECT_EQ(field(1, [](auto& e) { e.page_group = 3; }), "data.schema: field 1: page group 3, expected 0");
}

TEST_F(DatasetHostile, FieldsCannotShareValueNames) {
  const Schema schema{{{"a", FieldKind::i64, {"x", "y"}}, {"b", FieldKind::i64, {"z", "w"}}}};
  ASSERT_TRUE((*DatasetWriter::create(dir_ / "b.hrd", schema))->finish().ok());
  Forgery f(dir_ / "b.hrd");
  const uint64_t first = f.section(SectionKind::schema);
  auto b = f.get<format::FieldEntry>(first + sizeof(format::FieldEntry));
  b.names_offset = f.get<format::FieldEntry>(first).names_offset;
  f.put(first + sizeof b, b);
  EXPECT_EQ(f.open(), "data.schema: field 1: its value names lie outside the schema section");
}

TEST_F(DatasetHostile, RandomChangesWithRightHashesNeverLeaveTheFile) {
  ASSERT_TRUE(write_images(dir_ / "a.hrd", 5, 9, 7, {.overwrite = true}).ok());
  const Bytes original = read_bytes(dir_ / "a.hrd");
  std::mt19937 rng(11);
  int opened = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    write_bytes(dir_ / "a.hrd", original);
    Forgery f(dir_ / "a.hrd");
    const uint64_t index = f.header.index_offset;
    const int changes = 1 + static_cast<int>(rng() % 3);
    for (int c = 0; c < changes; ++c) {
      // Header numbers, fields of the schema, or anywhere in the index.
      Bytes number = {uint8_t(rng()), uint8_t(rng() % 4 == 0 ? rng() : 0)};
      if (rng() % 3 == 0) number = Bytes(8, 0xFF);
      switch (rng() % 3) {
        case 0: {
          auto* raw = reinterpret_cast<uint8_t*>(&f.header);
          std::copy(number.begin(), number.end(), raw + 24 + rng() % (8 * 12 + 160));
          break;
        }
        case 1:
          std::copy(number.begin(), number.end(),
                    f.bytes().begin() + 8192 + static_cast<ptrdiff_t>(rng() % 440));
          break;
        default:
          std::copy(
              number.begin(), number.end(),
              f.bytes().begin() + static_cast<ptrdiff_t>(index + rng() % (original.size() - index - 8)));
      }
    }
    f.open().empty() ? ++opened : ++refused;
  }
  EXPECT_GT(opened, 100);
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace headrace::testing
