#include "python/src/loader.h"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>

#include "python/src/batch.h"
#include "python/src/compile.h"
#include "python/src/dataset.h"
#include "python/src/errors.h"
#include "python/src/signals.h"

namespace nb = nanobind;

namespace headrace::python {
namespace {

/// How long Ctrl-C may go unnoticed.
constexpr std::chrono::milliseconds kSignalInterval{50};

Status closed_status(const Dataset& dataset) {
  return {"loader.closed", dataset.path(), "the loader was closed; create another one"};
}

}  // namespace

NativeLoader::NativeLoader(std::shared_ptr<const Dataset> dataset, std::shared_ptr<const Program> program,
                           const LoaderOptions& options)
    : dataset_(std::move(dataset)), program_(std::move(program)), owner_process_(::getpid()) {
  loader_ = unwrap(Loader::create(dataset_, program_, options));
  batches_per_epoch_ = loader_->batches_per_epoch();
  samples_per_epoch_ = loader_->samples_per_epoch();
  threads_ = loader_->threads();
}

/// In a forked process the lock may be held by a thread that does not exist: there the loader, which then
/// refuses every call, is asked without it.
bool NativeLoader::forked() const { return ::getpid() != owner_process_; }

template <class F>
auto NativeLoader::locked(F&& use) {
  std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
  if (!forked()) lock.lock();
  if (!loader_) throw StatusError{closed_status(*dataset_)};
  return use(*loader_);
}

void NativeLoader::start_epoch(uint64_t epoch) {
  check(locked([&](Loader& loader) { return loader.start_epoch(epoch); }));
}

Expected<Batch> NativeLoader::next(bool& interrupted) {
  while (!forked()) {
    if (locked([](Loader& loader) { return loader.wait(kSignalInterval); })) break;
    interrupted = signals_raised();
    if (interrupted) return Batch();
  }
  return locked([](Loader& loader) { return loader.next(); });
}

LoaderState NativeLoader::state() {
  return locked([](Loader& loader) { return loader.state(); });
}

void NativeLoader::resume(const LoaderState& state) {
  check(locked([&](Loader& loader) { return loader.resume(state); }));
}

std::vector<SampleReport> NativeLoader::take_reports() {
  return locked([](Loader& loader) { return loader.take_reports(); });
}

LoaderStats NativeLoader::stats() {
  return locked([](Loader& loader) { return loader.stats(); });
}

void NativeLoader::write_trace(const std::string& path) {
  check(locked([&](Loader& loader) { return loader.write_trace(path); }));
}

void NativeLoader::close() {
  std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
  if (!forked()) lock.lock();
  loader_.reset();
}

bool NativeLoader::closed() {
  std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
  if (!forked()) lock.lock();
  return loader_ == nullptr;
}

namespace {

nb::object next_batch(NativeLoader& self) {
  bool interrupted = false;
  Expected<Batch> batch = [&] {
    const nb::gil_scoped_release release;
    return self.next(interrupted);
  }();
  if (interrupted) throw nb::python_error();
  check(batch.status());
  if (!*batch) return nb::none();
  return nb::cast(NativeBatch{std::move(*batch), self.program()});
}

nb::list reports(NativeLoader& self) {
  const std::vector<SampleReport> taken = [&] {
    const nb::gil_scoped_release release;
    return self.take_reports();
  }();
  nb::list list;
  for (const SampleReport& r : taken) {
    nb::dict d;
    d["epoch"] = r.epoch;
    d["global_batch"] = r.global_batch;
    d["row"] = r.row;
    d["sample"] = r.sample;
    d["key"] = r.key;
    d["code"] = r.error.code;
    d["where"] = r.error.where;
    d["message"] = r.error.message;
    d["substitute"] = r.replaced ? nb::cast(r.substitute) : nb::none();
    list.append(d);
  }
  return list;
}

double seconds(uint64_t ns) { return static_cast<double>(ns) * 1e-9; }

nb::dict stats(NativeLoader& self) {
  const LoaderStats s = [&] {
    const nb::gil_scoped_release release;
    return self.stats();
  }();
  nb::dict d;
  d["samples"] = s.samples;
  d["batches"] = s.batches;
  d["decode_warnings"] = s.decode_warnings;
  d["failed_samples"] = s.failed_samples;
  d["consumer_wait_seconds"] = seconds(s.consumer_wait_ns);
  d["worker_wait_seconds"] = seconds(s.worker_wait_ns);
  d["io_wait_seconds"] = seconds(s.io_wait_ns);
  d["entropy_seconds"] = seconds(s.entropy_ns);
  d["code_seconds"] = seconds(s.code_ns);
  d["overhead_seconds"] = seconds(s.overhead_ns);
  nb::dict io;
  io["engine"] = std::string(io_engine_name(s.io.engine));
  io["why"] = s.io.why;
  io["bytes_read"] = s.io.bytes_read;
  io["reads"] = s.io.reads;
  io["wait_seconds"] = seconds(s.io.wait_ns);
  io["arena_bytes"] = s.io.arena_bytes;
  d["io"] = io;
  return d;
}

}  // namespace

void bind_loader(nb::module_& m) {
  using Release = nb::call_guard<nb::gil_scoped_release>;
  nb::class_<NativeLoader>(m, "Loader", "Worker threads that run a program over a dataset.")
      .def(
          "__init__",
          [](NativeLoader* self, const NativeDataset& dataset, const NativeProgram& program,
             const LoaderOptions& options) {
            new (self) NativeLoader(dataset.dataset, program.program, options);
          },
          nb::arg("dataset"), nb::arg("program"), nb::arg("options"), Release())
      .def_prop_ro("batches_per_epoch", &NativeLoader::batches_per_epoch)
      .def_prop_ro("samples_per_epoch", &NativeLoader::samples_per_epoch)
      .def_prop_ro("threads", &NativeLoader::threads)
      .def("start_epoch", &NativeLoader::start_epoch, nb::arg("epoch"), Release())
      .def("next", next_batch, "The next batch; None after the last.",
           nb::sig("def next(self) -> Batch | None"))
      .def(
          "state", [](NativeLoader& self) { return self.state().to_json(); }, Release())
      .def(
          "resume",
          [](NativeLoader& self, const std::string& json) {
            self.resume(unwrap(LoaderState::from_json(json, "state_dict")));
          },
          nb::arg("state"), Release())
      .def("take_reports", reports)
      .def("stats", stats)
      .def("write_trace", &NativeLoader::write_trace, nb::arg("path"), Release())
      .def("close", &NativeLoader::close, Release())
      .def_prop_ro("closed", &NativeLoader::closed);
  m.def(
      "loader_warnings",
      [](const NativeDataset& dataset, const LoaderOptions& options) {
        return loader_warnings(*dataset.dataset, options);
      },
      nb::arg("dataset"), nb::arg("options"), Release());
}

}  // namespace headrace::python
