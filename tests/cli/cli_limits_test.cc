// --max-pixels, --max-scans and --max-memory: in every subcommand that decodes, with errors that say what to
// do.
#include <gtest/gtest.h>

#include <filesystem>

#include "cli_testing.h"

namespace headrace {
namespace {

using testing::Args;
using testing::headrace;
using testing::Outcome;
using testing::TempDir;

std::string limit_text(const std::string& found, const std::string& limit, const std::string& option,
                       const std::string& member) {
  return found + ", more than the limit of " + limit + "; " + option + " raises it (DecodeLimits::" + member +
         ")";
}

const std::string kPixels = limit_text("1200 pixels", "1199", "--max-pixels", "max_pixels");

/// A folder with one photo of 40 x 30 pixels, and a spec.
class CliLimits : public ::testing::Test {
 protected:
  void SetUp() override { testing::write_bytes(photo_, testing::make_jpeg(40, 30)); }

  Outcome write(const Args& options) {
    Args args = {"write", dir_ / "photos", "-o", data_, "--overwrite"};
    args.insert(args.end(), options.begin(), options.end());
    return headrace(args);
  }

  const TempDir dir_;
  const std::string photo_ = dir_ / "photos/cat/a.jpg", data_ = dir_ / "d.hrd",
                    spec_ = testing::make_spec(dir_);
};

TEST_F(CliLimits, BadValuesAreUsageErrors) {
  const std::pair<Args, std::string> cases[] = {
      {{"--max-pixels", "0"}, "--max-pixels: \"0\" is not a whole number from 1 to 4294967295"},
      {{"--max-pixels", "1e9"}, "--max-pixels: \"1e9\" is not a whole number from 1 to 4294967295"},
      {{"--max-scans", "-1"}, "--max-scans: \"-1\" is not a whole number from 1 to 4294967295"},
      {{"--max-scans", "4294967296"},
       "--max-scans: \"4294967296\" is not a whole number from 1 to 4294967295"},
      {{"--max-memory", "0"}, "--max-memory: \"0\" is not a size such as 65536, 64M or 2G"},
      {{"--max-memory", "much"}, "--max-memory: \"much\" is not a size such as 65536, 64M or 2G"},
      {{"--max-memory", "99999999999G"},
       "--max-memory: \"99999999999G\" is not a size such as 65536, 64M or 2G"},
  };
  const std::pair<std::string, Args> commands[] = {{"write", {"write", "a", "-o", "b"}},
                                                   {"export", {"export", "a", "-o", "b"}},
                                                   {"run", {"run", "a", "b"}},
                                                   {"view", {"view", "a", "b", "-o", "c"}},
                                                   {"bench", {"bench", "a", "b"}}};
  for (const auto& [name, command] : commands) {
    for (const auto& [options, message] : cases) {
      Args args = command;
      args.insert(args.end(), options.begin(), options.end());
      const Outcome o = headrace(args);
      EXPECT_EQ(o.code, 2) << message;
      EXPECT_EQ(o.err, "headrace " + name + ": " + message + "\nSee `headrace " + name + " --help`.\n");
    }
  }
}

TEST_F(CliLimits, OfPixelsHoldWhenWriting) {
  for (const std::string encoding : {"auto", "packed", "jpeg", "rgb", "ycc"}) {
    const Outcome refused = write({"--encoding", encoding, "--max-pixels", "1199"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.err, "error[import.limit] " + photo_ + ": " + kPixels +
                               "\nnothing was written: 1 error; --on-error skip leaves bad files out\n")
        << encoding;
    EXPECT_EQ(write({"--encoding", encoding, "--max-pixels", "1200"}).code, 0) << encoding;
  }
}

TEST_F(CliLimits, OfMemoryHoldWhenWriting) {
  // 4:2:0: 6 x 4 blocks of luma and twice 3 x 2 of chroma, 128 bytes each, held twice; and 3 bytes a pixel.
  const std::pair<std::string, std::string> cases[] = {
      {"auto", "9216"}, {"packed", "9216"}, {"ycc", "9216"}, {"rgb", "3600"}};
  for (const auto& [encoding, needed] : cases) {
    const std::string less = std::to_string(std::stoul(needed) - 1);
    const Outcome refused = write({"--encoding", encoding, "--max-memory", less});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.err, "error[import.limit] " + photo_ + ": " +
                               limit_text(needed + " bytes of memory", less, "--max-memory", "max_memory") +
                               "\nnothing was written: 1 error; --on-error skip leaves bad files out\n");
    EXPECT_EQ(write({"--encoding", encoding, "--max-memory", needed}).code, 0);
  }
  EXPECT_EQ(write({"--max-memory", "10K"}).code, 0);
  EXPECT_EQ(write({"--encoding", "jpeg", "--max-memory", "1"}).code, 0)
      << "a file that holds nothing but rows";
}

TEST_F(CliLimits, HoldWhenExporting) {
  ASSERT_EQ(write({}).code, 0);
  const auto refused = [&](const Args& limit) {
    Args args = {"export", data_, "-o", dir_ / "out", "--overwrite"};
    args.insert(args.end(), limit.begin(), limit.end());
    const Outcome o = headrace(args);
    return o.code == 0 ? "" : o.err;
  };
  const std::string start = "error[export.limit] " + data_ + ": sample 0 (key \"cat/a.jpg\"): ";
  EXPECT_EQ(refused({"--max-pixels", "1199"}), start + kPixels + "\n");
  EXPECT_EQ(refused({"--max-memory", "5000"}).find(start), 0u);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "out/cat/a.jpg"));
  EXPECT_EQ(refused({"--max-pixels", "1200"}), "");
  EXPECT_EQ(testing::read_bytes(dir_ / "out/cat/a.jpg"), testing::read_bytes(photo_));
}

TEST_F(CliLimits, HoldWhenRunning) {
  const std::string engine = testing::engines().front();
  for (const std::string encoding : {"packed", "jpeg"}) {
    ASSERT_EQ(write({"--encoding", encoding}).code, 0);
    const std::string message =
        "error[sample.limit] " + data_ + ": sample 0 (key \"cat/a.jpg\"), field \"image\": " + kPixels + "\n";
    const Outcome refused = headrace({"run", spec_, data_, "--engine", engine, "--max-pixels", "1199"});
    EXPECT_EQ(refused.code, 1);
    EXPECT_NE(refused.err.find(message), std::string::npos) << refused.err;
    EXPECT_EQ(headrace({"run", spec_, data_, "--engine", engine, "--max-pixels", "1200"}).code, 0);
#ifdef HEADRACE_WITH_JIT
    EXPECT_EQ(headrace({"view", spec_, data_, "-o", dir_ / "s.png", "--max-pixels", "1199"}).err, message);
    EXPECT_EQ(headrace({"view", spec_, data_, "-o", dir_ / "s.png", "--max-pixels", "1200"}).code, 0);
    const Outcome bench = headrace({"bench", spec_, data_, "--rounds", "1", "--max-pixels", "1199"});
    EXPECT_EQ(bench.code, 1);
    EXPECT_NE(bench.err.find(kPixels), std::string::npos) << bench.err;
#endif
  }
}

}  // namespace
}  // namespace headrace
