// The language's functions as loop IR: bit for bit those of ir/numeric.h and headrace/philox.h.
#include <gtest/gtest.h>

#include <bit>

#include "headrace/philox.h"
#include "ir/loop_build.h"
#include "ir/loop_interp.h"
#include "ir/numeric.h"

namespace headrace::loop {
namespace {

// Runs the function once over the two buffers.
void run(Function f, const void* in, size_t in_bytes, void* out, size_t out_bytes) {
  Module m;
  m.functions.push_back(std::move(f));
  const Status status = verify(m, {});
  ASSERT_TRUE(status.ok()) << status.to_string();
  const std::string name = m.functions[0].name;
  const uint64_t args[] = {reinterpret_cast<uint64_t>(in), reinterpret_cast<uint64_t>(out)};
  const Region regions[] = {{in, in_bytes}, {out, out_bytes}};
  std::string problem;
  EXPECT_EQ(Interpreter(std::move(m), {}).run(name, args, regions, problem), HR_OK) << problem;
}

template <class F>
std::vector<double> map_f64(const std::vector<double>& in, int lanes, F&& f) {
  Builder b("map");
  const V src = b.param(kPtr), dst = b.param(kPtr);
  b.for_(b.i64(0), b.i64(int64_t(in.size())), b.i64(lanes),
         [&](V i) { b.store(f(b.load(vec(Scalar::f64, lanes), src, i << 3)), dst, i << 3); });
  std::vector<double> out(in.size());
  run(b.finish(), in.data(), in.size() * 8, out.data(), out.size() * 8);
  return out;
}

void expect_same_bits(const std::vector<double>& in, const std::vector<double>& found, double (*f)(double)) {
  for (size_t i = 0; i < in.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint64_t>(found[i]), std::bit_cast<uint64_t>(f(in[i]))) << in[i];
  }
}

std::vector<double> exp_inputs() {
  std::vector<double> in = {
      0.0, -0.0, 700.0, -700.0, 701.0, -1e300, 1e-300, 0.34657359027997264, -0.34657359027997264};
  for (int i = 0; in.size() % 8 != 0 || i < 8000; ++i) in.push_back((i - 4000) * 0.17501 + 1e-7 * i);
  return in;
}

std::vector<double> log_inputs() {
  std::vector<double> in = {1.0,
                            2.0,
                            0.5,
                            2.2250738585072014e-308,
                            1.7976931348623157e308,
                            0.70710678118654746,
                            0.70710678118654757};
  for (int i = 0; in.size() % 8 != 0 || i < 8000; ++i)
    in.push_back(std::ldexp(1.0 + i * 1.2345e-4, i % 2000 - 1000));
  return in;
}

TEST(LoopMath, ExpEqualsTheScalarFunction) {
  for (int lanes : {1, 4, 8}) expect_same_bits(exp_inputs(), map_f64(exp_inputs(), lanes, exp_f64), num::exp);
}

TEST(LoopMath, LogEqualsTheScalarFunction) {
  for (int lanes : {1, 4, 8}) expect_same_bits(log_inputs(), map_f64(log_inputs(), lanes, log_f64), num::log);
}

TEST(LoopMath, PhiloxEqualsTheScalarFunction) {
  Builder b("philox");
  const V src = b.param(kPtr), dst = b.param(kPtr);
  Values counter;
  for (int k = 0; k < 4; ++k) counter.push_back(b.load(kI32, src, 4 * k));
  const Values r = philox_block(b, counter, b.load(kI32, src, 16), b.load(kI32, src, 20));
  for (int k = 0; k < 4; ++k) b.store(r[size_t(k)], dst, 4 * k);
  b.store(uniform_f64(r[0], r[1]), dst, 16);
  b.store(below(r[2], b.load(kI64, src, 24)), dst, 24);
  const Function f = b.finish();

  struct In {
    uint32_t counter[4], key[2];
    int64_t n;
  };
  struct Out {
    uint32_t words[4];
    double uniform;
    int64_t below;
  };
  uint32_t state = 1;
  for (int i = 0; i < 500; ++i) {
    In in{};
    for (uint32_t& c : in.counter) c = state = state * 1664525u + 1013904223u;
    for (uint32_t& k : in.key) k = state = state * 1664525u + 1013904223u;
    if (i == 0) in = {};
    if (i == 1) in = {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, 0};
    in.n = i % 3 == 0 ? int64_t{1} << 32 : 1 + i * 977;
    Out out{};
    run(f, &in, sizeof in, &out, sizeof out);
    const philox::Block expected =
        philox::block({in.counter[0], in.counter[1], in.counter[2], in.counter[3]}, in.key[0], in.key[1]);
    ASSERT_EQ(std::vector(out.words, out.words + 4), std::vector(expected.begin(), expected.end()));
    ASSERT_EQ(out.uniform, philox::uniform(expected[0], expected[1]));
    ASSERT_EQ(out.below, int64_t(philox::below(expected[2], uint64_t(in.n))));
  }
}

}  // namespace
}  // namespace headrace::loop
