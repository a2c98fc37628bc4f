// What keeps a run from being faster, told from the loader's statistics.
#pragma once

#include <cstdint>
#include <string_view>

#include "headrace/loader.h"

namespace headrace {

enum class Limit : uint8_t {
  unknown,   ///< nothing was counted yet
  consumer,  ///< the caller of next(): the loader has batches ready
  io,        ///< data does not come fast enough
  decode,    ///< entropy decoding and libjpeg-turbo
  code,      ///< the rest of the pipeline's code
  overhead   ///< the loader itself
};

/// "consumer-bound", "I/O-bound", "decode-bound", "compute-bound", "loader-bound"; "" for unknown.
std::string_view limit_text(Limit limit);

/// What came between two looks at the statistics of one loader. What is no total (the engine, its memory) is
/// of the later one.
LoaderStats difference(const LoaderStats& later, const LoaderStats& earlier);

/// Of what a loader with so many threads counted in `seconds`:
///   consumer  workers waited for free buffers for at least as large a share of their time as the caller
///   waited for
///             batches: whoever waits less sets the pace;
///   io        else, if waiting for data took at least half of the time that workers spent on samples;
///   otherwise the largest of decode, code and overhead.
Limit limit_of(const LoaderStats& stats, unsigned threads, double seconds);

}  // namespace headrace
