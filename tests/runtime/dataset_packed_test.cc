// Folders to packed datasets and back to files.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>

#include "dataset_testing.h"
#include "headrace/planes.h"
#include "kernels/decoder.h"
#include "kernels/planes.h"
#include "runtime/dataset/export.h"
#include "runtime/dataset/import.h"
#include "runtime/dataset/info.h"

namespace headrace::testing {
namespace {

namespace fs = std::filesystem;
using Encoding = ImportOptions::Encoding;

/// A JPEG that packing does not know: the frame header says arithmetic coding. Good enough for headers only.
Bytes cut_short(Bytes jpeg) {
  jpeg.resize(jpeg.size() - 20);
  return jpeg;
}

/// The same image with other bytes: fill bytes before the scan's restart markers cannot be told from coefficients, but
/// bytes behind the image can be kept; this one has a comment and bytes behind its end.
Bytes with_tail(Bytes jpeg) {
  for (const char c : std::string("behind")) jpeg.push_back(uint8_t(c));
  return jpeg;
}

class DatasetPacked : public ::testing::Test {
 protected:
  void SetUp() override {
    for (uint32_t i = 0; i < 20; ++i) {
      Bytes jpeg = make_jpeg(20 + i * 17 % 190, 10 + i * 13 % 210, i % 5 == 0 ? 1 : 3, i);
      if (i == 7) jpeg = with_orientation(jpeg, 6);
      if (i == 9) jpeg = with_tail(jpeg);
      write_bytes(in_ / ((i % 2 ? "a/" : "b/deep/") + std::to_string(i) + ".jpg"), jpeg);
    }
  }

  Expected<ImportReport> import(ImportOptions options) {
    options.overwrite = true;
    options.page_size = 64u << 10;
    return import_folder(in_.path(), path_, options);
  }

  void expect_same_files(const std::string& folder) {
    size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(in_.path())) {
      if (!entry.is_regular_file()) continue;
      const std::string name = fs::relative(entry.path(), in_.path());
      EXPECT_EQ(read_bytes(entry.path()), read_bytes(folder + "/" + name)) << name;
      ++files;
    }
    EXPECT_EQ(files, 20u);
  }

  TempDir in_, out_;
  const std::string path_ = out_ / "a.hrd";
};

TEST_F(DatasetPacked, IsTheDefaultAndComesBackByteForByte) {
  Bytes first;
  for (const unsigned threads : {1u, 2u, 5u}) {
    ImportOptions o;
    o.threads = threads;
    const auto report = import(o);
    ASSERT_TRUE(report.ok()) << report.status().to_string();
    EXPECT_EQ(report->encodings, (std::map<std::string, uint64_t>{{"packed", 20}}));
    EXPECT_TRUE(report->kept.empty());
    EXPECT_TRUE(report->not_exact.empty());
    EXPECT_EQ(report->oriented, 1u);
    if (first.empty()) first = read_bytes(path_);
    EXPECT_EQ(read_bytes(path_), first) << threads;
  }
  const auto d = *Dataset::open(path_);
  EXPECT_TRUE(verify_all(*d).ok());
  const auto exported = export_images(*d, out_ / "files", {});
  ASSERT_TRUE(exported.ok()) << exported.status().to_string();
  EXPECT_EQ(exported->files, 20u);
  EXPECT_EQ(exported->byte_exact, 20u);
  EXPECT_TRUE(exported->coefficients_exact.empty());
  expect_same_files(out_ / "files");

  const auto again = export_images(*d, out_ / "files", {});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.status().code(), "data.exists");
  EXPECT_TRUE(export_images(*d, out_ / "files", {.overwrite = true, .progress = {}, .cancel = nullptr}).ok());
}

TEST_F(DatasetPacked, JpegsAreExportedUntouched) {
  ImportOptions o;
  o.encoding = Encoding::jpeg;
  ASSERT_TRUE(import(o).ok());
  const auto exported = export_images(**Dataset::open(path_), out_ / "files", {});
  ASSERT_TRUE(exported.ok()) << exported.status().to_string();
  EXPECT_EQ(exported->untouched, 20u);
  expect_same_files(out_ / "files");
}

TEST_F(DatasetPacked, StrippedImagesKeepTheirPixelsOnly) {
  ImportOptions o;
  o.encoding = Encoding::packed;
  const auto whole = import(o);
  ASSERT_TRUE(whole.ok());
  o.strip = true;
  const auto report = import(o);
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_LT(report->payload_bytes, whole->payload_bytes);
  const auto exported = export_images(**Dataset::open(path_), out_ / "files", {});
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.status().to_string(),
            "error[export.encoding] " + path_ + ": sample 0: was stripped when it was written: the file it came from is gone");
}

TEST_F(DatasetPacked, PixelsCannotBeExported) {
  for (const auto& [encoding, name] : {std::pair{Encoding::rgb, "rgb"}, std::pair{Encoding::ycc, "ycc"}}) {
    ImportOptions o;
    o.encoding = encoding;
    ASSERT_TRUE(import(o).ok());
    const auto exported = export_images(**Dataset::open(path_), out_ / "files", {});
    ASSERT_FALSE(exported.ok());
    EXPECT_EQ(exported.status().to_string(), "error[export.encoding] " + path_ + ": sample 0: is kept as " + name +
                                                 ", which no longer has the file it came from; jpeg and packed have");
    EXPECT_FALSE(fs::exists(out_ / "files"));
  }
}

TEST_F(DatasetPacked, YccHoldsThePlanesThatPackedDecodesTo) {
  ImportOptions o;
  ASSERT_TRUE(import(o).ok());
  const auto packed = *Dataset::open(path_);
  std::vector<hr_field> f(3), g(3);
  std::vector<Bytes> expected;
  const std::unique_ptr<void, void (*)(void*)> decoder(hr_decoder_create(nullptr), hr_decoder_destroy);
  for (uint64_t s = 0; s < packed->size(); ++s) {
    ASSERT_TRUE(packed->read(s, f).ok());
    EXPECT_EQ(f[0].encoding, uint32_t{HR_ENCODING_PACKED});
    PlaneLayout layout;
    ASSERT_TRUE(plane_layout(f[0].planes, layout));
    Bytes planes(plane_bytes(layout, f[0].width, f[0].height));
    uint8_t* to[3] = {};
    uint8_t* at = planes.data();
    for (int c = 0; c < layout.components; ++c) {
      to[c] = at;
      at += plane_width(layout, c, f[0].width) * plane_height(layout, c, f[0].height);
    }
    hr_error error{};
    ASSERT_EQ(read_planes(decoder.get(), f[0], {0, 0, f[0].height, f[0].width}, to, &error), HR_OK) << error.text;
    expected.push_back(planes);
  }
  o.encoding = Encoding::ycc;
  ASSERT_TRUE(import(o).ok());
  const auto ycc = *Dataset::open(path_);
  for (uint64_t s = 0; s < ycc->size(); ++s) {
    ASSERT_TRUE(ycc->read(s, g).ok());
    EXPECT_EQ(g[0].encoding, uint32_t{HR_ENCODING_YCC});
    EXPECT_EQ(Bytes(g[0].data, g[0].data + g[0].size), expected[s]) << s;
  }
}

TEST_F(DatasetPacked, DamagedFilesAreNamed) {
  write_bytes(in_ / "a/bad.jpg", cut_short(make_jpeg(100, 100)));
  const auto report = import({});
  ASSERT_FALSE(report.ok());
  ASSERT_EQ(report.status().errors().size(), 1u);
  EXPECT_EQ(report.status().errors()[0].code, "import.damaged");
  EXPECT_EQ(report.status().errors()[0].where, in_ / "a/bad.jpg");
}

TEST_F(DatasetPacked, OptionsMustFit) {
  ImportOptions o;
  o.encoding = Encoding::jpeg;
  o.strip = true;
  EXPECT_EQ(import(o).status().to_string(), "error[import.options] byte-exact, strip and effort are choices for packed images");
  o.encoding = Encoding::packed;
  o.byte_exact = true;
  EXPECT_EQ(import(o).status().to_string(), "error[import.options] stripped images cannot be byte-exact");
}

/// A dataset of one JPEG per key.
void write_keys(const std::string& path, const std::vector<std::string>& keys) {
  auto created = DatasetWriter::create(path, image_schema(), {});
  ASSERT_TRUE(created.ok());
  const std::unique_ptr<DatasetWriter> writer = std::move(*created);
  const Bytes jpeg = make_jpeg(16, 16);
  for (const std::string& key : keys) {
    const std::array<FieldValue, 3> values = {FieldValue::image(jpeg, HR_ENCODING_JPEG, 16, 16), FieldValue::integer(0), FieldValue::bytes(key)};
    ASSERT_TRUE(writer->add(values).ok());
  }
  ASSERT_TRUE(writer->finish().ok());
}

TEST(DatasetExport, KeysCannotLeaveTheFolder) {
  const TempDir dir;
  int number = 0;
  for (const std::string key : {"../x.jpg", "/etc/x.jpg", "a/../../x.jpg", "a//b.jpg", "a/./b.jpg", "", "..", "a\\b.jpg", "a/"}) {
    const std::string path = dir / (std::to_string(number++) + ".hrd");
    write_keys(path, {"fine.jpg", key});
    const auto exported = export_images(**Dataset::open(path), dir / "out", {});
    ASSERT_FALSE(exported.ok()) << key;
    EXPECT_EQ(exported.status().to_string(),
              "error[export.key] " + path + ": sample 1: has the key \"" + key + "\", which is no path inside a folder");
    EXPECT_FALSE(fs::exists(dir / "out")) << key;
  }
}

TEST(DatasetExport, KeysMustDiffer) {
  const TempDir dir;
  write_keys(dir / "a.hrd", {"a.jpg", "b.jpg", "a.jpg"});
  const auto exported = export_images(**Dataset::open(dir / "a.hrd"), dir / "out", {});
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.status().to_string(), "error[export.key] " + (dir / "a.hrd") + ": sample 2: has the same key as another: \"a.jpg\"");
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
  EXPECT_EQ(exported.status().to_string(), "error[export.cancelled] " + (dir / "out") + ": was stopped after 2 of 3 files");
  EXPECT_TRUE(fs::exists(dir / "out/b.jpg"));
  EXPECT_FALSE(fs::exists(dir / "out/c.jpg"));
}

}  // namespace
}  // namespace headrace::testing
