// A folder of images into a dataset file, with its progress shown by Python.
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "python/src/errors.h"
#include "python/src/write.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

using Encoding = ImportOptions::Encoding;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressInterval{100};

Expected<Encoding> parse_encoding(const std::string& name) {
  static const std::map<std::string, Encoding> kNames = {{"auto", Encoding::automatic},
                                                         {"packed", Encoding::packed},
                                                         {"jpeg", Encoding::jpeg},
                                                         {"rgb", Encoding::rgb},
                                                         {"ycc", Encoding::ycc}};
  const auto found = kNames.find(name);
  if (found != kNames.end()) return found->second;
  return Status(
      "python.encoding", "",
      "\"" + name + "\" is no encoding; expected \"auto\", \"packed\", \"jpeg\", \"rgb\" or \"ycc\"");
}

nb::list diagnostics(const std::vector<Diagnostic>& all) {
  nb::list list;
  for (const Diagnostic& d : all) list.append(nb::make_tuple(d.code, d.where, d.message));
  return list;
}

nb::dict to_dict(const ImportReport& r) {
  nb::dict d;
  d["samples"] = r.samples;
  d["source_bytes"] = r.source_bytes;
  d["payload_bytes"] = r.payload_bytes;
  d["file_bytes"] = r.file_bytes;
  d["seconds"] = r.seconds;
  nb::dict encodings;
  for (const auto& [name, count] : r.encodings) encodings[nb::cast(name)] = count;
  d["encodings"] = encodings;
  d["classes"] = r.classes;
  d["empty_classes"] = r.empty_classes;
  d["skipped"] = diagnostics(r.skipped);
  d["other_files"] = r.other_files;
  d["hidden"] = r.hidden;
  d["oriented"] = r.oriented;
  d["files_with_warnings"] = r.files_with_warnings;
  d["kept_as_jpeg"] = diagnostics(r.kept);
  d["not_exact"] = r.not_exact;
  return d;
}

/// Calls Python now and then; an exception there (Ctrl-C is one) stops the import.
class Progress {
 public:
  explicit Progress(nb::object callback) : callback_(std::move(callback)) {}

  void operator()(const ImportProgress& p) {
    const Clock::time_point now = Clock::now();
    if (raised_ || (now < due_ && p.done != p.total)) return;
    due_ = now + kProgressInterval;
    const nb::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() == 0) {
      if (callback_.is_none()) return;
      try {
        callback_(p.done, p.total, p.source_bytes, p.seconds);
        return;
      } catch (nb::python_error& e) {
        e.restore();
      }
    }
    raised_ = true;
    cancel_.store(true, std::memory_order_relaxed);
  }

  const std::atomic<bool>& cancel() const { return cancel_; }
  bool raised() const { return raised_; }

 private:
  const nb::object callback_;
  std::atomic<bool> cancel_ = false;
  Clock::time_point due_;
  bool raised_ = false;
};

nb::dict write_folder(const std::string& source, const std::string& path, ImportOptions options,
                      const nb::object& progress) {
  Progress on_progress(progress);
  options.progress = [&](const ImportProgress& p) { on_progress(p); };
  options.cancel = &on_progress.cancel();
  const Expected<ImportReport> report = [&] {
    const nb::gil_scoped_release release;
    return import_folder(source, path, options);
  }();
  if (on_progress.raised()) throw nb::python_error();
  check(report.status());
  return to_dict(*report);
}

/// None leaves a limit as it is.
void set_limits(ImportOptions& options, std::optional<uint64_t> pixels, std::optional<uint32_t> scans,
                std::optional<uint64_t> memory) {
  DecodeLimits& limits = options.limits;
  limits.max_pixels = pixels.value_or(limits.max_pixels);
  limits.max_scans = scans.value_or(limits.max_scans);
  limits.max_memory = memory.value_or(limits.max_memory);
}

}  // namespace

void bind_import_folder(nb::module_& m) {
  using Options = ImportOptions;
  nb::class_<Options>(m, "ImportOptions", "How images are stored; every attribute has a default.")
      .def(nb::init<>())
      .def("set_encoding",
           [](Options& o, const std::string& name) { o.encoding = unwrap(parse_encoding(name)); })
      .def(
          "set_on_error",
          [](Options& o, bool skip) { o.on_error = skip ? Options::OnError::skip : Options::OnError::raise; })
      .def_rw("byte_exact", &Options::byte_exact)
      .def_rw("strip", &Options::strip)
      .def_rw("small", &Options::small)
      .def_rw("max_side", &Options::max_side, nb::arg().none())
      .def_rw("short_side", &Options::short_side, nb::arg().none())
      .def_rw("threads", &Options::threads)
      .def_rw("page_size", &Options::page_size)
      .def_rw("shuffle_seed", &Options::shuffle_seed, nb::arg().none())
      .def_rw("overwrite", &Options::overwrite)
      .def("set_limits", set_limits, nb::arg("max_pixels").none(), nb::arg("max_scans").none(),
           nb::arg("max_memory").none());
  m.def("import_folder", write_folder, nb::arg("source"), nb::arg("path"), nb::arg("options"),
        nb::arg("progress").none() = nb::none(),
        "progress(done, total, source_bytes, seconds) is called about ten times a second.");
}

}  // namespace headrace::python
