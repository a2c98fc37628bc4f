// What only a full verification can see: hashes are right, contents disagree.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "dataset_forgery.h"
#include "dataset_testing.h"
#include "runtime/dataset/fingerprint.h"

namespace headrace::testing {
namespace {

constexpr uint64_t kRecord = 72;  // image entry 48, label 8, key entry 16

class DatasetVerify : public ::testing::Test {
 protected:
  /// verify_all() of a file of three pages after a change; page hashes are made right again.
  std::string verify(const std::function<void(Forgery&)>& change) {
    EXPECT_TRUE(write_images(path_, 9, 140, 50, {.page_size = 64u << 10, .overwrite = true}).ok());
    Forgery f(path_);
    change(f);
    for (uint64_t p = 0; p < 3; ++p) f.seal_page(p);
    f.save();
    const auto d = Dataset::open(path_);
    if (!d.ok()) return d.status().to_string();
    std::string text = verify_all(**d).to_string();
    for (size_t at; (at = text.find(path_ + ": ")) != std::string::npos;) text.erase(at, path_.size() + 2);
    return text;
  }

  TempDir dir_;
  const std::string path_ = dir_ / "a.hrd";
};

TEST_F(DatasetVerify, UnchangedIsGood) {
  EXPECT_EQ(verify([](Forgery&) {}), "");
}

TEST_F(DatasetVerify, RecordTableAgainstPages) {
  EXPECT_EQ(
      verify([](Forgery& f) { f.put<int64_t>(f.section(SectionKind::records) + 4 * kRecord + 48, 77); }),
      "error[data.record] page 1 (samples 3 to 5): its directory contradicts the record table");
  EXPECT_EQ(verify([](Forgery& f) { f.put<char>(f.section(SectionKind::blob, 2) + 7 * 3, 'x'); }),
            "error[data.record] page 2 (samples 6 to 8): its directory contradicts the key section");
}

TEST_F(DatasetVerify, PageHeaders) {
  const auto header = [&](const std::function<void(format::PageHeader&)>& change) {
    return verify([&](Forgery& f) {
      auto h = f.get<format::PageHeader>(f.page(1));
      change(h);
      f.put(f.page(1), h);
    });
  };
  const std::string page = "error[data.page] page 1 (samples 3 to 5) is damaged: ";
  const std::string contradicts = page + "its header contradicts the page table";
  const std::string outside = page + "its directory lies outside the page";
  EXPECT_EQ(header([](auto& h) { h.index = 2; }), contradicts);
  EXPECT_EQ(header([](auto& h) { h.magic[0] = 'x'; }), contradicts);
  EXPECT_EQ(header([](auto& h) { h.bytes += 4096; }), contradicts);
  EXPECT_EQ(header([](auto& h) { h.first_sample = 0; }), contradicts);
  EXPECT_EQ(header([](auto& h) { h.samples = 4; }), contradicts);
  EXPECT_EQ(header([](auto& h) { h.group = 1; }), contradicts);
  EXPECT_EQ(header([](auto& h) { h.directory_offset = 0; }), outside);
  EXPECT_EQ(header([](auto& h) { h.directory_offset += 1; }), outside);
  EXPECT_EQ(header([](auto& h) { h.directory_offset = ~uint64_t{63}; }), outside);
  EXPECT_EQ(header([](auto& h) { h.directory_bytes = UINT64_MAX; }), outside);
  EXPECT_EQ(header([](auto& h) { h.directory_bytes -= 1; }),
            "error[data.record] page 1 (samples 3 to 5): its directory contradicts the key section");
  EXPECT_EQ(header([](auto& h) { h.directory_bytes += 1; }),
            "error[data.record] page 1 (samples 3 to 5): its directory has bytes of no sample");
}

TEST_F(DatasetVerify, PayloadAgainstFingerprint) {
  const std::string text = verify([](Forgery& f) { f.bytes()[f.page(1) + 64] ^= 1; });
  EXPECT_EQ(text.rfind("error[data.fingerprint] has the content fingerprint ", 0), 0u) << text;
  EXPECT_NE(text.find(", its header says "), std::string::npos);
}

TEST_F(DatasetVerify, AllDamageIsListed) {
  ASSERT_TRUE(write_images(path_, 9, 140, 50, {.page_size = 64u << 10}).ok());
  Forgery f(path_);
  f.bytes()[f.page(0) + 100] ^= 1;
  f.bytes()[f.page(2) + 100] ^= 1;
  f.save();
  const Status st = verify_all(**Dataset::open(path_));
  ASSERT_EQ(st.errors().size(), 2u);
  EXPECT_EQ(st.errors()[0].message.rfind("page 0 (samples 0 to 2) is damaged: XXH3-64 ", 0), 0u);
  EXPECT_EQ(st.errors()[1].message.rfind("page 2 (samples 6 to 8) is damaged: XXH3-64 ", 0), 0u);
}

TEST_F(DatasetVerify, TheNewerHeaderCopyCounts) {
  for (const uint64_t newer : {0u, 1u}) {
    ASSERT_TRUE(write_images(path_, 2, 4, 3, {.overwrite = true}).ok());
    Forgery f(path_);
    f.header.generation = 7;
    f.header.flags = format::kFlagShuffled;
    f.header.shuffle_seed = 99;
    seal_header(f.header);
    f.put(newer * 4096, f.header);
    write_bytes(path_, f.bytes());
    const auto d = *Dataset::open(path_);
    EXPECT_EQ(summarize(*d).shuffle_seed, 99u);
    EXPECT_EQ(summarize(*d).generation, 7u);
    EXPECT_EQ(verify_all(*d).to_string(), "error[data.header] " + path_ + ": header copy " +
                                              std::to_string(1 - newer) +
                                              " is damaged or out of date; the other one is used");
  }
}

// The reader insists on 64 bytes between a payload and the end of its page; the writer leaves them.
TEST_F(DatasetVerify, TailOfThePage) {
  const Schema schema{{{"b", FieldKind::bytes, {}}}};
  const Bytes data = noise(4200, 1);
  for (size_t size = 3880; size < 4060; ++size) {
    auto writer = DatasetWriter::create(path_, schema, {.overwrite = true});
    const FieldValue value = FieldValue::bytes(std::span(data).first(size));
    ASSERT_TRUE((*writer)->add(std::span(&value, 1)).ok());
    ASSERT_TRUE((*writer)->finish().ok());
    const auto d = Dataset::open(path_);
    ASSERT_TRUE(d.ok()) << size << ": " << d.status().to_string();
  }
  Forgery f(path_);
  const uint64_t page_end = f.header.index_offset, entry = f.section(SectionKind::records);
  const uint64_t longest = page_end - format::kPayloadTail - f.get<uint64_t>(entry);
  f.put(entry + 8, longest);
  EXPECT_EQ(f.open(), "");
  f.put(entry + 8, longest + 1);
  EXPECT_EQ(f.open(), "data.record: sample 0 (page 0), field \"b\": its " + std::to_string(longest + 1) +
                          " bytes at 12352 lie outside their page or section or over another value");
}

TEST(DatasetFingerprint, CoversEveryPartOfASample) {
  const Schema schema{
      {{"i", FieldKind::image, {}}, {"n", FieldKind::i64, {"a"}}, {"b", FieldKind::bytes, {}}}};
  const Bytes data = noise(64, 1);
  const auto of = [&](const Schema& s, const std::function<void(std::vector<hr_field>&)>& change) {
    std::vector<hr_field> f(3);
    f[0] = {.data = data.data(),
            .size = 18,
            .value = 0,
            .width = 2,
            .height = 3,
            .encoding = HR_ENCODING_RGB,
            .channels = 3,
            .planes = 0};
    f[2].data = data.data() + 18;
    f[2].size = 5;
    change(f);
    Fingerprint print(s);
    print.add(f);
    return fingerprint_text(print.value());
  };
  std::set<std::string> seen = {of(schema, [](auto&) {})};
  EXPECT_EQ(*seen.begin(), of(schema, [](auto&) {}));
  const std::vector<std::function<void(std::vector<hr_field>&)>> changes = {
      [](auto& f) { std::swap(f[0].width, f[0].height); },
      [](auto& f) { f[0].encoding = 1; },
      [](auto& f) { f[0].channels = 1; },
      [](auto& f) { f[0].data += 1; },
      [](auto& f) { f[0].size -= 1; },
      [](auto& f) { f[1].value = 1; },
      [](auto& f) { f[2].size -= 1; },
      [](auto& f) { f[2].data += 1; }};
  for (const auto& change : changes) EXPECT_TRUE(seen.insert(of(schema, change)).second);
  Schema other = schema;
  other.fields[1].value_names = {"b"};
  EXPECT_TRUE(seen.insert(of(other, [](auto&) {})).second);
  other = schema;
  other.fields[0].name = "j";
  EXPECT_TRUE(seen.insert(of(other, [](auto&) {})).second);
}

// Resuming relies on it: the value must not change between versions.
TEST(DatasetFingerprint, FixedValue) {
  Fingerprint print({{{"n", FieldKind::i64, {"a"}}}});
  EXPECT_EQ(fingerprint_text(print.value()), "a18ca12a40033709ed891b6d67e93655");
  hr_field f{};
  f.value = 5;
  print.add(std::span(&f, 1));
  EXPECT_EQ(fingerprint_text(print.value()), "bb977c0d25111b17b0aa0ccf65da9a99");
}

}  // namespace
}  // namespace headrace::testing
