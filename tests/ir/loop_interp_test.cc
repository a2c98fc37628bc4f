// Memory and control flow of the loop IR, by the loop interpreter.
#include "ir/loop_interp.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

namespace headrace::loop {
namespace {

using namespace std::string_literals;

int32_t external(uint64_t p, uint64_t n) {
  int64_t v;
  std::memcpy(&v, reinterpret_cast<const void*>(p), 8);
  v += int64_t(n);
  std::memcpy(reinterpret_cast<void*>(p), &v, 8);
  return v > 1000 ? 42 : 0;
}

int32_t eleven(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f, int64_t g, int64_t h,
               int64_t i, int64_t j, int64_t* out) {
  *out = ((((((((a * 3 + b) * 3 + c) * 3 + d) * 3 + e) * 3 + f) * 3 + g) * 3 + h) * 3 + i) * 3 + j;
  return 0;
}

class LoopInterp : public ::testing::Test {
 protected:
  // Runs @f(%p: ptr, %n: i64) over 16 i64 of memory.
  hr_result run(const std::string& text, int64_t n = 0) {
    auto m = parse(text);
    EXPECT_TRUE(m.ok()) << m.status().to_string();
    if (!m.ok()) return HR_E_INTERNAL;
    const Status status = verify(*m, {{"external", 2}, {"eleven", 11}});
    EXPECT_TRUE(status.ok()) << status.to_string();
    if (!status.ok()) return HR_E_INTERNAL;
    const Interpreter interpreter(std::move(*m), {{"external", 2, reinterpret_cast<void*>(external)},
                                                  {"eleven", 11, reinterpret_cast<void*>(eleven)}});
    const uint64_t args[] = {reinterpret_cast<uint64_t>(memory_), uint64_t(n)};
    const Region regions[] = {{memory_, sizeof memory_}};
    return interpreter.run("f", args, regions, problem_);
  }
  hr_result body(const std::string& text, int64_t n = 0) {
    return run("func @f(%p: ptr, %n: i64) {\n%zero = const 0 : i64\n%one = const 1 : i64\n" + text + "}\n",
               n);
  }

  alignas(64) int64_t memory_[16] = {};
  std::string problem_;
};

TEST_F(LoopInterp, AddressesAddUp) {
  memory_[3] = 77;
  EXPECT_EQ(body("%q = ptradd %p, %n\n%x = load %q[%n, -8] : i64\nstore %x, %q[%n, 8]\n", 16), HR_OK);
  EXPECT_EQ(memory_[5], 77);
}

TEST_F(LoopInterp, AnyAlignmentIsLoadedAndStored) {
  memory_[0] = 0x0807060504030201;
  EXPECT_EQ(body("%x = load %p[3] : i32\nstore %x, %p[9]\n"), HR_OK);
  EXPECT_EQ(memory_[1], 0x0706050400);
}

TEST_F(LoopInterp, AddressIsThePointersNumber) {
  EXPECT_EQ(body("%a = address %p : i64\nstore %a, %p[0]\n"), HR_OK);
  EXPECT_EQ(memory_[0], reinterpret_cast<int64_t>(memory_));
}

TEST_F(LoopInterp, AccessesOutsideEveryBufferAreReported) {
  const std::pair<const char*, const char*> cases[] = {
      {"%x = load %p[128] : i8\n", "@f: load of 1 byte outside every buffer"},
      {"%x = load %p[121] : i64\n", "@f: load of 8 bytes outside every buffer"},
      {"%x = load %p[-1] : i16\n", "@f: load of 2 bytes outside every buffer"},
      {"%x = load %p[65] : i8x64\n", "@f: load of 64 bytes outside every buffer"},
      {"%x = load %p[%n, 0] : i64\n", "@f: load of 8 bytes outside every buffer"},
      {"store %n, %p[128]\n", "@f: store of 8 bytes outside every buffer"},
      {"store %n, %p[%n, 9223372036854775807]\n", "@f: store of 8 bytes outside every buffer"},
      {"%q = load %p[0] : ptr\nstore %n, %q[0]\n", "@f: store of 8 bytes outside every buffer"},
  };
  for (const auto& [text, problem] : cases) {
    EXPECT_EQ(body(text, -100), HR_E_INTERNAL) << text;
    EXPECT_EQ(problem_, problem) << text;
  }
  EXPECT_EQ(body("%x = load %p[120] : i64\n%y = load %p[64] : i8x64\nstore %n, %p[120]\n"), HR_OK)
      << problem_;
}

TEST_F(LoopInterp, StreamedStoresAreAligned) {
  EXPECT_EQ(body("%w = splat %n : i64x2\nstore_stream %w, %p[16]\n%v = splat %n : i64x8\nstore_stream %v, "
                 "%p[32]\nfence\n",
                 5),
            HR_OK)
      << problem_;
  EXPECT_EQ(std::vector(memory_, memory_ + 13),
            (std::vector<int64_t>{0, 0, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0}));
  EXPECT_EQ(body("%v = splat %n : i64x2\nstore_stream %v, %p[8]\n"), HR_E_INTERNAL);
  EXPECT_EQ(problem_, "@f: streamed store to an unaligned address");
  EXPECT_EQ(body("%v = splat %n : i64x8\nstore_stream %v, %p[16]\n"), HR_E_INTERNAL);
  EXPECT_EQ(problem_, "@f: streamed store to an unaligned address");
  EXPECT_EQ(body("%v = splat %n : i64x8\nstore_stream %v, %p[96]\n"), HR_E_INTERNAL);
  EXPECT_EQ(problem_, "@f: store of 64 bytes outside every buffer");
}

TEST_F(LoopInterp, Loops) {
  EXPECT_EQ(body("for %i = %zero to %n step %one {\n%o = mul %i, %eight\nstore %i, %p[%o, 0]\n}\n"s.insert(
                     0, "%eight = const 8 : i64\n"),
                 5),
            HR_OK);
  EXPECT_EQ(std::vector(memory_, memory_ + 6), (std::vector<int64_t>{0, 1, 2, 3, 4, 0}));
}

// A loop that does not run gives its initial values; one whose step passes the end stops there.
TEST_F(LoopInterp, LoopBounds) {
  const std::string sum =
      "%s, %k = for %i = %zero to %n step %three carry (%a = %one, %b = %zero) {\n%c = add %a, %i\n%d = add "
      "%b, %one\nyield %c, %d\n}\nstore %s, %p[0]\nstore %k, %p[8]\n";
  for (const auto& [n, total, count] : {std::tuple(7, 10, 3), std::tuple(6, 4, 2), std::tuple(1, 1, 1),
                                        std::tuple(0, 1, 0), std::tuple(-5, 1, 0)}) {
    EXPECT_EQ(body("%three = const 3 : i64\n" + sum, n), HR_OK);
    EXPECT_EQ(memory_[0], total) << n;
    EXPECT_EQ(memory_[1], count) << n;
  }
  // i32 counters, and negative bounds.
  EXPECT_EQ(body(R"(%ten = const 10 : i64
%a = const -3 : i32
%b = const 2 : i32
%s = const 2 : i32
%r = for %i = %a to %b step %s carry (%c = %zero) {
  %w = sext %i : i64
  %d = mul %c, %ten
  %e = add %d, %w
  yield %e
}
store %r, %p[0]
)"),
            HR_OK);
  EXPECT_EQ(memory_[0], (-3 * 10 - 1) * 10 + 1);
}

TEST_F(LoopInterp, CarriedValuesMayBePermuted) {
  EXPECT_EQ(body(R"(%two = const 2 : i64
%three = const 3 : i64
%x, %y, %z = for %i = %zero to %n step %one carry (%a = %one, %b = %two, %c = %three) {
  yield %b, %c, %a
}
store %x, %p[0]
store %y, %p[8]
store %z, %p[16]
)",
                 4),
            HR_OK);
  EXPECT_EQ(std::vector(memory_, memory_ + 3), (std::vector<int64_t>{2, 3, 1}));
}

TEST_F(LoopInterp, CarriedVectorsAndSwappedPairs) {
  EXPECT_EQ(body(R"(%u = sequence [1, 2] : i64x2
%v = sequence [3, 4] : i64x2
%x, %y = for %i = %zero to %n step %one carry (%a = %u, %b = %v) {
  %s = add %a, %b
  yield %b, %s
}
store %x, %p[0]
store %y, %p[16]
)",
                 3),
            HR_OK);
  EXPECT_EQ(std::vector(memory_, memory_ + 4), (std::vector<int64_t>{7, 10, 11, 16}));
}

TEST_F(LoopInterp, NestedControlFlow) {
  // Sum over i < n of (i even ? sum over k < i of k : -i).
  const char* text = R"(%two = const 2 : i64
%r = for %i = %zero to %n step %one carry (%a = %zero) {
  %m = urem %i, %two
  %even = icmp eq %m, %zero
  %v = if %even {
    %inner = for %k = %zero to %i step %one carry (%b = %zero) {
      %c = add %b, %k
      yield %c
    }
    yield %inner
  } else {
    %minus = sub %zero, %i
    yield %minus
  }
  %d = add %a, %v
  yield %d
}
store %r, %p[0]
)";
  EXPECT_EQ(body(text, 7), HR_OK);
  EXPECT_EQ(memory_[0], 0 - 1 + 1 - 3 + 6 - 5 + 15);
}

TEST_F(LoopInterp, IfWithoutElse) {
  for (int64_t n : {0, 1}) {
    memory_[0] = 9;
    EXPECT_EQ(body("%t = icmp eq %n, %one\nif %t {\nstore %n, %p[0]\n}\n", n), HR_OK);
    EXPECT_EQ(memory_[0], n == 1 ? 1 : 9);
  }
}

TEST_F(LoopInterp, Switch) {
  const std::string text =
      "%a = const 10 : i64\n%b = const 20 : i64\n%c = const 30 : i64\nswitch %n {\ncase -1 {\nstore %a, "
      "%p[0]\n}\ncase 2147483647 {\nstore %b, %p[0]\n}\ndefault {\nstore %c, %p[0]\n}\n}\n";
  for (const auto& [n, expected] :
       {std::pair<int64_t, int64_t>{-1, 10}, {2147483647, 20}, {0, 30}, {0xFFFFFFFF, 30}, {INT64_MIN, 30}}) {
    EXPECT_EQ(body(text, n), HR_OK);
    EXPECT_EQ(memory_[0], expected) << n;
  }
  EXPECT_EQ(body("%x = trunc %n : i32\nswitch %x {\ncase -1 {\nstore %one, %p[0]\n}\ndefault {\n}\n}\n",
                 0xFFFFFFFF),
            HR_OK);
  EXPECT_EQ(memory_[0], 1) << "an i32 is compared as signed";
}

TEST_F(LoopInterp, CheckReturnsFromTheFunction) {
  const std::string text = R"(%limit = const 3 : i64
for %i = %zero to %n step %one {
  store %i, %p[0]
  %late = icmp ge %i, %limit
  if %late {
    %code = const 17 : i32
    check %code
  }
  %fine = const 0 : i32
  check %fine
}
store %n, %p[8]
)";
  EXPECT_EQ(body(text, 10), 17);
  EXPECT_EQ(memory_[0], 3);
  EXPECT_EQ(memory_[1], 0);
  EXPECT_EQ(problem_, "");
  EXPECT_EQ(body(text, 3), HR_OK);
  EXPECT_EQ(memory_[1], 3);
}

TEST_F(LoopInterp, CallsGiveTheCalleesResult) {
  const std::string text = R"(func @g(%p: ptr, %n: i64, %x: f64, %f: i32) {
  %i = fptosi %x : i64
  %s = add %i, %n
  store %s, %p[8]
  check %f
  store %s, %p[16]
}
func @f(%p: ptr, %n: i64) {
  %x = const 2.5 : f64
  %f = trunc %n : i32
  %r = call @g(%p, %n, %x, %f)
  %w = sext %r : i64
  store %w, %p[0]
  check %r
  store %n, %p[24]
}
)";
  EXPECT_EQ(run(text, 5), 5);
  EXPECT_EQ(std::vector(memory_, memory_ + 4), (std::vector<int64_t>{5, 7, 0, 0}));
  EXPECT_EQ(run(text, 0), HR_OK);
  EXPECT_EQ(std::vector(memory_, memory_ + 4), (std::vector<int64_t>{0, 2, 2, 0}));
}

TEST_F(LoopInterp, CallsOfExterns) {
  memory_[0] = 10;
  EXPECT_EQ(body("%r = call @external(%p, %n)\ncheck %r\n", 5), HR_OK);
  EXPECT_EQ(memory_[0], 15);
  EXPECT_EQ(body("%r = call @external(%p, %n)\ncheck %r\n", 1000), 42);
  EXPECT_EQ(
      body("%r = call @eleven(%one, %zero, %one, %one, %zero, %one, %n, %one, %zero, %one, %p)\ncheck %r\n",
           2),
      HR_OK);
  EXPECT_EQ(memory_[0], 19683 + 2187 + 729 + 81 + 54 + 9 + 1);
}

TEST_F(LoopInterp, ProblemsInCalleesAreReported) {
  EXPECT_EQ(run("func @g(%p: ptr) {\n%x = load %p[-8] : i64\n}\nfunc @f(%p: ptr, %n: i64) {\n%r = call "
                "@g(%p)\nstore %n, %p[0]\n}\n",
                5),
            HR_E_INTERNAL);
  EXPECT_EQ(problem_, "@g: load of 8 bytes outside every buffer");
  EXPECT_EQ(memory_[0], 0) << "nothing runs after it";
}

TEST_F(LoopInterp, ExcludedLoopsAreReported) {
  EXPECT_EQ(body("for %i = %zero to %one step %n {\n}\n", 0), HR_E_INTERNAL);
  EXPECT_EQ(problem_, "@f: a loop's step is not positive");
  EXPECT_EQ(body("for %i = %zero to %one step %n {\n}\n", -1), HR_E_INTERNAL);
  EXPECT_EQ(problem_, "@f: a loop's step is not positive");
  EXPECT_EQ(body("%top = const 9223372036854775807 : i64\nfor %i = %n to %top step %two {\n}\n"s.insert(
                     0, "%two = const 2 : i64\n"),
                 INT64_MAX - 1),
            HR_E_INTERNAL);
  EXPECT_EQ(problem_, "@f: a loop's counter overflows");
  EXPECT_EQ(body("%a = const 2147483646 : i32\n%b = const 2147483647 : i32\n%s = trunc %n : i32\nfor %i = %a "
                 "to %b step %s {\n}\n",
                 2),
            HR_E_INTERNAL);
  EXPECT_EQ(problem_, "@f: a loop's counter overflows");
  EXPECT_EQ(body("%a = const 2147483646 : i32\n%b = const 2147483647 : i32\n%s = trunc %n : i32\nfor %i = %a "
                 "to %b step %s {\n}\n",
                 1),
            HR_OK)
      << problem_;
}

TEST_F(LoopInterp, UnknownFunctions) {
  const Interpreter interpreter(Module{}, {});
  const uint64_t args[] = {0, 0};
  EXPECT_EQ(interpreter.run("run", args, {}, problem_), HR_E_INTERNAL);
  EXPECT_EQ(problem_, "no function @run with 2 parameters");
}

TEST_F(LoopInterp, SeveralThreadsAtOnce) {
  auto m = parse(
      "func @f(%p: ptr, %n: i64) {\n%one = const 1 : i64\n%zero = const 0 : i64\n%s = for %i = %zero to %n "
      "step %one carry (%a = %zero) {\n%b = add %a, %i\nyield %b\n}\nstore %s, %p[0]\n}\n");
  ASSERT_TRUE(m.ok());
  const Interpreter interpreter(std::move(*m), {});
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int64_t n = 1; n <= 4; ++n) {
    threads.emplace_back([&, n] {
      for (int k = 0; k < 50; ++k) {
        int64_t result = 0;
        const uint64_t args[] = {reinterpret_cast<uint64_t>(&result), uint64_t(n * 100)};
        const Region regions[] = {{&result, 8}};
        std::string problem;
        if (interpreter.run("f", args, regions, problem) == HR_OK && result == n * 100 * (n * 100 - 1) / 2)
          ++right;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(right, 200);
}

// A function outside the module that hands out memory of its own: p[0] = the buffer that n selects.
int64_t handed_out[2][2] = {{1, 2}, {3, 4}};
int32_t hand_out(uint64_t p, uint64_t n) {
  const uint64_t address = reinterpret_cast<uint64_t>(handed_out[n % 2]);
  std::memcpy(reinterpret_cast<void*>(p), &address, 8);
  return n == 9 ? 5 : 0;
}
void handed_out_regions(std::span<const uint64_t> args, std::vector<uint64_t>& memory, std::vector<Region>& regions) {
  memory.push_back(args[1]);
  regions = {{handed_out[args[1] % 2], memory.size() * 8}};  // grows from call to call
}

hr_result run_with_hand_out(const std::string& body, std::string& problem, int64_t* memory) {
  auto m = parse("func @f(%p: ptr) {\n%zero = const 0 : i64\n%one = const 1 : i64\n%nine = const 9 : i64\n" + body + "}\n");
  EXPECT_TRUE(m.ok()) << m.status().to_string();
  EXPECT_EQ(verify(*m, {{"hand_out", 2}}).to_string(), "");
  const Interpreter interpreter(std::move(*m),
                                {{"hand_out", 2, reinterpret_cast<void*>(hand_out), handed_out_regions}});
  const uint64_t args[] = {reinterpret_cast<uint64_t>(memory)};
  const Region regions[] = {{memory, 32}};
  return interpreter.run("f", args, regions, problem);
}

TEST(LoopInterpCallees, ReadsWhatCalledFunctionsHandOutUntilTheNextCall) {
  int64_t memory[4] = {};
  std::string problem;
  const std::string first = "%r = call @hand_out(%p, %zero)\ncheck %r\n%q = load %p[0] : ptr\n";
  EXPECT_EQ(run_with_hand_out(first + "%v = load %q[0] : i64\nstore %v, %p[8]\n", problem, memory), HR_OK) << problem;
  EXPECT_EQ(memory[1], 1);
  EXPECT_EQ(run_with_hand_out(first + "%v = load %q[8] : i64\n", problem, memory), HR_E_INTERNAL);
  EXPECT_EQ(problem, "@f: load of 8 bytes outside every buffer");
  const std::string second = first + "%s = call @hand_out(%p, %one)\ncheck %s\n%w = load %p[0] : ptr\n";
  EXPECT_EQ(run_with_hand_out(second + "%v = load %w[8] : i64\nstore %v, %p[8]\n", problem, memory), HR_OK) << problem;
  EXPECT_EQ(memory[1], 4);
  EXPECT_EQ(run_with_hand_out(second + "%v = load %q[0] : i64\n", problem, memory), HR_E_INTERNAL);
  EXPECT_EQ(problem, "@f: load of 8 bytes outside every buffer");
  // A call that fails hands out nothing.
  EXPECT_EQ(run_with_hand_out("%r = call @hand_out(%p, %nine)\n%q = load %p[0] : ptr\n%v = load %q[0] : i64\n", problem, memory),
            HR_E_INTERNAL);
}

}  // namespace
}  // namespace headrace::loop
