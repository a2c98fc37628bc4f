// What to tell a person about a sample that could not be made.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "headrace/abi.h"
#include "headrace/dataset.h"
#include "headrace/limits.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace {

/// Why a sample failed, as a worker notes it: no text is made before it is known which failure is reported.
struct SampleFailure {
  enum class Cause : uint8_t {
    program,  ///< plan() or run() said so: result and error
    dataset,  ///< the dataset did: status
    memory    ///< `bytes` bytes of scratch could not be had; 0 if some smaller piece of memory could not
  };

  uint64_t sample = 0;
  Cause cause = Cause::program;
  hr_result result = HR_OK;
  hr_error error = {};
  DecodeLimits limits = {};  ///< that the program decoded under
  Status status;
  uint64_t bytes = 0;
  uint32_t substitutes = 0;  ///< that were tried in its place and failed too
};

/// One error that names file, sample, key, field (of `fields`, which the program reads) and cause. Codes:
/// "sample.decode", "sample.crop_outside", "sample.encoding", "sample.limit", "sample.short",
/// "sample.alignment", "sample.call", "sample.memory", "loader.abi", "internal"; the dataset's own otherwise.
Status sample_error(const Dataset& dataset, std::span<const ProgramField> fields,
                    const SampleFailure& failure);

/// "jpeg", "rgb", "none", or the number of an unknown HR_ENCODING_*.
std::string encoding_name(int64_t encoding);

}  // namespace headrace
