// The expressions of the op map: what is read, what is printed, the exact text of errors, and every
// operator's value.
#include "ir/expr.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "ir/graph_interp.h"
#include "ir/numeric.h"
#include "tests/ir/text_testing.h"

namespace headrace::expr {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

Expr read(const std::string& text) {
  auto e = parse(text);
  EXPECT_TRUE(e.ok()) << text << ": " << e.status().to_string();
  return e.ok() ? *e : Expr{{Node{}}};
}

std::string canonical(const std::string& text) { return print(read(text)); }
std::string folded(const std::string& text, std::optional<int> channel = {}) {
  return print(fold(read(text), channel));
}

// In channel 1 of the pixel (x - 10, x, x + 10).
float value(const std::string& text, float x = 0) {
  std::vector<float> work;
  return evaluate(read(text), {{x - 10, x, x + 10}, 1}, work);
}

TEST(Expr, PrintsAsFewParenthesesAsItNeeds) {
  const std::pair<std::string, std::string> cases[] = {
      {"x", "x"},
      {" clamp ( x*1.2,0 , 255 )\n", "clamp(x * 1.2, 0, 255)"},
      {"((x))+((1))", "x + 1"},
      {"(x + 1) + 2", "x + 1 + 2"},
      {"x + (1 + 2)", "x + (1 + 2)"},
      {"x - (1 - c)", "x - (1 - c)"},
      {"(x * 2) / c", "x * 2 / c"},
      {"x * (2 / c)", "x * (2 / c)"},
      {"(x + 1) * -c", "(x + 1) * -c"},
      {"-(x * 2)", "-(x * 2)"},
      {"-x * 2", "-x * 2"},
      {"- -(- x)", "---x"},
      {"x - -5", "x - -5"},
      {"-(5)", "-5"},
      {"-(-5)", "--5"},
      {"select((x < 1 && c == 2) || !(r > g), b, 0)", "select(x < 1 && c == 2 || !(r > g), b, 0)"},
      {"select(x < 1 && (c == 2 || r > g), b, 0)", "select(x < 1 && (c == 2 || r > g), b, 0)"},
      {"select(!!(x!=1),1,0)", "select(!!(x != 1), 1, 0)"},
      {"0.10000000149011612 + 1e6 + .5 + 5. + 1E-3", "0.1 + 1e+06 + 0.5 + 5 + 0.001"},
      {"-0", "-0"},
      {"min(max(floor(x), ceil(c)), fma(trunc(x), round(x), sqrt(abs(x))))",
       "min(max(floor(x), ceil(c)), fma(trunc(x), round(x), sqrt(abs(x))))"}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(canonical(text), expected);
    EXPECT_EQ(canonical(expected), expected);
  }
}

TEST(Expr, ErrorsNameColumnAndWhatWasExpected) {
  ir_testing::check_error_table("expr_errors.txt", 30, [](const std::string& text) {
    return parse(text.substr(0, text.size() - 1)).status().to_string();
  });
}

TEST(Expr, SuggestsThroughTheHint) {
  const Hint hint = [](std::string_view name, std::span<const std::string_view> names) {
    return "; " + std::string(name) + " of " + std::to_string(names.size());
  };
  EXPECT_EQ(parse("x + clmp(1)", hint).status().to_string(),
            "error[ir.expression] column 5: unknown function \"clmp\"; clmp of 11");
  EXPECT_EQ(parse("x + y", hint).status().to_string(),
            "error[ir.expression] column 5: unknown name \"y\"; y of 5");
}

TEST(Expr, LimitsLengthAndDepth) {
  const std::string sum = "x" + [] {
    std::string s;
    for (int i = 0; i < 499; ++i) s += "+x";
    return s;
  }();
  EXPECT_EQ(sum.size(), 999u);
  EXPECT_EQ(value(sum, 2), 1000.0f);
  EXPECT_EQ(canonical(canonical(sum)).size(), 1997u);
  EXPECT_EQ(parse(sum + "+x", nullptr, kMaxWritten).status().to_string(),
            "error[ir.expression] expected at most 1000 characters, found 1001");
  EXPECT_EQ(parse(std::string(4001, 'x')).status().to_string(),
            "error[ir.expression] expected at most 4000 characters, found 4001");
  // The most that printing can add: a quotient has ten digits.
  std::string longest = std::string(63, '-') + "c";
  while (longest.size() < kMaxWritten - 5) longest += "+1/3";
  EXPECT_TRUE(parse(print(read(longest))).ok());
  EXPECT_TRUE(parse(print(fold(read(longest)))).ok());
  const auto nested = [](size_t depth) { return std::string(depth, '(') + "x" + std::string(depth, ')'); };
  EXPECT_TRUE(parse(nested(63)).ok());
  EXPECT_EQ(parse(nested(64)).status().to_string(),
            "error[ir.expression] column 65: nested more than 64 deep");
  EXPECT_TRUE(parse(std::string(63, '-') + "x").ok());
  EXPECT_EQ(parse(std::string(900, '-') + "x").status().to_string(),
            "error[ir.expression] column 65: nested more than 64 deep");
}

TEST(Expr, Values) {
  EXPECT_EQ(value("x", 7), 7.0f);
  EXPECT_EQ(value("c", 7), 1.0f);
  EXPECT_EQ(value("r * 10000 + g * 100 + b", 50), 405060.0f);
  EXPECT_EQ(value("7 - 2 - 1 + 8 / 4 / 2 * 3"), 7.0f);
  EXPECT_EQ(value("1 / 3"), 1.0f / 3.0f);
  EXPECT_EQ(value("16777216 + 1 - 16777216"), 0.0f);                        // every step is rounded
  EXPECT_EQ(value("fma(x, x, -1) - (x * x - 1)", 1 + 0x1p-12f), 0x1p-24f);  // and fma rounds once
  EXPECT_EQ(value("min(x, 3) + max(x, 3)", 5), 8.0f);
  EXPECT_EQ(value("clamp(x, 0, 255)", 300), 255.0f);
  EXPECT_EQ(value("clamp(x, 0, 255)", -3), 0.0f);
  EXPECT_EQ(value("clamp(x, 5, 2)", 3), 2.0f);
  EXPECT_EQ(value("abs(x) + floor(x) + ceil(x) + trunc(x)", -2.5f), 2.5f - 3 - 2 - 2);
  EXPECT_EQ(value("round(0.5) + round(1.5) + round(2.5) + round(-1.5)"), 0.0f + 2 + 2 - 2);
  EXPECT_EQ(value("sqrt(x)", 2), std::sqrt(2.0f));
  EXPECT_EQ(value("select(x >= 5, 1, 2)", 5), 1.0f);
  EXPECT_EQ(value("select(x > 5, 1, 2)", 5), 2.0f);
  EXPECT_EQ(value("select(x <= 5 && !(x < 5) && x == 5 && !(x != 5), 1, 2)", 5), 1.0f);
  EXPECT_EQ(value("select(x < 1 || x > 9, 1, 2)", 5), 2.0f);
  EXPECT_TRUE(std::signbit(value("-x", 0.0f)));
  EXPECT_FALSE(std::signbit(value("-x", -0.0f)));
  EXPECT_FALSE(std::signbit(value("0 - x", 0.0f)));
  EXPECT_TRUE(std::signbit(value("min(0, -0)")));  // the second of two zeros
  EXPECT_FALSE(std::signbit(value("max(-0, 0)")));
}

TEST(Expr, InfinityAndNaN) {
  EXPECT_EQ(value("x / 0", 1), kInf);
  EXPECT_EQ(value("x / 0", -1), -kInf);
  EXPECT_TRUE(std::isnan(value("0 / 0")));
  EXPECT_TRUE(std::isnan(value("sqrt(x)", -1)));
  EXPECT_EQ(value("min(0 / 0, 3)"), 3.0f);
  EXPECT_TRUE(std::isnan(value("min(3, 0 / 0)")));
  EXPECT_EQ(value("max(0 / 0, 3)"), 3.0f);
  EXPECT_EQ(value("clamp(0 / 0, 2, 9)"), 2.0f);
  for (const char* condition : {"0 / 0 == x", "0 / 0 < x", "0 / 0 >= x", "!(0 / 0 != x)"}) {
    EXPECT_EQ(value(std::string("select(") + condition + ", 1, 2)"), 2.0f) << condition;
  }
}

TEST(Expr, FoldsWhatIsConstantAndFinite) {
  EXPECT_EQ(folded("x * (1 + 2) - sqrt(4)"), "x * 3 - 2");
  EXPECT_EQ(folded("1 + x + 2"), "1 + x + 2");  // no other order of operations
  EXPECT_EQ(folded("x + 0 * x"), "x + 0 * x");
  EXPECT_EQ(folded("x / (1 / 0)"), "x / (1 / 0)");
  EXPECT_EQ(folded("0 / 0"), "0 / 0");
  EXPECT_EQ(folded("-(2 + 3)"), "-5");
  EXPECT_EQ(folded("select(1 < 2, x, r)"), "x");
  EXPECT_EQ(folded("select(1 > 2 || 3 == 4, x, 2 * 3) + 1"), "7");
  EXPECT_EQ(folded("select(x < 1 + 1, select(2 != 2, x, c), 0)"), "select(x < 2, c, 0)");
  EXPECT_EQ(folded("select(c == 0, 1.25, select(c == 1, x, 0.5)) * x", 0), "1.25 * x");
  EXPECT_EQ(folded("select(c == 0, 1.25, select(c == 1, x, 0.5)) * x", 1), "x * x");
  EXPECT_EQ(folded("select(c == 0, 1.25, select(c == 1, x, 0.5)) * x", 2), "0.5 * x");
  EXPECT_EQ(folded("r + g + b + c", 2), "r + g + x + 2");
}

// A random text of a kind.
std::string random_text(ir_testing::Dice& dice, int depth, bool condition) {
  const auto sub = [&](bool c) { return "(" + random_text(dice, depth - 1, c) + ")"; };
  const auto pick = [&](std::initializer_list<const char*> list) {
    return std::string(list.begin()[dice.below(list.size())]);
  };
  if (condition) {
    if (depth <= 0 || dice.below(2))
      return sub(false) + pick({"<", "<=", ">", ">=", "==", "!="}) + sub(false);
    return dice.below(3) == 0 ? "!" + sub(true) : sub(true) + pick({"&&", "||"}) + sub(true);
  }
  if (depth <= 0) return pick({"x", "c", "r", "g", "b", "0", "1", "2.5", "-3", "255", "1e-3", "1e30"});
  switch (dice.below(6)) {
    case 0:
      return "-" + sub(false);
    case 1:
      return "select(" + sub(true) + "," + sub(false) + "," + sub(false) + ")";
    case 2:
      return pick({"abs", "floor", "ceil", "trunc", "round", "sqrt"}) + sub(false);
    case 3:
      return pick({"clamp(", "fma("}) + sub(false) + "," + sub(false) + "," + sub(false) + ")";
    case 4:
      return pick({"min(", "max("}) + sub(false) + "," + sub(false) + ")";
    default:
      return sub(false) + pick({"+", "-", "*", "/"}) + sub(false);
  }
}

TEST(Expr, RandomOnesReadBackAndKeepTheirBitsWhenFolded) {
  ir_testing::Dice dice(3);
  std::vector<float> work;
  int specials = 0, shorter = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_text(dice, int(dice.below(4)), false);
    if (text.size() > kMaxLength) continue;
    const Expr e = read(text);
    ASSERT_EQ(canonical(print(e)), print(e)) << text;
    shorter += fold(e).nodes.size() < e.nodes.size();
    for (int channel = 0; channel < 3; ++channel) {
      for (const float x : {0.0f, 1.0f, 127.0f, 255.0f, -0.75f, 1e20f}) {
        const Pixel pixel{{x, x * 0.5f, 255 - x}, channel};
        const float plain = num::one_nan(evaluate(e, pixel, work));
        specials += !std::isfinite(plain);
        for (const Expr& other : {read(print(e)), fold(e), fold(e, channel)}) {
          const float same = num::one_nan(evaluate(other, pixel, work));
          ASSERT_EQ(std::bit_cast<uint32_t>(plain), std::bit_cast<uint32_t>(same))
              << text << " as " << print(other);
        }
      }
    }
  }
  EXPECT_GT(specials, 1000);
  EXPECT_GT(shorter, 300);
}

TEST(Expr, NoTextBreaksTheParser) {
  ir_testing::Dice dice(5);
  for (int i = 0; i < 3000; ++i) {
    const std::string text =
        ir_testing::damaged(random_text(dice, 3, false), random_text(dice, 2, true), dice);
    const auto e = parse(text);
    if (e.ok()) {
      EXPECT_EQ(canonical(print(*e)), print(*e)) << text;
    } else {
      EXPECT_FALSE(e.status().errors().front().message.empty());
    }
  }
}

TEST(MapImage, ConvertsAndHoldsOneNaN) {
  graph::ImageValue in;
  in.height = 1;
  in.width = 2;
  in.ints = {0, 100, 255, 3, 2, 1};
  const graph::ImageValue u8 = graph::map_image(in, "x * 1.5 + c * 0.5 + (x - x) / x", graph::Elem::u8);
  EXPECT_EQ(u8.ints, (std::vector<int16_t>{0, 150, 255, 4, 4, 2}));  // NaN gives 0, 4.5 and 3.5 go to even
  const graph::ImageValue f32 = graph::map_image(in, "-((r + g) / (x - x))", graph::Elem::f32);
  EXPECT_EQ(f32.floats[0], -kInf);
  const graph::ImageValue nan = graph::map_image(in, "-((x - x) / (x - x))", graph::Elem::f32);
  for (const float v : nan.floats) EXPECT_EQ(std::bit_cast<uint32_t>(v), num::kNanBits);
  const graph::ImageValue zeros = graph::map_image(in, "(x - x) / 0", graph::Elem::u8);
  EXPECT_EQ(zeros.ints, std::vector<int16_t>(6, 0));
}

}  // namespace
}  // namespace headrace::expr
