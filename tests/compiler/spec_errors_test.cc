// Bad specs and the exact text of their errors, from spec_errors.txt. With HEADRACE_UPDATE_GOLDEN=1 in
// the environment the file is rewritten with what the front end says now; read the difference.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "compiler/spec.h"
#include "tests/compiler/spec_testing.h"

namespace headrace {
namespace {

constexpr const char* kTable = "tests/compiler/spec_errors.txt";

struct Case {
  std::string name, text, errors;
};

/// The table: a comment, then cases "=== name", the text, "---", the errors.
struct Table {
  std::string comment;
  std::vector<Case> cases;
};

Table read_table() {
  Table table;
  std::istringstream in(spec_testing::read_source_file(kTable));
  std::string line;
  bool in_errors = false;
  while (std::getline(in, line)) {
    if (line.rfind("=== ", 0) == 0) {
      table.cases.push_back({line.substr(4), "", ""});
      in_errors = false;
    } else if (table.cases.empty()) {
      table.comment += line + "\n";
    } else if (line == "---") {
      in_errors = true;
    } else {
      (in_errors ? table.cases.back().errors : table.cases.back().text) += line + "\n";
    }
  }
  return table;
}

/// A text that begins with "[" is the list of ops of one output; a name that ends in "(data)" says that
/// the fields of a dataset are known.
std::string errors_of(const Case& c) {
  const std::string text =
      c.text[0] == '[' ? spec_testing::with_ops(c.text.substr(0, c.text.size() - 1)) : c.text;
  const bool with_data = c.name.size() > 6 && c.name.substr(c.name.size() - 6) == "(data)";
  const auto result = parse_spec(text, with_data ? &spec_testing::sample_fields() : nullptr);
  return result.status().to_string() + "\n";
}

TEST(SpecErrors, EveryBadSpecGivesItsExactErrors) {
  const Table table = read_table();
  ASSERT_GT(table.cases.size(), 100u);
  if (std::getenv("HEADRACE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream out(std::string(HEADRACE_SOURCE_DIR) + "/" + kTable, std::ios::binary);
    out << table.comment;
    for (const Case& c : table.cases) out << "=== " << c.name << "\n" << c.text << "---\n" << errors_of(c);
    return;
  }
  std::set<std::string> names;
  for (const Case& c : table.cases) {
    SCOPED_TRACE(c.name);
    EXPECT_TRUE(names.insert(c.name).second) << "this name is used twice";
    EXPECT_EQ(errors_of(c), c.errors) << c.text;
    EXPECT_EQ(c.errors.rfind("error[spec.", 0), 0u) << "a case without errors belongs elsewhere";
  }
}

}  // namespace
}  // namespace headrace
