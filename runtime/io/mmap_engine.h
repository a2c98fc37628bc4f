// The engines that hand out the mapping of the file.
#pragma once

#include <memory>
#include <string>

#include "headrace/status.h"
#include "runtime/dataset/mapped_dataset.h"
#include "runtime/io/io_engine.h"

namespace headrace {

struct MmapEngineConfig {
  std::string why;
  uint64_t ahead_bytes = 64u << 20;  ///< read ahead of the workers
  uint64_t keep_bytes = UINT64_MAX;  ///< of the file that stay in memory once they are read, about
  bool release_behind = false;       ///< drop what lies behind the workers: the data does not fit in memory
};

Expected<std::unique_ptr<IoEngine>> make_mmap_engine(std::shared_ptr<const Dataset> owner,
                                                     const MappedDataset& dataset,
                                                     const MmapEngineConfig& config);

/// For datasets that are no mapped file: reads sample by sample.
std::unique_ptr<IoEngine> make_plain_engine(std::shared_ptr<const Dataset> dataset);

}  // namespace headrace
