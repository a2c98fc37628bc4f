#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "dataset_testing.h"
#include "headrace/dataset.h"
#include "runtime/dataset/info.h"
#include "runtime/dataset/mapped_dataset.h"

namespace headrace::testing {
namespace {

std::span<const uint8_t> payload(const hr_field& f) { return {f.data, f.size}; }

bool same(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

std::span<const uint8_t> bytes_of(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

TEST(DatasetRoundTrip, AllFieldKinds) {
  const TempDir dir;
  const Schema schema{{{"key", FieldKind::bytes, {}},
                       {"weight", FieldKind::f64, {}},
                       {"image", FieldKind::image, {}},
                       {"note", FieldKind::bytes, {}},
                       {"label", FieldKind::i64, {"a", "", "c with \n line"}},
                       {"thumb", FieldKind::image, {}}}};
  const Bytes jpeg = make_jpeg(37, 21), gray = make_jpeg(5, 9, 1), rgb = noise(7 * 3 * 3, 1);
  auto writer = DatasetWriter::create(dir / "a.hrd", schema);
  ASSERT_TRUE(writer.ok()) << writer.status().to_string();
  for (int i = 0; i < 3; ++i) {
    const std::string key = "sub/" + std::to_string(i) + ".jpg";
    const Bytes note = noise(static_cast<size_t>(i) * 100, 9);  // the first one is empty
    const FieldValue values[] = {FieldValue::bytes(key),
                                 FieldValue::real(i - 0.5),
                                 FieldValue::image(jpeg, HR_ENCODING_JPEG, 37, 21),
                                 FieldValue::bytes(note),
                                 FieldValue::integer(std::numeric_limits<int64_t>::min() + i),
                                 i == 1 ? FieldValue::image(gray, HR_ENCODING_JPEG, 5, 9, 1)
                                        : FieldValue::image(rgb, HR_ENCODING_RGB, 7, 3)};
    const Status st = (*writer)->add(values);
    ASSERT_TRUE(st.ok()) << st.to_string();
  }
  const Status finished = (*writer)->finish();
  ASSERT_TRUE(finished.ok()) << finished.to_string();

  const auto opened = Dataset::open(dir / "a.hrd");
  ASSERT_TRUE(opened.ok()) << opened.status().to_string();
  const Dataset& d = **opened;
  EXPECT_EQ(d.size(), 3u);
  EXPECT_EQ(d.path(), dir / "a.hrd");
  EXPECT_EQ(d.file_bytes(), std::filesystem::file_size(dir / "a.hrd"));
  ASSERT_EQ(d.schema().fields.size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(d.schema().fields[i].name, schema.fields[i].name);
    EXPECT_EQ(d.schema().fields[i].kind, schema.fields[i].kind);
    EXPECT_EQ(d.schema().fields[i].value_names, schema.fields[i].value_names);
    EXPECT_EQ(d.field_index(schema.fields[i].name), i);
  }
  EXPECT_EQ(d.field_index("nothing"), std::nullopt);

  std::vector<hr_field> f(6), meta(6);
  for (uint64_t i = 0; i < 3; ++i) {
    const std::string key = "sub/" + std::to_string(i) + ".jpg";
    ASSERT_TRUE(d.read(i, f).ok());
    ASSERT_TRUE(d.metadata(i, meta).ok());
    EXPECT_TRUE(same(payload(f[0]), bytes_of(key)));
    EXPECT_EQ(d.key(i), key);
    EXPECT_EQ(std::bit_cast<double>(f[1].value), double(i) - 0.5);
    EXPECT_EQ(f[1].data, nullptr);
    EXPECT_TRUE(same(payload(f[2]), jpeg));
    EXPECT_EQ(f[2].encoding, uint32_t{HR_ENCODING_JPEG});
    EXPECT_EQ(f[2].width, 37u);
    EXPECT_EQ(f[2].height, 21u);
    EXPECT_EQ(f[2].channels, 3u);
    EXPECT_TRUE(same(payload(f[3]), noise(i * 100, 9)));
    EXPECT_NE(f[3].data, nullptr);
    EXPECT_EQ(f[4].value, std::numeric_limits<int64_t>::min() + int64_t(i));
    EXPECT_TRUE(same(payload(f[5]), i == 1 ? gray : rgb));
    EXPECT_EQ(f[5].channels, i == 1 ? 1u : 3u);
    for (const size_t in_page : {2, 3, 5}) {
      EXPECT_EQ(reinterpret_cast<uintptr_t>(f[in_page].data) % HR_BUFFER_ALIGNMENT, 0u);
    }
    for (size_t k = 0; k < 6; ++k) {
      EXPECT_EQ(meta[k].data, nullptr);
      EXPECT_EQ(meta[k].size, f[k].size);
      EXPECT_EQ(meta[k].value, f[k].value);
      EXPECT_EQ(meta[k].encoding, f[k].encoding);
      EXPECT_EQ(meta[k].width, f[k].width);
    }
  }
  const Status verified = verify_all(d);
  EXPECT_TRUE(verified.ok()) << verified.to_string();
}

TEST(DatasetRoundTrip, BytesBeyondEveryPayloadAreReadable) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 200, 31, 23, {.page_size = 64u << 10}).ok());
  const auto d = Dataset::open(dir / "a.hrd");
  ASSERT_TRUE(d.ok());
  std::vector<hr_field> f(3);
  unsigned sum = 0;
  const auto* mapped = dynamic_cast<const MappedDataset*>(d->get());
  const std::span<const uint8_t> file = mapped->map().bytes();
  for (uint64_t i = 0; i < (*d)->size(); ++i) {
    ASSERT_TRUE((*d)->read(i, f).ok());
    for (const size_t k : {0, 2}) {
      ASSERT_LE(f[k].data + f[k].size + HR_BUFFER_ALIGNMENT, file.data() + file.size());
      for (size_t b = 0; b < HR_BUFFER_ALIGNMENT; ++b) sum += f[k].data[f[k].size + b];
    }
  }
  EXPECT_GT(sum, 0u);
}

TEST(DatasetRoundTrip, PagesAreFilledInOrderAndSamplesLargerThanAPageGetTheirOwn) {
  const TempDir dir;
  const WriterOptions options{.page_size = 64u << 10};
  auto writer = DatasetWriter::create(dir / "a.hrd", image_schema(), options);
  ASSERT_TRUE(writer.ok());
  // Sides of square rgb images: 100 is 30000 bytes, 200 is 120000, nearly two pages.
  const std::vector<uint32_t> sides = {100, 100, 100, 200, 10, 100, 300, 300, 1};
  for (size_t i = 0; i < sides.size(); ++i) {
    const Bytes pixels = noise(size_t{sides[i]} * sides[i] * 3, uint32_t(i));
    const std::string key = std::to_string(i);
    const FieldValue values[] = {FieldValue::image(pixels, HR_ENCODING_RGB, sides[i], sides[i]),
                                 FieldValue::integer(0), FieldValue::bytes(key)};
    ASSERT_TRUE((*writer)->add(values).ok());
  }
  ASSERT_TRUE((*writer)->finish().ok());
  const auto d = MappedDataset::open(dir / "a.hrd", {});
  ASSERT_TRUE(d.ok()) << d.status().to_string();
  const std::vector<uint64_t> expected = {0, 0, 1, 2, 3, 3, 4, 5, 6};
  ASSERT_EQ((*d)->page_count(), 7u);
  EXPECT_EQ((*d)->page_size(), 64u << 10);
  std::vector<hr_field> f(3);
  for (size_t i = 0; i < sides.size(); ++i) {
    EXPECT_EQ((*d)->page_of(i), expected[i]) << i;
    ASSERT_TRUE((*d)->read(i, f).ok());
    EXPECT_TRUE(same(payload(f[0]), noise(size_t{sides[i]} * sides[i] * 3, uint32_t(i))));
  }
  for (uint64_t p = 0; p < 7; ++p) {
    const format::PageEntry e = (*d)->index().page(p);
    EXPECT_EQ(e.offset % 4096, 0u);
    EXPECT_EQ(e.bytes % 4096, 0u);
    EXPECT_TRUE(e.samples == 1 || e.bytes <= 64u << 10);
  }
  EXPECT_TRUE(verify_all(**d).ok());
}

TEST(DatasetRoundTrip, RandomSizesThroughManyPages) {
  const TempDir dir;
  std::mt19937 rng(3);
  std::vector<Bytes> blobs;
  const Schema schema{{{"a", FieldKind::bytes, {}}, {"b", FieldKind::bytes, {}}}};
  auto writer = DatasetWriter::create(dir / "a.hrd", schema, {.page_size = 64u << 10});
  ASSERT_TRUE(writer.ok());
  for (uint32_t i = 0; i < 600; ++i) {
    // Sizes around the page's capacity meet every case of "just fits".
    const size_t size = i % 3 == 0 ? 65536 - rng() % 6000 : rng() % 4000;
    blobs.push_back(noise(size, i));
    blobs.push_back(noise(rng() % 200, i + 1000));
    const FieldValue values[] = {FieldValue::bytes(blobs[2 * i]), FieldValue::bytes(blobs[2 * i + 1])};
    ASSERT_TRUE((*writer)->add(values).ok());
  }
  ASSERT_TRUE((*writer)->finish().ok());
  const auto d = MappedDataset::open(dir / "a.hrd", {});
  ASSERT_TRUE(d.ok()) << d.status().to_string();
  for (uint64_t p = 0; p < (*d)->page_count(); ++p) {
    const format::PageEntry e = (*d)->index().page(p);
    EXPECT_TRUE(e.samples == 1 || e.bytes <= 64u << 10) << p;
  }
  std::vector<hr_field> f(2);
  for (uint32_t i = 0; i < 600; ++i) {
    ASSERT_TRUE((*d)->read(i, f).ok());
    ASSERT_TRUE(same(payload(f[0]), blobs[2 * i])) << i;
    ASSERT_TRUE(same(payload(f[1]), blobs[2 * i + 1])) << i;
    EXPECT_EQ((*d)->key(i), "#" + std::to_string(i));
  }
  EXPECT_TRUE(verify_all(**d).ok());
}

TEST(DatasetRoundTrip, EmptyDatasetAndScalarsOnly) {
  const TempDir dir;
  const Schema schema{{{"key", FieldKind::i64, {}}, {"x", FieldKind::f64, {}}}};
  for (const int samples : {0, 5000}) {
    const std::string path = dir / (std::to_string(samples) + ".hrd");
    auto writer = DatasetWriter::create(path, schema, {.page_size = 64u << 10});
    ASSERT_TRUE(writer.ok());
    for (int i = 0; i < samples; ++i) {
      const FieldValue values[] = {FieldValue::integer(i * 7), FieldValue::real(std::sqrt(i))};
      ASSERT_TRUE((*writer)->add(values).ok());
    }
    ASSERT_TRUE((*writer)->finish().ok());
    const auto d = Dataset::open(path);
    ASSERT_TRUE(d.ok()) << d.status().to_string();
    EXPECT_EQ((*d)->size(), uint64_t(samples));
    EXPECT_EQ((*d)->page_count(), samples == 0 ? 0u : 2u);  // 16 bytes a sample in the pages' directories
    EXPECT_TRUE(verify_all(**d).ok());
    EXPECT_EQ((*d)->key(3), samples == 0 ? "#3" : "21");
  }
}

TEST(DatasetRoundTrip, KeysInMessagesHaveNoControlCharacters) {
  const TempDir dir;
  const Schema schema{{{"key", FieldKind::bytes, {}}}};
  auto writer = DatasetWriter::create(dir / "a.hrd", schema);
  const FieldValue value = FieldValue::bytes(std::string_view("a\x1b[31m\n\x7f\xc3\xa4"));
  ASSERT_TRUE((*writer)->add(std::span(&value, 1)).ok());
  ASSERT_TRUE((*writer)->finish().ok());
  const auto d = Dataset::open(dir / "a.hrd");
  EXPECT_EQ((*d)->key(0), "a\\x1b[31m\\x0a\\x7f\xc3\xa4");
}

TEST(DatasetRoundTrip, SameSamplesSameBytes) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 20, 40, 30).ok());
  ASSERT_TRUE(write_images(dir / "b.hrd", 20, 40, 30).ok());
  EXPECT_EQ(read_bytes(dir / "a.hrd"), read_bytes(dir / "b.hrd"));
}

TEST(DatasetRoundTrip, FingerprintIsOfTheContentNotOfThePages) {
  const TempDir dir;
  const auto fingerprint = [&](uint64_t samples, uint64_t page_size) {
    EXPECT_TRUE(
        write_images(dir / "f.hrd", samples, 40, 30, {.page_size = page_size, .overwrite = true}).ok());
    return summarize(**Dataset::open(dir / "f.hrd")).fingerprint;
  };
  const std::string base = fingerprint(50, 64u << 10);
  EXPECT_EQ(base.size(), 32u);
  EXPECT_EQ(fingerprint(50, 1u << 20), base);
  EXPECT_NE(fingerprint(49, 64u << 10), base);
}

TEST(DatasetRoundTrip, ReadsFromManyThreads) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 100, 40, 30, {.page_size = 64u << 10}).ok());
  const auto d = *Dataset::open(dir / "a.hrd");
  const std::vector<std::string> expected = contents(*d);
  const auto fresh = *Dataset::open(dir / "a.hrd");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { EXPECT_EQ(contents(*fresh), expected); });
  for (std::thread& t : threads) t.join();
}

TEST(DatasetAccess, RangeErrors) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 2, 4, 3).ok());
  const auto d = *Dataset::open(dir / "a.hrd");
  std::vector<hr_field> f(3);
  EXPECT_EQ(d->read(2, f).to_string(),
            "error[data.range] " + dir / "a.hrd" + ": sample 2 does not exist; the dataset has 2");
  EXPECT_EQ(d->metadata(UINT64_MAX, f).code(), "data.range");
  f.resize(2);
  EXPECT_EQ(d->read(0, f).to_string(),
            "error[data.range] " + dir / "a.hrd" + ": room for 2 fields was given; the dataset has 3");
  EXPECT_EQ(d->page_of(2), d->page_count());
  EXPECT_EQ(d->key(2), "#2");
}

}  // namespace
}  // namespace headrace::testing
