// `headrace explain`, and the options that make line tables.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cli_testing.h"

namespace headrace {
namespace {

using Json = nlohmann::json;
using testing::Args;
using testing::headrace;
using testing::Outcome;

class ExplainCommand : public ::testing::Test {
 protected:
  Outcome explain(const Args& options = {}) const {
    Args args = {"explain", spec_, "--data", data_, "--rounds", "2"};
    args.insert(args.end(), options.begin(), options.end());
    return headrace(args);
  }

  testing::TempDir dir_;
  std::string spec_ = testing::make_spec(dir_), data_ = testing::make_dataset(dir_, {"--encoding", "jpeg"});
};

TEST_F(ExplainCommand, SaysWhatBecameOfEachOperation) {
  const std::string json_file = dir_ / "e.json", html_file = dir_ / "e.html";
  const Outcome out = explain({"--json", json_file, "--html", html_file});
  ASSERT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(out.err, "");
  for (const char* part : {"What became of each operation\n", "What did not fuse, and why\n",
                           "Constants in the code\n", "Time of a sample, one thread\n", "Scratch memory\n",
                           "What floors are\n", "  entropy decode ", "fused into the nest \"image\""}) {
    EXPECT_NE(out.out.find(part), std::string::npos) << part;
  }
  const Json json = Json::parse(testing::read_text(json_file));
  ASSERT_FALSE(json["ops"].empty());
  for (const Json& op : json["ops"]) {
    if (!op["pointer"].get<std::string>().starts_with("/outputs/image/")) continue;
    EXPECT_TRUE(op["fate"].get<std::string>().starts_with("fused into the nest \"image\"")) << op;
    EXPECT_FALSE(op["nodes"].empty()) << op;
  }
  EXPECT_EQ(json["data"]["samples"], 12);
  EXPECT_EQ(json["data"]["encodings"], "jpeg");
  EXPECT_GT(json["scratch_bytes"]["largest"], 0);
  EXPECT_TRUE(testing::read_text(html_file).starts_with("<!doctype html>\n"));
}

// Shares are those of one whole; what runs is counted to the call.
TEST_F(ExplainCommand, TimesAddUpAndCallsAreExact) {
  const std::string file = dir_ / "e.json";
  ASSERT_EQ(explain({"--json", file}).code, 0);
  const Json json = Json::parse(testing::read_text(file));
  double share = 0;
  std::map<std::string, Json> stages;
  for (const Json& s : json["stages"]) {
    share += s["share"].get<double>();
    stages[s["name"]] = s;
  }
  EXPECT_NEAR(share, 1.0, 0.1);
  EXPECT_EQ(stages.at("run")["calls"], 1);
  EXPECT_EQ(stages.at("plan")["calls"], 1);
  EXPECT_EQ(stages.at("hr_image_open")["calls"], 1);
  EXPECT_EQ(stages.at("hr_image_open")["generated"], false);
  EXPECT_FALSE(stages.at("hr_image_rows").contains("code"));
  EXPECT_EQ(stages.at("hr_image_rows")["kind"], "entropy decode");
  bool stores = false;
  for (const auto& [name, s] : stages) {
    if (s["kind"] != "store" || s["calls"] == 0) continue;
    stores = true;
    EXPECT_GT(s["bytes_written"].get<double>(), 0) << name;
    EXPECT_GT(s["floor_ns"].get<double>(), 0) << name;
    EXPECT_FALSE(s["code"].empty()) << name;
  }
  EXPECT_TRUE(stores);
  // The loop IR is what `compile --emit loop` prints for these samples.
  const Outcome loop = headrace({"compile", spec_, "--data", data_, "--emit", "loop"});
  EXPECT_EQ(json["loop"].get<std::string>(), loop.out);
}

// What a function gets and leaves is counted by the image, in scratch memory too.
TEST_F(ExplainCommand, CountsTheImagesOfFunctions) {
  const std::string spec = dir_ / "calls.json", file = dir_ / "e.json";
  testing::write_text(spec, R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"},
      {"op": "resize", "size": [16, 24]}, {"op": "call", "symbol": "mark", "library": "user_functions.so",
      "per": "row", "out": "f32"}]}})");
  const Outcome out = headrace({"explain", spec, "--data", data_, "--rounds", "1", "--library",
                                HEADRACE_USER_FUNCTIONS, "--json", file});
  ASSERT_EQ(out.code, 0) << out.err;
  const Json json = Json::parse(testing::read_text(file));
  bool found = false;
  for (const Json& s : json["stages"]) {
    if (s["name"] != "hr_user_call") continue;
    found = true;
    EXPECT_EQ(s["what"], "C functions of yours: mark of user_functions.so");
    EXPECT_EQ(s["calls"], 1);
    EXPECT_EQ(s["bytes_read"], 16 * 24 * 3);
    EXPECT_EQ(s["bytes_written"], 16 * 24 * 3 * 4);
  }
  EXPECT_TRUE(found);
  for (const char* part : {"  scratch0     image for a function ", "  mark         image it leaves "})
    EXPECT_NE(out.out.find(part), std::string::npos) << part << out.out;
}

TEST_F(ExplainCommand, CountsTheSameEveryTime) {
  const std::string a = dir_ / "a.json", b = dir_ / "b.json";
  ASSERT_EQ(explain({"--json", a}).code, 0);
  ASSERT_EQ(explain({"--json", b}).code, 0);
  const Json first = Json::parse(testing::read_text(a)), second = Json::parse(testing::read_text(b));
  ASSERT_EQ(first["stages"].size(), second["stages"].size());
  for (size_t i = 0; i < first["stages"].size(); ++i) {
    for (const char* key : {"name", "calls", "bytes_loaded", "bytes_stored", "vector_ops"}) {
      EXPECT_EQ(first["stages"][i][key], second["stages"][i][key])
          << first["stages"][i]["name"] << " " << key;
    }
  }
  EXPECT_EQ(first["memory"], second["memory"]);
}

TEST_F(ExplainCommand, RefusesWhatCannotBe) {
  EXPECT_EQ(explain({"--html", data_}).err.substr(0, 18), "error[cli.output] ");
  EXPECT_EQ(explain({"--html", dir_ / "x", "--json", dir_ / "x"}).code, 2);
  const Outcome none = headrace({"explain", spec_});
  EXPECT_EQ(none.code, 2);
  EXPECT_NE(none.err.find("--data is required"), std::string::npos) << none.err;
  const Outcome absent = headrace({"explain", spec_, "--data", dir_ / "none.hrd"});
  EXPECT_EQ(absent.code, 1);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "x"));
}

TEST_F(ExplainCommand, RunWithLineTablesGivesTheSameBytes) {
  const std::string loops = dir_ / "loops.txt";
  const Args run = {"run", spec_, data_, "--digest", "--batch-size", "4", "--isa", "x86-64-v3"};
  Args debug = run;
  debug.insert(debug.end(), {"--debug", loops});
  const Outcome plain = headrace(run), with = headrace(debug);
  ASSERT_EQ(plain.code, 0) << plain.err;
  ASSERT_EQ(with.code, 0) << with.err;
  EXPECT_EQ(testing::digest_of(with), testing::digest_of(plain));
  const Outcome loop = headrace({"compile", spec_, "--data", data_, "--isa", "x86-64-v3", "--emit", "loop"});
  EXPECT_EQ(testing::read_text(loops), loop.out);
}

TEST_F(ExplainCommand, LineTablesAreOfCodeOnly) {
  const Outcome interpreted = headrace({"run", spec_, data_, "--engine", "interp", "--debug", dir_ / "l"});
  EXPECT_EQ(interpreted.code, 2);
  EXPECT_NE(interpreted.err.find("--debug: is of the engine jit"), std::string::npos) << interpreted.err;
  const Outcome text = headrace({"compile", spec_, "--emit", "asm", "-g"});
  EXPECT_EQ(text.code, 2);
  EXPECT_NE(text.err.find("-g: line tables are part of obj and so"), std::string::npos) << text.err;
  EXPECT_EQ(headrace({"compile", spec_, "--emit", "so", "-o", dir_ / "a.so", "--debug-source", "x"}).code, 2);
  EXPECT_EQ(headrace({"run", spec_, data_, "--debug", data_}).err.substr(0, 18), "error[cli.output] ");
}

TEST_F(ExplainCommand, ObjectsNameTheirSource) {
  const std::string so = dir_ / "a.so";
  const Outcome made =
      headrace({"compile", spec_, "--emit", "so", "-g", "--debug-source", "some/loops.txt", "-o", so});
  if (made.err.find("HEADRACE_AOT=OFF") != std::string::npos) GTEST_SKIP();
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_NE(testing::read_text(so).find("loops.txt"), std::string::npos);
  const Outcome run =
      headrace({"run", data_, "--engine", "aot", "--object", so, "--digest", "--batch-size", "4"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(testing::digest_of(run),
            testing::digest_of(headrace({"run", spec_, data_, "--digest", "--batch-size", "4"})));
}

}  // namespace
}  // namespace headrace
