// The engines that read into memory of their own: pread and direct.
#pragma once

#include <memory>

#include "headrace/status.h"
#include "runtime/dataset/mapped_dataset.h"
#include "runtime/io/io_engine.h"
#include "runtime/platform/data_file.h"

namespace headrace {

struct PageEngineConfig {
  IoEngineKind kind = IoEngineKind::pread;
  std::string why;
  uint64_t arena_bytes = 0;
  unsigned threads = 4;
  bool huge_tlb = false;
};

Expected<std::unique_ptr<IoEngine>> make_page_engine(std::shared_ptr<const Dataset> owner,
                                                     const MappedDataset& dataset,
                                                     const PageEngineConfig& config);

}  // namespace headrace
