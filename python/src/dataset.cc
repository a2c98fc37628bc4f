#include "python/src/dataset.h"

#include <nanobind/stl/string.h>

#include <bit>
#include <string>
#include <vector>

#include "kernels/packed/jpeg_rebuilder.h"
#include "python/src/errors.h"
#include "python/src/signals.h"
#include "runtime/dataset/info.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

constexpr size_t kVerifyPerSignalCheck = 64u << 20;  // bytes between two looks for Ctrl-C

nb::bytes to_bytes(std::span<const uint8_t> data) { return nb::bytes(data.data(), data.size()); }

std::vector<hr_field> read_fields(const Dataset& dataset, uint64_t sample) {
  if (sample >= dataset.size()) throw nb::index_error("the dataset has no such sample");
  std::vector<hr_field> fields(dataset.schema().fields.size());
  const nb::gil_scoped_release release;
  check(dataset.read(sample, fields));
  return fields;
}

/// (encoding, width, height, payload)
nb::tuple image_tuple(const hr_field& f) {
  return nb::make_tuple(encoding_name(f.encoding), f.width, f.height, to_bytes({f.data, f.size}));
}

nb::list read_sample(const NativeDataset& native, uint64_t sample) {
  const Dataset& dataset = *native.dataset;
  const std::vector<hr_field> fields = read_fields(dataset, sample);
  nb::list values;
  for (size_t i = 0; i < fields.size(); ++i) {
    const hr_field& f = fields[i];
    switch (dataset.schema().fields[i].kind) {
      case FieldKind::image:
        values.append(image_tuple(f));
        break;
      case FieldKind::i64:
        values.append(f.value);
        break;
      case FieldKind::f64:
        values.append(std::bit_cast<double>(f.value));
        break;
      case FieldKind::bytes:
        values.append(to_bytes({f.data, f.size}));
        break;
    }
  }
  return values;
}

/// The JPEG file of a jpeg or packed image; None if there is none to go back to.
nb::object jpeg_file(const NativeDataset& native, uint64_t sample, size_t field) {
  const Dataset& dataset = *native.dataset;
  const std::vector<hr_field> fields = read_fields(dataset, sample);
  if (field >= fields.size()) throw nb::index_error("the dataset has no such field");
  const hr_field& f = fields[field];
  if (f.encoding == HR_ENCODING_JPEG) return to_bytes({f.data, f.size});
  if (f.encoding != HR_ENCODING_PACKED) return nb::none();
  JpegRebuilder rebuilder;
  {
    const nb::gil_scoped_release release;
    Expected<RecipeState> state = rebuilder.rebuild({f.data, f.size}, {});
    if (!state.ok()) {
      const Diagnostic& d = state.status().errors().front();
      throw StatusError{Status(d.code, dataset.path() + ", sample " + dataset.key(sample), d.message)};
    }
  }
  if (rebuilder.jpeg().empty()) return nb::none();
  return to_bytes(rebuilder.jpeg());
}

nb::dict extent(const DatasetSummary::Extent& e) {
  nb::dict d;
  d["min"] = e.min;
  d["max"] = e.max;
  d["mean"] = e.mean;
  return d;
}

nb::list strings(const std::vector<std::string>& texts) {
  nb::list list;
  for (const std::string& text : texts) list.append(text);
  return list;
}

nb::dict field_info(const DatasetSummary::Field& f) {
  nb::dict d;
  d["name"] = f.name;
  d["kind"] = std::string(field_kind_name(f.kind));
  if (!f.value_names.empty()) {
    nb::dict counts;
    for (size_t i = 0; i < f.value_names.size(); ++i) counts[nb::cast(f.value_names[i])] = f.value_counts[i];
    d["values"] = counts;
    d["other_values"] = f.other_values;
  }
  if (!f.payloads.empty()) {
    nb::dict payloads;
    for (const auto& [encoding, p] : f.payloads) {
      nb::dict one;
      one["samples"] = p.samples;
      one["bytes"] = p.bytes;
      payloads[nb::cast(encoding)] = one;
    }
    d["payloads"] = payloads;
  }
  if (f.kind == FieldKind::image) {
    d["width"] = extent(f.width);
    d["height"] = extent(f.height);
    nb::dict kept;
    for (const auto& [reason, count] : f.kept) kept[nb::cast(reason)] = count;
    d["kept_as_jpeg"] = kept;
  }
  return d;
}

nb::dict info(const NativeDataset& native) {
  const DatasetSummary s = [&] {
    const nb::gil_scoped_release release;
    return summarize(*native.dataset);
  }();
  nb::dict d;
  d["path"] = s.path;
  d["samples"] = s.samples;
  nb::list fields;
  for (const DatasetSummary::Field& f : s.fields) fields.append(field_info(f));
  d["fields"] = fields;
  d["page_size"] = s.page_size;
  d["pages"] = s.pages;
  d["file_bytes"] = s.file_bytes;
  d["payload_bytes"] = s.payload_bytes;
  d["index_bytes"] = s.index_bytes;
  d["page_overhead"] = s.page_overhead;
  d["shuffle_seed"] = s.shuffle_seed ? nb::cast(*s.shuffle_seed) : nb::none();
  d["fingerprint"] = s.fingerprint;
  d["writer"] = s.writer;
  d["format_version"] = s.format_version;
  d["generation"] = s.generation;
  d["notes"] = strings(s.notes);
  return d;
}

void verify(const NativeDataset& native) {
  bool raised = false;
  uint64_t checked = 0;
  Status status;
  {
    const nb::gil_scoped_release release;
    status = verify_all(*native.dataset, [&](uint64_t done, uint64_t) {
      if (done < checked + kVerifyPerSignalCheck) return true;
      checked = done;
      raised = signals_raised();
      return !raised;
    });
  }
  if (raised) throw nb::python_error();
  check(status);
}

/// [(name, kind, value names), ...]
nb::list fields(const NativeDataset& native) {
  nb::list list;
  for (const Schema::Field& f : native.dataset->schema().fields) {
    list.append(nb::make_tuple(f.name, std::string(field_kind_name(f.kind)), strings(f.value_names)));
  }
  return list;
}

}  // namespace

void bind_dataset(nb::module_& m) {
  nb::class_<NativeDataset>(m, "Dataset", "A dataset file, memory-mapped, read-only.")
      .def(
          "__init__",
          [](NativeDataset* self, const std::string& path, bool verify_pages) {
            std::shared_ptr<const Dataset> dataset = [&] {
              const nb::gil_scoped_release release;
              return unwrap(Dataset::open(path, {.verify_pages = verify_pages}));
            }();
            new (self) NativeDataset{std::move(dataset)};
          },
          nb::arg("path"), nb::arg("verify_pages") = true)
      .def("__len__", [](const NativeDataset& d) { return d.dataset->size(); })
      .def_prop_ro("path", [](const NativeDataset& d) { return d.dataset->path(); })
      .def_prop_ro("fingerprint", [](const NativeDataset& d) { return d.dataset->fingerprint(); })
      .def("fields", fields)
      .def(
          "key",
          [](const NativeDataset& d, uint64_t sample) {
            if (sample >= d.dataset->size()) throw nb::index_error("the dataset has no such sample");
            return d.dataset->key(sample);
          },
          nb::arg("sample"))
      .def("read", read_sample, nb::arg("sample"))
      .def("jpeg", jpeg_file, nb::arg("sample"), nb::arg("field"),
           nb::sig("def jpeg(self, sample: int, field: int) -> bytes | None"))
      .def("info", info)
      .def("verify", verify);
}

}  // namespace headrace::python
