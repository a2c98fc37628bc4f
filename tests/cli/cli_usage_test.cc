#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "cli_testing.h"

namespace headrace {
namespace {

using testing::Args;
using testing::headrace;
using testing::Outcome;
using testing::TempDir;

const std::string kSubcommands[] = {"write", "info", "compile", "run", "view", "bench", "tune", "cache", "ops", "doctor"};

struct UsageCase {
  Args args;
  std::string command, message;
};

TEST(CliUsage, WrongCommandLinesExitWithTwoAndOneMessage) {
  const UsageCase cases[] = {
      {{}, "headrace", "a subcommand is required: write, info, export, compile, order, run, view, bench, tune, cache, explain, ops, doctor"},
      {{"--threads", "2"},
       "headrace",
       "there is no option \"--threads\" before a subcommand; there are --help and --version"},
      {{"frobnicate"},
       "headrace",
       "there is no subcommand \"frobnicate\"; there are write, info, export, compile, order, run, view, bench, tune, cache, explain, ops, doctor"},
      {{"write"}, "headrace write", "SOURCE is required"},
      {{"write", "a"}, "headrace write", "--output is required"},
      {{"write", "a", "-o", "b", "--encoding", "png"},
       "headrace write",
       "--encoding: \"png\" is not one of auto|packed|jpeg|rgb|ycc"},
      {{"write", "a", "-o", "b", "--on-error", "ignore"},
       "headrace write",
       "--on-error: \"ignore\" is not one of raise|skip"},
      {{"write", "a", "-o", "b", "--encoding", "rgb", "--max-side", "9", "--short-side", "9"},
       "headrace write",
       "--max-side excludes --short-side"},
      {{"write", "a", "-o", "b", "--max-side", "9"},
       "headrace write",
       "--max-side: needs --encoding rgb; the others keep every pixel"},
      {{"write", "a", "-o", "b", "--encoding", "jpeg", "--short-side", "9"},
       "headrace write",
       "--short-side: needs --encoding rgb; the others keep every pixel"},
      {{"write", "a", "-o", "b", "--no-shuffle", "--shuffle-seed", "1"},
       "headrace write",
       "--shuffle-seed excludes --no-shuffle"},
      {{"write", "a", "-o", "b", "--page-size", "12x"},
       "headrace write",
       "--page-size: \"12x\" is not a power of two from 64KiB to 1GiB, such as 8MiB"},
      {{"write", "a", "-o", "b", "--page-size", "32KiB"},
       "headrace write",
       "--page-size: \"32KiB\" is not a power of two from 64KiB to 1GiB, such as 8MiB"},
      {{"write", "a", "-o", "b", "--page-size", "100000"},
       "headrace write",
       "--page-size: \"100000\" is not a power of two from 64KiB to 1GiB, such as 8MiB"},
      {{"write", "a", "-o", "b", "--page-size", "17179869184GiB"},
       "headrace write",
       "--page-size: \"17179869184GiB\" is not a power of two from 64KiB to 1GiB, such as 8MiB"},
      {{"run", "a"}, "headrace run", "FILE is required"},
      {{"run", "a", "b", "--seed", "1", "--seed", "2"},
       "headrace run",
       "--seed takes one value, and is given once"},
      {{"run", "a", "b", "--seed"}, "headrace run", "--seed takes one value, and is given once"},
      {{"run", "a", "b", "c"}, "headrace run", "The following argument was not expected: c"},
      {{"run", "a", "b", "--engine", "gpu"},
       "headrace run",
       "--engine: \"gpu\" is not one of jit|interp|loop-interp|aot"},
      {{"run", "a", "b", "--isa", "avx2"},
       "headrace run",
       "--isa: \"avx2\" is not one of x86-64-v3|x86-64-v4|x86-64-v4-vbmi2|host|armv8-neon"},
      {{"run", "a", "b", "--numerics", "loose"},
       "headrace run",
       "--numerics: \"loose\" is not one of exact|fast"},
      {{"run", "a", "b", "--order", "sorted"},
       "headrace run",
       "--order: \"sorted\" is not one of sequential|random|quasi_random|quasi-random"},
      {{"run", "a", "b", "--threads", "0"},
       "headrace run",
       "--threads: \"0\" is not a whole number from 1 to 1024"},
      {{"run", "a", "b", "--batch-size", "many"},
       "headrace run",
       "--batch-size: \"many\" is not a whole number from 1 to 16777216"},
      {{"run", "a", "b", "--seed", "-1"},
       "headrace run",
       "--seed: \"-1\" is not a whole number of 0 or more"},
      {{"run", "a", "b", "--limit", "0"},
       "headrace run",
       "--limit: \"0\" is not a whole number of 1 or more"},
      {{"compile", "a"}, "headrace compile", "--emit is required"},
      {{"compile", "a", "--emit", "ptx"},
       "headrace compile",
       "--emit: \"ptx\" is not one of graph|graph-opt|loop|llvm|llvm-opt|asm|obj|so|header"},
      {{"run", "a", "b", "--engine", "aot"},
       "headrace run",
       "--engine: aot runs an object; name it with --object"},
      {{"run", "a", "b", "--object", "c.so"}, "headrace run", "--object: is what --engine aot runs"},
      {{"run", "--engine", "aot", "--object", "c.so"}, "headrace run", "FILE is required"},
      {{"run"}, "headrace run", "SPEC is required"},
      {{"compile", "a", "--emit", "asm", "--isa", "x86-64-v3,x86-64-v4"},
       "headrace compile",
       "--isa: a text is of one level; obj, so and header take several"},
      {{"compile", "a", "--emit", "so", "-o", "b", "--isa", "x86-64-v3,"},
       "headrace compile",
       "--isa: \"\" is not one of x86-64-v3|x86-64-v4|x86-64-v4-vbmi2|host|armv8-neon"},
      {{"compile", "a", "--emit", "so", "-o", "b", "--target", "riscv64-linux-gnu"},
       "headrace compile",
       "--target: \"riscv64-linux-gnu\" is not one of x86_64-linux-gnu|aarch64-linux-gnu"},
      {{"compile", "a", "--emit", "so", "-o", "b", "--target", "aarch64-linux-gnu", "--isa", "x86-64-v3"},
       "headrace compile",
       "--isa: x86-64-v3 is no level of AArch64, which --target names"},
      {{"compile", "a", "--emit", "so"}, "headrace compile", "--output: is needed: this form is no text"},
      {{"compile", "a", "--emit", "loop", "--name", "b"}, "headrace compile", "--name: names what obj, so and header make"},
      {{"compile", "a", "--emit", "so", "-o", "b", "--time-passes"},
       "headrace compile",
       "--emit: passes are shown with a text, such as graph-opt"},
      {{"compile", "a", "--emit", "graph", "--time-passes"},
       "headrace compile",
       "--emit: graph is the pipeline before any pass; graph-opt is what passes make"},
      {{"view", "a", "b"}, "headrace view", "--output is required"},
      {{"bench", "a"}, "headrace bench", "FILE is required"},
      {{"info"}, "headrace info", "FILE is required"},
      {{"ops", "resise"}, "headrace ops", "NAME: there is no operation \"resise\"; did you mean \"resize\"?"},
      {{"ops", "CutMix\x1b"}, "headrace ops", "NAME: there is no operation \"CutMix\\u001b\"; did you mean \"cutmix\"?"},
      {{"ops", "resize", "crop"}, "headrace ops", "The following argument was not expected: crop"},
      {{"ops", "--markdown", "resize"}, "headrace ops", "NAME excludes --markdown"},
  };
  for (const UsageCase& c : cases) {
    const Outcome outcome = headrace(c.args);
    EXPECT_EQ(outcome.code, 2) << c.message;
    EXPECT_EQ(outcome.out, "") << c.message;
    EXPECT_EQ(outcome.err, c.command + ": " + c.message + "\nSee `" + c.command + " --help`.\n");
  }
}

TEST(CliUsage, HelpNamesEverySubcommandAndShowsExamples) {
  const Outcome top = headrace({"--help"});
  EXPECT_EQ(top.code, 0);
  EXPECT_EQ(top.err, "");
  for (const std::string& name : kSubcommands) {
    EXPECT_NE(top.out.find("\n  " + name + " "), std::string::npos) << top.out;
    const Outcome help = headrace({name, "--help"});
    EXPECT_EQ(help.code, 0) << name;
    EXPECT_NE(help.out.find("\n  headrace " + name), std::string::npos) << help.out;
  }
}

TEST(CliUsage, VersionNamesTheCodeGenerator) {
  const Outcome outcome = headrace({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out.find("headrace " HEADRACE_VERSION " ("), 0u) << outcome.out;
#ifdef HEADRACE_WITH_JIT
  EXPECT_NE(outcome.out.find("(LLVM "), std::string::npos) << outcome.out;
#else
  EXPECT_NE(outcome.out.find("(no code generator)"), std::string::npos) << outcome.out;
#endif
}

TEST(CliUsage, MissingFilesExitWithOneAndTheirName) {
  const TempDir dir;
  const std::string spec = testing::make_spec(dir), none = dir / "none";
  const std::string no_spec = "error[spec.file] " + none + ": cannot be opened: No such file or directory\n";
  const std::string no_data = "error[data.io] " + none + ": cannot be opened: No such file or directory\n";
  const std::pair<Args, std::string> cases[] = {
      {{"run", none, none}, no_spec},
      {{"run", spec, none}, no_data},
      {{"compile", none, "--emit", "graph"}, no_spec},
      {{"compile", spec, "--emit", "graph", "--data", none}, no_data},
      {{"view", spec, none, "-o", dir / "s.png"}, no_data},
      {{"bench", none, none}, no_spec},
      {{"bench", spec, none}, no_data},
      {{"info", none}, no_data},
      {{"write", "", "-o", dir / "d.hrd"}, "error[import.source] the name of the source folder is empty\n"},
      {{"run", spec, none, "--save", dir / "saved"}, no_data},
      {{"write", none, "-o", dir / "d.hrd"}, "error[import.source] " + none + ": does not exist\n"},
      {{"run", dir.path(), none}, "error[spec.file] " + dir.path() + ": is a folder, not a file\n"},
      {{"info", spec},
       "error[data.not_hrd] " + spec +
           ": is not a headrace dataset (it does not start with the .hrd magic)\n"},
  };
  for (const auto& [args, message] : cases) {
    const Outcome outcome = headrace(args);
    EXPECT_EQ(outcome.code, 1) << message;
    EXPECT_EQ(outcome.err, message);
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_EQ(dir.names(), std::vector<std::string>{"spec.json"});
}

TEST(CliUsage, SpecErrorsNameTheFileAndThePlace) {
  const TempDir dir;
  const std::string spec = dir / "bad.json";
  testing::write_text(spec, R"({"headrace": 1, "colour": 1, "outputs": {"a": [{"op": "decod"}]}})");
  const Outcome outcome = headrace({"compile", spec, "--emit", "graph"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.err.find("error[spec.unknown_key] " + spec + "#/colour: "), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("error[spec.unknown_op] " + spec + "#/outputs/a/0/op: "), std::string::npos)
      << outcome.err;
}

TEST(CliUsage, ControlCharactersInNamesAreEscaped) {
  const TempDir dir;
  const Outcome outcome = headrace({"info", dir / "\x1b[31m"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos);
  EXPECT_NE(outcome.err.find("\\x1b[31m"), std::string::npos) << outcome.err;
}

TEST(CliUsage, ABadLocalWorldSizeIsOneError) {
  const TempDir dir;
  const std::string data = testing::make_dataset(dir, {}, 1), spec = testing::make_spec(dir);
  const std::string engine = testing::engines().front(),
                    error = "error[loader.threads] LOCAL_WORLD_SIZE: \"two\" ";
  ::setenv("LOCAL_WORLD_SIZE", "two", 1);
  const Outcome run = headrace({"run", spec, data, "--engine", engine});
  const Outcome stated = headrace({"run", spec, data, "--engine", engine, "--threads", "2"});
  const Outcome write = headrace({"write", dir / "photos", "-o", dir / "d.hrd"});
  const Outcome doctor = headrace({"doctor"});
  ::unsetenv("LOCAL_WORLD_SIZE");
  for (const Outcome& o : {run, write}) {
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.out, "");
    EXPECT_EQ(o.err.find(error), 0u) << o.err;
    EXPECT_EQ(o.err.find('\n'), o.err.size() - 1) << o.err;
  }
  EXPECT_EQ(stated.code, 0) << stated.err;
  EXPECT_EQ(doctor.code, 1);
  EXPECT_EQ(doctor.err.find(error), 0u) << doctor.err;
  EXPECT_NE(doctor.out.find(" no default number of threads, LOCAL_WORLD_SIZE=two\n"), std::string::npos)
      << doctor.out;
  EXPECT_FALSE(std::filesystem::exists(dir / "d.hrd"));
}

TEST(CliUsage, WhatIsReadIsNotReplaced) {
  const TempDir dir;
  const std::string data = testing::make_dataset(dir, {}, 1), spec = testing::make_spec(dir);
  std::filesystem::create_symlink(data, dir / "link.hrd");
  const testing::Bytes before = testing::read_bytes(data);
  const std::string text = testing::read_text(spec);
  const std::pair<Args, std::string> cases[] = {
      {{"view", spec, data, "-o", data}, data},
      {{"view", spec, data, "-o", dir / "link.hrd"}, dir / "link.hrd"},
      {{"view", spec, data, "-o", spec}, spec},
      {{"compile", spec, "--emit", "graph", "-o", spec}, spec},
      {{"compile", spec, "--emit", "graph", "--data", data, "-o", data}, data},
  };
  for (const auto& [args, name] : cases) {
    const Outcome o = headrace(args);
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.err, "error[cli.output] " + name +
                         ": is what is read; writing it would replace it: choose another name\n");
  }
  EXPECT_EQ(testing::read_bytes(data), before);
  EXPECT_EQ(testing::read_text(spec), text);
}

}  // namespace
}  // namespace headrace
