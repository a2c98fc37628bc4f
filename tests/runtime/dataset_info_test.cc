#include <gtest/gtest.h>

#include "dataset_testing.h"
#include "runtime/dataset/info.h"

namespace headrace::testing {
namespace {

TEST(DatasetInfo, Summary) {
  const TempDir dir;
  const Schema schema{{{"image", FieldKind::image, {}},
                       {"label", FieldKind::i64, {"cat", "dog", "owl"}},
                       {"key", FieldKind::bytes, {}},
                       {"extra", FieldKind::bytes, {}},
                       {"id", FieldKind::i64, {}}}};
  auto writer = DatasetWriter::create(dir / "a.hrd", schema, {.page_size = 64u << 10});
  const Bytes jpeg = make_jpeg(40, 30), rgb = noise(200 * 100 * 3, 1);
  for (int i = 0; i < 5; ++i) {
    const std::string key = "k" + std::to_string(i);
    const FieldValue values[] = {i == 0 ? FieldValue::image(rgb, HR_ENCODING_RGB, 200, 100)
                                        : FieldValue::image(jpeg, HR_ENCODING_JPEG, 40, 30),
                                 FieldValue::integer(i < 3    ? 1
                                                     : i == 3 ? 0
                                                              : -1),
                                 FieldValue::bytes(key), FieldValue::bytes(std::span(rgb).first(10)),
                                 FieldValue::integer(i)};
    ASSERT_TRUE((*writer)->add(values).ok());
  }
  ASSERT_TRUE((*writer)->finish().ok());
  const auto d = *Dataset::open(dir / "a.hrd");
  const DatasetSummary s = summarize(*d);
  EXPECT_EQ(s.path, dir / "a.hrd");
  EXPECT_EQ(s.samples, 5u);
  ASSERT_EQ(s.fields.size(), 5u);
  EXPECT_EQ(s.fields[0].payloads.size(), 2u);
  EXPECT_EQ(s.fields[0].payloads.at("jpeg").samples, 4u);
  EXPECT_EQ(s.fields[0].payloads.at("jpeg").bytes, 4 * jpeg.size());
  EXPECT_EQ(s.fields[0].payloads.at("rgb").samples, 1u);
  EXPECT_EQ(s.fields[0].payloads.at("rgb").bytes, 60000u);
  EXPECT_EQ(s.fields[0].width.min, 40u);
  EXPECT_EQ(s.fields[0].width.max, 200u);
  EXPECT_DOUBLE_EQ(s.fields[0].width.mean, 72.0);
  EXPECT_EQ(s.fields[0].height.min, 30u);
  EXPECT_EQ(s.fields[0].height.max, 100u);
  EXPECT_DOUBLE_EQ(s.fields[0].height.mean, 44.0);
  EXPECT_EQ(s.fields[1].value_names, (std::vector<std::string>{"cat", "dog", "owl"}));
  EXPECT_EQ(s.fields[1].value_counts, (std::vector<uint64_t>{1, 3, 0}));
  EXPECT_EQ(s.fields[1].other_values, 1u);
  EXPECT_EQ(s.fields[2].payloads.at("bytes").bytes, 10u);
  EXPECT_EQ(s.fields[3].payloads.at("bytes").bytes, 50u);
  EXPECT_TRUE(s.fields[4].value_counts.empty());
  EXPECT_EQ(s.page_size, 65536u);
  EXPECT_EQ(s.pages, d->page_count());
  EXPECT_EQ(s.file_bytes, d->file_bytes());
  EXPECT_EQ(s.payload_bytes, 4 * jpeg.size() + 60000 + 60);
  // Every byte is a payload, overhead or index; keys lie in the index.
  EXPECT_EQ(s.payload_bytes - 10 + s.page_overhead + s.index_bytes, s.file_bytes);
  EXPECT_FALSE(s.shuffle_seed.has_value());
  EXPECT_EQ(s.fingerprint.size(), 32u);
  EXPECT_EQ(s.writer, "headrace " HEADRACE_VERSION);
  EXPECT_EQ(s.format_version, 1u);
  EXPECT_EQ(s.generation, 1u);
  EXPECT_TRUE(s.notes.empty());
}

TEST(DatasetInfo, VerifyReportsProgressAndCanBeStopped) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 9, 140, 50, {.page_size = 64u << 10}).ok());
  const auto d = *Dataset::open(dir / "a.hrd");
  std::vector<uint64_t> done;
  EXPECT_TRUE(verify_all(*d, [&](uint64_t now, uint64_t total) {
                EXPECT_EQ(total, 3 * 65536u);
                done.push_back(now);
                return true;
              }).ok());
  EXPECT_EQ(done, (std::vector<uint64_t>{0, 65536, 2 * 65536, 3 * 65536}));
  EXPECT_EQ(verify_all(*d, [](uint64_t now, uint64_t) { return now == 0; }).to_string(),
            "error[data.cancelled] " + dir / "a.hrd" + ": was not verified to the end");
}

TEST(DatasetInfo, EncodingNames) {
  EXPECT_EQ(encoding_name(HR_ENCODING_JPEG), "jpeg");
  EXPECT_EQ(encoding_name(HR_ENCODING_RGB), "rgb");
  EXPECT_EQ(encoding_name(9), "encoding 9");
}

}  // namespace
}  // namespace headrace::testing
