// Whatever is made wrong in a valid spec, graph or loop is refused, with an error that says where.
#include <gtest/gtest.h>

#include <map>

#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/spec.h"
#include "headrace/pipeline.h"
#include "tests/compiler/random_spec.h"
#include "tests/compiler/user_library.h"
#include "tests/ladder/invalid_texts.h"

namespace headrace::ladder {
namespace {

constexpr uint64_t kSpecs = 40;
constexpr size_t kKinds = 8, kLoopKinds = 5;  ///< of mistakes in each text, at least

struct Texts {
  std::vector<std::string> specs, graphs;
  std::vector<loop::Module> modules;
};

const Texts& valid_texts() {
  static const Texts texts = [] {
    Texts t;
    const auto& fields = testing::random_spec_fields();
    for (uint64_t n = 0; n < kSpecs; ++n) {
      t.specs.push_back(testing::random_spec(9, 3 * n, 1, n % 2 ? Numerics::exact : Numerics::fast).json);
      graph::Graph graph = build_graph(parse_spec(t.specs.back(), &fields).value(), &fields).value();
      t.graphs.push_back(graph::print(graph));
      EXPECT_TRUE(passes::run(graph).ok());
      t.graphs.push_back(graph::print(graph));
      if (n % 10 == 0) t.modules.push_back(lower(graph, {})->module);
    }
    return t;
  }();
  return texts;
}

/// Every mistake is refused by `check`, which gives the status of a text; how many kinds of mistakes there
/// were.
template <class Check>
size_t expect_refused(const std::vector<Invalid>& invalids, const std::string& code, const Check& check) {
  std::map<std::string, int> kinds;
  for (const Invalid& i : invalids) {
    ++kinds[i.what];
    const Status status = check(i.text);
    if (status.ok()) {
      ADD_FAILURE() << "is accepted, and " << i.what << "\n" << i.text;
      return 0;
    }
    for (const Diagnostic& d : status.errors()) {
      EXPECT_TRUE(d.code.starts_with(code)) << to_string(d);
      EXPECT_FALSE(d.message.empty()) << i.text;
    }
    if (!i.error.empty()) {
      EXPECT_EQ(status.to_string(), i.error) << i.what << "\n" << i.text;
    }
  }
  return kinds.size();
}

TEST(InvalidTexts, SpecsAreRefused) {
  const auto& fields = testing::random_spec_fields();
  for (const std::string& spec : valid_texts().specs) {
    EXPECT_GE(expect_refused(invalid_specs(spec), "spec.",
                             [&](const std::string& text) { return parse_spec(text, &fields).status(); }),
              kKinds);
  }
}

TEST(InvalidTexts, CallsOfFunctionsThatAreNotThereAreRefused) {
  CompileOptions options;
  options.engine = Engine::interp;
  options.libraries = testing::user_libraries();
  int calling = 0;
  for (const std::string& spec : valid_texts().specs) {
    const std::vector<Invalid> invalids = invalid_calls(spec, options.libraries[0]);
    if (invalids.empty()) continue;
    ++calling;
    EXPECT_EQ(compile(spec, nullptr, options).status().to_string(), "");
    const auto check = [&](const std::string& text) { return compile(text, nullptr, options).status(); };
    EXPECT_EQ(expect_refused(invalids, "library.", check), 2u);
  }
  EXPECT_GE(calling, int(kSpecs) / 4);
}

TEST(InvalidTexts, GraphsAreRefused) {
  for (const std::string& graph : valid_texts().graphs) {
    ASSERT_TRUE(graph::parse(graph).ok()) << graph;
    EXPECT_GE(expect_refused(invalid_graphs(graph), "ir.",
                             [](const std::string& text) { return graph::parse(text).status(); }),
              kKinds);
  }
}

TEST(InvalidTexts, LoopsAreRefused) {
  for (const loop::Module& module : valid_texts().modules) {
    // Functions one by one: what they call is known by name. Calls with other numbers than i64 need the
    // callee itself.
    std::vector<loop::Extern> known = kernel_externs();
    size_t changed_functions = 0;
    for (const loop::Function& f : module.functions) {
      const std::string text = loop::print(f);
      const auto check = [&](const std::string& changed) -> Status {
        const auto parsed = loop::parse(changed);
        return parsed.ok() ? loop::verify(*parsed, known) : parsed.status();
      };
      known.push_back({f.name, int(f.params.size())});
      if (!check(text).ok()) continue;
      ++changed_functions;
      EXPECT_GE(expect_refused(invalid_loops(text), "ir.", check), kLoopKinds) << f.name;
    }
    EXPECT_GE(changed_functions + 1, module.functions.size());
  }
}

}  // namespace
}  // namespace headrace::ladder
