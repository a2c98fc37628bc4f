// Which engine suits a file on this machine, and how much memory it gets: pure functions of a few facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "headrace/io.h"
#include "headrace/status.h"
#include "runtime/platform/storage.h"

namespace headrace {

struct IoFacts {
  uint64_t file_bytes = 0;
  std::optional<uint64_t> memory_available;  ///< as of platform::memory_available()
  uint64_t processes = 1;                    ///< that share the memory, each with an arena of its own
  platform::Storage storage;
};

struct IoChoice {
  IoEngineKind engine = IoEngineKind::mmap;  ///< never automatic
  std::string why;
  bool fits = true;  ///< the file fits in the memory it may have
};

IoChoice choose_engine(IoEngineKind asked, const IoFacts& facts);

/// Bytes of the arena.
uint64_t arena_bytes(const IoOptions& options, const IoFacts& facts);

/// Error: "io.options".
Status check_options(const IoOptions& options);

}  // namespace headrace
