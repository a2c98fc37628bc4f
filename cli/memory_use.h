// How much memory the process holds that no file backs.
#pragma once

#include <cstdint>

namespace headrace::cli {

/// Anonymous and shared memory of this process in bytes (RssAnon + RssShmem; mapped files do not count);
/// 0 where the system does not say.
uint64_t anonymous_memory();

/// The largest value seen.
class PeakMemory {
 public:
  void sample();
  /// Bytes that are not counted from now on.
  void leave_out(uint64_t bytes) { left_out_ += bytes; }
  uint64_t bytes() const { return peak_; }

 private:
  uint64_t peak_ = 0, left_out_ = 0;
};

}  // namespace headrace::cli
