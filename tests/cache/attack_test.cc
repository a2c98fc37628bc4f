// The cache under attack: whatever happens to its folder, a compilation gets what it asked for, and nothing that was
// not put there whole.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "dataset_testing.h"
#include "headrace/object_cache.h"

namespace headrace {
namespace {

namespace fs = std::filesystem;

const CacheKey kKey{"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "a recipe\n"};

std::string payload(size_t bytes = 3000) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(i * i % 251);
  return text;
}

class CacheUnderAttack : public ::testing::Test {
 protected:
  std::shared_ptr<ObjectCache> open() const { return ObjectCache::open({CacheMode::read_write, folder_, 1 << 24, ""}); }

  /// Asks a fresh cache for the payload; true if it was found there.
  bool found() const {
    const auto cache = open();
    const auto got = cache->get(kKey, [] { return Expected<std::string>(payload()); });
    EXPECT_TRUE(got.ok() && **got == payload());
    counts_ = cache->counts();
    return counts_.hits == 1;
  }

  testing::TempDir dir_;
  std::string folder_ = dir_ / "cache", file_ = folder_ + "/" + kKey.hex + ".hro";
  mutable CacheCounts counts_;
};

TEST_F(CacheUnderAttack, EveryTruncationIsACountedMissAndMended) {
  ASSERT_FALSE(found());
  const testing::Bytes whole = testing::read_bytes(file_);
  for (size_t size = 0; size < whole.size(); size += size < 120 ? 1 : 131) {
    testing::write_bytes(file_, testing::Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    fs::permissions(file_, fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_FALSE(found()) << size;
    EXPECT_EQ(counts_.refused, 1u);
    EXPECT_EQ(counts_.stored, 1u);
    EXPECT_TRUE(found()) << size;
  }
}

TEST_F(CacheUnderAttack, EveryFlippedByteIsACountedMiss) {
  ASSERT_FALSE(found());
  const testing::Bytes whole = testing::read_bytes(file_);
  for (size_t at = 0; at < whole.size(); at += at < 120 ? 1 : 61) {
    testing::Bytes bytes = whole;
    bytes[at] ^= 0x20;
    testing::write_bytes(file_, bytes);
    fs::permissions(file_, fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_FALSE(found()) << at;
    EXPECT_EQ(counts_.refused, 1u);
  }
}

TEST_F(CacheUnderAttack, AnotherEntryUnderItsNameIsRefused) {
  const CacheKey other{std::string(64, 'e'), "another recipe\n"};
  ASSERT_TRUE(open()->get(other, [] { return Expected<std::string>(std::string("evil")); }).ok());
  fs::copy_file(folder_ + "/" + other.hex + ".hro", file_);
  EXPECT_FALSE(found());
  EXPECT_EQ(counts_.refused, 1u);
  EXPECT_TRUE(found());
}

TEST_F(CacheUnderAttack, WrongModesOwnersAndLinksAreRefused) {
  ASSERT_FALSE(found());
  const auto refused = [&](const std::function<void()>& change) {
    change();
    const bool hit = found();
    return !hit && counts_.refused == 1;
  };
  EXPECT_TRUE(refused([&] { ::chmod(file_.c_str(), 0666); }));
  EXPECT_TRUE(found());  // it was replaced by a good one
  EXPECT_TRUE(refused([&] { fs::create_hard_link(file_, dir_ / "mine_too"); }));
  EXPECT_TRUE(found());
  EXPECT_TRUE(refused([&] {
    fs::rename(file_, dir_ / "elsewhere");
    fs::create_symlink(dir_ / "elsewhere", file_);
  }));
  EXPECT_FALSE(fs::is_symlink(file_));
  EXPECT_TRUE(refused([&] {
    fs::remove(file_);
    ::mkfifo(file_.c_str(), 0600);
  }));
  if (::geteuid() == 0) {
    EXPECT_TRUE(found());
    EXPECT_TRUE(refused([&] { ASSERT_EQ(::chown(file_.c_str(), 12345, 0), 0); }));
  }
  // A folder in the place of the file cannot be replaced; the compilation does not mind.
  fs::remove(file_);
  fs::create_directory(file_);
  EXPECT_FALSE(found());
  EXPECT_EQ(counts_.failures, 1u);
}

TEST_F(CacheUnderAttack, AFolderThatOthersCanWriteToIsNotUsed) {
  ASSERT_FALSE(found());
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  EXPECT_FALSE(found());
  EXPECT_EQ(open()->notice(), "compiled code is kept in memory only: " + folder_ + " can be written by others (mode 0777)");
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
  EXPECT_TRUE(found());
  fs::rename(folder_, dir_ / "real");
  fs::create_directory_symlink(dir_ / "real", folder_);
  EXPECT_FALSE(found());
  EXPECT_EQ(open()->notice(), "compiled code is kept in memory only: " + folder_ + " is a symbolic link");
}

TEST_F(CacheUnderAttack, AFullDiskIsNoFailure) {
  struct rlimit limit;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = limit;
  small.rlim_cur = 1000;
  const auto cache = open();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto got = cache->get(kKey, [] { return Expected<std::string>(payload()); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(**got, payload());
  EXPECT_EQ(cache->counts().failures, 1u);
  EXPECT_EQ(cache->notice(), "compiled code is kept in memory only: " + folder_ + " cannot be written: File too large");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 0);
  EXPECT_EQ(**cache->get(kKey, [] { return Expected<std::string>(Status("x", "", "made twice")); }), payload());
}

/// Runs `body` in a process of its own.
pid_t start(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  body();
  ::_exit(::testing::Test::HasFailure() ? 1 : 0);
}

/// In a process of its own that has a file system of `kib` KiB mounted on `folder`; false if that is not allowed here.
bool with_small_disk(const std::string& folder, int kib, const std::function<void()>& body) {
  constexpr int kNotAllowed = 77;
  const pid_t pid = ::fork();
  if (pid == 0) {
    const bool own = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
    const std::string options = "mode=0700,size=" + std::to_string(kib) + "k";
    if (!own || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) != 0) {
      ::_exit(kNotAllowed);
    }
    body();
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotAllowed) return false;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return true;
}

TEST_F(CacheUnderAttack, ADiskThatIsReallyFullOrReadOnlyIsNoFailure) {
  ASSERT_TRUE(fs::create_directory(folder_));
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
  const bool allowed = with_small_disk(folder_, 64, [&] {
    EXPECT_FALSE(found());
    EXPECT_EQ(counts_.stored, 1u);
    const CacheKey large{std::string(64, 'e'), "another recipe\n"};
    const auto cache = open();
    const auto got = cache->get(large, [] { return Expected<std::string>(payload(200'000)); });
    EXPECT_TRUE(got.ok() && **got == payload(200'000));
    EXPECT_EQ(cache->counts().failures, 1u);
    EXPECT_EQ(cache->notice(),
              "compiled code is kept in memory only: " + folder_ + " cannot be written: No space left on device");
    // Nothing unfinished is left, and what was there still is.
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
    EXPECT_TRUE(found());
    ASSERT_EQ(::mount("none", folder_.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    EXPECT_TRUE(found());
    const auto later = open();
    EXPECT_TRUE(later->get(large, [] { return Expected<std::string>(payload()); }).ok());
    EXPECT_EQ(later->counts().failures, 1u);
  });
  if (!allowed) GTEST_SKIP() << "mounting a file system is not allowed here";
}

TEST_F(CacheUnderAttack, AReadOnlyFolderIsNoFailure) {
  ASSERT_FALSE(found());
  ASSERT_EQ(::chmod(folder_.c_str(), 0500), 0);
  // Permissions bind an ordinary user; root becomes one.
  constexpr uid_t kSomebody = 12345;
  if (::geteuid() == 0) {
    ASSERT_EQ(::chmod(dir_.path().c_str(), 0711), 0);
    ASSERT_EQ(::chown(folder_.c_str(), kSomebody, 0), 0);
    ASSERT_EQ(::chown(file_.c_str(), kSomebody, 0), 0);
  }
  const pid_t pid = start([&] {
    if (::geteuid() == 0) {
      ASSERT_EQ(::setuid(kSomebody), 0);
    }
    EXPECT_TRUE(found());
    const CacheKey other{std::string(64, 'e'), "another recipe\n"};
    const auto cache = open();
    EXPECT_TRUE(cache->get(other, [] { return Expected<std::string>(payload()); }).ok());
    EXPECT_EQ(cache->counts().failures, 1u);
    EXPECT_EQ(cache->notice(), "compiled code is kept in memory only: " + folder_ + " cannot be created: Permission denied");
  });
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  ASSERT_EQ(::chmod(folder_.c_str(), 0700), 0);
}

TEST_F(CacheUnderAttack, ProcessesThatRaceForAKeyAllGetIt) {
  std::vector<pid_t> children;
  for (int c = 0; c < 3; ++c) {
    children.push_back(start([&] {
      for (int i = 0; i < 60; ++i) {
        found();
        if (i % 3 == c) fs::remove(file_);
      }
    }));
  }
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  found();
  EXPECT_TRUE(found());
  const auto entries = open()->list();
  ASSERT_TRUE(entries.ok()) << entries.status().to_string();
  for (const CacheEntry& e : *entries) EXPECT_EQ(e.problem, "");
}

TEST_F(CacheUnderAttack, AProcessKilledWhileItStoresLeavesNoHalfEntry) {
  const std::string large = payload(1 << 20);
  for (int round = 0; round < 12; ++round) {
    const pid_t pid = start([&] {
      const auto cache = open();
      for (int i = 0;; ++i) {
        CacheKey key = kKey;
        key.hex[static_cast<size_t>(i % 60)] = 'f';
        fs::remove(folder_ + "/" + key.hex + ".hro");
        (void)cache->get(key, [&] { return Expected<std::string>(large); });
      }
    });
    ::usleep(3000 + 1700 * static_cast<unsigned>(round));
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    const auto entries = open()->list();
    ASSERT_TRUE(entries.ok()) << entries.status().to_string();
    for (const CacheEntry& e : *entries) {
      EXPECT_EQ(e.problem, "");
      EXPECT_EQ(e.payload.size(), large.size());
    }
  }
  found();
  EXPECT_TRUE(found());
  // What was unfinished goes with the rest.
  EXPECT_TRUE(open()->clear().ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 0);
}

}  // namespace
}  // namespace headrace
