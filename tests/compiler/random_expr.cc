#include "tests/compiler/random_expr.h"

namespace headrace::testing {
namespace {

class Writer {
 public:
  explicit Writer(RandomStream& random) : random_(random) {}

  std::string number(int depth) {
    static constexpr const char* kLeaves[] = {"x",  "x", "x",   "c",   "r",   "g",   "b",    "0",   "1",
                                              "-1", "2", "0.5", "1.2", "255", "-17", "1e-3", "1e20"};
    if (depth == 0) return random_.pick(kLeaves);
    static constexpr const char* kOperators[] = {" + ", " - ", " * ", " / "};
    static constexpr const char* kUnary[] = {"abs", "floor", "ceil", "trunc", "round", "sqrt"};
    static constexpr const char* kBinary[] = {"min", "max"};
    static constexpr const char* kTernary[] = {"clamp", "fma"};
    auto part = [&] { return number(int(random_.below(depth))); };
    switch (random_.below(7)) {
      case 0:
        return "-(" + part() + ")";
      case 1:
        return random_.pick(kUnary) + ("(" + part() + ")");
      case 2:
        return random_.pick(kBinary) + ("(" + part() + ", " + part() + ")");
      case 3:
        return random_.pick(kTernary) + ("(" + part() + ", " + part() + ", " + part() + ")");
      case 4:
        return "select(" + condition(depth - 1) + ", " + part() + ", " + part() + ")";
      default:
        return "(" + part() + random_.pick(kOperators) + part() + ")";
    }
  }

 private:
  std::string condition(int depth) {
    static constexpr const char* kComparisons[] = {" < ", " <= ", " > ", " >= ", " == ", " != "};
    static constexpr const char* kJoins[] = {" && ", " || "};
    if (depth == 0 || random_.percent(60)) {
      return number(int(random_.below(depth + 1))) + random_.pick(kComparisons) +
             number(int(random_.below(depth + 1)));
    }
    if (random_.percent(30)) return "!(" + condition(depth - 1) + ")";
    return "(" + condition(depth - 1) + random_.pick(kJoins) + condition(depth - 1) + ")";
  }

  RandomStream& random_;
};

}  // namespace

std::string random_expr(RandomStream& random) { return Writer(random).number(int(random.between(1, 4))); }

std::string random_map(RandomStream& random, const std::string& dtype) {
  return R"({"op": "map", "expr": ")" + random_expr(random) + "\"" +
         (dtype.empty() ? "" : R"(, "dtype": ")" + dtype + "\"") + "}";
}

}  // namespace headrace::testing
