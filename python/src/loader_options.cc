// LoaderOptions as a plain object: attributes are set, the loader checks them.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <string>

#include "headrace/loader.h"
#include "python/src/errors.h"
#include "python/src/loader.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

using Options = LoaderOptions;

/// A property for an enumeration, by its names.
template <class Enum>
void def_enum(nb::class_<Options>& c, const char* name, Enum Options::*member,
              std::string_view (*name_of)(Enum), Expected<Enum> (*parse)(std::string_view)) {
  c.def_prop_rw(
      name, [member, name_of](const Options& o) { return std::string(name_of(o.*member)); },
      [member, parse](Options& o, const std::string& text) { o.*member = unwrap(parse(text)); });
}

template <class T, class Part>
void def_nested(nb::class_<Options>& c, const char* name, Part Options::*part, T Part::*member) {
  c.def_prop_rw(
      name, [part, member](const Options& o) { return o.*part.*member; },
      [part, member](Options& o, T value) { o.*part.*member = std::move(value); });
}

}  // namespace

void bind_loader_options(nb::module_& m) {
  nb::class_<Options> c(m, "LoaderOptions", "What Loader takes; every attribute has a default.");
  c.def(nb::init<>())
      .def_rw("batch_size", &Options::batch_size)
      .def_rw("threads", &Options::threads)
      .def_rw("seed", &Options::seed)
      .def_rw("rank", &Options::rank)
      .def_rw("world_size", &Options::world_size)
      .def_rw("ring_slots", &Options::ring_slots)
      .def_rw("ring_bytes", &Options::ring_bytes)
      .def_rw("window_bytes", &Options::window_bytes)
      .def_rw("limit", &Options::limit)
      .def_rw("pin_threads", &Options::pin_threads)
      .def_rw("trace", &Options::trace);
  def_enum(c, "order", &Options::order, order_name, parse_order);
  def_enum(c, "tail", &Options::tail, tail_name, parse_tail);
  def_enum(c, "on_error", &Options::on_error, on_error_name, parse_on_error);
  c.def_prop_rw(
      "io", [](const Options& o) { return std::string(io_engine_name(o.io.engine)); },
      [](Options& o, const std::string& name) { o.io.engine = unwrap(parse_io_engine(name)); });
  def_nested(c, "io_memory_bytes", &Options::io, &IoOptions::memory_bytes);
  def_nested(c, "io_threads", &Options::io, &IoOptions::threads);
  def_nested(c, "huge_tlb", &Options::io, &IoOptions::huge_tlb);
  def_nested(c, "filter", &Options::selection, &Selection::filter);
  def_nested(c, "subset", &Options::selection, &Selection::subset);
  def_nested(c, "weights", &Options::selection, &Selection::weights);
  def_nested(c, "weight_field", &Options::selection, &Selection::weight_field);
  def_nested(c, "balance_field", &Options::selection, &Selection::balance_field);
  def_nested(c, "draws", &Options::selection, &Selection::draws);
  def_nested(c, "max_pixels", &Options::limits, &DecodeLimits::max_pixels);
  def_nested(c, "max_scans", &Options::limits, &DecodeLimits::max_scans);
  def_nested(c, "max_memory", &Options::limits, &DecodeLimits::max_memory);
}

}  // namespace headrace::python
