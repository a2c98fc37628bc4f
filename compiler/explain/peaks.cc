#include "compiler/explain/peaks.h"

#include <algorithm>

#include "ir/loop_build.h"
#include "runtime/platform/buffer.h"

namespace headrace::explaining {
namespace {

using loop::Builder;
using loop::kI64;
using loop::kPtr;
using loop::Scalar;
using loop::V;
using loop::Values;

constexpr size_t kL1Bytes = 8 << 10, kL2Bytes = 96 << 10, kMemoryBytes = 64 << 20;  // of each of two buffers
constexpr int kChains = 12, kMoves = 8;
constexpr uint64_t kSteps = 1 << 18;
constexpr int kTries = 7;

// @copy and @stream(src, dst: ptr, bytes: i64): copies whole steps of kMoves vectors; only stores, past the
// caches.
loop::Function copy_loop(int vector_bits, bool stream) {
  Builder b(stream ? "stream" : "copy");
  const V src = b.param(kPtr), dst = b.param(kPtr), bytes = b.param(kI64);
  const int64_t vector = vector_bits / 8;
  const loop::Type t = loop::vec(Scalar::i16, vector_bits / 16);
  const V same = b.load(t, src);
  b.for_(b.i64(0), bytes, b.i64(vector * kMoves), [&](V i) {
    for (int k = 0; k < kMoves; ++k) {
      stream ? b.store_stream(same, dst, i, k * vector)
             : b.store(b.load(t, src, i, k * vector), dst, i, k * vector);
    }
  });
  if (stream) b.fence();
  return b.finish();
}

// @arithmetic(src, dst: ptr, steps: i64): kChains independent additions of vectors a step.
loop::Function arithmetic_loop(int vector_bits) {
  Builder b("arithmetic");
  const V src = b.param(kPtr), dst = b.param(kPtr), steps = b.param(kI64);
  const int64_t vector = vector_bits / 8;
  const loop::Type t = loop::vec(Scalar::i16, vector_bits / 16);
  Values init;
  for (int k = 0; k < kChains; ++k) init.push_back(b.load(t, src, k * vector));
  const V step = b.load(t, src, kChains * vector);
  const Values sums = b.for_(b.i64(0), steps, b.i64(1), init, [&](V, const Values& carried) {
    Values next;
    for (const V& v : carried) next.push_back(v + step);
    return next;
  });
  for (int k = 0; k < kChains; ++k) b.store(sums[size_t(k)], dst, k * vector);
  return b.finish();
}

enum Loop : int64_t { kCopy, kStream, kArithmetic };

loop::Module peak_loops(int vector_bits) {
  loop::Module m;
  m.functions.push_back(copy_loop(vector_bits, false));
  m.functions.push_back(copy_loop(vector_bits, true));
  m.functions.push_back(arithmetic_loop(vector_bits));
  Builder plan("plan");
  plan.param(kPtr);
  m.functions.push_back(plan.finish());
  Builder run("run");  // its parameter is a Job
  const V job = run.param(kPtr);
  const V src = run.load(kPtr, job, 0), dst = run.load(kPtr, job, 8), bytes = run.load(kI64, job, 16);
  const V times = run.load(kI64, job, 24), which = run.load(kI64, job, 32);
  run.for_(run.i64(0), times, run.i64(1), [&](V) {
    run.switch_(which, {kCopy, kStream}, [&](int32_t k) {
      run.call_checked(k == kCopy ? "copy" : k == kStream ? "stream" : "arithmetic", {src, dst, bytes});
    });
  });
  m.functions.push_back(run.finish());
  return m;
}

/// What @run is given in place of a frame.
struct Job {
  const uint8_t* src;
  uint8_t* dst;
  int64_t bytes, times, which;
};

// The least time of several tries, in nanoseconds.
double time_of(const codegen::Library& library, const platform::TickClock& clock, Job job) {
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < kTries; ++i) {
    const uint64_t begin = clock.now();
    library.run()(reinterpret_cast<hr_run_frame*>(&job));
    least = std::min(least, clock.now() - begin);
  }
  return double(clock.nanoseconds(least));
}

double clock_cost(const platform::TickClock& clock) {
  constexpr int kReadings = 4096;
  const uint64_t begin = clock.now();
  uint64_t sum = 0;
  for (int i = 0; i < kReadings; ++i) sum += clock.now();
  const uint64_t end = clock.now();
  return sum == 0 ? 0 : double(clock.nanoseconds(end - begin)) / kReadings;
}

}  // namespace

Expected<ExplainedPeaks> measure_peaks(const codegen::Target& target, const platform::TickClock& clock) {
  const loop::Module module = peak_loops(target.vector_bits);
  HR_RETURN_IF_ERROR(loop::verify(module, {}));
  HR_ASSIGN_OR_RETURN(const auto objects,
                      codegen::compile_objects(module, {target.isa, target.vector_bits}, 1));
  HR_ASSIGN_OR_RETURN(const auto library, codegen::link(objects, {}));
  HR_ASSIGN_OR_RETURN(const auto from, platform::Buffer::allocate(kMemoryBytes, {.prefault = true}));
  HR_ASSIGN_OR_RETURN(const auto to, platform::Buffer::allocate(kMemoryBytes, {.prefault = true}));
  const auto copied = [&](size_t bytes, int64_t times, Loop loop) {
    const double ns = time_of(*library, clock, {from.data(), to.data(), int64_t(bytes), times, loop});
    return (loop == kCopy ? 2.0 : 1.0) * double(bytes) * double(times) / ns;
  };
  ExplainedPeaks peaks;
  peaks.l1_bytes_per_ns = copied(kL1Bytes, 256, kCopy);
  peaks.l2_bytes_per_ns = copied(kL2Bytes, 32, kCopy);
  peaks.memory_bytes_per_ns = copied(kMemoryBytes, 1, kStream);
  const double ns = time_of(*library, clock, {from.data(), to.data(), int64_t(kSteps), 1, kArithmetic});
  peaks.vector_ops_per_ns = double(kSteps) * kChains / ns;
  peaks.clock_ns = clock_cost(clock);
  return peaks;
}

}  // namespace headrace::explaining
