// Where workers get the bytes of their samples from: a mapping, or pages read ahead into an arena. An engine
// knows the order of the samples to come and reads ahead of the workers in it; which samples are read, and
// what they hold, never depends on it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "headrace/dataset.h"
#include "headrace/io.h"
#include "headrace/status.h"

namespace headrace {

class MappedDataset;

/// The samples a loader is going to ask for in an epoch, in order. A pure function; any thread.
class SampleSequence {
 public:
  virtual ~SampleSequence() = default;
  virtual uint64_t size() const = 0;
  virtual uint64_t sample_at(uint64_t position) const = 0;  ///< position < size()
};

/// Keeps the bytes of one sample where they are. Belongs to a worker and is used again for its next sample.
class IoLease {
 public:
  virtual ~IoLease() = default;
};

class IoEngine {
 public:
  /// A position that is in no sequence: the sample is read on its own, at once.
  static constexpr uint64_t kNoPosition = UINT64_MAX;

  virtual ~IoEngine() = default;

  virtual std::unique_ptr<IoLease> make_lease() = 0;

  /// Begins an epoch, at position `first` of `sequence`, which outlives it. No worker is in acquire().
  /// Workers will ask for positions in roughly rising order, none more than `ahead` behind the furthest one
  /// that was asked for; one that is comes all the same, but is read anew. Positions may be left out.
  virtual Status start_epoch(const SampleSequence& sequence, uint64_t first, uint64_t ahead) = 0;

  /// Ends the epoch early or after its last sample: nothing is read ahead any more, and threads in acquire()
  /// return with "io.stopped".
  virtual void stop_epoch() noexcept = 0;

  /// The sample's fields, with data pointers that stay valid until release(). At least HR_BUFFER_ALIGNMENT
  /// bytes beyond each payload are readable. Page hashes are checked as Dataset::read() checks them. Waits
  /// for the data. Errors as of Dataset::read(), and "data.io" where the file cannot be read or has become
  /// shorter.
  virtual Status acquire(uint64_t position, uint64_t sample, std::span<hr_field> out, IoLease& lease) = 0;

  /// The worker is done with the sample of the lease. Returns an error if the bytes it saw may not have been
  /// the file's (a mapped file was truncated under it): its output must then not be used.
  virtual Status release(IoLease& lease) = 0;

  virtual IoStats stats() const = 0;
};

/// The engine that `options` ask for, for a dataset that outlives it. Errors: "io.options", "io.unsupported",
/// "data.io", "loader.memory".
Expected<std::unique_ptr<IoEngine>> make_io_engine(std::shared_ptr<const Dataset> dataset,
                                                   const IoOptions& options);

}  // namespace headrace
