#include "headrace/isa.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace headrace {

#if defined(__x86_64__)
namespace {

struct Regs {
  uint32_t a = 0, b = 0, c = 0, d = 0;
};

Regs cpuid(uint32_t leaf) {
  Regs r;
  __cpuid_count(leaf, 0, r.a, r.b, r.c, r.d);
  return r;
}

/// What levels are made of. Read once: in a virtual machine each cpuid takes tens of microseconds.
struct Features {
  Regs f1, f7, e1;
  uint64_t saved_state = 0;  ///< register state the operating system saves (XCR0)

  Features() {
    const uint32_t basic = cpuid(0).a, extended = cpuid(0x80000000u).a;
    if (basic >= 1) f1 = cpuid(1);
    if (basic >= 7) f7 = cpuid(7);
    if (extended >= 0x80000001u) e1 = cpuid(0x80000001u);
    if (!(f1.c >> 27 & 1)) return;
    uint32_t lo, hi;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    saved_state = uint64_t{hi} << 32 | lo;
  }
};

const Features& features() {
  static const Features f;
  return f;
}

bool all(uint32_t reg, std::initializer_list<int> bits) {
  for (int b : bits) {
    if (!(reg >> b & 1)) return false;
  }
  return true;
}

bool has_v3() {
  const Features& f = features();
  return (f.saved_state & 0x6) == 0x6 && all(f.f1.c, {0, 9, 12, 13, 19, 20, 22, 23, 27, 28, 29}) &&  // SSE3..AVX, FMA, MOVBE, F16C
         all(f.f7.b, {3, 5, 8}) &&                                                                   // BMI1, AVX2, BMI2
         all(f.e1.c, {0, 5});                                                                        // LAHF, LZCNT
}

bool has_v4() {
  return has_v3() && (features().saved_state & 0xE6) == 0xE6 && all(features().f7.b, {16, 17, 28, 30, 31});  // AVX-512 F DQ CD BW VL
}

bool has_vbmi2() { return has_v4() && all(features().f7.c, {1, 6, 11, 12, 14}); }  // VBMI VBMI2 VNNI BITALG VPOPCNTDQ

}  // namespace

bool isa_supported(Isa isa) {
  switch (isa) {
    case Isa::x86_64_v3:
    case Isa::host: return has_v3();
    case Isa::x86_64_v4: return has_v4();
    case Isa::x86_64_v4_vbmi2: return has_vbmi2();
    case Isa::armv8_neon: return false;
  }
  return false;
}
#elif defined(__aarch64__)
bool isa_supported(Isa isa) { return isa == Isa::armv8_neon || isa == Isa::host; }
#else
bool isa_supported(Isa) { return false; }
#endif

std::optional<Isa> best_isa() {
  std::optional<Isa> best;
  if (const std::optional<Arch> arch = host_arch()) {
    for (const Isa isa : isa_levels(*arch)) {
      if (isa_supported(isa)) best = isa;
    }
  }
  return best;
}

}  // namespace headrace
