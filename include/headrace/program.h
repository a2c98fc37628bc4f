// A pipeline that is ready to run, seen from the loader: what it reads, what it writes, and the entry
// points of abi.h behind virtual functions, so that generated code and the interpreters look alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "headrace/abi.h"
#include "headrace/types.h"

namespace headrace {

enum class FieldKind : uint8_t { image = 1, i64 = 2, f64 = 3, bytes = 4 };

constexpr std::string_view field_kind_name(FieldKind k) {
  switch (k) {
    case FieldKind::image:
      return "image";
    case FieldKind::i64:
      return "i64";
    case FieldKind::f64:
      return "f64";
    case FieldKind::bytes:
      return "bytes";
  }
  return "?";
}

/// A dataset field the program reads. hr_field arrays are in the order of ProgramInfo::fields.
struct ProgramField {
  std::string name;
  FieldKind kind = FieldKind::i64;
  /// Of an i64 field of a dataset: how many of its values have names (classes), 0 if none. Not set in ProgramInfo.
  uint64_t value_count = 0;
};

/// One output tensor of one sample. A batch prepends the batch dimension; samples are contiguous.
struct ProgramOutput {
  std::string name;
  DType dtype = DType::f32;
  Layout layout = Layout::none;
  std::vector<int64_t> shape;    ///< without the batch dimension; empty for a scalar
  std::vector<int64_t> strides;  ///< in elements, as many as shape
  size_t sample_bytes = 0;       ///< bytes of one sample
};

/// A C function that the program calls (headrace/user_op.h).
struct ProgramCall {
  std::string symbol;
  std::string library;  ///< a file's name without folders
};

struct ProgramInfo {
  std::vector<ProgramField> fields;
  std::vector<ProgramOutput> outputs;
  std::vector<ProgramCall> calls;  ///< hr_run_frame::functions
  uint32_t slot_count = 0;  ///< hr_plan_frame::slots
  Numerics numerics = Numerics::fast;
  std::string engine;  ///< "jit", "interp", "loop-interp", "aot"
  std::string isa;     ///< level the code was made for; "none" for interpreters
  bool mixes = false;  ///< batch() does something; the rows of a batch must then be even in number
  /// What the pipeline computes, as 16 hexadecimal digits: of its optimised graph, the same for every engine,
  /// level and release with these numerics. A saved loader state names it.
  std::string key;
};

/// Thread-safe: plan() and run() may be called from many threads, each with its own frame.
class Program {
 public:
  virtual ~Program() = default;
  virtual const ProgramInfo& info() const = 0;
  virtual hr_result plan(hr_plan_frame& frame) const = 0;
  virtual hr_result run(hr_run_frame& frame) const = 0;

  /// Mixes pairs of rows of a batch; called only if info().mixes.
  virtual hr_result batch(hr_batch_frame& /*frame*/) const { return HR_OK; }
};

}  // namespace headrace
