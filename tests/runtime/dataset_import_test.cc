#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "dataset_testing.h"
#include "kernels/decoder.h"
#include "kernels/jpeg_decode.h"
#include "kernels/jpeg_info.h"
#include "runtime/dataset/import.h"
#include "runtime/dataset/import_sample.h"
#include "runtime/dataset/info.h"
#include "runtime/dataset/rgb_resize.h"

namespace headrace::testing {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using Encoding = ImportOptions::Encoding;
using OnError = ImportOptions::OnError;

ImportOptions with(unsigned threads, Encoding encoding = Encoding::jpeg) {
  ImportOptions o;
  o.threads = threads;
  o.encoding = encoding;
  o.page_size = 64u << 10;
  return o;
}

/// 3 classes with 40 JPEGs of different sizes.
void make_photos(const TempDir& dir) {
  for (uint32_t i = 0; i < 40; ++i) {
    const std::string name = std::string(i % 3 == 0   ? "cat"
                                         : i % 3 == 1 ? "dog"
                                                      : "owl") +
                             "/p" + std::to_string(i) + ".jpg";
    write_bytes(dir / name, make_jpeg(20 + i * 7 % 90, 10 + i * 13 % 110, i % 5 == 0 ? 1 : 3, i));
  }
}

std::map<std::string, hr_field> images_by_key(const Dataset& d) {
  std::map<std::string, hr_field> out;
  std::vector<hr_field> f(3);
  for (uint64_t i = 0; i < d.size(); ++i) {
    EXPECT_TRUE(d.read(i, f).ok());
    out[d.key(i)] = f[0];
  }
  return out;
}

class DatasetImport : public ::testing::Test {
 protected:
  std::string out_names() const {
    std::string names;
    for (const std::string& n : out_.names()) names += n + " ";
    return names;
  }
  TempDir in_, out_;
  const std::string path_ = out_ / "a.hrd";
};

TEST_F(DatasetImport, JpegFilesAreStoredUntouched) {
  make_photos(in_);
  std::vector<uint64_t> progress;
  ImportOptions o = with(2);
  o.progress = [&](const ImportProgress& p) {
    EXPECT_EQ(p.total, 40u);
    progress.push_back(p.done);
  };
  const auto report = import_folder(in_.path(), path_, o);
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  EXPECT_EQ(report->samples, 40u);
  EXPECT_EQ(report->classes, (Names{"cat", "dog", "owl"}));
  EXPECT_EQ(report->source_bytes, report->payload_bytes);
  EXPECT_EQ(report->file_bytes, fs::file_size(path_));
  EXPECT_TRUE(report->skipped.empty());
  ASSERT_EQ(progress.size(), 40u);
  for (size_t i = 0; i < 40; ++i) EXPECT_EQ(progress[i], i + 1);

  const auto d = *Dataset::open(path_);
  ASSERT_EQ(d->size(), 40u);
  ASSERT_EQ(d->schema().fields.size(), 3u);
  EXPECT_EQ(d->schema().fields[0].name, "image");
  EXPECT_EQ(d->schema().fields[1].name, "label");
  EXPECT_EQ(d->schema().fields[2].name, "key");
  EXPECT_EQ(d->schema().fields[1].value_names, (Names{"cat", "dog", "owl"}));
  std::vector<hr_field> f(3);
  std::set<std::string> seen;
  for (uint64_t i = 0; i < 40; ++i) {
    ASSERT_TRUE(d->read(i, f).ok());
    const std::string key = d->key(i);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(f[2].data), f[2].size), key);
    EXPECT_EQ(d->schema().fields[1].value_names[size_t(f[1].value)], key.substr(0, 3));
    EXPECT_EQ(Bytes(f[0].data, f[0].data + f[0].size), read_bytes(in_ / key));
    EXPECT_EQ(f[0].encoding, uint32_t{HR_ENCODING_JPEG});
    seen.insert(key);
  }
  EXPECT_EQ(seen.size(), 40u);
  EXPECT_EQ(summarize(*d).shuffle_seed, 0u);
  EXPECT_TRUE(verify_all(*d).ok());
}

TEST_F(DatasetImport, SameBytesForAnyThreadCount) {
  make_photos(in_);
  for (const Encoding encoding : {Encoding::jpeg, Encoding::rgb}) {
    Bytes first;
    for (const unsigned threads : {1u, 2u, 3u, 8u}) {
      ImportOptions o = with(threads, encoding);
      if (encoding == Encoding::rgb) o.max_side = 48;
      if (threads == 3) o.memory_budget = 1;  // every sample waits for its turn
      o.overwrite = true;
      const auto report = import_folder(in_.path(), path_, o);
      ASSERT_TRUE(report.ok()) << report.status().to_string();
      if (first.empty()) first = read_bytes(path_);
      EXPECT_EQ(read_bytes(path_), first) << threads;
    }
  }
}

TEST_F(DatasetImport, OrderFollowsTheSeed) {
  make_photos(in_);
  const auto keys = [&](std::optional<uint64_t> seed) {
    ImportOptions o = with(2);
    o.shuffle_seed = seed;
    o.overwrite = true;
    EXPECT_TRUE(import_folder(in_.path(), path_, o).ok());
    const auto d = *Dataset::open(path_);
    EXPECT_EQ(summarize(*d).shuffle_seed, seed);
    Names out;
    for (uint64_t i = 0; i < d->size(); ++i) out.push_back(d->key(i));
    return out;
  };
  const Names plain = keys(std::nullopt), zero = keys(0), one = keys(1);
  EXPECT_TRUE(std::is_sorted(plain.begin(), plain.end()));
  EXPECT_FALSE(std::is_sorted(zero.begin(), zero.end()));
  EXPECT_NE(zero, one);
  Names sorted = zero;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, plain);
}

TEST_F(DatasetImport, RgbIsTheDecodedImageShrunk) {
  make_photos(in_);
  BaselineDecoder decoder;
  for (const int mode : {0, 1, 2}) {
    ImportOptions o = with(2, Encoding::rgb);
    if (mode == 1) o.max_side = 50;
    if (mode == 2) o.short_side = 30;
    o.overwrite = true;
    const auto report = import_folder(in_.path(), path_, o);
    ASSERT_TRUE(report.ok()) << report.status().to_string();
    const auto d = *Dataset::open(path_);
    const auto images = images_by_key(*d);
    ASSERT_EQ(images.size(), 40u);
    RgbResizer resizer;
    for (const auto& [key, f] : images) {
      const Bytes file = read_bytes(in_ / key);
      const auto full = decoder.decode(file);
      ASSERT_TRUE(full.ok());
      const RgbSize from{full->width, full->height}, to = limited_size(from, o.max_side, o.short_side);
      EXPECT_EQ(f.encoding, uint32_t{HR_ENCODING_RGB});
      EXPECT_EQ(f.channels, 3u);
      EXPECT_EQ((RgbSize{f.width, f.height}), to);
      EXPECT_TRUE(mode != 1 || std::max(f.width, f.height) <= 50u);
      const std::span pixels(full->pixels, size_t{from.width} * from.height * 3);
      EXPECT_EQ(Bytes(f.data, f.data + f.size), resizer.resize(pixels, from, to)) << key;
    }
  }
}

/// One class with good files and every kind of bad one.
void make_mixed(const TempDir& dir) {
  const Bytes good = make_jpeg(64, 48);
  write_bytes(dir / "a/good.jpg", good);
  write_bytes(dir / "a/turned.jpg", with_orientation(good, 6));
  write_bytes(dir / "a/gray.jpg", make_jpeg(16, 16, 1));
  write_bytes(dir / "a/half.jpg",
              Bytes(good.begin(), good.begin() + static_cast<ptrdiff_t>(good.size() / 2)));
  write_bytes(dir / "a/head.jpg", Bytes(good.begin(), good.begin() + 100));
  write_bytes(dir / "a/empty.jpg", {});
  write_text(dir / "a/text.jpg", "this is no image");
  write_bytes(dir / "a/picture.png", png_start());
  write_bytes(dir / "a/named.jpg", png_start());
  write_text(dir / "a/readme.txt", "text");
  fs::create_symlink("nowhere", dir / "a/dangling.jpg");
  fs::create_directory(dir / "b");
}

const Names kMixedBad = {"import.unreadable dangling.jpg", "import.damaged empty.jpg",
                         "import.damaged half.jpg",        "import.damaged head.jpg",
                         "import.unsupported named.jpg",   "import.unsupported picture.png",
                         "import.not_an_image text.jpg"};

Names code_and_name(const std::vector<Diagnostic>& list) {
  Names out;
  for (const Diagnostic& d : list) out.push_back(d.code + " " + fs::path(d.where).filename().string());
  return out;
}

TEST_F(DatasetImport, SkipLeavesOutBadFilesAndNamesThem) {
  make_mixed(in_);
  for (const Encoding encoding : {Encoding::jpeg, Encoding::rgb}) {
    ImportOptions o = with(2, encoding);
    o.on_error = OnError::skip;
    o.overwrite = true;
    const auto report = import_folder(in_.path(), path_, o);
    ASSERT_TRUE(report.ok()) << report.status().to_string();
    EXPECT_EQ(report->samples, 3u);
    EXPECT_EQ(code_and_name(report->skipped), kMixedBad);
    EXPECT_EQ(report->unsupported, 2u);
    EXPECT_EQ(report->oriented, 1u);
    EXPECT_EQ(report->other_files, Names{"a/readme.txt"});
    EXPECT_EQ(report->empty_classes, Names{"b"});
    EXPECT_EQ(report->skipped[1].message, "is empty");
    EXPECT_EQ(report->skipped[4].message, "is a PNG image, which is not supported yet (JPEG is)");
    EXPECT_EQ(report->skipped[6].message, "is not an image: its content is of no known image format");
    EXPECT_EQ(report->skipped[6].where, in_ / "a/text.jpg");
    const auto d = *Dataset::open(path_);
    EXPECT_EQ(images_by_key(*d).size(), 3u);
    EXPECT_TRUE(images_by_key(*d).contains("a/turned.jpg"));
    EXPECT_TRUE(verify_all(*d).ok());
  }
}

TEST_F(DatasetImport, RaiseListsEveryBadFileAndWritesNothing) {
  make_mixed(in_);
  for (const unsigned threads : {1u, 3u}) {
    const auto report = import_folder(in_.path(), path_, with(threads));
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(code_and_name(report.status().errors()), kMixedBad);
    EXPECT_EQ(out_names(), "");
  }
}

/// A JPEG with one byte changed, so that fast decoding makes pixels of it and a check finds it damaged.
Bytes quietly_damaged() {
  const Bytes good = make_jpeg(64, 48);
  const std::unique_ptr<void, void (*)(void*)> decoder(hr_decoder_create(nullptr), hr_decoder_destroy);
  Bytes pixels(size_t{64} * 48 * 3);
  for (size_t at = good.size() - 1; at > 0; --at) {
    for (const int bit : {1, 16, 128}) {
      Bytes bad = good;
      bad[at] ^= static_cast<uint8_t>(bit);
      JpegInfo info;
      uint64_t warnings = 0;
      if (jpeg_check(bad, kDefaultDecodeLimits, info, warnings).ok()) continue;
      const PixelRect whole{.rows = 48, .cols = 64};
      if (decode_rgb(decoder.get(), bad, 64, 48, whole, pixels.data(), 64 * 3).ok()) return bad;
    }
  }
  return {};
}

TEST_F(DatasetImport, RgbIsCheckedAsStrictlyAsJpeg) {
  const Bytes damaged = quietly_damaged();
  ASSERT_FALSE(damaged.empty()) << "no such byte found";
  write_bytes(in_ / "a/1.jpg", damaged);
  const std::string error = import_folder(in_.path(), path_, with(1)).status().to_string();
  EXPECT_EQ(error.find("error[import.damaged] " + in_ / "a/1.jpg" + ": "), 0u) << error;
  EXPECT_EQ(import_folder(in_.path(), path_, with(1, Encoding::rgb)).status().to_string(), error);
  EXPECT_EQ(out_names(), "");
}

TEST_F(DatasetImport, ABadLocalWorldSizeMattersOnlyToTheDefault) {
  make_photos(in_);
  ::setenv("LOCAL_WORLD_SIZE", "two", 1);
  const Status by_default = import_folder(in_.path(), path_, with(0)).status();
  const Status stated = import_folder(in_.path(), path_, with(1)).status();
  ::unsetenv("LOCAL_WORLD_SIZE");
  EXPECT_EQ(by_default.code(), "loader.threads");
  EXPECT_TRUE(stated.ok()) << stated.to_string();
}

TEST_F(DatasetImport, LimitsOfFilesAndPixels) {
  write_bytes(in_ / "a/1.jpg", make_jpeg(64, 48));
  ImportOptions o = with(1);
  o.max_file_bytes = 100;
  EXPECT_EQ(import_folder(in_.path(), path_, o).status().to_string(),
            "error[import.unreadable] " + in_ / "a/1.jpg" + ": is larger than the limit of 100 bytes");
  o = with(1);
  o.limits.max_pixels = 64 * 48 - 1;
  for (const Encoding encoding : {Encoding::automatic, Encoding::jpeg, Encoding::rgb, Encoding::ycc}) {
    o.encoding = encoding;
    EXPECT_EQ(
        import_folder(in_.path(), path_, o).status().to_string(),
        "error[import.limit] " + in_ / "a/1.jpg" +
            ": 3072 pixels, more than the limit of 3071; --max-pixels raises it (DecodeLimits::max_pixels)");
  }
  o.limits.max_pixels = 64 * 48;
  EXPECT_TRUE(import_folder(in_.path(), path_, o).ok());
}

TEST_F(DatasetImport, LimitOfMemory) {
  write_bytes(in_ / "a/1.jpg", make_jpeg(64, 48));
  ImportOptions o = with(1, Encoding::rgb);
  const auto error = [&](uint64_t needed) {
    return "error[import.limit] " + in_ / "a/1.jpg" + ": " + std::to_string(needed) +
           " bytes of memory, more than the limit of " + std::to_string(needed - 1) +
           "; --max-memory raises it (DecodeLimits::max_memory)";
  };
  constexpr uint64_t kPixels = 64 * 48 * 3;
  o.limits.max_memory = kPixels - 1;
  EXPECT_EQ(import_folder(in_.path(), path_, o).status().to_string(), error(kPixels));
  o.max_side = 32;  // rows shrunk horizontally, and the result
  o.limits.max_memory = kPixels + 2 * 32 * 48 * 3 - 1;
  EXPECT_EQ(import_folder(in_.path(), path_, o).status().to_string(), error(kPixels + 2 * 32 * 48 * 3));
  ++o.limits.max_memory;
  EXPECT_TRUE(import_folder(in_.path(), path_, o).ok());
}

TEST_F(DatasetImport, UnreadableFile) {
  make_photos(in_);
  fs::permissions(in_.path(), fs::perms::all);
  fs::permissions(out_.path(), fs::perms::all);
  fs::permissions(in_ / "dog/p1.jpg", fs::perms::none);
  const AsOrdinaryUser user;
  EXPECT_EQ(import_folder(in_.path(), path_, with(2)).status().to_string(),
            "error[import.unreadable] " + in_ / "dog/p1.jpg" + ": cannot be opened: Permission denied");
  EXPECT_EQ(out_names(), "");
}

TEST_F(DatasetImport, NoUsableImage) {
  write_bytes(in_ / "a/1.jpg", {});
  ImportOptions o = with(1);
  o.on_error = OnError::skip;
  EXPECT_EQ(import_folder(in_.path(), path_, o).status().to_string(),
            "error[import.damaged] " + in_ / "a/1.jpg" + ": is empty\n" + "error[import.source] " +
                in_.path() + ": has no image that could be used");
  EXPECT_EQ(import_folder(out_ / "none", path_, o).status().code(), "import.source");
  EXPECT_EQ(out_names(), "");
}

TEST_F(DatasetImport, ExistingFileIsKept) {
  make_photos(in_);
  write_text(path_, "precious");
  EXPECT_EQ(import_folder(in_.path(), path_, with(2)).status().code(), "data.exists");
  EXPECT_EQ(read_bytes(path_).size(), 8u);
  ImportOptions o = with(2);
  o.overwrite = true;
  EXPECT_TRUE(import_folder(in_.path(), path_, o).ok());
  EXPECT_EQ(out_names(), "a.hrd ");
}

TEST_F(DatasetImport, CancellingLeavesNothing) {
  make_photos(in_);
  std::atomic<bool> cancel{false};
  for (const uint64_t after : {uint64_t{0}, uint64_t{1}, uint64_t{39}}) {
    ImportOptions o = with(2);
    cancel = after == 0;
    o.cancel = &cancel;
    o.progress = [&](const ImportProgress& p) { cancel = p.done >= after; };
    EXPECT_EQ(import_folder(in_.path(), path_, o).status().to_string(),
              "error[import.cancelled] " + path_ + ": was not written: the import was cancelled");
    EXPECT_EQ(out_names(), "") << after;
  }
}

TEST_F(DatasetImport, FullDiskLeavesNothing) {
  make_photos(in_);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{80000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const auto report = import_folder(in_.path(), path_, with(2, Encoding::rgb));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(report.status().to_string(),
            "error[data.io] " + path_ + ": writing failed: File too large; nothing was kept");
  EXPECT_EQ(out_names(), "");
}

TEST_F(DatasetImport, Options) {
  make_photos(in_);
  ImportOptions o = with(1);
  o.max_side = 0;
  o.short_side = 70000;
  EXPECT_EQ(
      import_folder(in_.path(), path_, o).status().to_string(),
      "error[import.options] the long side and the short side cannot both be limited\n"
      "error[import.options] images can only be shrunk with the encoding rgb; the others keep every pixel\n"
      "error[import.options] a side of 0 pixels, expected 1 to 65535\n"
      "error[import.options] a side of 70000 pixels, expected 1 to 65535");
  o = with(1);
  o.page_size = 1000;
  EXPECT_EQ(import_folder(in_.path(), path_, o).status().code(), "data.page_size");
}

TEST_F(DatasetImport, MemoryForCoefficientsIsAskedForBeforeItIsTaken) {
  const Bytes jpeg = make_jpeg(64, 48);
  write_bytes(in_ / "a/1.jpg", jpeg);
  const SourceFile file{in_ / "a/1.jpg", "a/1.jpg", 0};
  for (const Encoding encoding : {Encoding::automatic, Encoding::ycc, Encoding::jpeg}) {
    const ImportOptions o = with(1, encoding);
    std::vector<uint64_t> asked;
    const ImportedSample sample = SampleImporter(o).import(file, [&](uint64_t bytes) {
      asked.push_back(bytes);
      return true;
    });
    EXPECT_TRUE(sample.problem.ok());
    // The file; then 8 x 6 blocks of luma and twice 4 x 3 of chroma, 128 bytes each, twice.
    std::vector<uint64_t> expected = {jpeg.size(), 2 * (8 * 6 + 2 * 4 * 3) * 128};
    if (encoding == Encoding::jpeg) expected.pop_back();
    EXPECT_EQ(asked, expected);
    size_t call = 0;
    const size_t last = expected.size() - 1;
    const ImportedSample stopped = SampleImporter(o).import(file, [&](uint64_t) { return call++ != last; });
    EXPECT_FALSE(stopped.problem.ok());
    EXPECT_TRUE(stopped.payload.empty());
  }
}

TEST_F(DatasetImport, MemoryIsAskedForBeforeItIsTaken) {
  const Bytes jpeg = make_jpeg(64, 48);
  write_bytes(in_ / "a/1.jpg", jpeg);
  const SourceFile file{in_ / "a/1.jpg", "a/1.jpg", 0};
  ImportOptions o = with(1, Encoding::rgb);
  o.max_side = 32;
  std::vector<uint64_t> asked;
  const ImportedSample sample = SampleImporter(o).import(file, [&](uint64_t bytes) {
    asked.push_back(bytes);
    return true;
  });
  EXPECT_TRUE(sample.problem.ok());
  // The file, then its pixels with the shrunk rows and the result.
  EXPECT_EQ(asked, (std::vector<uint64_t>{jpeg.size(), 64 * 48 * 3 + 2 * 32 * 48 * 3}));
  for (const size_t refused : {0u, 1u}) {
    size_t call = 0;
    const ImportedSample stopped =
        SampleImporter(o).import(file, [&](uint64_t) { return call++ != refused; });
    EXPECT_FALSE(stopped.problem.ok());
    EXPECT_TRUE(stopped.payload.empty());
    EXPECT_EQ(call, refused + 1);
  }
}

// Every kind of file a loader must survive, where the shared collection is there.
TEST_F(DatasetImport, SharedOddFiles) {
  const fs::path odd = fs::path(HEADRACE_SHARED_DIR) / "photos" / "odd";
  if (!fs::exists(odd)) GTEST_SKIP() << odd << " is not there";
  fs::create_directory_symlink(fs::canonical(odd), in_ / "odd");
  const Names expected = {"import.damaged bad_0x0.jpg",
                          "import.unsupported bad_65535x65535.jpg",
                          "import.damaged bad_empty.jpg",
                          "import.damaged bad_scan_noise.jpg",
                          "import.not_an_image bad_text.jpg",
                          "import.damaged bad_truncated_half.jpg",
                          "import.damaged bad_truncated_header.jpg",
                          "import.unsupported png_gray.png",
                          "import.unsupported png_gray16.png",
                          "import.unsupported png_named.jpg",
                          "import.unsupported png_rgb.png",
                          "import.unsupported png_rgba.png",
                          "import.unsupported webp.webp"};
  for (const Encoding encoding : {Encoding::jpeg, Encoding::rgb}) {
    ImportOptions o = with(2, encoding);
    o.on_error = OnError::skip;
    o.overwrite = true;
    const auto report = import_folder(in_.path(), path_, o);
    ASSERT_TRUE(report.ok()) << report.status().to_string();
    EXPECT_EQ(code_and_name(report->skipped), expected);
    size_t files = 0;
    for ([[maybe_unused]] const auto& e : fs::directory_iterator(odd)) ++files;
    EXPECT_EQ(report->samples + report->skipped.size(), files);
    EXPECT_EQ(report->unsupported, 7u);
    EXPECT_EQ(report->oriented, 1u);
    EXPECT_TRUE(verify_all(**Dataset::open(path_)).ok());
  }
}

}  // namespace
}  // namespace headrace::testing
