// What the cache finds again, what it keeps and for how long, and what it does where it can keep nothing.
#include "headrace/object_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "dataset_testing.h"

namespace headrace {
namespace {

namespace fs = std::filesystem;

CacheKey key(int number) {
  std::string hex(64, '0');
  for (int i = 0; i < 4; ++i) hex[static_cast<size_t>(63 - i)] = "0123456789abcdef"[number >> 4 * i & 15];
  return {hex, "recipe " + std::to_string(number) + "\n"};
}

class ObjectCacheTest : public ::testing::Test {
 protected:
  std::shared_ptr<ObjectCache> open(CacheMode mode = CacheMode::read_write, uint64_t max_bytes = 1 << 20) const {
    return ObjectCache::open({mode, folder_, max_bytes, ""});
  }
  /// What get() gives; `made_` counts how often it had to be made.
  std::string get(ObjectCache& cache, int number, size_t bytes = 10) {
    const auto payload = cache.get(key(number), [&]() -> Expected<std::string> {
      ++made_;
      return std::string(bytes, static_cast<char>('a' + number));
    });
    EXPECT_TRUE(payload.ok()) << payload.status().to_string();
    return payload.ok() ? **payload : "";
  }
  size_t files() const { return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator())); }

  testing::TempDir dir_;
  std::string folder_ = dir_ / "cache";
  int made_ = 0;
};

TEST_F(ObjectCacheTest, WhatWasMadeIsFoundAgainByAnyProcess) {
  const auto cache = open();
  EXPECT_EQ(cache->notice(), "");
  EXPECT_EQ(get(*cache, 1), "bbbbbbbbbb");
  EXPECT_EQ(get(*cache, 1), "bbbbbbbbbb");
  EXPECT_EQ(get(*cache, 2), "cccccccccc");
  EXPECT_EQ(made_, 2);
  CacheCounts counts = cache->counts();
  EXPECT_EQ(counts.hits, 1u);
  EXPECT_EQ(counts.misses, 2u);
  EXPECT_EQ(counts.stored, 2u);
  EXPECT_EQ(counts.refused + counts.failures + counts.shared, 0u);
  const auto later = open();
  EXPECT_EQ(get(*later, 2), "cccccccccc");
  EXPECT_EQ(made_, 2);
  EXPECT_EQ(later->counts().hits, 1u);
}

TEST_F(ObjectCacheTest, FailuresToMakeAreReturnedAndNotKept) {
  const auto cache = open();
  const auto failed = cache->get(key(1), [] { return Expected<std::string>(Status("compile.internal", "x", "no")); });
  EXPECT_EQ(failed.status().to_string(), "error[compile.internal] x: no");
  EXPECT_EQ(get(*cache, 1), "bbbbbbbbbb");
  EXPECT_EQ(made_, 1);
}

TEST_F(ObjectCacheTest, OfManyThreadsThatAskForOneOneMakesIt) {
  for (const CacheMode mode : {CacheMode::read_write, CacheMode::read_only}) {
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
    const auto cache = open(mode);
    std::atomic<int> made{0}, started{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        ++started;
        const auto payload = cache->get(key(7), [&]() -> Expected<std::string> {
          ++made;
          while (started < 8) std::this_thread::yield();
          return std::string("once");
        });
        EXPECT_EQ(*payload.value(), "once");
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(made, 1);
    const CacheCounts counts = cache->counts();
    EXPECT_EQ(counts.misses, 1u);
    EXPECT_EQ(counts.shared + counts.hits, 7u);
    fs::remove_all(folder_);
  }
}

TEST_F(ObjectCacheTest, TheLeastRecentlyUsedGoesFirst) {
  const auto cache = open(CacheMode::read_write, 4000);
  const auto age = [&](int number, int hours) {
    fs::last_write_time(folder_ + "/" + key(number).hex + ".hro", fs::file_time_type::clock::now() - std::chrono::hours(hours));
  };
  for (int i = 1; i <= 3; ++i) {
    get(*cache, i, 1000);
    age(i, 10 - i);
  }
  EXPECT_EQ(files(), 3u);
  get(*cache, 1, 1000);  // used: now 2 is the oldest
  get(*cache, 4, 1000);
  EXPECT_EQ(files(), 3u);
  EXPECT_EQ(made_, 4);
  get(*cache, 1, 1000);
  get(*cache, 3, 1000);
  get(*cache, 4, 1000);
  EXPECT_EQ(made_, 4);
  get(*cache, 2, 1000);
  EXPECT_EQ(made_, 5);
  // One that is larger than the limit takes the place of all others.
  get(*cache, 5, 9000);
  EXPECT_EQ(files(), 1u);
  get(*cache, 5, 9000);
  EXPECT_EQ(made_, 6);
}

TEST_F(ObjectCacheTest, ReadOnlyAddsNothing) {
  get(*open(), 1);
  const auto before = fs::last_write_time(folder_ + "/" + key(1).hex + ".hro");
  const auto cache = open(CacheMode::read_only);
  get(*cache, 1);
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(fs::last_write_time(folder_ + "/" + key(1).hex + ".hro"), before);
  get(*cache, 2);
  get(*cache, 2);  // from memory
  EXPECT_EQ(made_, 2);
  EXPECT_EQ(files(), 1u);
}

TEST_F(ObjectCacheTest, OffKeepsNothing) {
  const auto cache = open(CacheMode::off);
  get(*cache, 1);
  get(*cache, 1);
  EXPECT_EQ(made_, 2);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(ObjectCacheTest, WithoutAFolderMemoryServes) {
  testing::write_text(folder_, "a file");
  const auto cache = open();
  EXPECT_TRUE(cache->notice().starts_with("compiled code is kept in memory only: " + folder_ + " cannot be ")) << cache->notice();
  get(*cache, 1);
  get(*cache, 1);
  EXPECT_EQ(made_, 1);
  EXPECT_EQ(cache->counts().hits, 1u);
  EXPECT_EQ(cache->list().status().to_string(), "error[cache.folder] " + cache->notice());

  const auto none = ObjectCache::open({CacheMode::read_write, "", 1 << 20, "neither HEADRACE_CACHE_DIR nor HOME is set"});
  EXPECT_EQ(none->notice(), "compiled code is kept in memory only: neither HEADRACE_CACHE_DIR nor HOME is set");
}

TEST_F(ObjectCacheTest, ReadOnlyHomeIsNoFailure) {
  fs::create_directories(dir_ / "home");
  ASSERT_EQ(::chmod((dir_ / "home").c_str(), 0500), 0);
  {
    const testing::AsOrdinaryUser user;
    const auto cache = ObjectCache::open({CacheMode::read_write, dir_ / "home/.cache/headrace", 1 << 20, ""});
    EXPECT_EQ(cache->notice(), "compiled code is kept in memory only: " + (dir_ / "home/.cache/headrace") +
                                   " cannot be created: Permission denied");
    EXPECT_EQ(get(*cache, 1), "bbbbbbbbbb");
  }
  ASSERT_EQ(::chmod((dir_ / "home").c_str(), 0700), 0);
}

TEST_F(ObjectCacheTest, ListsAndClears) {
  const auto cache = open();
  get(*cache, 1);
  get(*cache, 2);
  testing::write_text(folder_ + "/notes.txt", "not ours");
  testing::write_text(folder_ + "/.unfinished-1-0", "part");
  testing::write_text(folder_ + "/" + key(9).hex + ".hro", "broken");
  const auto entries = cache->list();
  ASSERT_TRUE(entries.ok()) << entries.status().to_string();
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ((*entries)[0].key, key(1).hex);
  EXPECT_EQ((*entries)[0].recipe, key(1).recipe);
  EXPECT_EQ((*entries)[0].payload, "bbbbbbbbbb");
  EXPECT_EQ((*entries)[0].problem, "");
  EXPECT_EQ((*entries)[2].problem, "is too short");
  EXPECT_EQ(cache->clear().value(), 3u);
  EXPECT_EQ(files(), 1u);
  EXPECT_TRUE(fs::exists(folder_ + "/notes.txt"));
}

class Environment : public ::testing::Test {
 protected:
  Environment() {
    for (const char* name : kNames) ::unsetenv(name);
  }
  static constexpr const char* kNames[] = {"HEADRACE_CACHE_MODE", "HEADRACE_CACHE_DIR", "HEADRACE_CACHE_BYTES", "XDG_CACHE_HOME", "HOME"};
};

TEST_F(Environment, SaysWhereAndHow) {
  EXPECT_EQ(cache_options_from_environment().problem, "neither HEADRACE_CACHE_DIR nor HOME is set");
  ::setenv("HOME", "/home/u", 1);
  CacheOptions o = cache_options_from_environment();
  EXPECT_EQ(o.folder, "/home/u/.cache/headrace");
  EXPECT_EQ(o.mode, CacheMode::read_write);
  EXPECT_EQ(o.max_bytes, uint64_t{1} << 30);
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(cache_options_from_environment().folder, "/home/u/.cache/headrace");
  ::setenv("XDG_CACHE_HOME", "/var/c", 1);
  EXPECT_EQ(cache_options_from_environment().folder, "/var/c/headrace");
  ::setenv("HEADRACE_CACHE_DIR", "/d", 1);
  ::setenv("HEADRACE_CACHE_MODE", "ro", 1);
  ::setenv("HEADRACE_CACHE_BYTES", "1000000", 1);
  o = cache_options_from_environment();
  EXPECT_EQ(o.folder, "/d");
  EXPECT_EQ(o.mode, CacheMode::read_only);
  EXPECT_EQ(o.max_bytes, 1000000u);
  EXPECT_EQ(o.problem, "");
}

TEST_F(Environment, WhatMakesNoSenseTurnsItOff) {
  ::setenv("HOME", "/home/u", 1);
  ::setenv("HEADRACE_CACHE_MODE", "readonly", 1);
  CacheOptions o = cache_options_from_environment();
  EXPECT_EQ(o.mode, CacheMode::off);
  EXPECT_EQ(ObjectCache::open(o)->notice(), "compiled code is not kept: HEADRACE_CACHE_MODE is \"readonly\"; expected off, ro or rw");
  ::setenv("HEADRACE_CACHE_MODE", "rw", 1);
  ::setenv("HEADRACE_CACHE_BYTES", "1G", 1);
  EXPECT_EQ(cache_options_from_environment().problem, "HEADRACE_CACHE_BYTES is \"1G\"; expected a number of bytes");
  ::setenv("HEADRACE_CACHE_BYTES", "5", 1);
  ::setenv("HEADRACE_CACHE_MODE", "off", 1);
  EXPECT_EQ(cache_options_from_environment().mode, CacheMode::off);
}

}  // namespace
}  // namespace headrace
