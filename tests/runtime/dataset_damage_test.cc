// Flipped bits and cut-off files: every byte of a dataset file is under a hash.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "dataset_testing.h"
#include "headrace/dataset.h"
#include "runtime/dataset/format.h"
#include "runtime/dataset/info.h"

namespace headrace::testing {
namespace {

/// The file under test, changed in place.
class Victim {
 public:
  explicit Victim(const std::string& path)
      : path_(path), bytes_(read_bytes(path)), fd_(::open(path.c_str(), O_RDWR)) {}
  ~Victim() { ::close(fd_); }
  const Bytes& bytes() const { return bytes_; }
  void put(size_t at, uint8_t value) const { ASSERT_EQ(::pwrite(fd_, &value, 1, off_t(at)), 1); }
  void truncate(size_t size) const { ASSERT_EQ(::ftruncate(fd_, off_t(size)), 0); }

  /// With byte `at` changed by `mask`: no crash, the change found, and whatever can be read is right.
  void flip(size_t at, uint8_t mask, const std::vector<std::string>& good) const {
    put(at, bytes_[at] ^ mask);
    const auto d = Dataset::open(path_);
    if (d.ok()) {
      EXPECT_FALSE(verify_all(**d).ok()) << "byte " << at << " mask " << int{mask};
      const std::vector<std::string> found = contents(**d);
      ASSERT_EQ(found.size(), good.size());
      for (size_t i = 0; i < good.size(); ++i) {
        if (found[i] != good[i]) {
          EXPECT_EQ(found[i].rfind("error[data.page] " + path_ + ": sample " + std::to_string(i) + " (k/", 0),
                    0u)
              << "byte " << at << ": " << found[i];
        }
      }
    } else {
      EXPECT_EQ(d.status().errors().front().where, path_);
    }
    put(at, bytes_[at]);
  }

 private:
  std::string path_;
  Bytes bytes_;
  int fd_;
};

TEST(DatasetDamage, EveryFlippedByteOfASmallFileIsFound) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 4, 6, 5).ok());
  const std::vector<std::string> good = contents(**Dataset::open(dir / "a.hrd"));
  const Victim file(dir / "a.hrd");
  for (size_t at = 0; at < file.bytes().size(); ++at) {
    file.flip(at, static_cast<uint8_t>(1u << at % 8), good);
    if (at % 7 == 0) file.flip(at, 0xFF, good);
    if (HasFailure()) break;
  }
  EXPECT_TRUE(verify_all(**Dataset::open(dir / "a.hrd")).ok());  // and everything was put back
}

TEST(DatasetDamage, FlippedBytesInManyPages) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 9, 140, 50, {.page_size = 64u << 10}).ok());
  const auto whole = *Dataset::open(dir / "a.hrd");
  ASSERT_EQ(whole->page_count(), 3u);
  const std::vector<std::string> good = contents(*whole);
  const Victim file(dir / "a.hrd");
  for (size_t at = 0; at < file.bytes().size(); at += 331) {
    file.flip(at, static_cast<uint8_t>(1u << at % 8), good);
    if (HasFailure()) break;
  }
}

TEST(DatasetDamage, OnePageDamagedLeavesTheOthersReadable) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 9, 140, 50, {.page_size = 64u << 10}).ok());
  const std::vector<std::string> good = contents(**Dataset::open(dir / "a.hrd"));
  const Victim file(dir / "a.hrd");
  const size_t second_page = 8192 + 4096 + 65536;
  file.put(second_page + 1000, file.bytes()[second_page + 1000] ^ 4);
  const auto d = *Dataset::open(dir / "a.hrd");
  const std::vector<std::string> found = contents(*d);
  for (size_t i = 0; i < 9; ++i) {
    if (i / 3 != 1) {
      EXPECT_EQ(found[i], good[i]);
      continue;
    }
    const std::string start = "error[data.page] " + dir / "a.hrd" + ": sample " + std::to_string(i) + " (k/" +
                              std::to_string(i) +
                              ") cannot be read: page 1 (samples 3 to 5) is damaged: XXH3-64 ";
    EXPECT_EQ(found[i].substr(0, start.size()), start);
  }
  const std::string all = verify_all(*d).to_string();
  const std::string start =
      "error[data.page] " + dir / "a.hrd" + ": page 1 (samples 3 to 5) is damaged: XXH3-64 ";
  EXPECT_EQ(all.substr(0, start.size()), start);

  // Without verification the bytes are handed out as they are.
  const auto lax = *Dataset::open(dir / "a.hrd", {.verify_pages = false});
  EXPECT_NE(contents(*lax), good);
  EXPECT_EQ(contents(*lax)[4].find("error["), std::string::npos);
}

TEST(DatasetDamage, EitherHeaderCopyIsEnough) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 3, 6, 5).ok());
  const std::vector<std::string> good = contents(**Dataset::open(dir / "a.hrd"));
  const Victim file(dir / "a.hrd");
  for (const size_t copy : {0u, 1u}) {
    for (size_t i = 0; i < 4096; ++i) file.put(copy * 4096 + i, 0xA5);
    const auto d = Dataset::open(dir / "a.hrd");
    ASSERT_TRUE(d.ok()) << d.status().to_string();
    EXPECT_EQ(contents(**d), good);
    EXPECT_EQ(verify_all(**d).to_string(), "error[data.header] " + dir / "a.hrd" + ": header copy " +
                                               std::to_string(copy) +
                                               " is damaged or out of date; the other one is used");
    EXPECT_EQ(summarize(**d).notes, std::vector<std::string>{"header copy " + std::to_string(copy) +
                                                             " is damaged; the other one is used"});
    for (size_t i = 0; i < 4096; ++i) file.put(copy * 4096 + i, file.bytes()[copy * 4096 + i]);
  }
  file.put(100, 0xA5);
  file.put(4196, 0xA5);
  EXPECT_EQ(Dataset::open(dir / "a.hrd").status().to_string(),
            "error[data.header] " + dir / "a.hrd" +
                ": both copies of the header are damaged (their XXH3-64 does not match)");
}

TEST(DatasetDamage, EveryTruncationIsRefused) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 4, 6, 5).ok());
  const Victim file(dir / "a.hrd");
  const size_t size = file.bytes().size();
  std::set<std::string> codes;
  for (size_t n = size; n-- > 0;) {
    file.truncate(n);
    const auto d = Dataset::open(dir / "a.hrd");
    ASSERT_FALSE(d.ok()) << n;
    codes.insert(d.status().code());
    if (n == size - 1) {
      EXPECT_EQ(d.status().to_string(), "error[data.truncated] " + dir / "a.hrd" + ": has " +
                                            std::to_string(n) + " bytes, its header says " +
                                            std::to_string(size) + ": it was cut off");
    }
    if (n == 4000) {
      EXPECT_EQ(d.status().to_string(),
                "error[data.truncated] " + dir / "a.hrd" +
                    ": is cut off inside its header: 4000 bytes, at least 8192 expected");
    }
    if (n == 0) {
      EXPECT_EQ(d.status().to_string(),
                "error[data.not_hrd] " + dir / "a.hrd" + ": is empty, not a headrace dataset");
    }
  }
  EXPECT_EQ(codes, (std::set<std::string>{"data.truncated", "data.not_hrd"}));
}

TEST(DatasetDamage, LongerFilesAreRefused) {
  const TempDir dir;
  ASSERT_TRUE(write_images(dir / "a.hrd", 4, 6, 5).ok());
  Bytes bytes = read_bytes(dir / "a.hrd");
  const size_t size = bytes.size();
  bytes.push_back(0);
  write_bytes(dir / "a.hrd", bytes);
  EXPECT_EQ(Dataset::open(dir / "a.hrd").status().to_string(),
            "error[data.truncated] " + dir / "a.hrd" + ": has " + std::to_string(size + 1) +
                " bytes, its header says " + std::to_string(size) + ": something was added to it");
}

TEST(DatasetDamage, LargeIndexesAreCheckedAsSmallOnesAre) {
  // Large enough for a thread of its own to hash it.
  constexpr uint64_t kSamples = 500'000;
  const TempDir dir;
  auto writer =
      DatasetWriter::create(dir / "a.hrd", {{{"label", FieldKind::i64, {}}, {"key", FieldKind::bytes, {}}}});
  ASSERT_TRUE(writer.ok());
  for (uint64_t s = 0; s < kSamples; ++s) {
    const std::string key = "train/sample/" + std::to_string(s);
    ASSERT_TRUE((*writer)->add(std::vector{FieldValue::integer(int64_t(s)), FieldValue::bytes(key)}).ok());
  }
  ASSERT_TRUE((*writer)->finish().ok());
  const auto whole = Dataset::open(dir / "a.hrd");
  ASSERT_TRUE(whole.ok()) << whole.status().to_string();
  std::vector<hr_field> last(2);
  ASSERT_TRUE((*whole)->metadata(kSamples - 1, last).ok());
  EXPECT_EQ(last[0].value, int64_t(kSamples - 1));

  // Keys lie behind the records. A changed extent is also wrong in itself; the damage is what is reported.
  const Victim file(dir / "a.hrd");
  const size_t size = file.bytes().size();
  ASSERT_GT(size - format::load<format::Header>(file.bytes(), 0).index_offset, 16u << 20);
  for (const size_t at : {size - (1u << 20), size - (16u << 20)}) {
    file.put(at, file.bytes()[at] ^ 0x80);
    const auto damaged = Dataset::open(dir / "a.hrd");
    ASSERT_FALSE(damaged.ok()) << at;
    EXPECT_EQ(damaged.status().code(), "data.section") << damaged.status().to_string();
    file.put(at, file.bytes()[at]);
  }
}

TEST(DatasetDamage, OtherFilesAreRefused) {
  const TempDir dir;
  const auto message = [&](std::string_view content) {
    write_text(dir / "x", content);
    return Dataset::open(dir / "x").status().errors().front().message;
  };
  EXPECT_EQ(message(std::string(10000, 'x')),
            "is not a headrace dataset (it does not start with the .hrd magic)");
  EXPECT_EQ(message("{}"), "is not a headrace dataset (it does not start with the .hrd magic)");
  EXPECT_EQ(message("\x89HRD\n\x1a\n and so on"),
            "starts like a headrace dataset, but bytes 4 to 7 of its magic were altered, as a text-mode "
            "transfer does; "
            "copy it again in binary mode");
  EXPECT_EQ(Dataset::open(dir / "none").status().to_string(),
            "error[data.io] " + dir / "none" + ": cannot be opened: No such file or directory");
  EXPECT_EQ(Dataset::open(dir.path()).status().to_string(),
            "error[data.io] " + dir.path() + ": is a folder, not a file");
  EXPECT_EQ(Dataset::open("/dev/zero").status().to_string(),
            "error[data.io] /dev/zero: is not a regular file");
}

}  // namespace
}  // namespace headrace::testing
