#include "kernels/upsample.h"

namespace headrace {

void blend_rows(const uint8_t* near, const uint8_t* next, int64_t count, int16_t* out) {
  for (int64_t i = 0; i < count; ++i) out[i] = int16_t(3 * near[i] + next[i]);
}

namespace {

// Everything fits 16 bits: 4 x 1020 + 8 at most.
template <int kEven, int kOdd, int kShift>
void interpolate(const int16_t* __restrict in, int64_t count, uint8_t* __restrict out) {
  for (int64_t i = 0; i < count; ++i) {
    const auto three = uint16_t(3 * in[i]);
    out[2 * i] = uint8_t(uint16_t(three + uint16_t(in[i - 1]) + kEven) >> kShift);
    out[2 * i + 1] = uint8_t(uint16_t(three + uint16_t(in[i + 1]) + kOdd) >> kShift);
  }
}

}  // namespace

void interpolate_across(const int16_t* in, int64_t count, uint8_t* out) {
  interpolate<1, 2, 2>(in, count, out);
}

void interpolate_across_blended(const int16_t* in, int64_t count, uint8_t* out) {
  interpolate<8, 7, 4>(in, count, out);
}

void interpolate_down(const uint8_t* near, const uint8_t* next, int64_t count, bool odd_row, uint8_t* out) {
  const auto bias = uint16_t(odd_row ? 2 : 1);
  for (int64_t i = 0; i < count; ++i) out[i] = uint8_t(uint16_t(3 * near[i] + next[i] + bias) >> 2);
}

void repeat_across(const uint8_t* in, int64_t count, uint8_t* out) {
  for (int64_t i = 0; i < count; ++i) out[2 * i] = out[2 * i + 1] = in[i];
}

}  // namespace headrace
