// Where print() says that functions and ops stand in a module's text.
#include <gtest/gtest.h>

#include <sstream>

#include "ir/loop.h"

namespace headrace {
namespace {

constexpr const char* kText = R"(func @add(%0: ptr, %1: i64) {
  %2 = const 0 : i64
  %3 = const 8 : i64
  %4 = for %5 = %2 to %1 step %3 carry (%6 = %2) {
    %7 = load %0[%5, 0] : i64
    %8 = add %6, %7
    yield %8
  }
  store %4, %0[0]
}

func @choose(%0: ptr, %1: i64) {
  %2 = call @add(%0, %1)
  check %2
  switch %1 {
    case 1 {
      store %1, %0[0]
    }
    default {
      store %1, %0[8]
    }
  }
}
)";

class Lines : public ::testing::Test {
 protected:
  Lines() {
    std::istringstream in(kText);
    for (std::string line; std::getline(in, line);) text_.push_back(line);
  }
  std::string line(int number) const { return text_.at(size_t(number) - 1); }

  void expect_ops(const loop::Block& block, const loop::Lines& lines, int& count) const {
    for (const loop::Inst& i : block.insts) {
      ++count;
      EXPECT_NE(line(lines.insts.at(&i)).find(std::string(loop::op_name(i.op))), std::string::npos)
          << loop::op_name(i.op) << " at " << lines.insts.at(&i);
      for (const loop::Block& nested : i.blocks) expect_ops(nested, lines, count);
    }
  }

  std::vector<std::string> text_;
};

TEST_F(Lines, AreThoseOfTheText) {
  const auto module = loop::parse(kText);
  ASSERT_TRUE(module.ok()) << module.status().to_string();
  loop::Lines lines;
  EXPECT_EQ(loop::print(*module, lines), kText);
  EXPECT_EQ(loop::print(*module), kText);
  EXPECT_EQ(lines.functions.at(&module->functions[0]), 1);
  EXPECT_EQ(lines.functions.at(&module->functions[1]), 12);
  int count = 0;
  for (const loop::Function& f : module->functions) expect_ops(f.body, lines, count);
  EXPECT_EQ(count, 12);
  EXPECT_EQ(lines.insts.size(), 12u);
  const loop::Inst& last = module->functions[1].body.insts[2].blocks[1].insts[0];
  EXPECT_EQ(line(lines.insts.at(&last)), "      store %1, %0[8]");
}

}  // namespace
}  // namespace headrace
