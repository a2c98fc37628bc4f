// Where a process may not make memory executable: a clear line, and the loop interpreter unless code was
// asked for.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "cli_testing.h"
#include "headrace/pipeline.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

namespace headrace {
namespace {

using testing::Args;
using testing::Outcome;

constexpr const char* kDenied =
    "this process may not make memory executable (mprotect: Permission denied); the engine \"loop-interp\" "
    "needs none and gives the "
    "same bytes, slower";

/// Runs `body` in a process that the kernel denies executable memory, and gives back its exit code; 77 if it
/// cannot.
int where_denied(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0) ::_exit(77);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool can_be_denied() {
  return where_denied([] { return 0; }) == 0;
}

Outcome headrace_denied(const testing::TempDir& dir, const Args& args) {
  const std::string out = dir / "denied.out", err = dir / "denied.err";
  Outcome outcome;
  outcome.code = where_denied([&] {
    if (!std::freopen(out.c_str(), "w", stdout) || !std::freopen(err.c_str(), "w", stderr)) return 78;
    std::vector<char*> argv = {const_cast<char*>(HEADRACE_BINARY)};
    for (const std::string& a : args) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    ::execv(HEADRACE_BINARY, argv.data());
    return 79;
  });
  outcome.out = testing::read_text(out);
  outcome.err = testing::read_text(err);
  return outcome;
}

class NoExecutableMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!can_be_denied()) GTEST_SKIP() << "this kernel has no PR_SET_MDWE";
  }

  testing::TempDir dir_;
  std::string spec_ = testing::make_spec(dir_, 8), data_ = testing::make_dataset(dir_, {}, 1);
};

TEST_F(NoExecutableMemory, RunTakesTheLoopInterpreterAndSaysSo) {
  const Args args = {"run", spec_, data_, "--digest", "--batch-size", "2"};
  const Outcome denied = headrace_denied(dir_, args), free = testing::headrace(args);
  ASSERT_EQ(denied.code, 0) << denied.err;
  EXPECT_EQ(denied.err.substr(0, denied.err.find('\n')), std::string("warning: ") + kDenied + ": using it");
  EXPECT_NE(denied.out.find("engine=loop-interp"), std::string::npos) << denied.out;
  EXPECT_EQ(testing::digest_of(denied), testing::digest_of(free));
}

TEST_F(NoExecutableMemory, CodeThatWasAskedForIsAnError) {
  const Outcome denied = headrace_denied(dir_, {"run", spec_, data_, "--engine", "jit"});
  EXPECT_EQ(denied.code, 1);
  EXPECT_EQ(denied.err, std::string("error[compile.no_executable_memory] ") + kDenied + "\n");
  EXPECT_EQ(denied.out, "");
}

TEST_F(NoExecutableMemory, CompileSaysSo) {
  const std::string text = testing::read_text(spec_);
  EXPECT_EQ(
      where_denied([&] {
        const auto made = compile(text, nullptr);
        return made.status().to_string() == std::string("error[compile.no_executable_memory] ") + kDenied ? 0
                                                                                                          : 1;
      }),
      0);
}

// No page of a compiled pipeline's process is both writable and executable, whatever the engine.
TEST(WriteXorExecute, HoldsOfLinkedCode) {
  const testing::TempDir dir;
  const std::string text = testing::read_text(testing::make_spec(dir, 8));
  const auto linked = compile(text, nullptr);
  ASSERT_TRUE(linked.ok()) << linked.status().to_string();
  CompileOptions told;
  told.debug = {.source = "loops.txt", .gdb = true};
  const auto debugged = compile(text, nullptr, told);
  ASSERT_TRUE(debugged.ok()) << debugged.status().to_string();
  CompileOptions cached;
  CacheOptions cache;
  cache.folder = dir / "cache";
  cached.cache = ObjectCache::open(cache);
  const auto mapped = compile(text, nullptr, cached);
  ASSERT_TRUE(mapped.ok()) << mapped.status().to_string();
  std::ifstream maps("/proc/self/maps");
  size_t executable = 0;
  for (std::string line; std::getline(maps, line);) {
    const std::string protection = line.substr(line.find(' ') + 1, 4);
    executable += protection[2] == 'x';
    EXPECT_FALSE(protection[1] == 'w' && protection[2] == 'x') << line;
  }
  EXPECT_GT(executable, 0u);
}

}  // namespace
}  // namespace headrace
