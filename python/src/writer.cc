// headrace._native.Writer: dataset files written sample by sample.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "python/src/errors.h"
#include "python/src/sample_packer.h"
#include "python/src/write.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

using FieldTuple = std::tuple<std::string, std::string, std::vector<std::string>>;  // name, kind, value names

FieldKind kind_of(const std::string& name) {
  for (const FieldKind kind : {FieldKind::image, FieldKind::i64, FieldKind::f64, FieldKind::bytes}) {
    if (name == field_kind_name(kind)) return kind;
  }
  throw StatusError{
      Status("python.kind", "",
             "\"" + name + "\" is no kind of field; expected \"image\", \"i64\", \"f64\" or \"bytes\"")};
}

std::vector<uint8_t> copy_bytes(nb::handle object) {
  const auto bytes = nb::cast<nb::bytes>(object);
  const auto* data = static_cast<const uint8_t*>(bytes.data());
  return {data, data + bytes.size()};
}

/// bytes of a file, or (pixels, height, width).
SampleValue image_value(nb::handle object) {
  if (nb::isinstance<nb::bytes>(object)) return ImageFile{copy_bytes(object)};
  const auto tuple = nb::cast<nb::tuple>(object);
  ImagePixels pixels;
  pixels.bytes = copy_bytes(tuple[0]);
  pixels.height = nb::cast<uint32_t>(tuple[1]);
  pixels.width = nb::cast<uint32_t>(tuple[2]);
  return pixels;
}

SampleValue value_of(FieldKind kind, nb::handle object) {
  switch (kind) {
    case FieldKind::image:
      return image_value(object);
    case FieldKind::i64:
      return nb::cast<int64_t>(object);
    case FieldKind::f64:
      return nb::cast<double>(object);
    case FieldKind::bytes:
      break;
  }
  const auto bytes = nb::cast<nb::bytes>(object);
  return std::string(bytes.c_str(), bytes.size());
}

/// Python's view of the packing writer; closing it unfinished leaves no file.
class NativeWriter {
 public:
  NativeWriter(const std::string& path, const std::vector<FieldTuple>& fields, const ImportOptions& options)
      : path_(path) {
    Schema schema;
    for (const auto& [name, kind, value_names] : fields) {
      kinds_.push_back(kind_of(kind));
      schema.fields.push_back({name, kinds_.back(), value_names});
    }
    const nb::gil_scoped_release release;
    writer_ = unwrap(SamplePackingWriter::create(path, std::move(schema), options));
  }

  void add(const nb::list& values) {
    if (values.size() != kinds_.size()) throw nb::value_error("a sample has one value for each field");
    Sample sample;
    for (size_t i = 0; i < kinds_.size(); ++i) sample.push_back(value_of(kinds_[i], values[i]));
    const nb::gil_scoped_release release;
    check(open().add(std::move(sample)));
  }

  void finish() {
    const nb::gil_scoped_release release;
    check(open().finish());
    totals_ = totals();
    writer_.reset();
  }

  void close() {
    const nb::gil_scoped_release release;
    writer_.reset();
  }

  struct Totals {
    uint64_t samples = 0, skipped = 0, source_bytes = 0;
  };

  /// Of what was written so far, or of the finished file.
  Totals totals() const {
    if (!writer_) return totals_;
    return {writer_->written(), writer_->skipped(), writer_->source_bytes()};
  }

 private:
  SamplePackingWriter& open() const {
    if (!writer_) throw StatusError{Status("python.closed", path_, "the writer was closed")};
    return *writer_;
  }

  const std::string path_;
  std::vector<FieldKind> kinds_;
  std::unique_ptr<SamplePackingWriter> writer_;
  Totals totals_;
};

}  // namespace

void bind_writer(nb::module_& m) {
  nb::class_<NativeWriter>(m, "Writer", "Writes a dataset file, all or nothing.")
      .def(nb::init<const std::string&, const std::vector<FieldTuple>&, const ImportOptions&>(),
           nb::arg("path"), nb::arg("fields"), nb::arg("options"))
      .def("add", &NativeWriter::add, nb::arg("values"))
      .def("finish", &NativeWriter::finish)
      .def("close", &NativeWriter::close)
      .def_prop_ro("samples", [](const NativeWriter& w) { return w.totals().samples; })
      .def_prop_ro("skipped", [](const NativeWriter& w) { return w.totals().skipped; })
      .def_prop_ro("source_bytes", [](const NativeWriter& w) { return w.totals().source_bytes; });
}

}  // namespace headrace::python
