// The object cache as `headrace run` uses it, and `headrace cache`.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "cli_testing.h"

namespace headrace {
namespace {

namespace fs = std::filesystem;
using testing::headrace;
using testing::Outcome;

class CliCache : public ::testing::Test {
 protected:
  CliCache() {
    ::setenv("HEADRACE_CACHE_DIR", folder_.c_str(), 1);
    ::setenv("HEADRACE_CACHE_MODE", "rw", 1);
  }
  Outcome run() const { return headrace({"run", spec_, data_, "--digest", "--batch-size", "4"}); }
  std::vector<std::string> entries() const {
    std::vector<std::string> paths;
    for (const auto& e : fs::directory_iterator(folder_)) paths.push_back(e.path());
    return paths;
  }

  testing::TempDir dir_;
  std::string folder_ = dir_ / "cache", data_ = testing::make_dataset(dir_), spec_ = testing::make_spec(dir_);
};

TEST_F(CliCache, TheSecondRunTakesTheCodeOfTheFirst) {
  EXPECT_EQ(headrace({"cache", "ls"}).out, "0 entries\n");
  const Outcome first = run();
  ASSERT_EQ(first.code, 0) << first.err;
  ASSERT_EQ(entries().size(), 1u);
  const auto stored = testing::read_bytes(entries()[0]);
  const Outcome second = run();
  EXPECT_EQ(testing::digest_of(second), testing::digest_of(first));
  EXPECT_EQ(entries().size(), 1u);
  ::setenv("HEADRACE_CACHE_MODE", "off", 1);
  EXPECT_EQ(testing::digest_of(run()), testing::digest_of(first));
  ::setenv("HEADRACE_CACHE_MODE", "rw", 1);

  const Outcome list = headrace({"cache", "ls"});
  EXPECT_EQ(list.code, 0) << list.err;
  EXPECT_TRUE(list.out.starts_with(fs::path(entries()[0]).filename().string().substr(0, 16) + "  ")) << list.out;
  EXPECT_NE(list.out.find(", headrace " HEADRACE_VERSION "\n1 entry, "), std::string::npos) << list.out;
  const Outcome verified = headrace({"cache", "verify"});
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_EQ(verified.out, "1 entry the same when compiled again, 0 of other builds, 0 bad\n");
  // Compiled by another process, to the same bytes.
  fs::remove(entries()[0]);
  ASSERT_EQ(run().code, 0);
  EXPECT_EQ(testing::read_bytes(entries()[0]), stored);

  EXPECT_EQ(headrace({"cache", "clear"}).out, "removed 1 entry\n");
  EXPECT_EQ(entries().size(), 0u);
}

TEST_F(CliCache, ADamagedEntryIsReportedAndReplaced) {
  const Outcome first = run();
  ASSERT_EQ(first.code, 0) << first.err;
  auto bytes = testing::read_bytes(entries()[0]);
  bytes[bytes.size() / 2] ^= 1;
  testing::write_bytes(entries()[0], bytes);
  fs::permissions(entries()[0], fs::perms::owner_read | fs::perms::owner_write);
  const std::string name = fs::path(entries()[0]).filename().string().substr(0, 16);
  const Outcome verified = headrace({"cache", "verify"});
  EXPECT_EQ(verified.code, 1);
  EXPECT_EQ(verified.out, name + ": is damaged\n0 entries the same when compiled again, 0 of other builds, 1 bad\n");
  EXPECT_EQ(testing::digest_of(run()), testing::digest_of(first));
  EXPECT_EQ(headrace({"cache", "verify"}).code, 0);
}

TEST_F(CliCache, WhereNothingCanBeKeptALineSaysSo) {
  testing::write_text(folder_, "");
  const Outcome o = run();
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.err.find("warning: compiled code is kept in memory only: " + folder_ + " cannot be "), 0u) << o.err;
  EXPECT_EQ(headrace({"cache", "verify"}).code, 1);
  ::setenv("HEADRACE_CACHE_MODE", "off", 1);
  const Outcome off = headrace({"cache", "ls"});
  EXPECT_EQ(off.code, 1);
  EXPECT_EQ(off.err, "error[cache.off] HEADRACE_CACHE_MODE is off\n");
  EXPECT_EQ(run().err.find("warning"), std::string::npos);
}

}  // namespace
}  // namespace headrace
