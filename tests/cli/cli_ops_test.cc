// headrace ops: what it prints is the reference of the language, and the page's operations part.
#include <gtest/gtest.h>

#include <sstream>

#include "cli_testing.h"
#include "compiler/spec/op_reference.h"

namespace headrace {
namespace {

using testing::headrace;
using testing::Outcome;

TEST(CliOps, ListsEveryOperationOnALine) {
  const Outcome o = headrace({"ops"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.err, "");
  std::vector<std::string> names, expected;
  std::istringstream lines(o.out);
  for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.find(' ')));
  for (const spec::OpReference& op : spec::op_references()) expected.emplace_back(op.name);
  EXPECT_EQ(names, expected);
  EXPECT_NE(o.out.find("\nresize                  geometry  Resizes the whole image.\n"), std::string::npos)
      << o.out;
}

TEST(CliOps, PrintsOneInFull) {
  const Outcome o = headrace({"ops", "random_choice"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.err, "");
  EXPECT_EQ(o.out.rfind("random_choice (batch)\n\nDoes one of several, chosen for each batch.\n", 0), 0u)
      << o.out;
  EXPECT_NE(o.out.find("\n  ops\n      a list of 2 to 16 batch ops; required\n"), std::string::npos) << o.out;
}

TEST(CliOps, PrintsTheOperationsPartOfThePage) {
  const Outcome o = headrace({"ops", "--markdown"});
  EXPECT_EQ(o.code, 0);
  EXPECT_EQ(o.err, "");
  const std::string page = testing::read_text(HEADRACE_SOURCE_DIR "/docs/spec.md");
  EXPECT_NE(page.find("prints -->\n" + o.out + "<!-- end of operations -->\n"), std::string::npos);
}

TEST(CliOps, NamesThatDoNotExistAreOneErrorWithAllNames) {
  const Outcome o = headrace({"ops", "frobnicate"});
  EXPECT_EQ(o.code, 2);
  EXPECT_EQ(o.out, "");
  EXPECT_EQ(
      o.err.rfind(
          "headrace ops: NAME: there is no operation \"frobnicate\"; expected \"decode\", \"field\", ", 0),
      0u)
      << o.err;
  EXPECT_NE(o.err.find("\"cutmix\" or \"random_choice\"\nSee `headrace ops --help`.\n"), std::string::npos)
      << o.err;
}

}  // namespace
}  // namespace headrace
