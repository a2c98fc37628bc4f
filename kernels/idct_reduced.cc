#include "kernels/idct_reduced.h"

#include "kernels/idct.h"
#include "kernels/idct_vectors.h"

namespace headrace {
namespace {

using namespace idct;  // NOLINT(google-build-using-namespace)

int16_t saturated(int32_t v) { return int16_t(std::clamp(v, -32768, 32767)); }
uint8_t sample(int32_t v) { return uint8_t(std::clamp(v, -128, 127) + 128); }

// Inputs of one half of the lanes, interleaved. Input 4 has no weight.
struct Pairs {
  Half in04, in26, in15, in37;
};

// Four outputs k of one dimension: 0 and 3 are the sum and the difference of an even and an odd part, 1 and 2
// of others.
template <int kDescale>
[[gnu::always_inline]] inline void transform4(const Pairs& p, SignedWord (&out)[4]) {
  const auto descaled = [](Word v) {
    return reinterpret_cast<SignedWord>(v + (1u << (kDescale - 1))) >> kDescale;
  };
  const Word dc = dot2(p.in04, pair(16384, 0)), even = dot2(p.in26, pair(15137, -6270));
  const Word outer = dot2(p.in15, pair(20995, -4926)) + dot2(p.in37, pair(7373, -4176));
  const Word inner = dot2(p.in15, pair(8697, 11893)) + dot2(p.in37, pair(-17799, -1730));
  out[0] = descaled(dc + even + outer);
  out[3] = descaled(dc + even - outer);
  out[1] = descaled(dc - even + inner);
  out[2] = descaled(dc - even - inner);
}

void reduce4(const int16_t* coefficients, uint8_t* out, ptrdiff_t stride) {
  Half v[8];
  std::memcpy(v, coefficients, sizeof v);
  SignedWord low[4], high[4];
  transform4<12>({interleave_low(v[0], v[4]), interleave_low(v[2], v[6]), interleave_low(v[1], v[5]),
                  interleave_low(v[3], v[7])},
                 low);
  transform4<12>({interleave_high(v[0], v[4]), interleave_high(v[2], v[6]), interleave_high(v[1], v[5]),
                  interleave_high(v[3], v[7])},
                 high);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    v[i] = saturate(low[i], high[i]);
    v[i + 4] = Half{};
  }
  transpose(v);  // a column each, of four rows
  SignedWord columns[4];
  transform4<19>({interleave_low(v[0], v[4]), interleave_low(v[2], v[6]), interleave_low(v[1], v[5]),
                  interleave_low(v[3], v[7])},
                 columns);
  int32_t samples[4][4];
  std::memcpy(samples, columns, sizeof samples);
  for (int y = 0; y < 4; ++y) {
    for (int x = 0; x < 4; ++x) out[y * stride + x] = sample(samples[x][y]);
  }
}

// The sum and the difference of an even part, input 0, and an odd one; other even inputs have no weight.
template <int kDescale>
void transform2(int32_t in0, int32_t in1, int32_t in3, int32_t in5, int32_t in7, int32_t (&out)[2]) {
  const auto times = [](int32_t v, int32_t weight) { return uint32_t(v) * uint32_t(weight); };
  const uint32_t even = times(in0, 32768);
  const uint32_t odd = times(in1, 29692) + times(in3, -10426) + times(in5, 6967) + times(in7, -5906);
  out[0] = int32_t(even + odd + (1u << (kDescale - 1))) >> kDescale;
  out[1] = int32_t(even - odd + (1u << (kDescale - 1))) >> kDescale;
}

void reduce2(const int16_t* c, uint8_t* out, ptrdiff_t stride) {
  int16_t middle[2][8];
  for (const size_t u : {0u, 1u, 3u, 5u, 7u}) {
    int32_t column[2];
    transform2<13>(c[u], c[8 + u], c[24 + u], c[40 + u], c[56 + u], column);
    for (size_t y = 0; y < 2; ++y) middle[y][u] = saturated(column[y]);
  }
  for (size_t y = 0; y < 2; ++y) {
    const int16_t* const m = middle[y];
    int32_t row[2];
    transform2<20>(m[0], m[1], m[3], m[5], m[7], row);
    for (size_t x = 0; x < 2; ++x) out[ptrdiff_t(y) * stride + ptrdiff_t(x)] = sample(row[x]);
  }
}

}  // namespace

void idct_reduced(const int16_t* coefficients, int side, uint8_t* out, ptrdiff_t stride) {
  if (side == 4) return reduce4(coefficients, out, stride);
  if (side == 2) return reduce2(coefficients, out, stride);
  *out = idct_flat(coefficients[0]);
}

}  // namespace headrace
