// Saved states: written small, read strictly, compared with all differences at once.
#include "headrace/loader_state.h"

#include <gtest/gtest.h>

namespace headrace {
namespace {

const std::string kDataset = "00112233445566778899aabbccddeeff", kPipeline = "0123456789abcdef",
                  kOrder = "fedcba9876543210";

LoaderState sample_state() {
  LoaderState state;
  state.numerics_version = 3;
  state.seed = 7;
  state.epoch = 12;
  state.consumed = 76'800;
  state.dataset = kDataset;
  state.pipeline = kPipeline;
  state.order = kOrder;
  return state;
}

std::string read_error(const std::string& text) {
  const Expected<LoaderState> state = LoaderState::from_json(text, "run.json");
  return state.ok() ? "read" : state.status().to_string();
}

void expect_same(const LoaderState& a, const LoaderState& b) {
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.numerics_version, b.numerics_version);
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.consumed, b.consumed);
  EXPECT_EQ(a.dataset, b.dataset);
  EXPECT_EQ(a.pipeline, b.pipeline);
  EXPECT_EQ(a.order, b.order);
}

// Files of every release stay readable: this text must always be read as this state.
const std::string kText = R"({"state":1,"numerics":3,"seed":7,"epoch":12,"consumed":76800,)"
                          R"("of":"00112233445566778899aabbccddeeff/0123456789abcdef/fedcba9876543210"})";

TEST(LoaderStateTest, IsWrittenAsThisLine) { EXPECT_EQ(sample_state().to_json(), kText); }

TEST(LoaderStateTest, IsReadBack) {
  const Expected<LoaderState> read = LoaderState::from_json(kText, "");
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  expect_same(*read, sample_state());
  const Expected<LoaderState> spaced =
      LoaderState::from_json("\n{ \"epoch\" : 12, \"of\":\t\"" + kDataset + "/" + kPipeline + "/" + kOrder +
                                 "\",\r\n \"consumed\": 76800 , \"seed\":7, \"numerics\":3,\"state\": 1 }\n",
                             "");
  ASSERT_TRUE(spaced.ok()) << spaced.status().to_string();
  expect_same(*spaced, sample_state());
}

TEST(LoaderStateTest, HasUnder200BytesWithEveryFieldAtItsMaximum) {
  LoaderState state = sample_state();
  state.numerics_version = UINT32_MAX;
  state.seed = state.epoch = state.consumed = UINT64_MAX;
  const std::string text = state.to_json();
  EXPECT_LT(text.size(), 200u) << text;
  const Expected<LoaderState> read = LoaderState::from_json(text, "");
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  expect_same(*read, state);
}

TEST(LoaderStateTest, NewStatesCarryTheNumericsVersionOfTheRelease) {
  EXPECT_EQ(LoaderState().numerics_version, kNumericsVersion);
  EXPECT_EQ(LoaderState().version, LoaderState::kVersion);
}

TEST(LoaderStateTest, AProgramMayHaveNoKey) {
  LoaderState state = sample_state();
  state.pipeline.clear();
  const Expected<LoaderState> read = LoaderState::from_json(state.to_json(), "");
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  EXPECT_EQ(read->pipeline, "");
}

TEST(LoaderStateTest, OtherTextIsRefused) {
  const std::string no = "error[state.syntax] run.json: is no loader state: expected ";
  const std::string of = R"("of":")" + kDataset + "/" + kPipeline + "/" + kOrder + "\"";
  EXPECT_EQ(read_error(""), no + "\"{\" at character 1");
  EXPECT_EQ(read_error("[1]"), no + "\"{\" at character 1");
  EXPECT_EQ(read_error("{}"), no + "a key at character 2");
  EXPECT_EQ(read_error("{\"state\" 1}"), no + "\":\" at character 10");
  EXPECT_EQ(read_error("{\"state\":1"), no + "\",\" or \"}\" at character 11");
  EXPECT_EQ(read_error("{\"state\":1,}"), no + "a key at character 12");
  EXPECT_EQ(read_error(kText + "x"), no + "the end at character " + std::to_string(kText.size() + 1));
  for (const std::string value : {"-1", "01", "1.0", "1e3", "18446744073709551616", "\"1\"", "null", ""}) {
    EXPECT_EQ(read_error("{\"state\":1,\"seed\":" + value + "}"),
              no + "a whole number from 0 to 2^64 - 1 at character 19");
  }
  EXPECT_EQ(read_error("{\"of\":5}"),
            no + "\"DATASET/PIPELINE/ORDER\", of 32, 16 and 16 hexadecimal digits at character 7");
  EXPECT_EQ(read_error("{\"of\":\"a\\u0000\"}"),
            no + "\"DATASET/PIPELINE/ORDER\", of 32, 16 and 16 hexadecimal digits at character 8");
  EXPECT_EQ(read_error(std::string(5000, ' ')),
            "error[state.syntax] run.json: is no loader state: it has 5000 bytes, far more than a state");
  EXPECT_EQ(read_error("{\"state\":1,\"sead\":7}"), "error[state.field] run.json: unknown key \"sead\"");
  EXPECT_EQ(read_error("{\"state\":1,\"state\":1}"),
            "error[state.field] run.json: the key \"state\" stands there twice");
  EXPECT_EQ(read_error("{" + of + "," + of + "}"),
            "error[state.field] run.json: the key \"of\" stands there twice");
  EXPECT_EQ(read_error("{\"state\":2,\"other\":{}}"),
            "error[state.version] run.json: the state has version 2; this release reads version 1");
  EXPECT_EQ(read_error("{\"state\":1,\"epoch\":3}"),
            "error[state.field] run.json: the key \"numerics\" is missing\n"
            "error[state.field] run.json: the key \"seed\" is missing\n"
            "error[state.field] run.json: the key \"consumed\" is missing\n"
            "error[state.field] run.json: the key \"of\" is missing");
  EXPECT_EQ(
      read_error("{\"state\":1,\"numerics\":4294967296,\"seed\":1,\"epoch\":1,\"consumed\":1," + of + "}"),
      "error[state.field] run.json: \"numerics\" is 4294967296, larger than 2^32 - 1");
  for (const std::string& wrong :
       {kDataset + "/" + kPipeline, kDataset + "/" + kPipeline + "/" + kOrder + "/",
        kPipeline + "//" + kOrder, kDataset + "//", "/" + kPipeline + "/" + kOrder,
        kDataset + "/" + kPipeline + "/FEDCBA9876543210", std::string("//"), std::string()}) {
    EXPECT_EQ(read_error("{\"state\":1,\"numerics\":1,\"seed\":1,\"epoch\":1,\"consumed\":1,\"of\":\"" +
                         wrong + "\"}"),
              "error[state.field] run.json: \"of\" is \"" + wrong +
                  "\"; expected \"DATASET/PIPELINE/ORDER\", of 32, 16 and 16 hexadecimal digits");
  }
}

TEST(LoaderStateTest, EveryTruncationIsRefused) {
  for (size_t n = 0; n < kText.size(); ++n) EXPECT_NE(read_error(kText.substr(0, n)), "read") << n;
}

TEST(LoaderStateTest, ComparisonNamesEveryDifferenceWithBothValues) {
  const LoaderState saved = sample_state();
  LoaderState current = saved;
  current.epoch = 99;
  current.consumed = 1;
  EXPECT_TRUE(compare_states(saved, current).ok());
  current.seed = 8;
  EXPECT_EQ(compare_states(saved, current).to_string(),
            "error[state.seed] the seed was 7 when the state was saved and is 8 now");
  current.numerics_version = 4;
  current.dataset = std::string(32, 'a');
  current.pipeline = "";
  current.order = std::string(16, 'b');
  EXPECT_EQ(compare_states(saved, current).to_string(),
            "error[state.numerics] the numerics version was 3 when the state was saved and is 4 now: this "
            "release may "
            "compute other bytes\n"
            "error[state.seed] the seed was 7 when the state was saved and is 8 now\n"
            "error[state.dataset] the dataset's fingerprint was 00112233445566778899aabbccddeeff when the "
            "state was "
            "saved and is aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa now: the file has other samples\n"
            "error[state.pipeline] the pipeline's key was 0123456789abcdef when the state was saved and is "
            "none now: it "
            "computes something else\n"
            "error[state.order] the order's key was fedcba9876543210 when the state was saved and is "
            "bbbbbbbbbbbbbbbb "
            "now: order, window, pages, selection, weights, limit, tail policy or global batch differ");
}

}  // namespace
}  // namespace headrace
