// headrace order: the samples of a rank, figures of an order, and the options that choose samples.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "cli_testing.h"
#include "headrace/dataset.h"

namespace headrace {
namespace {

using nlohmann::json;
using testing::Args;
using testing::headrace;
using testing::Outcome;
using testing::TempDir;

constexpr uint64_t kSamples = 48, kPerPage = 3, kPerClass = 12;

/// Sample s: label s / 12, weight s % 3, 20,000 bytes of data, three of them to a page; key "k<s>".
std::string make_table(const TempDir& dir) {
  const std::string path = dir / "table.hrd";
  Schema schema;
  schema.fields = {{"label", FieldKind::i64, {"ant", "bee", "cow", "dog"}},
                   {"weight", FieldKind::f64, {}},
                   {"data", FieldKind::bytes, {}},
                   {"key", FieldKind::bytes, {}}};
  WriterOptions options;
  options.page_size = 64 << 10;
  Expected<std::unique_ptr<DatasetWriter>> writer = DatasetWriter::create(path, schema, options);
  EXPECT_TRUE(writer.ok()) << writer.status().to_string();
  const std::vector<uint8_t> data(20'000);
  for (uint64_t s = 0; s < kSamples; ++s) {
    const std::string key = "k" + std::to_string(s);
    const std::vector<FieldValue> values = {FieldValue::integer(int64_t(s / kPerClass)),
                                            FieldValue::real(double(s % 3)), FieldValue::bytes(data),
                                            FieldValue::bytes(key)};
    EXPECT_TRUE((*writer)->add(values).ok());
  }
  EXPECT_TRUE((*writer)->finish().ok());
  return path;
}

class CliOrder : public ::testing::Test {
 protected:
  Outcome order(Args args) {
    args.insert(args.begin(), {"order", table});
    return headrace(args);
  }
  json order_json(Args args) {
    args.push_back("--json");
    const Outcome o = order(args);
    EXPECT_EQ(o.code, 0) << o.err;
    return o.code == 0 ? json::parse(o.out) : json();
  }
  std::vector<uint64_t> samples(const Args& args) {
    std::vector<uint64_t> list;
    const json order = order_json(args);
    for (const json& s : order["samples"]) list.push_back(s.is_null() ? 999 : s.get<uint64_t>());
    return list;
  }
  std::string subset_file(const std::string& text) {
    testing::write_text(dir / "subset.txt", text);
    return dir / "subset.txt";
  }

  const TempDir dir;
  const std::string table = make_table(dir);
};

TEST_F(CliOrder, PrintsPositionsRowsSamplesAndKeys) {
  const Outcome o = order({"--order", "sequential", "--batch-size", "5", "--tail", "pad", "--limit", "7"});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.out,
            "position\tbatch\trow\tsample\tkey\n"
            "0\t0\t0\t0\tk0\n1\t0\t1\t1\tk1\n2\t0\t2\t2\tk2\n3\t0\t3\t3\tk3\n4\t0\t4\t4\tk4\n5\t1\t0\t5\tk5\n"
            "6\t1\t1\t6\tk6\n");
  const Outcome last = order(
      {"--order", "sequential", "--batch-size", "25", "--tail", "pad", "--rank", "1", "--world-size", "2"});
  ASSERT_EQ(last.code, 0) << last.err;
  EXPECT_EQ(last.out.substr(last.out.find("47\t")), "47\t0\t23\t47\tk47\n49\t0\t24\t-\t-\n");
}

TEST_F(CliOrder, RanksShareOneSequence) {
  const Args common = {"--seed", "9", "--epoch", "2"};
  const auto with = [&](const Args& more) {
    Args args = common;
    args.insert(args.end(), more.begin(), more.end());
    return samples(args);
  };
  const std::vector<uint64_t> whole = with({"--batch-size", "24"});
  ASSERT_EQ(whole.size(), 48u);
  for (const uint64_t world : {2u, 3u, 8u}) {
    for (uint64_t rank = 0; rank < world; ++rank) {
      const uint64_t rows = 24 / world;
      const std::vector<uint64_t> part = with({"--batch-size", std::to_string(rows), "--rank",
                                               std::to_string(rank), "--world-size", std::to_string(world)});
      ASSERT_EQ(part.size(), 48 / world);
      for (uint64_t i = 0; i < part.size(); ++i)
        EXPECT_EQ(part[i], whole[i / rows * 24 + i % rows * world + rank]);
    }
  }
  EXPECT_NE(samples({"--batch-size", "24"}), whole);
}

TEST_F(CliOrder, SelectsSamples) {
  const Args sequential = {"--order", "sequential", "--batch-size", "1"};
  const auto with = [&](const Args& more) {
    Args args = sequential;
    args.insert(args.end(), more.begin(), more.end());
    return samples(args);
  };
  EXPECT_EQ(with({"--filter", "label == \"bee\" && weight > 1"}), (std::vector<uint64_t>{14, 17, 20, 23}));
  EXPECT_EQ(with({"--subset", subset_file("# validation\n40 3-5\t0\r\n  7 # seven\n")}),
            (std::vector<uint64_t>{40, 3, 4, 5, 0, 7}));
  EXPECT_EQ(with({"--subset", subset_file("3-5 40"), "--filter", "weight != 1"}),
            (std::vector<uint64_t>{3, 5}));
  for (const uint64_t s : samples({"--weights", "weight", "--draws", "200", "--batch-size", "10"}))
    EXPECT_NE(s % 3, 0u);
  const std::vector<uint64_t> balanced =
      samples({"--balance", "label", "--draws", "4000", "--batch-size", "10", "--filter", "label != 3"});
  EXPECT_EQ(balanced.size(), 4000u);
  const auto bees =
      std::count_if(balanced.begin(), balanced.end(), [](uint64_t s) { return s / kPerClass == 1; });
  EXPECT_NEAR(double(bees), 4000.0 / 3, 150);
}

TEST_F(CliOrder, JsonSaysWhatWasAskedFor) {
  const json j =
      order_json({"--order", "quasi_random", "--window-bytes", "256K", "--tail", "wrap", "--batch-size", "10",
                  "--world-size", "2", "--rank", "1", "--seed", "18446744073709551615", "--epoch", "4"});
  EXPECT_EQ(j["path"], table);
  EXPECT_EQ(j["order"], "quasi_random");
  EXPECT_EQ(j["window_bytes"], 256 << 10);
  EXPECT_EQ(j["tail"], "wrap");
  EXPECT_EQ(j["seed"], UINT64_MAX);
  EXPECT_EQ(j["epoch"], 4);
  EXPECT_EQ(j["batch_size"], 10);
  EXPECT_EQ(j["world_size"], 2);
  EXPECT_EQ(j["rank"], 1);
  EXPECT_EQ(j["global_batches"], 3);
  EXPECT_EQ(j["samples_per_epoch"], 48);
  EXPECT_EQ(j["order_key"].get<std::string>().size(), 16u);
  EXPECT_EQ(j["samples"].size(), 30u);
}

TEST_F(CliOrder, AnalysisOfSequentialOrderIsExact) {
  const json j =
      order_json({"--order", "sequential", "--batch-size", "12", "--window-bytes", "64K", "--analyze"});
  EXPECT_EQ(j["samples"], 48);
  EXPECT_EQ(j["batches"], 4);
  EXPECT_EQ(j["pages"], kSamples / kPerPage);
  EXPECT_EQ(j["page_switches"], kSamples / kPerPage - 1);
  // Of 48 x 47 ordered pairs, 48 x 2 lie in one page.
  EXPECT_NEAR(j["page_switches_random"], 47 * (1 - 2.0 / 47), 1e-9);
  EXPECT_EQ(j["pages_per_batch"], 4);
  EXPECT_EQ(j["pages_per_batch_most"], 4);
  // A page is missing from a batch where none of its 3 is among the 12 of 48.
  EXPECT_NEAR(j["pages_per_batch_random"], 16 * (1 - 36.0 * 35 * 34 / (48.0 * 47 * 46)), 1e-9);
  EXPECT_NEAR(j["sample_bytes_per_batch"].get<double>(), 12 * 20'000 + 12 * 2.8, 12);
  const double page = j["page_bytes_per_batch"].get<double>() / 4;
  EXPECT_GT(page, 60'000);
  EXPECT_LE(page, 65'536);
  EXPECT_EQ(j["read_bytes_per_batch"], j["page_bytes_per_batch"]);
  EXPECT_EQ(j["kept_bytes"], 128 << 10);
  EXPECT_EQ(j["mixing"]["label"], "label");
  EXPECT_EQ(j["mixing"]["labels"], 4);
  EXPECT_EQ(j["mixing"]["run_mean"], 12);
  EXPECT_EQ(j["mixing"]["run_longest"], 12);
  EXPECT_NEAR(j["mixing"]["run_mean_random"], 48 / (1 + 47 * (1 - 11.0 / 47)), 1e-9);
  EXPECT_EQ(j["mixing"]["labels_per_batch"], 1);
  EXPECT_EQ(j["mixing"]["labels_per_batch_fewest"], 1);
  double none = 1;  // of a class's 12 among 12 of 48
  for (int i = 0; i < 12; ++i) none *= (36.0 - i) / (48.0 - i);
  EXPECT_NEAR(j["mixing"]["labels_per_batch_random"], 4 * (1 - none), 1e-9);
}

TEST_F(CliOrder, AnalysisShowsWhatQuasiRandomOrderSaves) {
  const Args common = {"--batch-size", "6", "--window-bytes", "128K", "--analyze", "--order"};
  const auto with = [&](const std::string& name) {
    Args args = common;
    args.push_back(name);
    return order_json(args);
  };
  const json random = with("random"), quasi = with("quasi_random");
  EXPECT_EQ(quasi["read_bytes_per_batch"].get<double>() * 8,
            quasi["page_bytes_per_batch"].get<double>() / quasi["pages_per_batch"].get<double>() * 16)
      << "each of the 16 pages once in 8 batches";
  EXPECT_GT(random["read_bytes_per_batch"].get<double>(), 1.5 * quasi["read_bytes_per_batch"].get<double>());
  EXPECT_LT(quasi["pages_per_batch"].get<double>(), random["pages_per_batch"].get<double>());
  EXPECT_GT(quasi["mixing"]["run_mean"].get<double>(), 1);
}

TEST_F(CliOrder, AnalysisAsText) {
  const Outcome o = order({"--order", "sequential", "--batch-size", "20", "--tail", "pad", "--analyze"});
  ASSERT_EQ(o.code, 0) << o.err;
  for (const std::string& part :
       {table + ": epoch 0 in sequential order\n",
        std::string("\n  samples           48 in 3 global batches of 20, from 16 pages\n"),
        std::string("\n  page switches     15.0 (45.0 in random order)\n"), std::string(", at most 8\n"),
        std::string("\n  classes           4\n"), std::string("\n  run of a class    12.0 ("),
        std::string(" in random order) samples on average, at most 12\n")}) {
    EXPECT_NE(o.out.find(part), std::string::npos) << part << "\n" << o.out;
  }
  const Outcome no_label = order({"--analyze", "--label", "labels"});
  EXPECT_EQ(no_label.code, 1);
  EXPECT_EQ(no_label.err,
            "error[order.label] " + table + ": there is no i64 field \"labels\"; i64 fields: label\n");
}

TEST_F(CliOrder, ErrorsAreTheLibrarysOwn) {
  const auto error = [&](const Args& args) {
    const Outcome o = order(args);
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.out, "");
    return o.err;
  };
  EXPECT_EQ(error({"--filter", "size > 3"}),
            "error[loader.selection] " + table +
                ": filter, character 1: the dataset has no field \"size\"; it can compare label, weight\n");
  EXPECT_EQ(
      error({"--rank", "2", "--world-size", "2"}),
      "error[loader.rank] " + table + ": rank 2 does not exist in a world of size 2; ranks count from 0\n");
  EXPECT_EQ(
      error({"--balance", "weight"}),
      "error[loader.weights] " + table + ": the field \"weight\" is f64; expected an i64 field: label\n");
  const std::string file = dir / "subset.txt";
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"1 2\n3 x4", "line 2: \"x4\" is no sample number and no range such as 100-199"},
           {"7-", "line 1: \"7-\" is no sample number and no range such as 100-199"},
           {"9-7", "line 1: \"9-7\" is no sample number and no range such as 100-199"},
           {"-7", "line 1: \"-7\" is no sample number and no range such as 100-199"},
           {"1,2", "line 1: \"1,2\" is no sample number and no range such as 100-199"},
           {"18446744073709551616",
            "line 1: \"18446744073709551616\" is no sample number and no range such as 100-199"},
           {"0-18446744073709551615", "line 1: more than 134217728 samples are named up to here"},
           {" # nothing\n\n", "it names no samples"}}) {
    EXPECT_EQ(error({"--subset", subset_file(text)}), "error[cli.subset] " + file + ": " + message + "\n");
  }
  EXPECT_EQ(error({"--subset", subset_file("48")}),
            "error[loader.selection] " + table +
                ": entry 0 of the subset is sample 48, but the dataset has only 48\n");
}

TEST_F(CliOrder, WrongCommandLinesAreRefused) {
  for (const auto& [args, message] : std::vector<std::pair<Args, std::string>>{
           {{"--tail", "keep"}, "--tail: \"keep\" is not one of drop|pad|wrap"},
           {{"--window-bytes", "0"}, "--window-bytes: \"0\" is not a size such as 65536, 64M or 2G"},
           {{"--world-size", "0"}, "--world-size: \"0\" is not a whole number from 1 to 1048576"},
           {{"--weights", "a", "--balance", "b"}, "--weights excludes --balance"},
           {{"--label", "a"}, "--label requires --analyze"},
           {{"--limit", "3", "--analyze"}, "--limit excludes --analyze"}}) {
    const Outcome o = order(args);
    EXPECT_EQ(o.code, 2);
    EXPECT_EQ(o.err, "headrace order: " + message + "\nSee `headrace order --help`.\n");
  }
}

}  // namespace
}  // namespace headrace
