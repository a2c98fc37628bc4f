// What each pass makes of a graph, and what a stage's loops look like, as texts in golden/. A file holds
// "key: value" lines (passes; stage and vector_bits for loop IR), an input (a spec or a graph) and the
// expected output. HEADRACE_UPDATE_GOLDEN=1 rewrites the outputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/spec.h"

namespace headrace {
namespace {

const std::string kFolder = HEADRACE_SOURCE_DIR "/tests/compiler/golden/";
const std::string kInput = "--- input\n", kOutput = "--- output\n";

struct Golden {
  std::string head;  ///< everything before the output
  std::map<std::string, std::string> keys;
  std::string input, output;
};

Golden read_golden(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const size_t input = text.find(kInput), output = text.find(kOutput);
  if (input == std::string::npos || output == std::string::npos) {
    ADD_FAILURE() << path << ": no input or no output";
    return {};
  }
  Golden g{text.substr(0, output + kOutput.size()),
           {},
           text.substr(input + kInput.size(), output - input - kInput.size()),
           text.substr(output + kOutput.size())};
  std::istringstream lines(text.substr(0, input));
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(": ");
    if (line[0] != '#' && colon != std::string::npos) g.keys[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return g;
}

Expected<graph::Graph> read_input(const std::string& text) {
  if (text.starts_with("graph")) return graph::parse(text);
  HR_ASSIGN_OR_RETURN(const spec::Spec spec, parse_spec(text));
  return build_graph(spec);
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream in(list);
  for (std::string name; std::getline(in >> std::ws, name, ',');) names.push_back(name);
  return names;
}

// The passes named, in this order, whatever numerics the graph has.
Status run_passes(graph::Graph& g, const std::string& list) {
  if (list == "all") return passes::run(g);
  for (const std::string& name : split(list)) {
    const auto all = passes::all();
    const auto pass =
        std::find_if(all.begin(), all.end(), [&](const passes::Pass& p) { return p.name == name; });
    if (pass == all.end()) return Status("test", name, "no such pass");
    pass->run(g);
    HR_RETURN_IF_ERROR(graph::verify(g));
  }
  return {};
}

Expected<std::string> produce(const Golden& golden) {
  HR_ASSIGN_OR_RETURN(graph::Graph g, read_input(golden.input));
  HR_RETURN_IF_ERROR(run_passes(g, golden.keys.at("passes")));
  if (!golden.keys.count("stage")) return graph::print(g);
  HR_ASSIGN_OR_RETURN(const Lowered lowered, lower(g, {std::stoi(golden.keys.at("vector_bits"))}));
  const loop::Function* f = lowered.module.find(golden.keys.at("stage"));
  if (!f) return Status("test", golden.keys.at("stage"), "no such stage");
  return loop::print(*f);
}

class GoldenTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, IsAsExpected) {
  const std::string path = kFolder + GetParam() + ".txt";
  const Golden golden = read_golden(path);
  ASSERT_TRUE(golden.keys.count("passes")) << path << ": no passes";
  const auto result = produce(golden);
  ASSERT_TRUE(result.ok()) << result.status().to_string();
  if (std::getenv("HEADRACE_UPDATE_GOLDEN")) {
    std::ofstream(path, std::ios::binary) << golden.head << *result;
    return;
  }
  EXPECT_EQ(*result, golden.output) << path << "; HEADRACE_UPDATE_GOLDEN=1 rewrites it";
  // What is printed is read back as the same, on the way in and out.
  if (!golden.keys.count("stage")) {
    const auto parsed = graph::parse(*result);
    ASSERT_TRUE(parsed.ok()) << parsed.status().to_string();
    EXPECT_EQ(graph::print(*parsed), *result);
  }
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenTest, ::testing::ValuesIn(golden_names()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(Golden, EveryPassHasOne) {
  std::string passes;
  for (const std::string& name : golden_names())
    passes += read_golden(kFolder + name + ".txt").keys["passes"] + ",";
  for (const passes::Pass& pass : passes::all()) {
    if (pass.run == passes::canonicalize) continue;  // runs under two names
    EXPECT_NE(passes.find(std::string(pass.name) + ","), std::string::npos)
        << pass.name << " ends no list of passes";
  }
  EXPECT_NE(passes.find("canonicalize,"), std::string::npos);
}

}  // namespace
}  // namespace headrace
