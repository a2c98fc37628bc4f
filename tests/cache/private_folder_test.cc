// A folder that only this user can write to, and what makes one of its files be refused.
#include "runtime/platform/private_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "dataset_testing.h"

namespace headrace::platform {
namespace {

namespace fs = std::filesystem;

class Folder : public ::testing::Test {
 protected:
  PrivateFolder open() const {
    Expected<PrivateFolder> folder = PrivateFolder::open(path_, true);
    EXPECT_TRUE(folder.ok()) << folder.status().to_string();
    return std::move(folder).value();
  }
  std::string open_error() const { return PrivateFolder::open(path_, true).status().to_string(); }
  std::string read_error(const std::string& name) const { return open().read(name, 1000).status().to_string(); }
  std::string error(const std::string& name, const std::string& what) const {
    return "error[folder] " + path_ + (name.empty() ? "" : "/" + name) + ": " + what;
  }

  testing::TempDir dir_;
  std::string path_ = dir_ / "a/b";
};

mode_t mode_of(const std::string& path) {
  struct stat s;
  EXPECT_EQ(::stat(path.c_str(), &s), 0) << path;
  return s.st_mode & 07777;
}

TEST_F(Folder, IsMadeForThisUserAlone) {
  const mode_t before = ::umask(0);
  open();
  ASSERT_TRUE(open().publish("file", "content").ok());
  ::umask(before);
  EXPECT_EQ(mode_of(path_), 0700u);
  EXPECT_EQ(mode_of(dir_ / "a"), 0700u);
  EXPECT_EQ(mode_of(path_ + "/file"), 0600u);
}

TEST_F(Folder, FilesAreReadAsTheyWerePublished) {
  const PrivateFolder folder = open();
  EXPECT_FALSE(folder.read("file", 1000).value().has_value());
  for (const std::string& content : {std::string("one"), std::string(1000, 'x'), std::string()}) {
    ASSERT_TRUE(folder.publish("file", content).ok());
    EXPECT_EQ(folder.read("file", 1000).value(), content);
  }
  EXPECT_EQ(folder.list().value().size(), 1u);
  EXPECT_TRUE(folder.remove("file"));
  EXPECT_FALSE(folder.remove("file"));
  EXPECT_EQ(folder.list().value().size(), 0u);
}

TEST_F(Folder, OneThatOthersCanWriteToIsRefused) {
  open();
  for (const auto& [mode, text] : {std::pair{0770, "0770"}, {0702, "0702"}, {01777, "1777"}}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode_t(mode)), 0);
    EXPECT_EQ(open_error(), error("", std::string("can be written by others (mode ") + text + ")"));
  }
  ASSERT_EQ(::chmod(path_.c_str(), 0755), 0);
  EXPECT_EQ(open_error(), "");
}

TEST_F(Folder, OneOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a folder away";
  open();
  ASSERT_EQ(::chown(path_.c_str(), 12345, 0), 0);
  EXPECT_EQ(open_error(), error("", "belongs to user 12345, not to this one (0)"));
  ASSERT_EQ(::chown(path_.c_str(), 0, 0), 0);
  ASSERT_TRUE(open().publish("file", "x").ok());
  ASSERT_EQ(::chown((path_ + "/file").c_str(), 12345, 0), 0);
  EXPECT_EQ(read_error("file"), error("file", "belongs to user 12345, not to this one (0)"));
}

TEST_F(Folder, WhatIsNoFolderIsRefused) {
  fs::create_directories(dir_ / "elsewhere");
  fs::create_directory(dir_ / "a");
  fs::create_directory_symlink(dir_ / "elsewhere", path_);
  EXPECT_EQ(open_error(), error("", "is a symbolic link"));
  fs::remove(path_);
  testing::write_text(path_, "");
  EXPECT_EQ(PrivateFolder::open(path_, false).status().code(), "folder");
  EXPECT_EQ(PrivateFolder::open(path_, true).status().code(), "folder");
  EXPECT_EQ(PrivateFolder::open(dir_ / "none", false).status().to_string(),
            "error[folder] " + (dir_ / "none") + ": cannot be opened: No such file or directory");
}

TEST_F(Folder, WhatIsNoFileOfThisUserAloneIsNotRead) {
  const PrivateFolder folder = open();
  ASSERT_TRUE(folder.publish("good", "content").ok());
  fs::create_symlink(path_ + "/good", path_ + "/link");
  EXPECT_EQ(read_error("link"), error("link", "is a symbolic link"));
  fs::create_directory(path_ + "/folder");
  EXPECT_EQ(read_error("folder"), error("folder", "is no regular file"));
  ASSERT_EQ(::mkfifo((path_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_error("pipe"), error("pipe", "is no regular file"));
  ASSERT_EQ(::chmod((path_ + "/good").c_str(), 0622), 0);
  EXPECT_EQ(read_error("good"), error("good", "can be written by others (mode 0622)"));
  ASSERT_EQ(::chmod((path_ + "/good").c_str(), 0644), 0);
  EXPECT_EQ(folder.read("good", 1000).value(), "content");
  EXPECT_EQ(folder.read("good", 6).status().to_string(), error("good", "has 7 bytes; at most 6 are read"));
  fs::create_hard_link(path_ + "/good", dir_ / "other_name");
  EXPECT_EQ(read_error("good"), error("good", "has another name"));
}

TEST_F(Folder, StaysTheSameWhenItsNameIsGivenToAnother) {
  const PrivateFolder folder = open();
  ASSERT_TRUE(folder.publish("file", "mine").ok());
  fs::rename(path_, dir_ / "moved");
  fs::create_directories(path_);
  testing::write_text(path_ + "/file", "theirs");
  EXPECT_EQ(folder.read("file", 1000).value(), "mine");
  ASSERT_TRUE(folder.publish("second", "x").ok());
  EXPECT_TRUE(fs::exists(dir_ / "moved/second"));
  EXPECT_FALSE(fs::exists(path_ + "/second"));
}

TEST_F(Folder, AFailedPublicationLeavesNothing) {
  const PrivateFolder folder = open();
  ASSERT_TRUE(folder.publish("file", "before").ok());
  {
    ASSERT_EQ(::chmod(path_.c_str(), 0500), 0);
    const testing::AsOrdinaryUser user;
    EXPECT_EQ(folder.publish("file", "after").to_string(), error("file", "cannot be created: Permission denied"));
  }
  ASSERT_EQ(::chmod(path_.c_str(), 0700), 0);
  // As on a full disk: the file cannot grow beyond a limit.
  struct rlimit limit;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = limit;
  small.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status full = folder.publish("file", std::string(5000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(full.to_string(), error("file", "cannot be written: File too large"));
  EXPECT_EQ(folder.read("file", 1000).value(), "before");
  EXPECT_EQ(std::distance(fs::directory_iterator(path_), fs::directory_iterator()), 1);
}

TEST_F(Folder, OnlyOldUnfinishedFilesAreLeftOver) {
  const PrivateFolder folder = open();
  const std::string unfinished = path_ + "/.unfinished-1-0123456789abcdef";
  testing::write_text(unfinished, "part");
  ASSERT_TRUE(folder.publish("file", "x").ok());
  EXPECT_EQ(folder.list().value().size(), 1u);
  folder.remove_stale(3600);
  EXPECT_TRUE(fs::exists(unfinished));
  fs::last_write_time(unfinished, fs::file_time_type::clock::now() - std::chrono::hours(2));
  folder.remove_stale(3600);
  EXPECT_FALSE(fs::exists(unfinished));
  EXPECT_EQ(folder.read("file", 10).value(), "x");
}

}  // namespace
}  // namespace headrace::platform
