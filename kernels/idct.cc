#include "kernels/idct.h"

#include <algorithm>
#include <cstring>

#include "kernels/idct_vectors.h"

namespace headrace {
namespace {

using namespace idct;  // NOLINT(google-build-using-namespace)

// Saturated to -128..127, plus 128.
void store_samples(Half v, uint8_t* out) {
#if defined(__SSE2__)
  const __m128i packed = _mm_packs_epi16(reinterpret_cast<__m128i>(v), reinterpret_cast<__m128i>(v));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_xor_si128(packed, _mm_set1_epi8(char(0x80))));
#else
  for (int i = 0; i < 8; ++i) out[i] = uint8_t(std::clamp<int>(int16_t(v[i]), -128, 127) + 128);
#endif
}

// The matrix, 13 fraction bits. Outputs k and 7 - k (k = 0 to 3) are the sum and the difference of an even
// part, of inputs 0, 2, 4, 6, and an odd part, of inputs 1, 3, 5, 7.
struct Coefficients {
  int even04[2], even26[2], odd15[2], odd37[2];
};
constexpr Coefficients kMatrix[4] = {{{8192, 8192}, {10703, 4433}, {11363, 6437}, {9633, 2260}},
                                     {{8192, -8192}, {4433, -10704}, {9633, -11362}, {-2259, -6436}},
                                     {{8192, -8192}, {-4433, 10704}, {6437, 2261}, {-11362, 9633}},
                                     {{8192, 8192}, {-10703, -4433}, {2260, 9633}, {-6436, -11363}}};

// Inputs of one half of the lanes, interleaved.
struct Pairs {
  Half in04, in26, in15, in37;
};

struct Outputs {
  SignedWord at[8];
};

template <int kDescale>
[[gnu::always_inline]] inline Outputs transform(const Pairs& p) {
  const auto times = [](Half in, const int(&c)[2]) { return dot2(in, pair(c[0], c[1])); };
  const auto descaled = [](Word v) {
    return reinterpret_cast<SignedWord>(v + (1u << (kDescale - 1))) >> kDescale;
  };
  const Word sum04 = times(p.in04, kMatrix[0].even04), difference04 = times(p.in04, kMatrix[1].even04);
  const Word outer26 = times(p.in26, kMatrix[0].even26), inner26 = times(p.in26, kMatrix[1].even26);
  const Word even[4] = {sum04 + outer26, difference04 + inner26, difference04 - inner26, sum04 - outer26};
  Outputs out;
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    const Word odd = times(p.in15, kMatrix[k].odd15) + times(p.in37, kMatrix[k].odd37);
    out.at[k] = descaled(even[k] + odd);
    out.at[7 - k] = descaled(even[k] - odd);
  }
  return out;
}

// The 1-D transform down each of eight lanes.
template <int kDescale>
[[gnu::always_inline]] inline void pass(Half (&v)[8]) {
  const Outputs low = transform<kDescale>({interleave_low(v[0], v[4]), interleave_low(v[2], v[6]),
                                           interleave_low(v[1], v[5]), interleave_low(v[3], v[7])});
  const Outputs high = transform<kDescale>({interleave_high(v[0], v[4]), interleave_high(v[2], v[6]),
                                            interleave_high(v[1], v[5]), interleave_high(v[3], v[7])});
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) v[i] = saturate(low.at[i], high.at[i]);
}

}  // namespace

void idct_islow(const int16_t* coefficients, uint8_t* out, ptrdiff_t stride) {
  Half v[8];
  std::memcpy(v, coefficients, sizeof v);
  pass<11>(v);
  transpose(v);
  pass<18>(v);
  transpose(v);
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) store_samples(v[i], out + i * stride);
}

uint8_t idct_flat(int16_t dc) {
  const int column = std::clamp(4 * dc, -32768, 32767);
  return uint8_t(std::clamp((column + 16) >> 5, -128, 127) + 128);
}

}  // namespace headrace
