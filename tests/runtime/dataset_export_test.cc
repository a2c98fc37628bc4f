// Datasets back to files: keys, limits, damage, and what is read when.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <memory>

#include "dataset_testing.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/packed/packed_image.h"
#include "runtime/dataset/export.h"

namespace headrace::testing {
namespace {

namespace fs = std::filesystem;

struct Sample {
  std::string key;
  Bytes payload;
  uint32_t encoding = HR_ENCODING_JPEG;
};

/// 16 x 16 pixels each.
void write_samples(const std::string& path, const std::vector<Sample>& samples) {
  auto created = DatasetWriter::create(path, image_schema(), {.page_size = 64u << 10});
  ASSERT_TRUE(created.ok());
  const std::unique_ptr<DatasetWriter> writer = std::move(*created);
  for (const Sample& s : samples) {
    const uint32_t planes = s.encoding == HR_ENCODING_PACKED ? HR_PLANES_420 : 0;
    const std::array<FieldValue, 3> values = {FieldValue::image(s.payload, s.encoding, 16, 16, 3, planes),
                                              FieldValue::integer(0), FieldValue::bytes(s.key)};
    ASSERT_TRUE(writer->add(values).ok());
  }
  ASSERT_TRUE(writer->finish().ok());
}

void write_keys(const std::string& path, const std::vector<std::string>& keys) {
  std::vector<Sample> samples;
  for (const std::string& key : keys) samples.push_back({key, make_jpeg(16, 16)});
  write_samples(path, samples);
}

TEST(DatasetExport, KeysCannotLeaveTheFolder) {
  const TempDir dir;
  int number = 0;
  for (const std::string key :
       {"../x.jpg", "/etc/x.jpg", "a/../../x.jpg", "a//b.jpg", "a/./b.jpg", "", "..", "a\\b.jpg", "a/"}) {
    const std::string path = dir / (std::to_string(number++) + ".hrd");
    write_keys(path, {"fine.jpg", key});
    const auto exported = export_images(**Dataset::open(path), dir / "out", {});
    ASSERT_FALSE(exported.ok()) << key;
    EXPECT_EQ(exported.status().to_string(), "error[export.key] " + path + ": sample 1 (key \"" + key +
                                                 "\"): its key is no path inside a folder");
    EXPECT_FALSE(fs::exists(dir / "out")) << key;
  }
}

TEST(DatasetExport, KeysMustDiffer) {
  const TempDir dir;
  write_keys(dir / "a.hrd", {"a.jpg", "b.jpg", "a.jpg"});
  const auto exported = export_images(**Dataset::open(dir / "a.hrd"), dir / "out", {});
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.status().to_string(),
            "error[export.key] " + (dir / "a.hrd") +
                ": sample 2 (key \"a.jpg\"): an earlier sample has the same key");
  EXPECT_FALSE(fs::exists(dir / "out"));
}

TEST(DatasetExport, KeysAreTheirBytes) {
  const TempDir dir;
  const std::string key = "a\n/\xff b.jpg";
  write_keys(dir / "a.hrd", {key});
  ASSERT_TRUE(export_images(**Dataset::open(dir / "a.hrd"), dir / "out", {}).ok());
  EXPECT_EQ(read_bytes(dir / "out/" + key), make_jpeg(16, 16));
}

TEST(DatasetExport, StopsBetweenFiles) {
  const TempDir dir;
  write_keys(dir / "a.hrd", {"a.jpg", "b.jpg", "c.jpg"});
  std::atomic<bool> stop = false;
  ExportOptions o;
  o.cancel = &stop;
  o.progress = [&](uint64_t done, uint64_t total, uint64_t) {
    EXPECT_EQ(total, 3u);
    stop = done == 2;
  };
  const auto exported = export_images(**Dataset::open(dir / "a.hrd"), dir / "out", o);
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.status().to_string(),
            "error[export.cancelled] " + (dir / "out") + ": was stopped after 2 of 3 files");
  EXPECT_TRUE(fs::exists(dir / "out/b.jpg"));
  EXPECT_FALSE(fs::exists(dir / "out/c.jpg"));

  write_keys(dir / "b.hrd", {"a.jpg"});
  EXPECT_EQ(export_images(**Dataset::open(dir / "b.hrd"), dir / "other", o).status().to_string(),
            "error[export.cancelled] " + (dir / "other") + ": was stopped after 0 of 1 file");
}

// What is checked before anything is written stands in the index: pages are read when their files are
// written.
TEST(DatasetExport, PagesAreReadOnce) {
  const TempDir dir;
  const Bytes large = [] {
    Bytes jpeg = make_jpeg(16, 16);
    const Bytes tail = noise(60'000, 1);
    jpeg.insert(jpeg.end(), tail.begin(), tail.end());
    return jpeg;
  }();
  write_samples(dir / "a.hrd", {{"a.jpg", large}, {"b.jpg", large}});
  Bytes file = read_bytes(dir / "a.hrd");
  const auto dataset = *Dataset::open(dir / "a.hrd");
  ASSERT_EQ(dataset->page_count(), 2u);
  std::vector<hr_field> first(3), second(3);
  ASSERT_TRUE(dataset->read(0, first).ok());
  ASSERT_TRUE(dataset->read(1, second).ok());
  const auto distance = static_cast<size_t>(second[0].data - first[0].data);
  const size_t at =
      static_cast<size_t>(std::search(file.begin(), file.end(), large.begin(), large.end()) - file.begin());
  ASSERT_LT(at + distance, file.size());
  file[at + distance] ^= 1;
  write_bytes(dir / "b.hrd", file);
  const auto exported = export_images(**Dataset::open(dir / "b.hrd"), dir / "out", {});
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.status().code(), "data.page");
  EXPECT_EQ(read_bytes(dir / "out/a.jpg"), large) << "written before the second page was looked at";
  EXPECT_FALSE(fs::exists(dir / "out/b.jpg"));
}

/// A packed image with this recipe.
Bytes packed_with(const JpegRecipe& recipe) {
  CoefficientImage image;
  EXPECT_TRUE(read_coefficients(make_jpeg(16, 16), {}, image).ok());
  ImagePacker packer;
  Bytes packed;
  EXPECT_EQ(packer.pack(image, &recipe, true, PackEffort::fast, packed).to_string(), "");
  return packed;
}

TEST(DatasetExport, ErrorsNameTheSample) {
  const TempDir dir;
  JpegRecipe recipe;
  recipe.headers = {0xFF, 0xD8};
  write_samples(dir / "a.hrd",
                {{"a.jpg", make_jpeg(16, 16)}, {"b.jpg", packed_with(recipe), HR_ENCODING_PACKED}});
  const auto dataset = *Dataset::open(dir / "a.hrd");
  const auto error = [&](const DecodeLimits& limits) {
    ExportOptions o;
    o.limits = limits;
    o.overwrite = true;
    return export_images(*dataset, dir / "out", o).status().to_string();
  };
  const std::string where = dir / "a.hrd" + ": sample 1 (key \"b.jpg\"): ";
  EXPECT_EQ(error({}),
            "error[export.damaged] " + where + "the packed image is damaged: component 0 is in no scan");
  EXPECT_EQ(error({.max_pixels = 255}), "error[export.limit] " + where +
                                            "256 pixels, more than the limit of 255; --max-pixels raises it "
                                            "(DecodeLimits::max_pixels)");
  EXPECT_EQ(error({.max_memory = 100}).substr(0, where.size() + 20), "error[export.limit] " + where);
  EXPECT_TRUE(fs::exists(dir / "out/a.jpg"));
  EXPECT_FALSE(fs::exists(dir / "out/b.jpg"));
}

}  // namespace
}  // namespace headrace::testing
