// Objects on the command line: `compile --emit obj|so|header` and `run --engine aot`.
#include <gtest/gtest.h>

#include "cli_testing.h"
#include "headrace/aot.h"

namespace headrace {
namespace {

using testing::Args;
using testing::headrace;
using testing::Outcome;

class CliObject : public ::testing::Test {
 protected:
  Outcome emit(const std::string& kind, const std::string& output, const Args& options = {}) const {
    Args args = {"compile", spec_, "--emit", kind, "-o", output};
    args.insert(args.end(), options.begin(), options.end());
    return headrace(args);
  }
  Outcome run(const Args& names, const Args& options = {}) const {
    Args args = {"run"};
    args.insert(args.end(), names.begin(), names.end());
    args.insert(args.end(), {"--digest", "--seed", "7", "--batch-size", "4"});
    args.insert(args.end(), options.begin(), options.end());
    return headrace(args);
  }

  testing::TempDir dir_;
  std::string spec_ = testing::make_spec(dir_), so_ = dir_ / "spec.so";
};

TEST_F(CliObject, RunsToTheBytesOfTheSpec) {
  const std::string data = testing::make_dataset(dir_);
  ASSERT_EQ(emit("so", so_).err, "");
  const Outcome jit = run({spec_, data}), both = run({spec_, data}, {"--engine", "aot", "--object", so_}),
                object = run({data}, {"--engine", "aot", "--object", so_, "--threads", "1"});
  ASSERT_EQ(jit.code, 0) << jit.err;
  ASSERT_EQ(both.code, 0) << both.err;
  ASSERT_EQ(object.code, 0) << object.err;
  EXPECT_EQ(testing::digest_of(both), testing::digest_of(jit));
  EXPECT_EQ(testing::digest_of(object), testing::digest_of(jit));
  EXPECT_NE(object.out.find(" engine=aot isa="), std::string::npos) << object.out;
  const Outcome v3 = run({data}, {"--engine", "aot", "--object", so_, "--isa", "x86-64-v3"});
  EXPECT_NE(v3.out.find(" engine=aot isa=x86-64-v3 "), std::string::npos) << v3.out << v3.err;
  EXPECT_EQ(testing::digest_of(v3), testing::digest_of(jit));
}

TEST_F(CliObject, AnObjectOfAnotherSpecIsRefused) {
  const std::string data = testing::make_dataset(dir_);
  ASSERT_EQ(emit("so", so_).code, 0);
  const Outcome numerics = run({spec_, data}, {"--engine", "aot", "--object", so_, "--numerics", "exact"});
  EXPECT_EQ(numerics.code, 1);
  EXPECT_TRUE(numerics.err.starts_with("error[object.spec] " + so_ + ": was compiled from another spec than " + spec_ + ": from {\"headrace\":1,\"numerics\":\"fast\"")) << numerics.err;
  EXPECT_NE(numerics.err.find("; expected {\"headrace\":1,\"numerics\":\"exact\""), std::string::npos) << numerics.err;
  testing::make_spec(dir_, 16);
  EXPECT_TRUE(run({spec_, data}, {"--engine", "aot", "--object", so_}).err.starts_with("error[object.spec] "));
  EXPECT_EQ(run({data}, {"--engine", "aot", "--object", so_}).code, 0);
}

TEST_F(CliObject, WhatIsNoObjectIsRefused) {
  const std::string data = testing::make_dataset(dir_);
  const Outcome no_elf = run({data}, {"--engine", "aot", "--object", spec_});
  EXPECT_EQ(no_elf.code, 1);
  EXPECT_EQ(no_elf.err, "error[object.elf] " + spec_ + ": is not an ELF file; expected a shared object, as `headrace compile --emit so` makes it\n");
  const Outcome absent = run({data}, {"--engine", "aot", "--object", dir_ / "none.so"});
  EXPECT_EQ(absent.code, 1);
  EXPECT_TRUE(absent.err.starts_with("error[object.file] " + (dir_ / "none.so") + ": ")) << absent.err;
  ASSERT_EQ(emit("so", so_, {"--target", "aarch64-linux-gnu"}).code, 0);
  EXPECT_EQ(run({data}, {"--engine", "aot", "--object", so_}).err,
            "error[object.elf] " + so_ + ": is for AArch64; this process runs on x86-64\n");
}

TEST_F(CliObject, LevelsTargetAndNameAreThoseAskedFor) {
  const auto levels = [&](const Args& options) {
    EXPECT_EQ(emit("so", so_, options).err, "");
    const Expected<ObjectInfo> info = read_object(so_);
    EXPECT_TRUE(info.ok()) << info.status().to_string();
    std::string text = info->name;
    for (const ObjectLevel& level : info->levels) text += " " + level.isa;
    return text;
  };
  EXPECT_EQ(levels({}), "spec x86-64-v3 x86-64-v4 x86-64-v4-vbmi2");
  EXPECT_EQ(levels({"--isa", "x86-64-v4,x86-64-v3"}), "spec x86-64-v3 x86-64-v4");
  EXPECT_EQ(levels({"--target", "aarch64-linux-gnu", "--name", "train"}), "train armv8-neon");
  EXPECT_EQ(levels({"--isa", "armv8-neon"}), "spec armv8-neon");
  const Outcome mixed = emit("so", so_, {"--isa", "armv8-neon,x86-64-v3"});
  EXPECT_EQ(mixed.code, 1);
  EXPECT_EQ(mixed.err, "error[compile.levels] x86-64-v3 and armv8-neon are of different processors; an object is for one\n");
}

TEST_F(CliObject, TheHeaderIsTheSameOnStandardOutput) {
  ASSERT_EQ(emit("header", dir_ / "spec.h").err, "");
  const Outcome shown = headrace({"compile", spec_, "--emit", "header"});
  EXPECT_EQ(shown.code, 0);
  EXPECT_EQ(shown.out, testing::read_text(dir_ / "spec.h"));
  ASSERT_EQ(emit("so", so_).code, 0);
  const std::string key = read_object(so_).value().key;
  EXPECT_NE(shown.out.find("#define SPEC_KEY \"" + key + "\""), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("extern const hr_object headrace_object_spec;"), std::string::npos) << shown.out;
}

}  // namespace
}  // namespace headrace
