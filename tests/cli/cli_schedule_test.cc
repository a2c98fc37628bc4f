// Schedules, passes that are left out, and texts that are read again, on the command line.
#include <gtest/gtest.h>

#include <csignal>

#include "cli_testing.h"
#include "headrace/schedule.h"

namespace headrace {
namespace {

using testing::Args;
using testing::headrace;
using testing::Outcome;
using testing::read_text;
using testing::write_text;

class CliSchedule : public ::testing::Test {
 protected:
  Outcome run(const Args& options) const {
    Args args = {"run", spec_, data_, "--digest", "--seed", "7", "--batch-size", "4"};
    args.insert(args.end(), options.begin(), options.end());
    return headrace(args);
  }
  Outcome compile(const Args& options) const {
    Args args = {"compile"};
    args.insert(args.end(), options.begin(), options.end());
    return headrace(args);
  }
  std::string schedule(const std::string& text) const {
    write_text(dir_ / "schedule.json", text);
    return dir_ / "schedule.json";
  }

  testing::TempDir dir_;
  std::string spec_ = testing::make_spec(dir_), data_ = testing::make_dataset(dir_);
};

TEST_F(CliSchedule, ChangesNoBytes) {
  const std::string file = schedule(
      R"({"headrace_schedule": 1, "vector_bits": 512, "strip_rows": 8, "unroll": 2, "idct_columns": 2})");
  for (const std::string& engine : testing::engines()) {
    const Outcome own = run({"--engine", engine}), other = run({"--engine", engine, "--schedule", file});
    ASSERT_EQ(own.code, 0) << own.err;
    ASSERT_EQ(other.code, 0) << other.err;
    EXPECT_EQ(testing::digest_of(own), testing::digest_of(other)) << engine;
    EXPECT_EQ(
        other.err.find("warning: --schedule makes no difference to the engine interp\n") != std::string::npos,
        engine == "interp");
  }
  const Outcome loops = compile({spec_, "--emit", "loop"}),
                others = compile({spec_, "--emit", "loop", "--schedule", file});
  ASSERT_EQ(others.code, 0) << others.err;
  EXPECT_NE(loops.out, others.out);
}

TEST_F(CliSchedule, ErrorsNameTheFileAndThePlace) {
  const std::string file = schedule(R"({"headrace_schedule": 1, "vector_bit": 512, "unroll": 4})");
  const std::string expected =
      "error[schedule.unknown_key] " + file +
      "#/vector_bit: unknown key \"vector_bit\" of a schedule; did you mean \"vector_bits\"?\n" +
      "error[schedule.value] " + file + "#/unroll: expected 1 or 2, found 4\n";
  for (const Outcome& o : {run({"--schedule", file}), compile({spec_, "--emit", "loop", "--schedule", file}),
                           headrace({"bench", spec_, data_, "--schedule", file})}) {
    EXPECT_EQ(o.code, 1);
    EXPECT_EQ(o.err, expected);
  }
  schedule("{\n  \"headrace_schedule\": 1,\n}");
  EXPECT_EQ(run({"--schedule", file}).err.find("error[schedule.syntax] " + file + ": line 3, column 1: "), 0u)
      << run({"--schedule", file}).err;
  const Outcome none = run({"--schedule", dir_ / "none.json"});
  EXPECT_EQ(none.code, 1);
  EXPECT_EQ(none.err.find("error[schedule.file] " + (dir_ / "none.json")), 0u) << none.err;
}

TEST_F(CliSchedule, PassesCanBeLeftOut) {
  const Outcome all = compile({spec_, "--emit", "graph-opt"});
  const Outcome some = compile({spec_, "--emit", "graph-opt", "--disable", "widen-resample", "--disable",
                                "resample-planes", "--time-passes"});
  ASSERT_EQ(some.code, 0) << some.err;
  EXPECT_NE(some.out, all.out);
  EXPECT_EQ(some.err.find("widen-resample"), std::string::npos) << some.err;
  EXPECT_NE(some.err.find("fuse-strips"), std::string::npos) << some.err;
  const Outcome ran = run({"--engine", testing::engines().front(), "--disable", "widen-resample"}),
                interp = run({"--engine", "interp", "--disable", "widen-resample"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(testing::digest_of(ran), testing::digest_of(interp));
  EXPECT_NE(testing::digest_of(ran), testing::digest_of(run({"--engine", "interp"})));

  EXPECT_EQ(compile({spec_, "--emit", "loop", "--disable", "fuse-stirps"}).err,
            "error[compile.unknown_pass] there is no pass \"fuse-stirps\"; did you mean \"fuse-strips\"?\n");
  const Outcome needed = compile({spec_, "--emit", "loop", "--disable", "fuse-resample"});
  EXPECT_EQ(needed.code, 1);
  EXPECT_EQ(needed.err,
            "error[compile.not_lowered] decode: cannot be lowered to loops here; the pass fuse-resample must "
            "run first\n");
  EXPECT_EQ(run({"--engine", "interp", "--disable", "fuse-resample"}).code, 0);
  const Outcome before = compile({spec_, "--emit", "graph", "--disable", "infer"});
  EXPECT_EQ(before.code, 2);
  EXPECT_NE(before.err.find("graph is the pipeline before any pass"), std::string::npos) << before.err;
}

TEST_F(CliSchedule, AnEditedGraphIsReadAgain) {
  const std::string graph = dir_ / "graph.txt", optimised = dir_ / "optimised.txt",
                    loops = dir_ / "loops.txt";
  ASSERT_EQ(compile({spec_, "--emit", "graph", "-o", graph}).err, "");
  ASSERT_EQ(compile({spec_, "--emit", "graph-opt", "-o", optimised}).err, "");
  ASSERT_EQ(compile({spec_, "--emit", "loop", "-o", loops}).err, "");
  const Outcome changed = compile({"--from", "graph", graph, "--emit", "loop", "--print-changed"});
  EXPECT_EQ(changed.out, read_text(loops));
  EXPECT_EQ(changed.err.find("; after "), 0u) << changed.err;
  EXPECT_EQ(compile({"--from", "graph-opt", optimised, "--emit", "loop"}).out, read_text(loops));
  EXPECT_EQ(compile({"--from", "graph", optimised, "--emit", "graph-opt", "--data", data_}).out,
            read_text(optimised));
  // Where an edit is wrong.
  std::string text = read_text(optimised);
  const size_t at = text.find("filter=\"bilinear\"");
  ASSERT_NE(at, std::string::npos) << text;
  text.replace(at, 17, "filter=\"cubic\"");
  write_text(optimised, text);
  const Outcome wrong = compile({"--from", "graph-opt", optimised, "--emit", "loop"});
  EXPECT_EQ(wrong.code, 1);
  const long line = 1 + std::count(text.begin(), text.begin() + long(at), '\n');
  EXPECT_EQ(
      wrong.err.find("error[ir.verify] " + optimised + ": line " + std::to_string(line) + ", column 3: %"),
      0u)
      << wrong.err;
  EXPECT_NE(wrong.err.find(" resample: unknown filter \"cubic\"\n"), std::string::npos) << wrong.err;
  write_text(graph, "graph fast {\n  %0 = record : recrod\n}\n");
  EXPECT_EQ(compile({"--from", "graph", graph, "--emit", "loop"}).err,
            "error[ir.syntax] " + graph + ": line 2, column 17: expected a type, found 'recrod'\n");
  write_text(graph,
             "graph fast {\n  %0 = record : record\n  %1 = field %0 {kind=\"i64\", name=\"lable\"} : i64\n"
             "  %2 = convert %1 {dtype=\"i64\"} : scalar<i64>\n  output \"x\" %2\n}\n");
  const Outcome field = compile({"--from", "graph", graph, "--emit", "loop", "--data", data_});
  EXPECT_EQ(field.err, "error[compile.field] " + graph +
                           ": field \"lable\": the dataset has no such field; did you mean \"label\"?\n");
}

TEST_F(CliSchedule, WhatDoesNotGoTogetherIsSaid) {
  const auto refuses = [&](const Args& options, const std::string& message) {
    const Outcome o = compile(options);
    EXPECT_EQ(o.code, 2) << o.out;
    EXPECT_NE(o.err.find(message), std::string::npos) << o.err;
  };
  refuses({"--from", "spec", spec_, "--emit", "loop"}, "--from: \"spec\" is not one of graph|graph-opt|loop");
  refuses({"--from", "loop", spec_, "--emit", "so", "-o", dir_ / "x.so"},
          "obj, so and header are made from a spec or a graph");
  refuses({"--from", "loop", spec_, "--emit", "graph"}, "asks for an earlier form than --from reads");
  refuses({"--from", "graph-opt", spec_, "--emit", "loop", "--stop-after", "infer"},
          "--from graph runs them");
  refuses({"--from", "graph-opt", spec_, "--emit", "loop", "--numerics", "exact"},
          "a text after the passes has its numerics");
}

#ifdef HEADRACE_WITH_JIT
TEST_F(CliSchedule, AGraphRunsAsAnObject) {
  const std::string graph = dir_ / "graph.txt", so = dir_ / "graph.so";
  for (const std::string from : {"graph", "graph-opt"}) {
    ASSERT_EQ(compile({spec_, "--emit", from, "-o", graph}).err, "");
    const Outcome made = compile({"--from", from, graph, "--emit", "so", "-o", so});
    ASSERT_EQ(made.code, 0) << made.err;
    const Outcome object = headrace(
        {"run", data_, "--engine", "aot", "--object", so, "--digest", "--seed", "7", "--batch-size", "4"});
    ASSERT_EQ(object.code, 0) << object.err;
    EXPECT_EQ(testing::digest_of(object), testing::digest_of(run({})));
  }
  const Outcome named = headrace({"run", spec_, data_, "--engine", "aot", "--object", so});
  EXPECT_EQ(named.code, 1);
  EXPECT_EQ(named.err, "error[object.spec] " + so + ": was compiled from a graph, not from a spec; leave " +
                           spec_ + " out\n");
}

TEST_F(CliSchedule, LoopsBecomeTheSameCode) {
  const std::string loops = dir_ / "loops.txt";
  ASSERT_EQ(compile({spec_, "--emit", "loop", "-o", loops}).err, "");
  for (const std::string form : {"llvm", "llvm-opt", "asm"}) {
    EXPECT_EQ(compile({"--from", "loop", loops, "--emit", form}).out, compile({spec_, "--emit", form}).out)
        << form;
  }
  std::string text = read_text(loops);
  text.insert(text.find("{\n") + 2, "  %x = fabs %0\n");
  write_text(loops, text);
  const Outcome o = compile({"--from", "loop", loops, "--emit", "asm"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.err.find("error[ir.verify] " + loops + ": line 2, column 3: @"), 0u) << o.err;
}

TEST_F(CliSchedule, TuneWritesASchedule) {
  const std::string out = dir_ / "tuned.json";
  const Outcome o = headrace({"tune", spec_, "--data", data_, "-o", out, "--seconds", "1", "--threads", "1"});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_NE(o.out.find("  schedule "), std::string::npos) << o.out;
  EXPECT_NE(o.out.find("\n  strip_rows 32 "), std::string::npos) << o.out;
  EXPECT_EQ(o.out.find("\n  strip_rows 16 "), std::string::npos) << "is what the default is\n" << o.out;
  const auto schedule = parse_schedule(read_text(out));
  ASSERT_TRUE(schedule.ok()) << schedule.status().to_string();
  EXPECT_EQ(testing::digest_of(run({"--schedule", out})), testing::digest_of(run({})));
}

TEST_F(CliSchedule, TuneThatIsInterruptedWritesNothing) {
  const std::string out = dir_ / "tuned.json";
  write_text(out, "before");
  const std::vector<std::string> names = dir_.names();
  const Outcome o =
      headrace({"tune", spec_, "--data", data_, "-o", out, "--seconds", "600", "--threads", "1"},
               [&](pid_t pid, const std::string&) {
                 testing::wait_until([&] { return dir_.names().size() > names.size(); }, "no temporary file");
                 ::kill(pid, SIGINT);
               });
  EXPECT_EQ(o.code, 130) << o.err;
  EXPECT_NE(o.err.find("interrupted; nothing was written\n"), std::string::npos) << o.err;
  EXPECT_EQ(read_text(out), "before");
  EXPECT_EQ(dir_.names(), names);
}

TEST_F(CliSchedule, TuneSaysWhatIsWrongBeforeItMeasures) {
  const Outcome onto = headrace({"tune", spec_, "--data", data_, "-o", data_});
  EXPECT_EQ(onto.code, 1);
  EXPECT_EQ(onto.err.find("error[cli.output] " + data_), 0u) << onto.err;
  const Outcome nowhere = headrace({"tune", spec_, "--data", data_, "-o", dir_ / "none/x.json"});
  EXPECT_EQ(nowhere.err,
            "error[data.io] " + (dir_ / "none/x.json") + ": cannot be created: its folder does not exist\n");
  write_text(spec_, "{}");
  const Outcome spec = headrace({"tune", spec_, "--data", data_, "-o", dir_ / "x.json"});
  EXPECT_EQ(spec.code, 1);
  EXPECT_EQ(spec.err.find("error[spec.missing_key] " + spec_), 0u) << spec.err;
}
#endif

}  // namespace
}  // namespace headrace
