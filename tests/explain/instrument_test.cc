// Instrumented code: what the recorders are told, to the byte and the tick.
#include "compiler/explain/instrument.h"

#include <gtest/gtest.h>

#include <cstring>

#include "compiler/explain/best_calls.h"
#include "compiler/explain/measured_program.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/front_end.h"

namespace headrace {
namespace {

using explaining::BestCalls;
using explaining::FunctionTable;
using explaining::Hooks;
using explaining::MeasuredProgram;
using explaining::StageClock;
using explaining::Work;
using explaining::WorkCounter;

// @run's frame: scratch at 48, scratch_bytes at 56, outputs at 64 (abi.h).
constexpr const char* kText = R"(func @work(%0: ptr, %1: ptr, %2: i64) {
  %3 = const 0 : i64
  %4 = const 32 : i64
  for %5 = %3 to %2 step %4 {
    %6 = load %0[%5, 0] : i16x16
    %7 = add %6, %6
    store %7, %1[%5, 0]
  }
}

func @plan(%0: ptr) {
}

func @run(%0: ptr) {
  %1 = load %0[48] : ptr
  %2 = load %0[56] : i64
  %3 = load %0[64] : ptr
  %4 = call @work(%1, %3, %2)
  check %4
}
)";

uint64_t ticks_of_test_clock() {
  static uint64_t now = 0;
  return now += 10;
}

class Instrument : public ::testing::Test {
 protected:
  Instrument() : module_(std::move(*loop::parse(kText))), table_(module_), target_{*best_isa(), 256} {
    for (int i = 0; i < 128; ++i) source_[i] = int16_t(i);
  }

  std::shared_ptr<MeasuredProgram> program(const loop::Module& module, Hooks hooks) {
    auto made = MeasuredProgram::create(module, {}, target_, clock_, std::move(hooks));
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    return made.ok() ? *made : nullptr;
  }

  void run(const MeasuredProgram& p) {
    frame_ = {};
    frame_.scratch = reinterpret_cast<uint8_t*>(source_);
    frame_.scratch_bytes = sizeof source_;
    frame_.outputs = reinterpret_cast<uint8_t* const*>(result_);
    std::memset(result_, 0, sizeof result_);
    EXPECT_EQ(p.run(frame_), HR_OK);
    for (int i = 0; i < 128; ++i) EXPECT_EQ(result_[i], 2 * i);
  }

  loop::Module module_;
  FunctionTable table_;
  codegen::Target target_;
  platform::TickClock clock_{"test", ticks_of_test_clock, 1.0};
  alignas(64) int16_t source_[128], result_[128];
  alignas(64) hr_run_frame frame_;
};

TEST_F(Instrument, NumbersFunctionsAndTheirCallees) {
  EXPECT_EQ(table_.names, (std::vector<std::string>{"work", "plan", "run"}));
  EXPECT_EQ(table_.in_module, 3u);
  EXPECT_EQ(table_.callees[2], (std::vector<size_t>{0}));
  EXPECT_TRUE(table_.callees[0].empty());
}

TEST_F(Instrument, CountsBytesLinesAndOps) {
  WorkCounter counter(3);
  Hooks hooks;
  hooks.enter = [&](const char* entry) { counter.enter(table_.number(entry)); };
  hooks.leave = [&](const char*, uint64_t) { counter.leave(); };
  const auto p = program(with_counters(module_, table_, counter, 256), hooks);
  ASSERT_TRUE(p);
  run(*p);
  const Work work = counter.work(0), entry = counter.work(2);
  EXPECT_EQ(work.calls, 1u);
  EXPECT_EQ(work.loaded, 256u);
  EXPECT_EQ(work.stored, 256u);
  EXPECT_EQ(work.lines_read, 4u);
  EXPECT_EQ(work.lines_written, 4u);
  EXPECT_EQ(work.lines_streamed, 0u);
  EXPECT_EQ(work.vector_ops, 8u);
  EXPECT_EQ(entry.loaded, 24u);  // not what @work loads
  EXPECT_EQ(entry.lines_read, 2u);
  EXPECT_EQ(entry.vector_ops, 0u);
  run(*p);  // lines count again for each call
  EXPECT_EQ(counter.work(0).calls, 2u);
  EXPECT_EQ(counter.work(0).lines_read, 8u);
}

TEST_F(Instrument, CountsAnOpOnceForEachRegisterItFills) {
  WorkCounter counter(3);
  Hooks hooks;
  hooks.enter = [&](const char* entry) { counter.enter(table_.number(entry)); };
  hooks.leave = [&](const char*, uint64_t) { counter.leave(); };
  const auto p = program(with_counters(module_, table_, counter, 128), hooks);
  ASSERT_TRUE(p);
  run(*p);
  EXPECT_EQ(counter.work(0).vector_ops, 16u);
}

TEST_F(Instrument, TimesBelongToOneFunctionEach) {
  StageClock stages(3, clock_);
  uint64_t total = 0;
  Hooks hooks;
  hooks.enter = [&](const char* entry) { stages.enter(table_.number(entry)); };
  hooks.leave = [&](const char*, uint64_t ticks) {
    stages.leave();
    total += ticks;
  };
  const auto p = program(with_timers(module_, table_, stages), hooks);
  ASSERT_TRUE(p);
  run(*p);
  // Six readings, ten ticks apart: @run begins, the program's own, @work begins and ends, the program's own,
  // @run ends.
  EXPECT_EQ(stages.all_ticks(), (std::vector<uint64_t>{10, 0, 40}));
  EXPECT_EQ(stages.all_calls(), (std::vector<uint64_t>{1, 0, 1}));
  EXPECT_EQ(total, 30u);
  stages.clear();
  EXPECT_EQ(stages.all_ticks(), (std::vector<uint64_t>{0, 0, 0}));
}

TEST_F(Instrument, TimersLeaveFunctionsThatCallNothingAlone) {
  StageClock stages(3, clock_);
  const loop::Module timed = with_timers(module_, table_, stages);
  EXPECT_EQ(loop::print(timed.functions[0]), loop::print(module_.functions[0]));
  EXPECT_NE(loop::print(timed.functions[2]), loop::print(module_.functions[2]));
}

// Of a whole pipeline: what is not instrumented is what runs without timers.
TEST(InstrumentPipeline, VerifiesAndKeepsTheStages) {
  const auto front = front_end(R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"},
      {"op": "random_resized_crop", "size": [32, 32]}, {"op": "convert", "dtype": "f32", "scale": 0.5}]}})",
                               nullptr, {});
  ASSERT_TRUE(front.ok()) << front.status().to_string();
  graph::Graph graph = front->graph;
  ASSERT_TRUE(passes::run(graph).ok());
  const auto lowered = lower(graph, {.vector_bits = 256});
  ASSERT_TRUE(lowered.ok());
  const FunctionTable table(lowered->module);
  const platform::TickClock clock;
  StageClock stages(table.names.size(), clock);
  WorkCounter counter(table.names.size());
  std::vector<loop::Extern> externs = kernel_externs();
  for (const auto& s : explaining::recorder_symbols()) externs.push_back({s.name, s.args});
  const loop::Module timed = with_timers(lowered->module, table, stages);
  const Status verified = loop::verify(timed, externs);
  EXPECT_TRUE(verified.ok()) << verified.to_string();
  const Status counted = loop::verify(with_counters(lowered->module, table, counter, 256), externs);
  EXPECT_TRUE(counted.ok()) << counted.to_string();
  size_t same = 0;
  for (size_t i = 0; i < table.in_module; ++i) {
    const bool unchanged = loop::print(timed.functions[i]) == loop::print(lowered->module.functions[i]);
    EXPECT_EQ(unchanged, table.callees[i].empty()) << table.names[i];
    same += unchanged;
  }
  EXPECT_GT(same, 5u);
  // Every stage says which values of the graph it computes.
  for (size_t i = 0; i < table.in_module; ++i)
    EXPECT_TRUE(lowered->nodes.contains(table.names[i]) || table.names[i] == "run") << table.names[i];
}

TEST(BestCalls, KeepTheFastestOfEachCall) {
  BestCalls calls;
  calls.add("run", 10);
  calls.add("run", 50);
  calls.begin_round();
  calls.add("run", 20);
  calls.add("run", 30);
  EXPECT_EQ(calls.ticks(), 40u);
  EXPECT_EQ(calls.calls("run"), 2u);
  EXPECT_EQ(calls.calls("plan"), 0u);
}

}  // namespace
}  // namespace headrace
