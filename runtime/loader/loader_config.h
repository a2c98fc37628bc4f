// The options of a loader, checked against dataset and program, with everything derived from them.
#pragma once

#include <cstdint>
#include <vector>

#include "headrace/loader.h"
#include "runtime/loader/ring.h"

namespace headrace {

struct LoaderConfig {
  unsigned threads = 1;
  RingSize ring;
  std::vector<size_t> field_map;  ///< for each field of the program, its index in the dataset's schema
  BatchLayout layout;             ///< of a batch buffer
};

/// Errors as of Loader::create(), all that are found.
Expected<LoaderConfig> make_loader_config(const Dataset& dataset, const Program& program,
                                          const LoaderOptions& options);

}  // namespace headrace
