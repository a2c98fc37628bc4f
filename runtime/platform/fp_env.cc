#include "runtime/platform/fp_env.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace headrace {

#if defined(__x86_64__)
namespace {
constexpr uint32_t kDefaultMxcsr = 0x1F80;  // exceptions masked, nearest, no FTZ, no DAZ
}
FpEnvironment::FpEnvironment() : saved_(_mm_getcsr()) {
  // Writing the register is much slower than reading it, and it is right nearly always.
  if ((saved_ & ~uint64_t{0x3F}) != kDefaultMxcsr) _mm_setcsr(kDefaultMxcsr);
}
FpEnvironment::~FpEnvironment() {
  if ((saved_ & ~uint64_t{0x3F}) != kDefaultMxcsr) _mm_setcsr(uint32_t(saved_));
}
#elif defined(__aarch64__)
FpEnvironment::FpEnvironment() {
  __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
  if (saved_ != 0) __asm__ volatile("msr fpcr, %0" : : "r"(uint64_t{0}));
}
FpEnvironment::~FpEnvironment() {
  if (saved_ != 0) __asm__ volatile("msr fpcr, %0" : : "r"(saved_));
}
#else
FpEnvironment::FpEnvironment() : saved_(0) {}
FpEnvironment::~FpEnvironment() = default;
#endif

}  // namespace headrace
