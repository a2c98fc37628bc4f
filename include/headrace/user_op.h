/* A C function that a pipeline calls: {"op": "call", "library": "filters.so", "symbol": "f", ...} in a spec.
 *
 *   int f(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call);
 *
 * gets `rows` rows of `cols` pixels of `channels` values, R G B one after another with nothing between them,
 * and writes as many to `out`: uint8_t or float, as the spec declares for each. `in` and `out` do not overlap
 * and are aligned to their elements. With "per": "row" it is called for one row after another, with "per":
 * "image" once. It returns 0, or any other number, which makes the sample fail with an error that names the
 * function and the number.
 *
 * It must give the same bytes for the same arguments, may be called by several threads at a time, and leaves
 * nothing behind but `out`. It must not throw, unwind or longjmp out, nor leave the floating-point control
 * register changed, which is set to rounding to nearest with denormals kept. headrace checks none of this. */
#ifndef HEADRACE_USER_OP_H
#define HEADRACE_USER_OP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What else a call is told. */
typedef struct hr_call {
  uint32_t size; /* of this structure in bytes; later releases may append to it */
  uint32_t reserved;
  uint64_t seed;   /* what a sample's random numbers are keyed by: the loader's seed, */
  uint64_t epoch;  /* the epoch, */
  uint64_t sample; /* and the record's index in the dataset */
  uint64_t random; /* 64 random bits of this op for this sample and epoch; the same on every run and in every
                      row */
  int64_t row;     /* number of the first row of `in` in the image */
  int64_t image_rows; /* rows of the image */
} hr_call;

typedef int (*hr_user_fn)(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels,
                          const hr_call* call);

#ifdef __cplusplus
} /* extern "C" */

static_assert(sizeof(hr_call) == 56, "hr_call is part of the ABI");
#endif
#endif /* HEADRACE_USER_OP_H */
