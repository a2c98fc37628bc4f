// Folders to packed datasets and back to files.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>

#include "../kernels/jpeg_testing.h"
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

/// A JPEG without its end.
Bytes cut_short(Bytes jpeg) {
  jpeg.resize(jpeg.size() - 20);
  return jpeg;
}

/// The same image with other bytes: fill bytes before the scan's restart markers cannot be told from
/// coefficients, but bytes behind the image can be kept; this one has a comment and bytes behind its end.
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
  ExportOptions overwrite;
  overwrite.overwrite = true;
  EXPECT_TRUE(export_images(*d, out_ / "files", overwrite).ok());
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
  const auto stripped = *Dataset::open(path_);
  const auto exported = export_images(*stripped, out_ / "files", {});
  ASSERT_FALSE(exported.ok());
  EXPECT_EQ(exported.status().to_string(),
            "error[export.encoding] " + path_ + ": sample 0 (key \"" + stripped->key(0) +
                "\"): was stripped when it was written: the file it came from is gone");
}

TEST_F(DatasetPacked, PixelsCannotBeExported) {
  for (const auto& [encoding, name] : {std::pair{Encoding::rgb, "rgb"}, std::pair{Encoding::ycc, "ycc"}}) {
    ImportOptions o;
    o.encoding = encoding;
    ASSERT_TRUE(import(o).ok());
    const auto pixels = *Dataset::open(path_);
    const auto exported = export_images(*pixels, out_ / "files", {});
    ASSERT_FALSE(exported.ok());
    EXPECT_EQ(exported.status().to_string(),
              "error[export.encoding] " + path_ + ": sample 0 (key \"" + pixels->key(0) + "\"): is kept as " +
                  name + ", which no longer has the file it came from; jpeg and packed have");
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
    ASSERT_EQ(read_planes(decoder.get(), f[0], {0, 0, f[0].height, f[0].width}, to, &error), HR_OK)
        << error.text;
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

TEST_F(DatasetPacked, JpegsThatAreNotPackedSayWhy) {
  const std::pair<Bytes, std::string> files[] = {
      {make_jpeg({.width = 30, .height = 20, .space = "CMYK"}), "CMYK"},
      {make_jpeg({.width = 30, .height = 20, .space = "YCCK"}), "YCCK"},
      {make_jpeg({.width = 30, .height = 20, .arithmetic = true}), "arithmetic coding"},
      {make_jpeg({.width = 30, .height = 20, .h = {4, 1, 1, 1}}), "4:1:1 subsampling"},
      {make_jpeg({.width = 30, .height = 20, .scans = Scans::dc_only}), "incomplete progressive scans"}};
  for (size_t i = 0; i < std::size(files); ++i) {
    write_bytes(in_ / ("odd/" + std::to_string(i) + ".jpg"), files[i].first);
  }
  // Zeros take no space when packed, and must not make a file of any size again.
  Bytes padded = make_jpeg(20, 20);
  padded.resize(padded.size() + 200'000);
  write_bytes(in_ / "odd/padded.jpg", padded);
  ImportOptions o;
  o.shuffle_seed.reset();
  const auto report = import(o);
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_EQ(report->encodings, (std::map<std::string, uint64_t>{{"jpeg", 6}, {"packed", 20}}));
  ASSERT_EQ(report->kept.size(), 6u);
  for (size_t i = 0; i < std::size(files); ++i) EXPECT_EQ(report->kept[i].message, files[i].second);
  EXPECT_EQ(report->kept[5].message, "more than 64 times as long as packed");
  EXPECT_EQ(summarize(**Dataset::open(path_)).fields[0].kept,
            (std::map<std::string, uint64_t>{{"CMYK", 2},
                                             {"arithmetic coding", 1},
                                             {"incomplete progressive scans", 1},
                                             {"its chroma sampling", 1},
                                             {"of a kind that is not packed", 1}}));
  const auto exported = export_images(**Dataset::open(path_), out_ / "files", {});
  ASSERT_TRUE(exported.ok()) << exported.status().to_string();
  EXPECT_EQ(read_bytes(out_ / "files/odd/padded.jpg"), padded);

  for (const auto& [encoding, what] :
       {std::pair{Encoding::packed, "packed"}, std::pair{Encoding::ycc, "kept as planes"}}) {
    o.encoding = encoding;
    const Status refused = import(o).status();
    ASSERT_EQ(refused.errors().size(), encoding == Encoding::packed ? 6u : 5u);
    EXPECT_EQ(to_string(refused.errors()[0]),
              "error[import.unsupported] " + in_ / "odd/0.jpg" + ": cannot be " + what + ": CMYK");
  }
}

TEST_F(DatasetPacked, OptionsMustFit) {
  ImportOptions o;
  o.encoding = Encoding::jpeg;
  o.strip = true;
  EXPECT_EQ(import(o).status().to_string(),
            "error[import.options] byte-exact, strip and effort are choices for packed images");
  o.encoding = Encoding::packed;
  o.byte_exact = true;
  EXPECT_EQ(import(o).status().to_string(), "error[import.options] stripped images cannot be byte-exact");
}

}  // namespace
}  // namespace headrace::testing
