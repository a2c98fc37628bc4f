#include "python/src/sheet.h"

#include <nanobind/stl/array.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <string>
#include <vector>

#include "python/src/batch.h"
#include "python/src/errors.h"
#include "runtime/loader/contact_sheet.h"
#include "runtime/loader/rgb_image.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

using Triple = std::array<double, 3>;

RgbImage compose(const NativeBatch& native, size_t index, const std::vector<std::string>& captions,
                 const PixelScale& scale, const SheetOptions& options) {
  const ProgramOutput& output = native.program->info().outputs[index];
  std::vector<SheetCell> cells;
  for (size_t i = 0; i < captions.size() && i < native.batch.samples(); ++i) {
    RgbImage pixels = unwrap(to_rgb8(output, native.batch.output(index) + i * output.sample_bytes, scale));
    cells.push_back({std::move(pixels), captions[i]});
  }
  return unwrap(compose_contact_sheet(cells, options));
}

/// (width, height, RGB bytes): one cell for each caption.
nb::tuple sheet(const NativeBatch& native, size_t output, const std::vector<std::string>& captions,
                const Triple& gain, const Triple& offset, const std::string& title, uint32_t columns,
                uint32_t max_side) {
  if (output >= native.program->info().outputs.size())
    throw nb::index_error("the pipeline has no such output");
  const RgbImage image = [&] {
    const nb::gil_scoped_release release;
    return compose(native, output, captions, {gain, offset}, {title, columns, max_side});
  }();
  return nb::make_tuple(image.width, image.height, nb::bytes(image.pixels.data(), image.pixels.size()));
}

void save_png(const std::string& path, uint32_t width, uint32_t height, const nb::bytes& pixels) {
  RgbImage image{width, height, {}};
  const auto* data = static_cast<const uint8_t*>(pixels.data());
  image.pixels.assign(data, data + pixels.size());
  const nb::gil_scoped_release release;
  check(write_png(path, image));
}

}  // namespace

void bind_sheet(nb::module_& m) {
  m.def("sheet", sheet, nb::arg("batch"), nb::arg("output"), nb::arg("captions"), nb::arg("gain"),
        nb::arg("offset"), nb::arg("title") = "", nb::arg("columns") = 0, nb::arg("max_side") = 256);
  m.def("write_png", save_png, nb::arg("path"), nb::arg("width"), nb::arg("height"), nb::arg("pixels"));
}

}  // namespace headrace::python
