// The text form of loop IR: print and parse agree, the verifier says what is wrong, and no text, however
// damaged, does harm.
#include <gtest/gtest.h>

#include "ir/loop_build.h"
#include "tests/ir/loop_testing.h"
#include "tests/ir/text_testing.h"

namespace headrace::loop {
namespace {

using ir_testing::Dice;
using ir_testing::every_op;
using ir_testing::loop_externs;

constexpr const char* kOpNames[] = {
#define HR_LOOP_OP(id, name, form) name,
#include "ir/loop_ops.def"
#undef HR_LOOP_OP
};

TEST(LoopText, PrintAndParseAgree) {
  const Module m = every_op();
  const Status built = verify(m, loop_externs());
  ASSERT_TRUE(built.ok()) << built.to_string();
  const std::string text = print(m);
  const auto parsed = parse(text);
  ASSERT_TRUE(parsed.ok()) << parsed.status().to_string() << "\n" << text;
  EXPECT_EQ(print(*parsed), text);
  EXPECT_EQ(verify(*parsed, loop_externs()).to_string(), "");
}

TEST(LoopText, TheModuleHoldsEveryOp) {
  const std::string text = print(every_op());
  for (const char* name : kOpNames) {
    const bool found = text.find(" " + std::string(name) + " ") != std::string::npos ||
                       text.find(" " + std::string(name) + "\n") != std::string::npos;
    EXPECT_TRUE(found) << name;
  }
  for (const char* type :
       {"i1x4", "i8x3", "i16x16", "i32x8", "i64x8", "f16x8", "f32x2", "f64x4", "ptr", ": i64", ": f64"}) {
    EXPECT_NE(text.find(type), std::string::npos) << type;
  }
}

TEST(LoopText, CanonicalForm) {
  const auto m = parse(R"(; a comment
    func @f(%p:ptr,%n:i64){%zero=const 0:i64 %one=const 1:i64
      %s=for %i=%zero to %n step %one carry(%c=%zero){%d=add %c,%i yield %d}
      if %flag {} store %s,%p[-8]})");
  EXPECT_EQ(m.status().to_string(), "error[ir.syntax] line 4, column 10: %flag is not defined above");
  const auto good = parse(R"(func @f(%p:ptr,%n:i64){%zero=const 0:i64 %one=const 1:i64
      %s=for %i=%zero to %n step %one carry(%c=%zero){%d=add %c,%i yield %d}
      %t = icmp lt %s, %n %u = if %t {yield %s} else {yield %n} switch %u {case 3{fence}default{}}
      if %t { store %u,%p[%s,-8] } })");
  ASSERT_TRUE(good.ok()) << good.status().to_string();
  EXPECT_EQ(verify(*good, {}).to_string(), "");
  EXPECT_EQ(print(*good), R"(func @f(%0: ptr, %1: i64) {
  %2 = const 0 : i64
  %3 = const 1 : i64
  %4 = for %5 = %2 to %1 step %3 carry (%6 = %2) {
    %7 = add %6, %5
    yield %7
  }
  %8 = icmp lt %4, %1
  %9 = if %8 {
    yield %4
  } else {
    yield %1
  }
  switch %9 {
    case 3 {
      fence
    }
    default {
    }
  }
  if %8 {
    store %9, %0[%4, -8]
  }
}
)");
}

TEST(LoopText, ConstantsAreShared) {
  Builder b("f");
  EXPECT_EQ(b.i64(5).id, b.i64(5).id);
  EXPECT_NE(b.i64(5).id, b.i32(5).id);
  EXPECT_EQ(b.f64(0.0).id, b.f64(0.0).id);
  EXPECT_NE(b.f64(0.0).id, b.f64(-0.0).id);
  EXPECT_EQ(print(b.finish()),
            "func @f() {\n  %0 = const 5 : i64\n  %1 = const 5 : i32\n  %2 = const 0.0 : f64\n  %3 = const "
            "-0.0 : f64\n}\n");
}

TEST(LoopText, EveryBadTextGivesItsExactErrors) {
  ir_testing::check_error_table("loop_errors.txt", 100, [](const std::string& text) {
    // Texts that begin with '%' or a space are the body of a function of (%p: ptr, %n: i64).
    const bool body = text[0] == '%' || text[0] == ' ';
    const auto m = parse(body ? "func @f(%p: ptr, %n: i64) {\n" + text + "}\n" : text);
    return (m.ok() ? verify(*m, loop_externs()) : m.status()).to_string();
  });
}

// What a text cannot say but code that builds functions can.
TEST(LoopVerify, MalformedFunctions) {
  auto errors = [](Inst inst, std::vector<Type> types) {
    Module m;
    m.functions.emplace_back();
    m.functions[0].name = "f";
    m.functions[0].params = {0};
    m.functions[0].types = std::move(types);
    m.functions[0].body.insts.push_back(std::move(inst));
    return verify(m, {}).to_string();
  };
  auto inst = [](Op op, std::vector<ValueId> operands, std::vector<ValueId> results) {
    return Inst{op, std::move(operands), std::move(results), 0, 0, Pred::eq, {}, {}, {}};
  };
  EXPECT_EQ(errors(inst(Op::fabs, {0}, {1}), {kF32, kF32}), "");
  EXPECT_EQ(errors(inst(Op::fabs, {0}, {2}), {kF32, kF32}),
            "error[ir.verify] @f: fabs: takes f32 or f64\nerror[ir.verify] @f: a value has no type");
  EXPECT_EQ(errors(inst(Op::fabs, {0}, {0}), {kF32}), "error[ir.verify] @f: a value is defined twice");
  EXPECT_EQ(errors(inst(Op::fabs, {7}, {1}), {kF32, kF32}),
            "error[ir.verify] @f: fabs: uses a value that is not defined here");
  EXPECT_EQ(errors(inst(Op::fabs, {0}, {1}), {kF32, kF64}), "error[ir.verify] @f: fabs: takes f32 or f64");
  EXPECT_EQ(errors(inst(Op::add, {0, 0}, {1}), {kI64, kI32}),
            "error[ir.verify] @f: add: operands must have one type, are i64 and i64");
  EXPECT_EQ(errors(inst(Op::icmp, {0, 0}, {1}), {kI64, kI64}), "error[ir.verify] @f: icmp: gives i1");
  EXPECT_EQ(errors(inst(Op::for_, {0, 0}, {1}), {kI64, kI64}), "error[ir.verify] @f: for: malformed");
  EXPECT_EQ(errors(inst(Op::fabs, {0}, {1}), {vec(Scalar::f32, 2), vec(Scalar::f32, 2)}),
            "error[ir.verify] @f: parameters are scalars");
}

TEST(LoopText, DamagedTextsAreReadOrRefused) {
  Dice dice(2);
  const std::string text = print(every_op());
  const size_t second = text.find("\nfunc") + 1;
  const std::string parts[] = {text.substr(0, second), text.substr(second)};
  size_t read = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto m = parse(ir_testing::damaged(parts[dice.below(2)], parts[dice.below(2)], dice));
    if (!m.ok() || !verify(*m, {{"external", 2}, {"arithmetic", 2}}).ok()) continue;
    ++read;
    const std::string printed = print(*m);
    const auto again = parse(printed);
    ASSERT_TRUE(again.ok()) << printed << again.status().to_string();
    ASSERT_EQ(print(*again), printed);
    ASSERT_EQ(verify(*again, {{"external", 2}, {"arithmetic", 2}}).to_string(), "");
  }
  EXPECT_GT(read, 500u) << "the damage leaves too little to test";
}

TEST(LoopText, DeepNestingIsRefused) {
  std::string text = "func @f(%p: ptr) {\n%c = const 1 : i1\n";
  for (int i = 0; i < 100000; ++i) text += "if %c {\n";
  EXPECT_EQ(parse(text).status().to_string(),
            "error[ir.syntax] line 67, column 7: blocks are nested too deeply");
}

}  // namespace
}  // namespace headrace::loop
