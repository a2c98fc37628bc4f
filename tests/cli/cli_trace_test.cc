// `headrace run --trace` and what `--json` says of each epoch.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cli_testing.h"

namespace headrace {
namespace {

using Json = nlohmann::json;
using testing::headrace;
using testing::Outcome;
using testing::TempDir;

class CliTrace : public ::testing::Test {
 protected:
  Outcome run(const testing::Args& options) const {
    testing::Args args = {"run", spec_, data_, "--epochs", "2", "--batch-size", "4", "--threads", "2"};
    args.insert(args.end(), options.begin(), options.end());
    return headrace(args);
  }

  TempDir dir_;
  std::string data_ = testing::make_dataset(dir_);
  std::string spec_ = testing::make_spec(dir_);
};

TEST_F(CliTrace, EveryEngineShowsEntropyDecodingApartFromCode) {
  for (const std::string& engine : testing::engines()) {
    const std::string path = dir_ / (engine + ".json");
    const Outcome o = run({"--engine", engine, "--trace", path});
    ASSERT_EQ(o.code, 0) << o.err;
    const Json trace = Json::parse(testing::read_text(path));
    std::map<std::string, int> events;
    double entropy = 0, code = 0;
    for (const Json& e : trace["traceEvents"]) {
      ++events[e["name"]];
      if (e["name"] == "decode entropy") entropy += e["dur"].get<double>();
      if (e["name"] == "code") code += e["dur"].get<double>();
    }
    EXPECT_EQ(events["sample"], 24) << engine;
    EXPECT_EQ(events["plan"], 24) << engine;
    EXPECT_EQ(events["decode entropy"], 24) << engine;
    EXPECT_EQ(events["code"], 24) << engine;
    EXPECT_EQ(events["batch delivered"], 6) << engine;
    EXPECT_EQ(events["thread_name"], 3) << engine;
    EXPECT_GT(entropy, 0) << engine;
    EXPECT_GT(code, 0) << engine;
  }
}

TEST_F(CliTrace, JsonHasTheStatisticsOfEachEpochAndOfTheRun) {
  const Outcome o = run({"--engine", testing::engines().front(), "--json"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Json json = Json::parse(o.out);
  ASSERT_EQ(json["epochs"].size(), 2u);
  double entropy = 0;
  for (const Json& epoch : json["epochs"]) {
    EXPECT_EQ(epoch["stats"]["samples"], 12);
    EXPECT_EQ(epoch["stats"]["batches"], 3);
    EXPECT_EQ(epoch["stats"]["io"]["reads"], 12);
    EXPECT_GT(epoch["stats"]["us_per_image"]["code"], 0);
    EXPECT_TRUE(epoch["process"]["minor_faults"].is_number_unsigned());
    EXPECT_TRUE(epoch["process"]["read_bytes"].is_number_unsigned());
    EXPECT_TRUE(epoch["limit"].is_string());
    EXPECT_NE(epoch["limit"], "");
    entropy += epoch["stats"]["seconds"]["entropy"].get<double>();
  }
  EXPECT_EQ(json["stats"]["samples"], 24);
  EXPECT_NEAR(json["stats"]["seconds"]["entropy"].get<double>(), entropy, 1e-6);
  EXPECT_GT(entropy, 0);
}

TEST_F(CliTrace, ATraceThatCannotBeWrittenIsAnError) {
  const Outcome o = run({"--engine", testing::engines().front(), "--trace", dir_ / "none/trace.json"});
  EXPECT_EQ(o.code, 1);
  EXPECT_NE(o.err.find("error[data.io] " + (dir_ / "none/trace.json") +
                       ": cannot be created: its folder does not exist\n"),
            std::string::npos)
      << o.err;
}

}  // namespace
}  // namespace headrace
