// Byte offsets of the ABI's structures, for loads and stores in generated code.
#pragma once

#include <cstddef>

#include "headrace/abi.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

inline constexpr int64_t kPlanFields = offsetof(hr_plan_frame, fields);
inline constexpr int64_t kPlanKey = offsetof(hr_plan_frame, key);
inline constexpr int64_t kPlanSlots = offsetof(hr_plan_frame, slots);
inline constexpr int64_t kPlanRanges = offsetof(hr_plan_frame, ranges);
inline constexpr int64_t kPlanScratchBytes = offsetof(hr_plan_frame, scratch_bytes);
inline constexpr int64_t kPlanError = offsetof(hr_plan_frame, error);

inline constexpr int64_t kRunFields = offsetof(hr_run_frame, fields);
inline constexpr int64_t kRunSlots = offsetof(hr_run_frame, slots);
inline constexpr int64_t kRunScratch = offsetof(hr_run_frame, scratch);
inline constexpr int64_t kRunOutputs = offsetof(hr_run_frame, outputs);
inline constexpr int64_t kRunDecoder = offsetof(hr_run_frame, decoder);
inline constexpr int64_t kRunError = offsetof(hr_run_frame, error);
inline constexpr int64_t kRunKey = offsetof(hr_run_frame, key);
inline constexpr int64_t kRunFunctions = offsetof(hr_run_frame, functions);

inline constexpr int64_t kBatchKey = offsetof(hr_batch_frame, key);
inline constexpr int64_t kBatchRows = offsetof(hr_batch_frame, rows);
inline constexpr int64_t kBatchBegin = offsetof(hr_batch_frame, begin);
inline constexpr int64_t kBatchEnd = offsetof(hr_batch_frame, end);
inline constexpr int64_t kBatchMask = offsetof(hr_batch_frame, mask);
inline constexpr int64_t kBatchOutputs = offsetof(hr_batch_frame, outputs);

/// One field of a frame, by its index in ProgramInfo::fields.
struct FieldAccess {
  loop::V fields;  ///< pointer to the hr_field array
  int64_t index;

  loop::V data() const { return load(loop::kPtr, offsetof(hr_field, data)); }
  loop::V size() const { return load(loop::kI64, offsetof(hr_field, size)); }
  loop::V value(loop::Type t) const { return load(t, offsetof(hr_field, value)); }
  loop::V width() const { return load32(offsetof(hr_field, width)); }
  loop::V height() const { return load32(offsetof(hr_field, height)); }
  loop::V planes() const { return load(loop::kI64, offsetof(hr_field, planes)); }
  loop::V encoding() const { return load32(offsetof(hr_field, encoding)); }

 private:
  loop::V load(loop::Type t, size_t offset) const {
    return fields.b->load(t, fields, index * int64_t(sizeof(hr_field)) + int64_t(offset));
  }
  loop::V load32(size_t offset) const { return fields.b->convert(loop::Op::zext, load(loop::kI32, offset), loop::kI64); }
};

/// Stores code and args to the frame's hr_error and returns the code from the function.
inline void fail(loop::V error, int32_t code, const loop::Values& args) {
  loop::Builder& b = *error.b;
  b.store(b.i32(code), error, offsetof(hr_error, code));
  for (size_t i = 0; i < args.size(); ++i) b.store(args[i], error, int64_t(offsetof(hr_error, args) + 8 * i));
  b.check(b.i32(code));
}

}  // namespace headrace::lowering
