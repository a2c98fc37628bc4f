#include "kernels/packed/tile_decode.h"

#include "headrace/isa.h"

namespace headrace::packed {

TileDecode best_tile_decode() {
  // Asked once: cpuid takes tens of microseconds in a virtual machine.
  static const TileDecode best = [] {
#ifdef HEADRACE_X86_LEVELS
    if (isa_supported(Isa::x86_64_v4_vbmi2)) return decode_tile_vbmi2;
    if (isa_supported(Isa::x86_64_v3)) return decode_tile_v3;
#endif
    return decode_tile_baseline;
  }();
  return best;
}

}  // namespace headrace::packed
