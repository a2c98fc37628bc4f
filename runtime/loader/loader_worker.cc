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

/// Releases a lease once, also when the program throws.
class LeaseHeld {
 public:
  LeaseHeld(IoEngine& io, IoLease& lease) : io_(io), lease_(&lease) {}
  ~LeaseHeld() {
    if (lease_ != nullptr) (void)io_.release(*lease_);
  }
  LeaseHeld(const LeaseHeld&) = delete;
  LeaseHeld& operator=(const LeaseHeld&) = delete;

  Status release() { return io_.release(*std::exchange(lease_, nullptr)); }

 private:
  IoEngine& io_;
  IoLease* lease_;
};

bool dataset_failed(Status&& status, SampleFailure& failure) {
  failure.cause = SampleFailure::Cause::dataset;
  failure.status = std::move(status);
  return false;
}

}  // namespace

void LoaderWorker::DecoderDeleter::operator()(void* decoder) const { hr_decoder_destroy(decoder); }

LoaderWorker::LoaderWorker(const Shared& shared, std::unique_ptr<void, DecoderDeleter> decoder,
                           TraceTrack* track)
    : dataset_(shared.dataset),
      program_(shared.program),
      io_(shared.io),
      lease_(io_.make_lease()),
      field_map_(shared.field_map),
      limits_(shared.limits),
      decoder_(std::move(decoder)),
      clock_(shared.clock, decoder_.get(), track),
      in_file_(dataset_.schema().fields.size()),
      fields_(field_map_.size()),
      slots_(program_.info().slot_count),
      ranges_(field_map_.size()),
      outputs_(program_.info().outputs.size()) {}

Expected<std::unique_ptr<LoaderWorker>> LoaderWorker::create(const Shared& shared, TraceTrack* track) {
  const DecodeLimits& limits = shared.limits;
  const hr_decode_limits decode_limits = {limits.max_pixels, limits.max_memory, limits.max_scans};
  try {
    std::unique_ptr<void, DecoderDeleter> decoder(hr_decoder_create(&decode_limits));
    if (decoder) return std::unique_ptr<LoaderWorker>(new LoaderWorker(shared, std::move(decoder), track));
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
  failure.limits = limits_;
  return false;
}

bool LoaderWorker::plan(const WorkItem& item, SampleFailure& failure) {
  failure.sample = item.sample;
  error_ = {};
  if (Status status = dataset_.metadata(item.sample, in_file_); !status.ok()) {
    return dataset_failed(std::move(status), failure);
  }
  pick_fields();
  hr_plan_frame frame = {};
  frame.abi_version = HR_ABI_VERSION;
  frame.field_count = static_cast<uint32_t>(fields_.size());
  frame.fields = fields_.data();
  frame.key = item.key;
  frame.slots = slots_.data();
  frame.ranges = ranges_.data();
  frame.error = &error_;
  const hr_result result = program_.plan(frame);
  scratch_bytes_ = frame.scratch_bytes;
  return result == HR_OK || program_failed(result, failure);
}

bool LoaderWorker::grow_scratch(SampleFailure& failure) {
  if (scratch_bytes_ <= scratch_.size()) return true;
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
  return true;
}

hr_result LoaderWorker::call_run(const hr_key& key) {
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
  return program_.run(frame);
}

bool LoaderWorker::plan_and_run(const WorkItem& item, SampleFailure& failure) {
  if (!plan(item, failure)) return false;
  clock_.lap(WorkStage::plan);
  if (!grow_scratch(failure)) return false;
  if (Status status = io_.acquire(item.position, item.sample, in_file_, *lease_); !status.ok())
    return dataset_failed(std::move(status), failure);
  LeaseHeld held(io_, *lease_);
  clock_.lap(WorkStage::io_wait);
  const hr_result result = call_run(item.key);
  clock_.lap(WorkStage::run);
  // A mapped file that became shorter reads as zeros, which may look like any other damage: the reason comes
  // first.
  if (Status status = held.release(); !status.ok()) return dataset_failed(std::move(status), failure);
  return result == HR_OK || program_failed(result, failure);
}

bool LoaderWorker::run(const WorkItem& item, SampleFailure& failure) noexcept {
  return without_exceptions(failure, [&] { return plan_and_run(item, failure); });
}

hr_result LoaderWorker::probe(const WorkItem& item, SampleFailure& failure) noexcept {
  const bool ok = without_exceptions(failure, [&] { return plan(item, failure); });
  if (ok) return HR_OK;
  return failure.cause == SampleFailure::Cause::program ? failure.result : HR_OK;
}

}  // namespace headrace
