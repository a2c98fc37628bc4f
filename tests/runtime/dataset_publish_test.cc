// All or nothing: whatever goes wrong, no half-written file is ever seen, and no temporary file stays.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "dataset_testing.h"
#include "headrace/dataset.h"

namespace {
// Which call of fsync() fails, counted from 1; 0: none. The program's own fsync() below stands in for libc's.
int g_failing_fsync = 0;
int g_fsync_calls = 0;
}  // namespace

extern "C" int fsync(int fd) {
  if (++g_fsync_calls == g_failing_fsync) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace headrace::testing {
namespace {

using Names = std::vector<std::string>;

class DatasetPublish : public ::testing::Test {
 protected:
  void TearDown() override { g_failing_fsync = 0; }
  Expected<std::unique_ptr<DatasetWriter>> writer(const WriterOptions& options = {}) {
    return DatasetWriter::create(path_, image_schema(), options);
  }
  Status add(DatasetWriter& w, uint32_t side = 4) {
    const Bytes pixels = noise(size_t{side} * side * 3, 1);
    const FieldValue values[] = {FieldValue::image(pixels, HR_ENCODING_RGB, side, side),
                                 FieldValue::integer(0), FieldValue::bytes(std::string_view("k"))};
    return w.add(values);
  }

  TempDir dir_;
  const std::string path_ = dir_ / "a.hrd";
};

TEST_F(DatasetPublish, NothingIsThereUntilFinish) {
  auto w = writer();
  ASSERT_TRUE(add(**w).ok());
  ASSERT_EQ(dir_.names().size(), 1u);
  EXPECT_EQ(dir_.names()[0].rfind(".a.hrd.", 0), 0u);
  ASSERT_TRUE((*w)->finish().ok());
  EXPECT_EQ(dir_.names(), Names{"a.hrd"});
  EXPECT_EQ(add(**w).to_string(), "error[data.writer] " + path_ + ": is finished; nothing can be added");
  EXPECT_EQ((*w)->finish().code(), "data.writer");
  *w = nullptr;
  EXPECT_EQ(dir_.names(), Names{"a.hrd"});
}

TEST_F(DatasetPublish, UnfinishedWriterRemovesItsFile) {
  auto w = writer();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(add(**w, 300).ok());  // 27 MB: pages are on disk already
  *w = nullptr;
  EXPECT_EQ(dir_.names(), Names{});
}

TEST_F(DatasetPublish, ExistingFileIsNotTouched) {
  write_text(path_, "precious");
  EXPECT_EQ(writer().status().to_string(),
            "error[data.exists] " + path_ + ": already exists; choose another name or ask to overwrite it");
  EXPECT_EQ(dir_.names(), Names{"a.hrd"});
  EXPECT_EQ(read_bytes(path_).size(), 8u);
}

TEST_F(DatasetPublish, FileThatAppearsMeanwhileIsNotReplaced) {
  auto w = writer();
  ASSERT_TRUE(add(**w).ok());
  write_text(path_, "precious");
  EXPECT_EQ((*w)->finish().code(), "data.exists");
  *w = nullptr;
  EXPECT_EQ(dir_.names(), Names{"a.hrd"});
  EXPECT_EQ(read_bytes(path_).size(), 8u);
}

TEST_F(DatasetPublish, OverwriteReplacesAtTheEndOnly) {
  write_text(path_, "precious");
  auto w = writer({.overwrite = true});
  ASSERT_TRUE(w.ok());
  ASSERT_TRUE(add(**w).ok());
  EXPECT_EQ(read_bytes(path_).size(), 8u);
  ASSERT_TRUE((*w)->finish().ok());
  EXPECT_EQ(dir_.names(), Names{"a.hrd"});
  EXPECT_TRUE(Dataset::open(path_).ok());
}

TEST_F(DatasetPublish, TwoWritersOfOnePathDoNotMeet) {
  auto a = writer(), b = writer();
  ASSERT_TRUE(a.ok() && b.ok());
  ASSERT_TRUE(add(**a).ok());
  ASSERT_TRUE(add(**b).ok());
  ASSERT_TRUE((*a)->finish().ok());
  EXPECT_EQ((*b)->finish().code(), "data.exists");
  *b = nullptr;
  EXPECT_EQ(dir_.names(), Names{"a.hrd"});
  EXPECT_TRUE(Dataset::open(path_).ok());
}

TEST_F(DatasetPublish, FailingFlushSurfaces) {
  auto w = writer();
  ASSERT_TRUE(add(**w).ok());
  g_fsync_calls = 0;
  g_failing_fsync = 1;
  EXPECT_EQ((*w)->finish().to_string(),
            "error[data.io] " + path_ + ": flushing to disk failed: Input/output error; nothing was kept");
  EXPECT_EQ(g_fsync_calls, 1);
  // Not retried: the second attempt would succeed and publish a file that is not on disk.
  EXPECT_EQ((*w)->finish().to_string(),
            "error[data.writer] " + path_ + ": cannot be written any more after an earlier failure");
  EXPECT_EQ(g_fsync_calls, 1);
  *w = nullptr;
  EXPECT_EQ(dir_.names(), Names{});
}

TEST_F(DatasetPublish, FileAndFolderAreFlushed) {
  auto w = writer();
  ASSERT_TRUE(add(**w).ok());
  g_fsync_calls = 0;
  ASSERT_TRUE((*w)->finish().ok());
  EXPECT_EQ(g_fsync_calls, 2);
}

TEST_F(DatasetPublish, FailingFlushOfTheFolderSurfaces) {
  auto w = writer();
  ASSERT_TRUE(add(**w).ok());
  g_fsync_calls = 0;
  g_failing_fsync = 2;
  EXPECT_EQ((*w)->finish().to_string(),
            "error[data.io] " + path_ + ": is complete, but flushing its folder failed: Input/output error");
}

/// Limits how large a file this process may write, as a full disk would, in its scope.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(DatasetPublish, FullDiskLeavesNothing) {
  // Full while pages are written, in the middle of the index, and at the very end.
  uint64_t whole = 0;
  {
    auto w = writer({.page_size = 64u << 10});
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(add(**w, 100).ok());
    ASSERT_TRUE((*w)->finish().ok());
    whole = std::filesystem::file_size(path_);
    std::filesystem::remove(path_);
  }
  for (const uint64_t limit : {uint64_t{100000}, whole - 2000, whole - 1}) {
    Status st;
    auto w = writer({.page_size = 64u << 10});
    {
      const FileSizeLimit full(limit);
      for (int i = 0; i < 30 && st.ok(); ++i) st = add(**w, 100);
      if (st.ok()) st = (*w)->finish();
    }
    EXPECT_EQ(st.to_string(),
              "error[data.io] " + path_ + ": writing failed: File too large; nothing was kept");
    EXPECT_EQ(add(**w).code(), "data.writer");
    EXPECT_EQ((*w)->finish().code(), "data.writer");
    *w = nullptr;
    EXPECT_EQ(dir_.names(), Names{}) << limit;
  }
}

TEST_F(DatasetPublish, PathsThatCannotBeWritten) {
  const auto error = [&](const std::string& path) {
    return DatasetWriter::create(path, image_schema()).status().to_string();
  };
  EXPECT_EQ(error(dir_ / "none/a.hrd"),
            "error[data.io] " + dir_ / "none/a.hrd" + ": cannot be created: its folder does not exist");
  EXPECT_EQ(error(dir_.path()), "error[data.io] " + dir_.path() + ": is a folder, not a file");
  EXPECT_EQ(error(dir_ / "x/"), "error[data.io] " + dir_ / "x/" + ": is not a file name");
  EXPECT_EQ(error(""), "error[data.io] is not a file name");
}

TEST_F(DatasetPublish, WhatIsNoFileIsNotReplaced) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  write_text(dir_ / "real", "precious");
  for (const char* name : {"dangling", "link"}) {
    std::filesystem::create_symlink(name == std::string("link") ? dir_ / "real" : "nowhere", dir_ / name);
  }
  const auto error = [](const std::string& path, bool overwrite) {
    return DatasetWriter::create(path, image_schema(), {.overwrite = overwrite}).status().to_string();
  };
  for (const std::string& path : {path_, std::string("/dev/null")}) {
    for (const bool overwrite : {false, true}) {
      EXPECT_EQ(error(path, overwrite),
                "error[data.io] " + path + ": is a device, pipe or socket, not a file");
    }
  }
  for (const char* name : {"dangling", "link"}) {
    EXPECT_EQ(error(dir_ / name, true),
              "error[data.io] " + dir_ / name + ": is a link and is not replaced; name the file it leads to");
    EXPECT_EQ(error(dir_ / name, false), "error[data.exists] " + dir_ / name +
                                             ": already exists; choose another name or ask to overwrite it");
  }
  EXPECT_EQ(dir_.names(), (Names{"a.hrd", "dangling", "link", "real"}));
}

TEST_F(DatasetPublish, LeftoversOfKilledWritersAreRemoved) {
  // A process that is killed while it writes, and one that is not.
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t killed = ::fork();
  if (killed == 0) {
    const auto w = writer();
    (void)!::write(ready[1], w.ok() ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char said = 0;
  ASSERT_EQ(::read(ready[0], &said, 1), 1);
  ASSERT_EQ(said, 'y');
  ::kill(killed, SIGKILL);
  ASSERT_EQ(::waitpid(killed, nullptr, 0), killed);
  auto alive = writer();
  ASSERT_TRUE(add(**alive).ok());
  const Names others = {".a.hrd.12-0.tmp.bak", ".a.hrd.x-1.tmp", ".a.hrd.12.tmp", ".b.hrd.12-0.tmp"};
  for (const std::string& name : others) write_text(dir_ / name, "not ours");
  write_text(dir_ / ".a.hrd.12-0.tmp", "left behind");
  Names before = dir_.names();
  EXPECT_EQ(before.size(), others.size() + 2) << "the killed one's is gone, as the second writer came";

  auto next = writer();
  ASSERT_TRUE(next.ok());
  EXPECT_FALSE(std::filesystem::exists(dir_ / ".a.hrd.12-0.tmp"));
  for (const std::string& name : others) EXPECT_TRUE(std::filesystem::exists(dir_ / name)) << name;
  // The one that still writes keeps its file to the end.
  ASSERT_TRUE((*alive)->finish().ok());
  EXPECT_TRUE(Dataset::open(path_).ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(DatasetPublish, LongNamesAreFine) {
  const std::string path = dir_ / (std::string(251, 'n') + ".hrd");
  EXPECT_TRUE(write_images(path, 1, 2, 2).ok());
  EXPECT_TRUE(Dataset::open(path).ok());
}

TEST_F(DatasetPublish, PageSizes) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{32768}, uint64_t{65537}, uint64_t{2} << 30}) {
    EXPECT_EQ(writer({.page_size = size}).status().to_string(),
              "error[data.page_size] " + path_ + ": page size " + std::to_string(size) +
                  " is not a power of two from 65536 (64 KiB) to 1073741824 (1 GiB)");
  }
  EXPECT_EQ(dir_.names(), Names{});
}

TEST_F(DatasetPublish, Schemas) {
  const auto error = [&](const Schema& schema) {
    return DatasetWriter::create(path_, schema).status().to_string();
  };
  const std::string start = "error[data.schema] " + path_ + ": ";
  EXPECT_EQ(error({}), start + "a schema needs at least one field");
  EXPECT_EQ(error({{{"a-b", FieldKind::i64, {}},
                    {"", FieldKind::i64, {}},
                    {"a", FieldKind::f64, {"x"}},
                    {"a", FieldKind::bytes, {}}}}),
            start + "field name \"a-b\" is not 1 to 63 of [A-Za-z0-9_]\n" + start +
                "field name \"\" is not 1 to 63 of [A-Za-z0-9_]\n" + start +
                "field \"a\" is f64; only i64 fields may name their values\n" + start +
                "field name \"a\" is used twice");
  EXPECT_EQ(error({{{std::string(64, 'x'), FieldKind::i64, {}}}}),
            start + "field name \"" + std::string(64, 'x') + "\" is not 1 to 63 of [A-Za-z0-9_]");
  EXPECT_EQ(error({{{"a", static_cast<FieldKind>(9), {}}}}), start + "field \"a\" has the unknown kind 9");
}

TEST_F(DatasetPublish, Values) {
  auto w = writer();
  const Bytes rgb(12), jpeg = make_jpeg(8, 6);
  const auto error = [&](const FieldValue& image, const FieldValue& label = FieldValue::integer(0),
                         const FieldValue& key = FieldValue::bytes(std::string_view("k"))) {
    const FieldValue values[] = {image, label, key};
    const std::string text = (*w)->add(values).to_string();
    const std::string start = "error[data.value] " + path_ + ": sample 0, field ";
    return text.rfind(start, 0) == 0 ? text.substr(start.size()) : text;
  };
  const auto image = [](const Bytes& b, uint32_t encoding, uint32_t width, uint32_t height,
                        uint32_t channels = 3) {
    return FieldValue::image(b, encoding, width, height, channels);
  };
  EXPECT_EQ(error(image(rgb, HR_ENCODING_RGB, 2, 3)),
            "\"image\": rgb of 2 x 3 pixels in 12 bytes, expected width x height x 3");
  EXPECT_EQ(error(image(rgb, HR_ENCODING_RGB, 2, 2, 1)), "\"image\": rgb of 1 channel, expected 3");
  EXPECT_EQ(error(image(rgb, HR_ENCODING_RGB, 0, 2)), "\"image\": an image of 0 x 2 pixels");
  EXPECT_EQ(error(image(rgb, 77, 2, 2)), "\"image\": the unknown image encoding 77");
  EXPECT_EQ(error(FieldValue::integer(3)), "\"image\": an image of 0 x 0 pixels");
  EXPECT_EQ(error(image(jpeg, HR_ENCODING_JPEG, 8, 7)),
            "\"image\": a JPEG given as 8 x 7 with 3 channels that is 8 x 6 with 3");
  EXPECT_EQ(error(image(jpeg, HR_ENCODING_JPEG, 8, 6, 1)),
            "\"image\": a JPEG given as 8 x 6 with 1 channel that is 8 x 6 with 3");
  EXPECT_EQ(error(image(jpeg, HR_ENCODING_JPEG, 8, 6, 2)),
            "\"image\": a JPEG of 2 channels, expected 1, 3 or 4");
  EXPECT_EQ(error(image(rgb, HR_ENCODING_JPEG, 2, 2)).rfind("\"image\": bytes that are no JPEG: ", 0), 0u);
  const FieldValue good = image(rgb, HR_ENCODING_RGB, 2, 2);
  EXPECT_EQ(error(good, FieldValue::bytes(rgb)), "\"label\": a payload where a number is expected");
  EXPECT_EQ(error(good, FieldValue::integer(0), good), "\"key\": an image where plain bytes are expected");
  EXPECT_EQ(error(good, FieldValue::integer(0), FieldValue::bytes(std::string_view(std::string(65536, 'k')))),
            "\"key\": a key of 65536 bytes, at most 65535 are possible");
  EXPECT_EQ((*w)->add(std::span(&good, 1)).to_string(),
            "error[data.value] " + path_ + ": sample 0 has 1 value, the schema has 3 fields");
  // A refused sample is no failure of the writer.
  EXPECT_EQ(error(good), "");
  ASSERT_TRUE((*w)->finish().ok());
  EXPECT_EQ((*Dataset::open(path_))->size(), 1u);
}

}  // namespace
}  // namespace headrace::testing
