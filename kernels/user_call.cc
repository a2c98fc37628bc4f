#include "kernels/user_call.h"

#include <cstdio>
#include <cstring>

#include "headrace/philox.h"
#include "kernels/report.h"

namespace headrace {
namespace {

constexpr int64_t kChannels = 3;
constexpr uint32_t kNanBits = 0x7FC00000u;

int64_t row_bytes(int64_t cols, bool f32) { return cols * kChannels * (f32 ? int64_t(sizeof(float)) : 1); }

uint64_t random_bits(const hr_key& key, uint64_t op) {
  const philox::Block b = philox::draw(philox::op_key(key.seed, op), key.epoch, key.sample, 0);
  return uint64_t{b[0]} | uint64_t{b[1]} << 32;
}

// Which NaN arithmetic makes differs between machines.
void make_nans_one(uint8_t* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i, values += sizeof(uint32_t)) {
    uint32_t bits = 0;
    std::memcpy(&bits, values, sizeof bits);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) std::memcpy(values, &kNanBits, sizeof kNanBits);
  }
}

hr_result refused(const hr_user_function& f, int result, int64_t row, hr_error* error) {
  char text[HR_ERROR_TEXT];
  if (row < 0) {
    std::snprintf(text, sizeof text, "the function \"%s\" of \"%s\" returned %d", f.symbol, f.library,
                  result);
  } else {
    std::snprintf(text, sizeof text, "the function \"%s\" of \"%s\" returned %d for row %lld", f.symbol,
                  f.library, result, static_cast<long long>(row));
  }
  report(error, HR_E_USER, text);
  error->args[0] = result;
  error->args[1] = row;
  return HR_E_USER;
}

}  // namespace
}  // namespace headrace

using namespace headrace;  // NOLINT(google-build-using-namespace): the C ABI has no namespace

int32_t hr_user_call(void* /*decoder*/, const hr_user_function* functions, int64_t number, const uint8_t* in,
                     int64_t in_stride, uint8_t* dense, uint8_t* out, int64_t rows, int64_t cols,
                     int64_t kind, int64_t op, const hr_key* key, hr_error* error) {
  if (functions == nullptr)
    return report(error, HR_E_INTERNAL, "the pipeline was run without the functions it calls");
  const hr_user_function* const function = functions + number;
  const int64_t in_bytes = row_bytes(cols, (kind & HR_CALL_READS_F32) != 0);
  const int64_t out_bytes = row_bytes(cols, (kind & HR_CALL_WRITES_F32) != 0);
  hr_call call{sizeof call, 0, key->seed, key->epoch, key->sample, random_bits(*key, uint64_t(op)), 0, rows};
  if ((kind & HR_CALL_BY_ROW) != 0) {
    for (; call.row < rows; ++call.row) {
      const int result = function->function(in + call.row * in_stride, out + call.row * out_bytes, 1, cols,
                                            kChannels, &call);
      if (result != 0) return refused(*function, result, call.row, error);
    }
  } else {
    if (in_stride != in_bytes) {
      for (int64_t row = 0; row < rows; ++row)
        std::memcpy(dense + row * in_bytes, in + row * in_stride, size_t(in_bytes));
      in = dense;
    }
    const int result = function->function(in, out, rows, cols, kChannels, &call);
    if (result != 0) return refused(*function, result, -1, error);
  }
  if ((kind & HR_CALL_WRITES_F32) != 0) make_nans_one(out, rows * cols * kChannels);
  return HR_OK;
}
