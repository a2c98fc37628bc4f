// Calling users' C functions from generated code.
#pragma once

#include "headrace/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Calls function number `number` of a frame's (headrace/user_op.h) on an image of rows x cols pixels, R G B.
 * `in` has in_stride bytes from row to row, `out` is dense. `kind` are HR_CALL_* flags; a call per image
 * whose rows are not dense gets them copied to `dense`, which has room for them and may otherwise be null.
 * `op` is the hash of the op's id, `key` the sample's. Every NaN in an f32 result becomes 0x7FC00000. Errors:
 * HR_E_USER, with the function's result and the row (-1: the image) as args. */
int32_t hr_user_call(void* decoder, const hr_user_function* functions, int64_t number, const uint8_t* in,
                     int64_t in_stride, uint8_t* dense, uint8_t* out, int64_t rows, int64_t cols,
                     int64_t kind, int64_t op, const hr_key* key, hr_error* error);

#ifdef __cplusplus
}
#endif
