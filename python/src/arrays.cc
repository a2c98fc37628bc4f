#include "python/src/arrays.h"

#include <nanobind/ndarray.h>

#include <string>

#include "python/src/errors.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

nb::dlpack::dtype dlpack_dtype(const ArrayView& view) {
  const auto make = [](nb::dlpack::dtype_code code, uint8_t bits) {
    return nb::dlpack::dtype{static_cast<uint8_t>(code), bits, 1};
  };
  using Code = nb::dlpack::dtype_code;
  if (view.boolean) return make(Code::Bool, 8);
  switch (view.dtype) {
    case DType::u8:
      return make(Code::UInt, 8);
    case DType::f16:
      return make(Code::Float, 16);
    case DType::bf16:
      return make(Code::Bfloat, 16);
    case DType::f32:
      return make(Code::Float, 32);
    case DType::i64:
      return make(Code::Int, 64);
  }
  return make(Code::UInt, 8);
}

template <class Kind>
nb::object export_as(const ArrayView& view, nb::dlpack::dtype dtype, nb::handle owner) {
  const nb::ndarray<Kind> array(view.data, view.shape.size(), view.shape.data(), owner, view.strides.data(),
                                dtype, nb::device::cpu::value);
  return nb::cast(array, nb::rv_policy::reference);
}

nb::object ml_dtypes_bfloat16() {
  try {
    return nb::module_::import_("ml_dtypes").attr("bfloat16");
  } catch (nb::python_error& e) {
    if (!e.matches(PyExc_ImportError)) throw;
  }
  throw StatusError{
      Status("python.bf16", "",
             "numpy has no bfloat16; install the package ml_dtypes, use headrace.torch, or choose "
             "another dtype (Loader(..., dtype=\"f32\"))")};
}

}  // namespace

Framework parse_framework(std::string_view name) {
  if (name == "torch") return Framework::torch;
  if (name == "dlpack") return Framework::dlpack;
  if (name == "numpy") return Framework::numpy;
  throw nb::value_error("expected \"numpy\", \"torch\" or \"dlpack\"");
}

nb::object to_array(const ArrayView& view, Framework framework, nb::handle owner) {
  const nb::dlpack::dtype dtype = dlpack_dtype(view);
  if (framework == Framework::torch) return export_as<nb::pytorch>(view, dtype, owner);
  if (framework == Framework::dlpack) return export_as<nb::array_api>(view, dtype, owner);
  if (view.dtype != DType::bf16 || view.boolean) return export_as<nb::numpy>(view, dtype, owner);
  const nb::object bfloat16 = ml_dtypes_bfloat16();
  const nb::dlpack::dtype bits = {static_cast<uint8_t>(nb::dlpack::dtype_code::UInt), 16, 1};
  return export_as<nb::numpy>(view, bits, owner).attr("view")(bfloat16);
}

}  // namespace headrace::python
