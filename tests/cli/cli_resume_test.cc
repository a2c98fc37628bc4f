// Ranks, resuming, failing samples and logs, as a user runs them.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_testing.h"

namespace headrace::testing {
namespace {

using Json = nlohmann::json;

/// The lines of the CSV files, sorted, without their headers.
std::vector<std::string> samples_in(const std::vector<std::string>& paths) {
  std::vector<std::string> lines;
  for (const std::string& path : paths) {
    std::istringstream in(read_text(path));
    std::string line;
    std::getline(in, line);
    EXPECT_EQ(line, "epoch,global_batch,position,sample,xxh3");
    while (std::getline(in, line)) lines.push_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

class CliResume : public ::testing::Test {
 protected:
  Outcome run(Args more) const {
    Args args = {"run", spec_, file_, "--epochs", "2", "--threads", "2", "--engine", engines().front()};
    args.insert(args.end(), more.begin(), more.end());
    return headrace(args);
  }

  TempDir dir_;
  std::string file_ = make_dataset(dir_, {}, 11);  // 22 samples
  std::string spec_ = make_spec(dir_);
};

TEST_F(CliResume, RanksShareTheSamplesOfOneProcess) {
  ASSERT_EQ(run({"--batch-size", "6", "--samples", dir_ / "all.csv"}).code, 0);
  const std::vector<std::string> all = samples_in({dir_ / "all.csv"});
  EXPECT_EQ(all.size(), 44u);
  std::vector<std::string> parts;
  for (const char* rank : {"0", "1", "2"}) {
    parts.push_back(dir_ / ("rank" + std::string(rank) + ".csv"));
    const Outcome o =
        run({"--batch-size", "2", "--world-size", "3", "--rank", rank, "--samples", parts.back()});
    ASSERT_EQ(o.code, 0) << o.err;
  }
  EXPECT_EQ(samples_in(parts), all);
}

TEST_F(CliResume, MixedSamplesAreTheSameForEveryWorld) {
  spec_ = dir_ / "mix.json";
  write_text(spec_, R"({"headrace": 1, "loader": {"order": "random", "tail": "pad"}, "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [16, 16]},
              {"op": "normalize", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.25, 0.3]},
              {"op": "convert", "dtype": "f16"}, {"op": "layout", "layout": "NCHW"}],
    "label": [{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 2}]},
    "batch": [{"op": "random_choice", "ops": [
      {"op": "mixup", "outputs": ["image", "label"], "alpha": 0.4},
      {"op": "cutmix", "outputs": ["image", "label"]}]}]})");
  ASSERT_EQ(run({"--batch-size", "12", "--samples", dir_ / "all.csv"}).code, 0);
  const std::vector<std::string> all = samples_in({dir_ / "all.csv"});
  EXPECT_EQ(all.size(), 44u);
  for (const uint64_t world : {2u, 3u, 6u}) {
    std::vector<std::string> parts;
    for (uint64_t rank = 0; rank < world; ++rank) {
      const std::string r = std::to_string(rank);
      parts.push_back(dir_ / ("mix" + r + ".csv"));
      const Outcome o = run({"--batch-size", std::to_string(12 / world), "--world-size",
                             std::to_string(world), "--rank", r, "--samples", parts.back()});
      ASSERT_EQ(o.code, 0) << o.err;
    }
    EXPECT_EQ(samples_in(parts), all) << "world " << world;
  }
}

TEST_F(CliResume, GoesOnWhereItStoppedWithAnotherWorld) {
  ASSERT_EQ(run({"--batch-size", "6", "--seed", "3", "--samples", dir_ / "all.csv"}).code, 0);
  for (const char* stop : {"1", "4", "5", "8"}) {  // in either epoch, and at the ends
    Outcome o = run({"--batch-size", "6", "--seed", "3", "--samples", dir_ / "a.csv", "--stop-after-batches",
                     stop, "--save-state", dir_ / "state.json"});
    ASSERT_EQ(o.code, 0) << o.err;
    std::vector<std::string> parts = {dir_ / "a.csv"};
    for (const char* rank : {"0", "1"}) {
      parts.push_back(dir_ / ("b" + std::string(rank) + ".csv"));
      o = run({"--batch-size", "3", "--world-size", "2", "--rank", rank, "--samples", parts.back(), "--state",
               dir_ / "state.json"});  // the seed is the state's
      ASSERT_EQ(o.code, 0) << o.err;
    }
    EXPECT_EQ(samples_in(parts), samples_in({dir_ / "all.csv"})) << stop;
  }
}

TEST_F(CliResume, StatesThatDoNotFitAreRefused) {
  ASSERT_EQ(run({"--batch-size", "6", "--save-state", dir_ / "state.json"}).code, 0);
  EXPECT_LT(read_text(dir_ / "state.json").size(), 200u);
  Outcome o = run({"--batch-size", "4", "--state", dir_ / "state.json"});
  EXPECT_EQ(o.code, 1);
  EXPECT_NE(o.err.find("error[state."), std::string::npos) << o.err;
  o = headrace({"run", spec_, file_, "--batch-size", "6", "--state", dir_ / "state.json"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.err, "error[state.epoch] " + (dir_ / "state.json") +
                       ": the state is in epoch 1, but the run ends after 1 epoch (--epochs counts from the "
                       "start of training)\n");
  o = run({"--state", dir_ / "none.json"});
  EXPECT_EQ(o.code, 1);
  EXPECT_NE(o.err.find("error[state.file]"), std::string::npos) << o.err;
  o = run({"--save-state", file_});
  EXPECT_EQ(o.code, 1);
  EXPECT_NE(o.err.find("error[cli.output]"), std::string::npos) << o.err;
}

TEST_F(CliResume, FailingSamplesAreSkippedAndListed) {
  file_ = dir_ / "bad.hrd";
  const Schema schema = {{{"image", FieldKind::image, {}}, {"label", FieldKind::i64, {}}}};
  auto writer = DatasetWriter::create(file_, schema);
  ASSERT_TRUE(writer.ok());
  for (uint32_t i = 0; i < 12; ++i) {
    Bytes jpeg = make_jpeg(160, 120, 3, i);
    if (i == 7) jpeg.resize(jpeg.size() * 3 / 4);
    const std::vector<FieldValue> values = {FieldValue::image(jpeg, HR_ENCODING_JPEG, 160, 120),
                                            FieldValue::integer(i % 2)};
    const Status added = writer.value()->add(values);
    ASSERT_TRUE(added.ok()) << added.to_string();
  }
  ASSERT_TRUE(writer.value()->finish().ok());

  EXPECT_EQ(run({"--batch-size", "6"}).code, 1);
  const Args skip = {"--batch-size", "6", "--on-error", "skip"};
  Args args = skip;
  args.insert(args.end(), {"--errors", dir_ / "errors.jsonl"});
  Outcome o = run(args);
  ASSERT_EQ(o.code, 0) << o.err;
  std::istringstream lines(read_text(dir_ / "errors.jsonl"));
  std::string line;
  int count = 0;
  for (; std::getline(lines, line); ++count) {
    const Json entry = Json::parse(line);
    EXPECT_EQ(entry["sample"], 7);
    EXPECT_EQ(entry["code"], "sample.decode");
    EXPECT_TRUE(entry["substitute"].is_number());
    EXPECT_EQ(entry["epoch"], count);
  }
  EXPECT_EQ(count, 2) << "once in each epoch";
  o = run(skip);
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_NE(o.err.find("takes its place"), std::string::npos)
      << "without a file, on standard error: " << o.err;
  o = run({"--batch-size", "6", "--on-error", "substitute"});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_NE(o.err.find("its row is zeros"), std::string::npos) << o.err;
}

TEST_F(CliResume, TracesAreWritten) {
  const Outcome o = run({"--batch-size", "6", "--trace", dir_ / "trace.json"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Json trace = Json::parse(read_text(dir_ / "trace.json"));
  EXPECT_GE(trace["traceEvents"].size(), 44u);
}

}  // namespace
}  // namespace headrace::testing
