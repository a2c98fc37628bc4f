#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli_testing.h"
#include "headrace/dataset.h"
#include "headrace/isa.h"

namespace headrace {
namespace {

using testing::Args;
using testing::digest_of;
using testing::headrace;
using testing::Outcome;
using testing::read_bytes;
using testing::TempDir;

class CliRun : public ::testing::Test {
 protected:
  Outcome run(const Args& options) const {
    Args args = {"run", spec_, data_, "--engine", testing::engines().front()};
    args.insert(args.end(), options.begin(), options.end());
    return headrace(args);
  }

  std::string digest(const Args& options) const {
    Args args = {"--digest", "--seed", "7"};
    args.insert(args.end(), options.begin(), options.end());
    const Outcome o = run(args);
    EXPECT_EQ(o.code, 0) << o.err;
    return digest_of(o);
  }

  TempDir dir_;
  std::string data_ = testing::make_dataset(dir_);
  std::string spec_ = testing::make_spec(dir_);
};

TEST_F(CliRun, PrintsASummaryAndTheDigestLine) {
  const Outcome o = run({"--digest", "--epochs", "2", "--batch-size", "5", "--seed", "7", "--threads", "2"});
  ASSERT_EQ(o.code, 0) << o.err;
  const size_t digest = o.out.find('\n') + 1;
  EXPECT_EQ(o.out.find("24 samples in "), 0u) << o.out;
  EXPECT_TRUE(o.out.substr(0, digest).ends_with(" images/s\n")) << o.out;
  EXPECT_EQ(o.out.find("digest "), digest) << o.out;
  EXPECT_EQ(digest_of(o).find_first_not_of("0123456789abcdef"), std::string::npos) << o.out;
  const std::string facts = o.out.substr(digest + 7 + 32);
  EXPECT_EQ(facts.find(" engine=" + testing::engines().front() + " isa="), 0u) << o.out;
  EXPECT_TRUE(facts.ends_with(" numerics=fast numerics_version=1 samples=24 bytes=166080\n")) << o.out;
  EXPECT_EQ(o.err.find("seed 7, random order, batch size 5, 2 threads, engine "), 0u) << o.err;
}

TEST_F(CliRun, TheDigestDependsOnNeitherThreadsNorBatchesNorEngineNorIsa) {
  const std::string expected = digest({"--epochs", "2"});
  for (const std::string threads : {"1", "2", "4"})
    EXPECT_EQ(digest({"--epochs", "2", "--threads", threads}), expected);
  for (const std::string size : {"1", "5", "12"})
    EXPECT_EQ(digest({"--epochs", "2", "--batch-size", size}), expected);
  for (const std::string& engine : testing::engines()) {
    const Outcome o =
        headrace({"run", spec_, data_, "--engine", engine, "--digest", "--seed", "7", "--epochs", "2"});
    ASSERT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(digest_of(o), expected) << engine;
    EXPECT_NE(o.out.find(" engine=" + engine + " "), std::string::npos) << o.out;
  }
#ifdef HEADRACE_WITH_JIT
  for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2}) {
    const std::string name(isa_name(isa));
    const Outcome o = run({"--isa", name, "--digest", "--seed", "7", "--epochs", "2"});
    if (isa_supported(isa)) {
      ASSERT_EQ(o.code, 0) << o.err;
      EXPECT_EQ(digest_of(o), expected) << name;
      EXPECT_NE(o.out.find(" isa=" + name + " "), std::string::npos) << o.out;
    } else {
      EXPECT_EQ(o.code, 1);
      EXPECT_EQ(o.out, "");
      EXPECT_EQ(o.err.find("error[isa.unsupported] this CPU cannot run " + name + "; its best level is "), 0u)
          << o.err;
    }
  }
#endif
}

TEST_F(CliRun, TheDigestDependsOnWhatItShould) {
  const std::string base = digest({});
  EXPECT_EQ(digest({}), base);
  EXPECT_NE(digest({"--epochs", "2"}), base);
  EXPECT_NE(digest({"--limit", "8"}), base);
  EXPECT_NE(digest({"--order", "sequential"}), base);
  EXPECT_NE(digest_of(run({"--digest", "--seed", "8"})), base);
  EXPECT_EQ(digest({"--order", "quasi-random"}), digest({"--order", "quasi_random"}));
}

TEST_F(CliRun, TakesItsDefaultsFromTheSpec) {
  const auto json_of = [&](const Args& options) {
    const Outcome o = run(options);
    EXPECT_EQ(o.code, 0) << o.err;
    return nlohmann::json::parse(o.out);
  };
  nlohmann::json r = json_of({"--json", "--batch-size", "5"});
  EXPECT_EQ(r["order"], "random");
  EXPECT_EQ(r["samples"], 12);  // the spec says "tail": "pad"
  EXPECT_EQ(r["seed"], 0);
  EXPECT_EQ(r["numerics"], "fast");
  EXPECT_EQ(r["digest"], nullptr);
  EXPECT_EQ(r["epochs"].size(), 1u);
  EXPECT_EQ(r["epochs"][0]["batches"], 3);
  EXPECT_GT(r["images_per_second"].get<double>(), 0);
  r = json_of({"--json", "--limit", "8", "--order", "sequential", "--numerics", "exact", "--digest"});
  EXPECT_EQ(r["order"], "sequential");
  EXPECT_EQ(r["samples"], 8);
  EXPECT_EQ(r["batch_size"], 8);
  EXPECT_EQ(r["numerics"], "exact");
  EXPECT_EQ(r["bytes"], 8 * (3 * 24 * 24 * 4 + 8));
  EXPECT_EQ(r["digest"].get<std::string>().size(), 32u);
}

TEST_F(CliRun, SavesEveryBatch) {
  const std::string folder = dir_ / "saved/here";
  const Outcome o = run({"--save", folder, "--epochs", "2", "--batch-size", "8", "--order", "sequential"});
  ASSERT_EQ(o.code, 0) << o.err;
  std::vector<std::string> names;
  for (const auto& e : std::filesystem::directory_iterator(folder)) names.push_back(e.path().filename());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"epoch0_batch00000_image.npy", "epoch0_batch00000_label.npy",
                                             "epoch0_batch00001_image.npy", "epoch0_batch00001_label.npy",
                                             "epoch1_batch00000_image.npy", "epoch1_batch00000_label.npy",
                                             "epoch1_batch00001_image.npy", "epoch1_batch00001_label.npy"}));

  const auto dataset = Dataset::open(data_);
  ASSERT_TRUE(dataset.ok());
  const testing::Bytes labels = read_bytes(folder + "/epoch0_batch00001_label.npy");
  ASSERT_EQ(labels.size(), 128u + 4 * 8);
  std::vector<hr_field> fields(3);
  for (uint64_t i = 0; i < 4; ++i) {
    ASSERT_TRUE((*dataset)->metadata(8 + i, fields).ok());
    int64_t label = -1;
    std::memcpy(&label, labels.data() + labels.size() - 32 + 8 * i, 8);
    EXPECT_EQ(label, fields[1].value);
  }
  EXPECT_EQ(read_bytes(folder + "/epoch0_batch00000_image.npy").size(), 128u + 8 * 3 * 24 * 24 * 4);
}

TEST_F(CliRun, WarnsOfSortedLabelsInSequentialOrder) {
  ASSERT_EQ(headrace({"write", dir_ / "photos", "-o", data_, "--overwrite", "--no-shuffle"}).code, 0);
  const Outcome o = run({"--order", "sequential"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.err.find("warning: " + data_ + ": the samples are sorted by label"), 0u) << o.err;
  EXPECT_EQ(run({}).err.find("warning"), std::string::npos);
}

TEST_F(CliRun, NamesBothNumbersOfABatchThatIsTooLarge) {
  const std::string spec = HEADRACE_SOURCE_DIR "/examples/imagenet_train.json";
  const Outcome o =
      headrace({"run", spec, data_, "--engine", testing::engines().front(), "--batch-size", "13"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.out, "");
  EXPECT_EQ(o.err.find("error[loader.batch_size] " + data_ + ": "), 0u) << o.err;
  EXPECT_NE(o.err.find("13"), std::string::npos);
  EXPECT_NE(o.err.find("12 samples"), std::string::npos) << o.err;
}

TEST_F(CliRun, RunsTheExamplesAsTheyAre) {
  for (const std::string name : {"imagenet_train", "imagenet_train_f16", "imagenet_mixup", "imagenet_eval"}) {
    const std::string spec = HEADRACE_SOURCE_DIR "/examples/" + name + ".json";
    const Outcome o = headrace({"run", spec, data_, "--engine", testing::engines().front(), "--digest"});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_NE(o.out.find(" samples=12 "), std::string::npos) << o.out;
  }
}

TEST_F(CliRun, ADamagedFileIsOneError) {
  testing::Bytes bytes = read_bytes(data_);
  const testing::Bytes half(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(bytes.size() / 2));
  testing::write_bytes(dir_ / "half.hrd", half);
  const Outcome truncated = headrace({"run", spec_, dir_ / "half.hrd"});
  EXPECT_EQ(truncated.code, 1);
  EXPECT_EQ(truncated.err.find("error[data.truncated] " + (dir_ / "half.hrd") + ": "), 0u) << truncated.err;
  EXPECT_EQ(std::count(truncated.err.begin(), truncated.err.end(), '\n'), 1) << truncated.err;

  // A byte of a payload: the header and the index stay readable, the page's hash does not fit.
  bytes[13000] ^= 1;
  testing::write_bytes(data_, bytes);
  const Outcome altered = run({});
  EXPECT_EQ(altered.code, 1);
  EXPECT_EQ(altered.err.substr(altered.err.find("error")).find("error[data.page] " + data_), 0u)
      << altered.err;
  const Outcome info = headrace({"info", data_});
  EXPECT_EQ(info.code, 1);
  EXPECT_EQ(info.err.find("error[data.page] " + data_), 0u) << info.err;
}

TEST_F(CliRun, StopsAtASignal) {
  const Outcome o = headrace(
      {"run", spec_, data_, "--engine", testing::engines().front(), "--epochs", "1000000", "--digest"},
      [&](pid_t pid, const std::string& err) {
        testing::wait_until([&] { return testing::read_text(err).find("seed 0") != std::string::npos; },
                            "the first line");
        ::kill(pid, SIGINT);
      });
  EXPECT_EQ(o.code, 130) << o.err;
  EXPECT_EQ(o.out, "");
  EXPECT_NE(o.err.find("interrupted in epoch "), std::string::npos) << o.err;
}

TEST_F(CliRun, SaysThatAnIsaMakesNoDifferenceToAnInterpreter) {
  const Outcome o =
      headrace({"run", spec_, data_, "--engine", "interp", "--isa", "x86-64-v3", "--limit", "2"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.err.find("warning: --isa makes no difference to the engine interp\n"), 0u) << o.err;
}

TEST_F(CliRun, WhatCannotRunLeavesNoFolderToSaveIn) {
  const std::string folder = dir_ / "saved";
  const Outcome o = headrace({"run", HEADRACE_SOURCE_DIR "/examples/imagenet_train.json", data_, "--engine",
                              testing::engines().back(), "--batch-size", "13", "--save", folder});
  EXPECT_EQ(o.code, 1);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(CliRun, SaysWhatAFullDeviceIs) {
  const std::string command =
      std::string(HEADRACE_BINARY) + " info " + data_ + " > /dev/full 2> " + (dir_ / "err");
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
  EXPECT_EQ(testing::read_text(dir_ / "err"),
            "error[cli.output] standard output: cannot be written: No space left on device\n");
}

#ifndef HEADRACE_WITH_JIT
TEST_F(CliRun, SaysThatItHasNoCompiler) {
  const Outcome o = headrace({"run", spec_, data_});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.err.find("error[compile.no_jit] "), 0u) << o.err;
}
#endif

}  // namespace
}  // namespace headrace
