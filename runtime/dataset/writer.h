// Dataset writing as the importer needs it: DatasetWriter plus facts only it knows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "headrace/dataset.h"

namespace headrace {

/// What is recorded about how a file was made.
struct WriterFacts {
  std::optional<uint64_t> shuffle_seed;  ///< the samples come in an order permuted with this seed
};

Expected<std::unique_ptr<DatasetWriter>> create_writer(const std::string& path, Schema schema,
                                                       const WriterOptions& options,
                                                       const WriterFacts& facts);

}  // namespace headrace
