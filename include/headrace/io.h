// How a loader reads its dataset file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "headrace/status.h"

namespace headrace {

enum class IoEngineKind : uint8_t {
  automatic,  ///< mmap where the data fits in memory and the file system is local, else pread
  mmap,       ///< the page cache, mapped; lookahead by advice
  pread,      ///< threads read ahead into an arena of huge pages; the page cache is not kept
  direct      ///< the same past the page cache (O_DIRECT)
};

Expected<IoEngineKind> parse_io_engine(std::string_view name);  ///< "auto", "mmap", "pread", "direct"
std::string_view io_engine_name(IoEngineKind kind);

struct IoOptions {
  IoEngineKind engine = IoEngineKind::automatic;
  uint64_t memory_bytes = 0;  ///< budget of the arena; 0: 1/8 of the memory available, 64 MiB to 1 GiB
  unsigned threads = 0;       ///< that read ahead; 0: 4 (pread and direct)
  bool huge_tlb = false;      ///< MAP_HUGETLB for the arena; where none can be had, ordinary huge pages
};

/// Totals since the loader was created.
struct IoStats {
  IoEngineKind engine = IoEngineKind::mmap;  ///< that is in use
  std::string why;           ///< it was chosen, for people: "2.1 GB fit in 70 % of 11.0 GB available"
  uint64_t bytes_read = 0;   ///< by pread; with mmap, of the samples used
  uint64_t reads = 0;        ///< calls, or samples
  uint64_t wait_ns = 0;      ///< workers waited for data, summed
  uint64_t arena_bytes = 0;  ///< memory taken for reading ahead
};

}  // namespace headrace
