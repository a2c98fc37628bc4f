#include "runtime/io/arena.h"

#include <sys/mman.h>

#include <iterator>
#include <string>

#include "runtime/dataset/format.h"

namespace headrace {

Arena::Arena(platform::Buffer memory) : memory_(std::move(memory)) {
  if (memory_.size() != 0) add_free(0, memory_.size());
}

Expected<Arena> Arena::allocate(uint64_t bytes, bool huge_tlb) {
  Expected<platform::Buffer> memory = platform::Buffer::allocate(bytes, {.huge_tlb = huge_tlb});
  if (!memory.ok()) {
    return Status("loader.memory", "",
                  "out of memory for reading ahead: " + memory.status().errors().front().message);
  }
  // A copy of it in a forked process would be of no use, and each of its pages be copied when it is next
  // read into.
  (void)::madvise(memory->data(), memory->size(), MADV_DONTFORK);
  return Arena(std::move(*memory));
}

void Arena::add_free(uint64_t offset, uint64_t bytes) {
  free_.emplace(offset, bytes);
  by_size_.emplace(bytes, offset);
}

void Arena::remove_free(std::map<uint64_t, uint64_t>::iterator at) {
  by_size_.erase({at->second, at->first});
  free_.erase(at);
}

uint8_t* Arena::take(uint64_t bytes, uint64_t alignment) {
  // The smallest block that holds it. Blocks are multiples of the alignment unless it is a rare, large one.
  for (auto fit = by_size_.lower_bound({bytes, 0}); fit != by_size_.end(); ++fit) {
    const auto [size, offset] = *fit;
    const auto address = reinterpret_cast<uintptr_t>(memory_.data() + offset);
    const uint64_t begin = offset + (format::align_up(address, alignment) - address);
    if (begin - offset > size - bytes) continue;
    remove_free(free_.find(offset));
    if (begin != offset) add_free(offset, begin - offset);
    if (begin + bytes != offset + size) add_free(begin + bytes, offset + size - begin - bytes);
    return memory_.data() + begin;
  }
  return nullptr;
}

void Arena::give_back(uint8_t* block, uint64_t bytes) {
  uint64_t offset = static_cast<uint64_t>(block - memory_.data());
  auto next = free_.lower_bound(offset);
  if (next != free_.end() && next->first == offset + bytes) {
    bytes += next->second;
    const auto merged = next++;
    remove_free(merged);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      offset = before->first;
      bytes += before->second;
      remove_free(before);
    }
  }
  add_free(offset, bytes);
}

}  // namespace headrace
