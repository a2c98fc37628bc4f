#include <gtest/gtest.h>

#include <algorithm>

#include "cli_testing.h"

namespace headrace {
namespace {

using testing::Args;
using testing::headrace;
using testing::Outcome;
using testing::TempDir;

std::vector<std::string> stages() {
#ifdef HEADRACE_WITH_JIT
  return {"graph", "graph-opt", "loop", "llvm", "llvm-opt", "asm"};
#else
  return {"graph", "graph-opt", "loop"};
#endif
}

class CliCompile : public ::testing::Test {
 protected:
  Outcome compile(const Args& options) const {
    Args args = {"compile", spec_};
    args.insert(args.end(), options.begin(), options.end());
    return headrace(args);
  }

  TempDir dir_;
  std::string spec_ = testing::make_spec(dir_);
};

TEST_F(CliCompile, PrintsEveryStageAndWritesTheSameToAFile) {
  std::vector<std::string> texts;
  for (const std::string& stage : stages()) {
    const Outcome o = compile({"--emit", stage});
    ASSERT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.err, "");
    EXPECT_GT(o.out.size(), 100u);
    for (const std::string& other : texts) EXPECT_NE(o.out, other) << stage;
    texts.push_back(o.out);
    const Outcome to_file = compile({"--emit", stage, "-o", dir_ / "out.txt"});
    ASSERT_EQ(to_file.code, 0) << to_file.err;
    EXPECT_EQ(to_file.out, "");
    EXPECT_EQ(testing::read_text(dir_ / "out.txt"), o.out);
  }
  EXPECT_EQ(dir_.names(), (std::vector<std::string>{"out.txt", "spec.json"}));
}

TEST_F(CliCompile, PrintsWhatPassesChanged) {
  const Outcome all = compile({"--emit", "graph-opt", "--print-changed"});
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(all.err.find("; after "), 0u) << all.err;
  EXPECT_NE(all.err.find(" (exact)\n"), std::string::npos) << all.err;
  // The last text printed is the result.
  EXPECT_TRUE(all.err.ends_with(all.out)) << all.err;

  const Outcome exact = compile({"--emit", "graph-opt", "--print-changed", "--numerics", "exact"});
  ASSERT_EQ(exact.code, 0) << exact.err;
  EXPECT_EQ(exact.err.find(" (approx)\n"), std::string::npos) << exact.err;
}

TEST_F(CliCompile, StopsAfterAPassAndTimesThem) {
  const Outcome all = compile({"--emit", "graph-opt", "--time-passes"});
  ASSERT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(all.err.find("pass                     tag      changed          ms\n"), 0u) << all.err;
  EXPECT_NE(all.err.find("\ntotal "), std::string::npos) << all.err;
  const std::string first =
      all.err.substr(all.err.find('\n') + 1, all.err.find(' ', all.err.find('\n')) - all.err.find('\n') - 1);
  const Outcome stopped = compile({"--emit", "graph-opt", "--time-passes", "--stop-after", first});
  ASSERT_EQ(stopped.code, 0) << stopped.err;
  EXPECT_EQ(std::count(stopped.err.begin(), stopped.err.end(), '\n'), 3) << stopped.err;
  EXPECT_NE(stopped.out, all.out);

  const Outcome unknown = compile({"--emit", "graph-opt", "--stop-after", "polish"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_EQ(unknown.err.find("error[compile.unknown_pass] there is no pass \"polish\"; the passes are "), 0u)
      << unknown.err;
}

TEST_F(CliCompile, ChecksTheSpecAgainstTheData) {
  const std::string data = testing::make_dataset(dir_, {}, 1);
  EXPECT_EQ(compile({"--emit", "graph", "--data", data}).code, 0);
  testing::write_text(spec_, R"({"headrace": 1, "outputs": {"x": [{"op": "field", "field": "weight"}]}})");
  EXPECT_EQ(compile({"--emit", "graph"}).code, 0);
  const Outcome o = compile({"--emit", "graph", "--data", data});
  EXPECT_EQ(o.code, 1);
  EXPECT_NE(o.err.find(spec_ + "#/outputs/x/0"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("weight"), std::string::npos) << o.err;
}

#ifdef HEADRACE_WITH_JIT
TEST_F(CliCompile, ShowsCodeOfALevelThatNeedNotRunHere) {
  const Outcome v3 = compile({"--emit", "asm", "--isa", "x86-64-v3"});
  const Outcome v4 = compile({"--emit", "asm", "--isa", "x86-64-v4"});
  ASSERT_EQ(v3.code, 0) << v3.err;
  ASSERT_EQ(v4.code, 0) << v4.err;
  EXPECT_EQ(v3.out.find("zmm"), std::string::npos);
  EXPECT_NE(v3.out.find("ymm"), std::string::npos);
  EXPECT_NE(v4.out, v3.out);
}
#endif

TEST_F(CliCompile, SaysWhereItCannotWrite) {
  const Outcome o = compile({"--emit", "graph", "-o", dir_ / "none/out.txt"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.err,
            "error[data.io] " + (dir_ / "none/out.txt") + ": cannot be created: its folder does not exist\n");
}

}  // namespace
}  // namespace headrace
