#include "runtime/platform/memory_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace headrace::platform {
namespace {

constexpr int kPopulateRead = 22;  // MADV_POPULATE_READ (Linux 5.14), which older headers lack

// A file that ends in more zeros than this is not searched for its last other byte.
constexpr size_t kZerosAtEnd = 64u << 10;

int flag_of(MemoryMap::Advice advice) {
  switch (advice) {
    case MemoryMap::Advice::normal:
      return MADV_NORMAL;
    case MemoryMap::Advice::random:
      return MADV_RANDOM;
    case MemoryMap::Advice::will_need:
      return MADV_WILLNEED;
    case MemoryMap::Advice::huge_pages:
      return MADV_HUGEPAGE;
    case MemoryMap::Advice::no_huge_pages:
      return MADV_NOHUGEPAGE;
    case MemoryMap::Advice::release:
      return MADV_DONTNEED;
  }
  return MADV_NORMAL;
}

}  // namespace

MemoryMap::~MemoryMap() {
  unguard_mapping(guard_);
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
}

Expected<MemoryMap> MemoryMap::open(const std::string& path) {
  HR_ASSIGN_OR_RETURN(OpenFile file, OpenFile::read_only(path, "data.io"));
  if (file.size() > SIZE_MAX) return Status("data.io", path, "is too large to be mapped");
  MemoryMap map;
  if (file.size() == 0) return map;
  void* p = ::mmap(nullptr, static_cast<size_t>(file.size()), PROT_READ, MAP_SHARED, file.fd(), 0);
  if (p == MAP_FAILED) return Status("data.io", path, "cannot be mapped: " + errno_text(errno));
  map.data_ = static_cast<const uint8_t*>(p);
  map.size_ = static_cast<size_t>(file.size());
  map.guard_ = guard_mapping(p, map.size_);
  map.file_ = std::move(file);
  const size_t looked_at = std::min(map.size_, kZerosAtEnd);
  for (size_t at = map.size_; at > map.size_ - looked_at && map.last_ == nullptr; --at) {
    if (map.data_[at - 1] != 0) map.last_ = map.data_ + (at - 1);
  }
  return map;
}

bool MemoryMap::intact() const {
  // Of a file that becomes shorter, what is left of its last page in memory is filled up with zeros, and
  // reading those is no fault. So this asks for the last byte that such zeros would change: it is 0 now, or
  // reading it is a fault, unless nothing but zeros was cut off.
  if (last_ != nullptr && *last_ == 0) mark_faulted(guard_);
  return !faulted(guard_);
}

std::string MemoryMap::fault_text() const {
  struct stat st {};
  if (fd() < 0 || ::fstat(fd(), &st) != 0 || static_cast<uint64_t>(st.st_size) >= size_)
    return "could not be read in part while it was in use: " + errno_text(EIO);
  return "became shorter while in use (" + std::to_string(st.st_size) + " bytes, " + std::to_string(size_) +
         " when it was opened)";
}

bool MemoryMap::call_madvise(uint64_t offset, uint64_t length, int flag) const {
  if (offset >= size_ || length == 0) return true;
  static const uint64_t page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t begin = offset / page * page;
  const uint64_t end = offset + std::min<uint64_t>(length, size_ - offset);
  return ::madvise(const_cast<uint8_t*>(data_) + begin, static_cast<size_t>(end - begin), flag) == 0;
}

void MemoryMap::advise(uint64_t offset, uint64_t length, Advice advice) const {
  (void)call_madvise(offset, length, flag_of(advice));
  if (advice == Advice::release)
    (void)::posix_fadvise(fd(), static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_DONTNEED);
}

bool MemoryMap::populate(uint64_t offset, uint64_t length) const {
  return call_madvise(offset, length, kPopulateRead);
}

}  // namespace headrace::platform
