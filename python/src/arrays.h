// Memory handed to Python as arrays of the framework the user chose, without a copy.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "headrace/types.h"

namespace headrace::python {

enum class Framework : uint8_t {
  numpy,
  torch,
  dlpack  ///< an object with __dlpack__ and __dlpack_device__, for any other library
};

Framework parse_framework(std::string_view name);

struct ArrayView {
  uint8_t* data = nullptr;
  DType dtype = DType::u8;
  bool boolean = false;  ///< u8 of 0 and 1, shown as bool
  std::vector<size_t> shape;
  std::vector<int64_t> strides;  ///< in elements
};

/// The array keeps `owner` alive for as long as it, or any view of it, lives. numpy has no bf16: with the
/// package ml_dtypes the array has its bfloat16, else this throws an error "python.bf16".
nanobind::object to_array(const ArrayView& view, Framework framework, nanobind::handle owner);

}  // namespace headrace::python
