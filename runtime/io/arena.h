// Memory of a fixed size that blocks of any size are taken from.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "headrace/status.h"
#include "runtime/platform/buffer.h"

namespace headrace {

/// Not thread-safe.
class Arena {
 public:
  /// Room for at least `bytes` bytes, in huge pages as far as the system gives them; physical memory is taken
  /// when a block is first used. Not inherited by forked processes. Error: "loader.memory".
  static Expected<Arena> allocate(uint64_t bytes, bool huge_tlb);

  uint64_t size() const { return memory_.size(); }

  /// A block of `bytes` bytes (a multiple of `alignment`) that starts at one; null if there is none.
  uint8_t* take(uint64_t bytes, uint64_t alignment);

  /// Returns a block as it was taken.
  void give_back(uint8_t* block, uint64_t bytes);

 private:
  explicit Arena(platform::Buffer memory);
  void add_free(uint64_t offset, uint64_t bytes);
  void remove_free(std::map<uint64_t, uint64_t>::iterator at);

  platform::Buffer memory_;
  std::map<uint64_t, uint64_t> free_;                // bytes by offset; neighbours are merged
  std::set<std::pair<uint64_t, uint64_t>> by_size_;  // the same as (bytes, offset)
};

}  // namespace headrace
