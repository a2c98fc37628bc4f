/* A library that nobody must load: doing so ends the test. */
#include <stdlib.h>

#include "headrace/user_op.h"

__attribute__((constructor)) static void loaded(void) { abort(); }

int invert(const void* in, void* out, int64_t rows, int64_t cols, int64_t channels, const hr_call* call) {
  (void)in, (void)out, (void)rows, (void)cols, (void)channels, (void)call;
  return 0;
}
