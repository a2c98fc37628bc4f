#include "runtime/platform/memory_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/platform/file_io.h"

namespace headrace::platform {

MemoryMap::~MemoryMap() {
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
}

Expected<MemoryMap> MemoryMap::open(const std::string& path) {
  HR_ASSIGN_OR_RETURN(const OpenFile file, OpenFile::read_only(path, "data.io"));
  if (file.size() > SIZE_MAX) return Status("data.io", path, "is too large to be mapped");
  MemoryMap map;
  if (file.size() == 0) return map;
  void* p = ::mmap(nullptr, static_cast<size_t>(file.size()), PROT_READ, MAP_SHARED, file.fd(), 0);
  if (p == MAP_FAILED) return Status("data.io", path, "cannot be mapped: " + errno_text(errno));
  map.data_ = static_cast<const uint8_t*>(p);
  map.size_ = static_cast<size_t>(file.size());
  return map;
}

void MemoryMap::advise(uint64_t offset, uint64_t length, Advice advice) const {
  if (offset >= size_ || length == 0) return;
  static const uint64_t page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t begin = offset / page * page;
  const uint64_t end = offset + std::min<uint64_t>(length, size_ - offset);
  int flag = MADV_NORMAL;
  switch (advice) {
    case Advice::normal:
      flag = MADV_NORMAL;
      break;
    case Advice::random:
      flag = MADV_RANDOM;
      break;
    case Advice::will_need:
      flag = MADV_WILLNEED;
      break;
    case Advice::dont_need:
      flag = MADV_DONTNEED;
      break;
  }
  (void)::madvise(const_cast<uint8_t*>(data_) + begin, static_cast<size_t>(end - begin), flag);
}

}  // namespace headrace::platform
