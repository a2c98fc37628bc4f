// Mistakes planted into one rung at a time: the ladder finds each, blames that rung, and makes a small case
// of a large one.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/compiler/loop_mutator.h"
#include "tests/ladder/ladder.h"
#include "tests/ladder/shrink.h"

namespace headrace::ladder {
namespace {

using loop::Op;
using testing::LoopMutator;
using testing::SampleRecipe;

constexpr const char* kSpec = R"({"headrace": 1, "numerics": "exact",
  "shared": {"turn": {"op": "random_vertical_flip", "p": 0.4}},
  "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "center_crop", "size": [30, 28]},
              {"op": "random_resized_crop", "size": [20, 37], "scale": [0.5, 1]}, {"op": "random_horizontal_flip"},
              {"use": "turn"}, {"op": "normalize", "mean": [0.1, 0.5, 0.6], "std": [0.2, 0.25, 0.3]},
              {"op": "convert", "dtype": "f32"}, {"op": "layout", "layout": "NHWC"}],
    "other": [{"op": "decode", "field": "mask"}, {"op": "resize", "size": [9, 8]}, {"use": "turn"}],
    "label": [{"op": "field", "field": "label"}],
    "class": [{"op": "field", "field": "class"}, {"op": "one_hot", "classes": 24}]},
  "batch": [{"op": "mixup", "outputs": ["image", "class"]}]})";

constexpr const char* kCallingSpec = R"({"headrace": 1, "numerics": "fast", "outputs": {
    "image": [{"op": "decode", "field": "image"},
              {"op": "call", "symbol": "smear", "library": "user_functions.so", "per": "image"},
              {"op": "random_resized_crop", "size": [20, 37], "scale": [0.5, 1]}, {"op": "random_horizontal_flip"},
              {"op": "call", "symbol": "invert", "library": "user_functions.so", "per": "row"},
              {"op": "call", "symbol": "mark", "library": "user_functions.so", "per": "row", "out": "f32"},
              {"op": "center_crop", "size": [16, 30]},
              {"op": "normalize", "mean": [0.1, 0.5, 0.6], "std": [0.2, 0.25, 0.3]},
              {"op": "convert", "dtype": "f16"}, {"op": "layout", "layout": "NCHW"}],
    "other": [{"op": "decode", "field": "mask"}, {"op": "resize", "size": [9, 8]},
              {"op": "call", "symbol": "rarely", "library": "user_functions.so", "per": "row"}]}})";

LadderCase case_of(const char* spec) {
  LadderCase c;
  c.spec = nlohmann::ordered_json::parse(spec).dump();
  c.seed = 5;
  c.epoch = 2;
  c.batch_size = 4;
  for (const char* kind : {"rgb", "jpeg 4:2:0", "packed 4:2:2", "ycc 4:4:4", "rgb", "jpeg gray"}) {
    SampleRecipe r;
    r.kind = kind;
    r.width = 70;
    r.height = 61;
    r.seed = 3 + c.samples.size();
    c.samples.push_back(r);
  }
  return c;
}

struct Planted {
  const char* name;
  std::string rung;        ///< how its name begins
  std::string difference;  ///< part of what is said; empty: anything
  Tamper tamper;
  bool by_chance = false;  ///< which byte differs depends on which thread came first
  const char* spec = kSpec;
};

// Changes the first function whose name begins with `function` on rungs whose name begins with `rung`, if its
// text has what is to be changed.
std::function<void(std::string_view, loop::Module&)> on_module(
    const std::string& rung, const std::string& function, const std::string& has,
    const std::function<void(LoopMutator&)>& plant) {
  return [=](std::string_view tried, loop::Module& module) {
    if (!tried.starts_with(rung)) return;
    for (const loop::Function& f : module.functions) {
      if (!f.name.starts_with(function)) continue;
      if (loop::print(f).find(has) == std::string::npos) return;
      LoopMutator mutator(module, f.name);
      plant(mutator);
      return;
    }
  };
}

/// A program that remembers from sample to sample.
class Forgetless final : public Program {
 public:
  explicit Forgetless(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  const ProgramInfo& info() const override { return program_->info(); }
  hr_result plan(hr_plan_frame& frame) const override { return program_->plan(frame); }
  hr_result run(hr_run_frame& frame) const override {
    const hr_result result = program_->run(frame);
    if (runs_++ > 0) frame.outputs[0][0] ^= 1;
    return result;
  }
  hr_result batch(hr_batch_frame& frame) const override { return program_->batch(frame); }

 private:
  std::shared_ptr<const Program> program_;
  mutable std::atomic<int> runs_{0};
};

std::vector<Planted> planted() {
  const auto lose_store = [](LoopMutator& m) { m.erase({Op::store, 0}); };
  const std::string level(isa_name(isa_levels(*host_arch()).front()));
  std::vector<Planted> list;
  list.push_back({"a pass that changes a constant", "pass canonicalize", "", {}});
  list.back().tamper.graph = [](std::string_view pass, graph::Graph& g) {
    for (graph::Node& n : g.nodes) {
      if (pass == "canonicalize" && n.op == graph::Op::affine)
        std::get<std::vector<double>>(n.attrs["bias"])[1] += 0.25;
    }
  };
  for (const std::string& rung :
       {std::string("loop "), std::string("O0 "), "O2 " + level, std::string("cached "), "aot " + level}) {
    list.push_back({"a store that is left out", rung, "", {}});
    list.back().tamper.module = on_module(rung, "vertical_", "store ", lose_store);
  }
  list.push_back({"a flip that is not passed on", "O2 " + level, "", {}});
  list.back().tamper.module = on_module("O2", "run", "@table_triangle_pillow8", [](LoopMutator& m) {
    const testing::InstPlace table{Op::call, 0, "table_triangle_pillow8"};
    m.set_operand(table, 5, 0);
  });
  list.push_back({"a store behind the end of the output", "O2 " + level, "beyond the end of output", {}});
  list.back().tamper.module = on_module("O2", "vertical_", "store ", [](LoopMutator& m) {
    m.set_imm({Op::store, m.count(Op::store) - 1}, 4096);
  });
  list.push_back({"a store before the output", "aot " + level, "before output", {}});
  list.back().tamper.module = on_module("aot", "vertical_", "store ", [](LoopMutator& m) {
    m.set_imm({Op::store, m.count(Op::store) - 1}, -4096);
  });
  list.push_back({"scratch memory planned too small", "O0 ", "beyond the end of scratch memory", {}});
  list.back().tamper.module = on_module("O0", "plan", "store ", [](LoopMutator& m) {
    m.add_to_operand({Op::store, m.count(Op::store) - 1}, 0, -64 * 6);
  });
  list.push_back({"a program that remembers", "loader 2", "", {}});
  list.back().tamper.program = [](std::string_view rung, std::shared_ptr<const Program>& program) {
    if (rung == "loader 2") program = std::make_shared<Forgetless>(program);
  };
  list.back().by_chance = true;
  list.push_back({"a pass that calls another function", "pass canonicalize", "", {}, false, kCallingSpec});
  list.back().tamper.graph = [](std::string_view pass, graph::Graph& g) {
    for (graph::Node& n : g.nodes) {
      if (pass == "canonicalize" && n.op == graph::Op::call && n.text_attr("symbol") == "invert")
        n.attrs["symbol"] = std::string("smear");
    }
  };
  for (const std::string& rung : {"O2 " + level, "aot " + level}) {
    list.push_back({"a function that is told other random numbers", rung, "", {}, false, kCallingSpec});
    list.back().tamper.module = [rung](std::string_view tried, loop::Module& module) {
      if (!tried.starts_with(rung)) return;
      constexpr size_t kOpHash = 10;
      const std::string text = loop::print(*module.find("run"));
      LoopMutator mutator(module, "run");
      size_t calls = 0;
      for (size_t at = 0; (at = text.find("@hr_user_call", at)) != std::string::npos; ++at)
        mutator.set_operand({Op::call, calls++, "hr_user_call"}, kOpHash, 12345);
    };
  }
  return list;
}

size_t op_count(const nlohmann::ordered_json& spec) {
  size_t count = 0;
  for (const auto& [name, ops] : spec["outputs"].items()) count += ops.size();
  return count;
}

TEST(PlantedInRungs, NothingIsFoundWhereNothingIsWrong) {
  for (const char* spec : {kSpec, kCallingSpec}) {
    Ladder ladder;
    const Expected<Climb> climb = ladder.climb(case_of(spec));
    ASSERT_TRUE(climb.ok()) << climb.status().to_string();
    EXPECT_FALSE(climb->failure.has_value()) << climb->failure->rung << ": " << climb->failure->difference;
  }
}

TEST(PlantedInRungs, AreFoundNamedAndMadeSmall) {
  for (const Planted& p : planted()) {
    SCOPED_TRACE(std::string(p.name) + " on " + p.rung);
    Ladder ladder(p.tamper);
    const Expected<Climb> climb = ladder.climb(case_of(p.spec));
    ASSERT_TRUE(climb.ok()) << climb.status().to_string();
    ASSERT_TRUE(climb->failure.has_value()) << "not found";
    const Failure failure = *climb->failure;
    EXPECT_TRUE(failure.rung.starts_with(p.rung)) << failure.rung << ": " << failure.difference;
    EXPECT_NE(failure.difference.find(p.difference), std::string::npos) << failure.difference;

    const Shrunk s = shrink(
        case_of(p.spec), failure,
        [&](const LadderCase& simpler) -> std::optional<Failure> {
          const Expected<Climb> again = ladder.climb(simpler, failure.rung);
          return again.ok() ? again->failure : std::nullopt;
        },
        250);
    EXPECT_EQ(s.failure.rung, failure.rung);
    const std::string text = to_text(s.smallest, s.failure);
    const auto spec = nlohmann::ordered_json::parse(s.smallest.spec);
    EXPECT_LE(s.smallest.samples.size(), p.rung.starts_with("loader") ? 2u : 1u) << text;
    EXPECT_LE(op_count(spec), 4u) << text;
    EXPECT_FALSE(spec.contains("batch")) << text;
    std::printf("%s on %s: %zu ops, %zu tried\n", p.name, failure.rung.c_str(), op_count(spec), s.tried);

    const auto saved = parse_case(text);
    ASSERT_TRUE(saved.ok()) << saved.status().to_string();
    const Expected<Climb> replayed = ladder.climb(*saved);
    ASSERT_TRUE(replayed.ok() && replayed->failure) << "does not fail again\n" << text;
    EXPECT_EQ(replayed->failure->rung, s.failure.rung);
    if (!p.by_chance) {
      EXPECT_EQ(replayed->failure->difference, s.failure.difference);
    }
  }
}

}  // namespace
}  // namespace headrace::ladder
