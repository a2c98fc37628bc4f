// docs/ir.md must know every op, and its examples must be true.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "ir/graph_ops.h"
#include "ir/loop.h"
#include "ir/loop_interp.h"

namespace headrace {
namespace {

std::string page() {
  std::ifstream in(HEADRACE_SOURCE_DIR "/docs/ir.md");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// From one heading to the next of its level.
std::string section(const std::string& heading) {
  const std::string text = page(), line = "\n## " + heading + "\n";
  const size_t begin = text.find(line);
  EXPECT_NE(begin, std::string::npos) << heading;
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

bool has_word(const std::string& text, const std::string& word) {
  return std::regex_search(text, std::regex("(^|[^A-Za-z0-9_])" + word + "($|[^A-Za-z0-9_])"));
}

// In the tables, with its operands and attributes: "| `crop image, rect` |".
TEST(IrDocs, EveryGraphOpAndAttributeIsDefined) {
  const std::string ops = section("Graph IR: ops") + section("Graph IR: batches");
  for (size_t i = 0; i < graph::op_count(); ++i) {
    const graph::OpInfo& info = graph::op_info(graph::Op(i));
    std::smatch found;
    const std::regex entry("\\| `" + std::string(info.name) + "([ `][^|]*)");
    ASSERT_TRUE(std::regex_search(ops, found, entry)) << info.name;
    const std::string text = found[1];
    graph::for_each_attr(info, [&](std::string_view name, char type) {
      static const std::map<char, std::string> kTypes = {
          {'i', ""}, {'d', ": real"}, {'s', ": string"}, {'l', ": list"}};
      EXPECT_NE(text.find(std::string(name) + kTypes.at(type)), std::string::npos)
          << info.name << " " << name << text;
    });
  }
}

TEST(IrDocs, EveryLoopOpIsDefined) {
  const std::string ops = section("Loop IR: ops");
  const char* const names[] = {
#define HR_LOOP_OP(id, name, form) name,
#include "ir/loop_ops.def"
#undef HR_LOOP_OP
  };
  for (const char* name : names) EXPECT_TRUE(has_word(ops, name)) << name;
}

// The indented lines of a section's first example, without the indentation.
std::string example(const std::string& text, const std::string& first_line) {
  std::istringstream in(text.substr(text.find("    " + first_line)));
  std::string out;
  for (std::string line; std::getline(in, line) && line.rfind("    ", 0) == 0;) out += line.substr(4) + "\n";
  return out;
}

TEST(IrDocs, TheLoopExampleRunsAndIsCanonical) {
  const std::string text = example(section("Loop IR: text"), "func @add");
  auto m = loop::parse(text);
  ASSERT_TRUE(m.ok()) << m.status().to_string() << text;
  ASSERT_EQ(loop::verify(*m, {}).to_string(), "");
  EXPECT_EQ(loop::print(*m), text);
  int64_t values[] = {5, 7, 30};
  const uint64_t args[] = {reinterpret_cast<uint64_t>(values), sizeof values};
  const loop::Region regions[] = {{values, sizeof values}};
  std::string problem;
  EXPECT_EQ(loop::Interpreter(std::move(*m), {}).run("add", args, regions, problem), HR_OK) << problem;
  EXPECT_EQ(values[0], 42);
}

// What the loop interpreter reports stands in the table of excluded uses.
TEST(IrDocs, EveryExcludedUseIsListed) {
  const std::string table = section("Excluded uses");
  for (const char* message :
       {"division by zero", "shift count is not below the width", "mulhrs of -32768 and -32768",
        "dot2 overflows", "fptosi out of range", "a loop's step is not positive",
        "a loop's counter overflows", "outside every buffer", "streamed store to an unaligned address"}) {
    EXPECT_NE(table.find(message), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace headrace
