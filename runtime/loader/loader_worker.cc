#include "runtime/loader/loader_worker.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include "kernels/decoder.h"

namespace headrace {
namespace {

/// Calls `body`, turning exceptions of a dataset or program into failures.
template <class Body>
bool without_exceptions(SampleFailure& failure, Body&& body) noexcept {
  const auto internal = [&](const char* what) {
    failure.cause = SampleFailure::Cause::program;
    failure.result = HR_E_INTERNAL;
    failure.error = {};
    std::snprintf(failure.error.text, sizeof failure.error.text, "%s", what);
  };
  try {
    return body();
  } catch (const std::bad_alloc&) {
    failure.cause = SampleFailure::Cause::memory;
    failure.bytes = 0;
  } catch (const std::exception& e) {
    internal(e.what());
  } catch (...) {
    internal("an exception of unknown type");
  }
  return false;
}

}  // namespace

void LoaderWorker::DecoderDeleter::operator()(void* decoder) const { hr_decoder_destroy(decoder); }

LoaderWorker::LoaderWorker(const Dataset& dataset, const Program& program, std::span<const size_t> field_map)
    : dataset_(dataset),
      program_(program),
      field_map_(field_map),
      decoder_(hr_decoder_create(nullptr)),
      in_file_(dataset.schema().fields.size()),
      fields_(field_map.size()),
      slots_(program.info().slot_count),
      ranges_(field_map.size()),
      outputs_(program.info().outputs.size()) {}

Expected<std::unique_ptr<LoaderWorker>> LoaderWorker::create(const Dataset& dataset, const Program& program,
                                                             std::span<const size_t> field_map) {
  try {
    std::unique_ptr<LoaderWorker> worker(new LoaderWorker(dataset, program, field_map));
    if (worker->decoder_) return worker;
  } catch (const std::bad_alloc&) {
  }
  return Status("loader.memory", "", "out of memory for a worker thread's image decoder");
}

void LoaderWorker::pick_fields() {
  for (size_t i = 0; i < fields_.size(); ++i) fields_[i] = in_file_[field_map_[i]];
}

bool LoaderWorker::program_failed(hr_result result, SampleFailure& failure) const {
  failure.cause = SampleFailure::Cause::program;
  failure.result = result;
  failure.error = error_;
  return false;
}

bool LoaderWorker::plan(const hr_key& key, SampleFailure& failure) {
  failure.sample = key.sample;
  error_ = {};
  if (Status status = dataset_.metadata(key.sample, in_file_); !status.ok()) {
    failure.cause = SampleFailure::Cause::dataset;
    failure.status = std::move(status);
    return false;
  }
  pick_fields();
  hr_plan_frame frame = {};
  frame.abi_version = HR_ABI_VERSION;
  frame.field_count = static_cast<uint32_t>(fields_.size());
  frame.fields = fields_.data();
  frame.key = key;
  frame.slots = slots_.data();
  frame.ranges = ranges_.data();
  frame.error = &error_;
  const hr_result result = program_.plan(frame);
  scratch_bytes_ = frame.scratch_bytes;
  return result == HR_OK || program_failed(result, failure);
}

bool LoaderWorker::plan_and_run(const hr_key& key, SampleFailure& failure) {
  if (!plan(key, failure)) return false;
  if (scratch_bytes_ > scratch_.size()) {
    // Room to spare, so that slowly growing samples do not allocate each time. Nothing in it is kept.
    const uint64_t spare = std::min<uint64_t>(scratch_bytes_ / 2, uint64_t{64} << 20);
    scratch_ = platform::Buffer();
    const uint64_t wanted = std::max(scratch_bytes_, scratch_bytes_ + spare);  // the sum may wrap
    Expected<platform::Buffer> larger = platform::Buffer::allocate(wanted);
    if (!larger.ok()) {
      failure.cause = SampleFailure::Cause::memory;
      failure.bytes = scratch_bytes_;
      return false;
    }
    scratch_ = std::move(*larger);
  }
  if (Status status = dataset_.read(key.sample, in_file_); !status.ok()) {
    failure.cause = SampleFailure::Cause::dataset;
    failure.status = std::move(status);
    return false;
  }
  pick_fields();
  hr_run_frame frame = {};
  frame.abi_version = HR_ABI_VERSION;
  frame.field_count = static_cast<uint32_t>(fields_.size());
  frame.fields = fields_.data();
  frame.key = key;
  frame.slots = slots_.data();
  frame.scratch = scratch_.data();
  frame.scratch_bytes = scratch_bytes_;
  frame.outputs = outputs_.data();
  frame.decoder = decoder_.get();
  frame.error = &error_;
  const hr_result result = program_.run(frame);
  return result == HR_OK || program_failed(result, failure);
}

bool LoaderWorker::run(const hr_key& key, SampleFailure& failure) noexcept {
  return without_exceptions(failure, [&] { return plan_and_run(key, failure); });
}

hr_result LoaderWorker::probe(const hr_key& key, SampleFailure& failure) noexcept {
  const bool ok = without_exceptions(failure, [&] { return plan(key, failure); });
  if (ok) return HR_OK;
  return failure.cause == SampleFailure::Cause::program ? failure.result : HR_OK;
}

}  // namespace headrace
