#include "python/src/batch.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "python/src/arrays.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

nb::object output_array(nb::handle_t<NativeBatch> self, size_t i, uint64_t rows,
                        const std::string& framework) {
  auto& native = nb::cast<NativeBatch&>(self);
  const std::vector<ProgramOutput>& outputs = native.program->info().outputs;
  if (i >= outputs.size()) throw nb::index_error("the pipeline has no such output");
  const ProgramOutput& output = outputs[i];
  ArrayView view;
  view.data = native.batch.output(i);
  view.dtype = output.dtype;
  view.shape.push_back(std::min(rows, native.batch.rows()));
  view.strides.push_back(static_cast<int64_t>(output.sample_bytes / dtype_size(output.dtype)));
  for (size_t d = 0; d < output.shape.size(); ++d) {
    view.shape.push_back(static_cast<size_t>(output.shape[d]));
    view.strides.push_back(output.strides[d]);
  }
  return to_array(view, parse_framework(framework), self);
}

/// bool [rows]. A copy: its memory must outlive the batch's own use of it, and it is a byte per sample.
nb::object mask_array(const NativeBatch& native, const std::string& framework) {
  const std::span<const uint8_t> mask = native.batch.mask();
  auto* copy = new uint8_t[mask.size()];
  const nb::capsule owner(copy, [](void* p) noexcept { delete[] static_cast<uint8_t*>(p); });
  std::copy(mask.begin(), mask.end(), copy);
  return to_array({copy, DType::u8, true, {mask.size()}, {1}}, parse_framework(framework), owner);
}

/// i64 [rows]: dataset indices; -1 in rows of padding.
nb::object sample_array(const NativeBatch& native, uint64_t rows, const std::string& framework) {
  const std::span<const uint64_t> ids = native.batch.sample_ids();
  auto* copy = new int64_t[rows];
  const nb::capsule owner(copy, [](void* p) noexcept { delete[] static_cast<int64_t*>(p); });
  for (uint64_t i = 0; i < rows; ++i) copy[i] = i < ids.size() ? static_cast<int64_t>(ids[i]) : -1;
  return to_array({reinterpret_cast<uint8_t*>(copy), DType::i64, false, {rows}, {1}},
                  parse_framework(framework), owner);
}

}  // namespace

void bind_batch(nb::module_& m) {
  nb::class_<NativeBatch>(
      m, "Batch", "A finished batch. Its arrays keep it alive; the buffer is recycled after the last.")
      .def_prop_ro("epoch", [](const NativeBatch& b) { return b.batch.epoch(); })
      .def_prop_ro(
          "index", [](const NativeBatch& b) { return b.batch.index(); },
          "Number of the global batch within the epoch.")
      .def_prop_ro("rows", [](const NativeBatch& b) { return b.batch.rows(); })
      .def_prop_ro(
          "samples", [](const NativeBatch& b) { return b.batch.samples(); }, "Rows that are not padding.")
      .def("output", output_array, nb::arg("index"), nb::arg("rows"), nb::arg("framework"),
           "The first `rows` rows of an output's tensor, without a copy.")
      .def("mask", mask_array, nb::arg("framework"), "bool [rows]: whether a row is a sample's data.")
      .def("sample_ids", sample_array, nb::arg("rows"), nb::arg("framework"),
           "i64 [rows]: numbers of the samples in the dataset; -1 for padding.");
}

}  // namespace headrace::python
