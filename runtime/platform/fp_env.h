// The floating-point environment pipelines run in: round to nearest even, denormals kept, exceptions
// masked. Threads inherit flush-to-zero from whoever created them, so every entry sets it.
#pragma once

#include <cstdint>

namespace headrace {

/// Saves the control register (MXCSR, FPCR), sets the default environment, restores on destruction.
class FpEnvironment {
 public:
  FpEnvironment();
  ~FpEnvironment();
  FpEnvironment(const FpEnvironment&) = delete;
  FpEnvironment& operator=(const FpEnvironment&) = delete;

 private:
  uint64_t saved_;
};

}  // namespace headrace
