// What every fuzz target is made of: the entry point libFuzzer and replay call, and claims that stop the
// program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Runs the target on one input. Returns 0 always: a broken claim aborts.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace headrace::fuzz {

/// Prints `claim` and `detail` to standard error and aborts, so that fuzzers keep the input.
[[noreturn]] void fail(std::string_view claim, std::string_view detail);

/// Fails unless `difference` is empty.
inline void expect_none(std::string_view claim, std::string_view difference) {
  if (!difference.empty()) fail(claim, difference);
}

/// FNV-1a over words, for comparing large results and for deriving parameters from an input.
class Fingerprint {
 public:
  void add(uint64_t word) { sum_ = (sum_ ^ word) * 0x100000001B3u; }
  uint64_t value() const { return sum_; }

 private:
  uint64_t sum_ = 0xCBF29CE484222325u;
};

/// True for one input in `n`, always the same ones: for claims that take much longer to check than the others.
inline bool one_in(uint64_t n, std::string_view input) {
  Fingerprint sum;
  for (const char c : input) sum.add(uint8_t(c));
  return (sum.value() >> 32) % n == 0;
}

}  // namespace headrace::fuzz
