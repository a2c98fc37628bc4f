/* Functions that the tests of {"op": "call"} call. */
#include <math.h>
#include <string.h>

#include "headrace/user_op.h"

/* u8 to u8, row by row or all at once. */
int invert(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  const uint8_t* from = in;
  uint8_t* to = out;
  for (int64_t i = 0; i < rows * cols * channels; ++i) to[i] = (uint8_t)(255 - from[i]);
  return call->size == sizeof *call ? 0 : 1;
}

/* u8 to u8 of a whole image: the mean of a pixel and the one above it. */
int smear(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  const uint8_t* from = in;
  uint8_t* to = out;
  const int64_t row = cols * channels;
  if (rows != call->image_rows || call->row != 0) return 1;
  for (int64_t i = 0; i < rows * row; ++i) to[i] = (uint8_t)((from[i] + from[i < row ? i : i - row] + 1) / 2);
  return 0;
}

/* u8 to f32: what the call is told goes into the result. */
int stamp(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  const uint8_t* from = in;
  float* to = out;
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t i = 0; i < cols * channels; ++i) {
      to[y * cols * channels + i] = from[y * cols * channels + i] + 1000.0f * (float)(call->row + y) +
                                    (float)(call->random % 97) + 0.25f * (float)call->sample +
                                    0.5f * (float)(call->seed + call->epoch);
    }
  }
  return (uintptr_t)in % 4 == 0 && (uintptr_t)out % 4 == 0 ? 0 : 1;
}

/* f32 to f32: NaNs of several kinds, infinities, and the rest halved. */
int strange(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  const float* from = in;
  const uint32_t nans[2] = {0xFFC00000u, 0x7F800001u};
  for (int64_t i = 0; i < rows * cols * channels; ++i) {
    const float value = from[i] > 2.0f ? INFINITY : from[i] * 0.5f;
    memcpy((char*)out + 4 * i, i % 7 < 2 ? (const void*)&nans[i % 7] : &value, 4);
  }
  return call->reserved == 0 ? 0 : 1;
}

/* f32 to u8. */
int floor_u8(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  (void)call;
  for (int64_t i = 0; i < rows * cols * channels; ++i) {
    const float v = ((const float*)in)[i];
    ((uint8_t*)out)[i] = v > 0 ? v < 255 ? (uint8_t)v : 255 : 0;
  }
  return 0;
}

/* u8 to u8: fails for every third sample, in its third row if there are several calls. */
int picky(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  if (call->sample % 3 == 0 && (call->row == 2 || rows == call->image_rows)) return -5;
  memcpy(out, in, (size_t)(rows * cols * channels));
  return 0;
}

/* u8 to f32: what the call is told goes into the result, in numbers that f32 holds whatever the key. */
int mark(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  const uint8_t* from = in;
  float* to = out;
  const uint64_t told = call->seed ^ (call->epoch * 5) ^ (call->sample * 3);
  const float all =
      (float)(call->random % 16) + 32.0f * (float)(call->image_rows % 2) + 0.125f * (float)(told % 4);
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t i = 0; i < cols * channels; ++i, ++from, ++to) {
      *to = (float)*from + 0.5f * (float)((call->row + y) % 8) + all;
    }
  }
  return (uintptr_t)out % 4 == 0 ? 0 : 2;
}

/* f32 to f32: less half of the pixel to the left. */
int tilt(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  const float* from = in;
  float* to = out;
  (void)call;
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t i = 0; i < cols * channels; ++i, ++from, ++to) {
      *to = *from - (i < channels ? 0.0f : 0.5f * from[-channels]);
    }
  }
  return (uintptr_t)in % 4 == 0 && (uintptr_t)out % 4 == 0 ? 0 : 2;
}

/* u8 to u8: fails for one sample in sixteen, at its last row. */
int rarely(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  if (call->random % 16 == 0 && call->row + rows == call->image_rows) return 7;
  memcpy(out, in, (size_t)(rows * cols * channels));
  return 0;
}
