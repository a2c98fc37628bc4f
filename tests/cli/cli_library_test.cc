// --library: a pipeline that calls C functions runs with the library that was named, and not without.
#include <gtest/gtest.h>

#include <filesystem>

#include "cli_testing.h"

namespace headrace {
namespace {

using testing::headrace;
using testing::Outcome;

const std::string kLibrary = HEADRACE_USER_FUNCTIONS;
const std::string kName = std::filesystem::path(kLibrary).filename();

class CliLibrary : public ::testing::Test {
 protected:
  std::string spec(const std::string& symbol) const {
    const std::string path = dir_ / (symbol + ".json");
    testing::write_text(path, R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"},
        {"op": "random_resized_crop", "size": [24, 24]}, {"op": "call", "symbol": ")" +
                                  symbol + R"(", "library": ")" + kName + R"(", "per": "row"}]}})");
    return path;
  }

  testing::TempDir dir_;
  std::string data_ = testing::make_dataset(dir_);
};

TEST_F(CliLibrary, EveryEngineRunsWithTheLibraryThatIsNamed) {
  std::string digest;
  for (const std::string& engine : testing::engines()) {
    const Outcome run = headrace({"run", spec("invert"), data_, "--engine", engine, "--digest", "--library",
                                  kLibrary, "--library", HEADRACE_LOUD_LIBRARY});
    ASSERT_EQ(run.code, 0) << run.err;
    if (digest.empty()) digest = testing::digest_of(run);
    EXPECT_EQ(testing::digest_of(run), digest) << engine;
  }
}

TEST_F(CliLibrary, NoneIsLoadedThatIsNotNamed) {
  const Outcome run = headrace({"run", spec("invert"), data_, "--engine", testing::engines().front()});
  EXPECT_EQ(run.code, 1);
  EXPECT_EQ(run.err, "error[library.not_named] the pipeline calls \"invert\" of the library \"" + kName +
                         "\", and a library is loaded only if it is named: expected --library PATH/" + kName +
                         " or, in code, the option `libraries`; none is named\n");
}

TEST_F(CliLibrary, AFailureNamesTheSample) {
  const Outcome run = headrace({"run", spec("picky"), data_, "--engine", testing::engines().front(),
                                "--order", "sequential", "--threads", "1", "--library", kLibrary});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find("\nerror[sample.call] " + data_ + ": sample 0 (key \""), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find(": the function \"picky\" of \"" + kName + "\" returned -5 for row 2"),
            std::string::npos)
      << run.err;
}

}  // namespace
}  // namespace headrace
