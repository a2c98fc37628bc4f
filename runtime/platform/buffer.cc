#include "runtime/platform/buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "headrace/counted.h"
#include "runtime/platform/file_io.h"

namespace headrace::platform {
namespace {

// Of x86-64 and of arm64 with 4 KiB pages. Where huge pages are larger, the kernel merges what it can.
constexpr size_t kHugePage = size_t{2} << 20;

constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE, which older headers lack

Status no_memory(size_t bytes, int error) {
  return {"memory", "", counted(bytes, "byte") + " of memory cannot be allocated: " + errno_text(error)};
}

}  // namespace

Buffer::~Buffer() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

Expected<Buffer> Buffer::allocate(size_t bytes, const BufferOptions& options) {
  if (bytes == 0) return Buffer();
  const size_t page = std::max(kAlignment, static_cast<size_t>(::sysconf(_SC_PAGESIZE)));
  if (bytes > SIZE_MAX - 2 * kHugePage) return no_memory(bytes, ENOMEM);
  if (options.huge_tlb) {
    const size_t size = (bytes + kHugePage - 1) / kHugePage * kHugePage;
    // Without MAP_POPULATE a page that the reserve lacks would be a SIGBUS when it is touched.
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE;
    void* p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, kFlags, -1, 0);
    if (p != MAP_FAILED) return Buffer(static_cast<uint8_t*>(p), size);
  }
  const size_t size = (bytes + page - 1) / page * page;
  // The kernel aligns mappings to its small page only; the surplus around a huge page boundary goes back.
  const size_t alignment = size >= kHugePage ? kHugePage : page;
  const size_t mapped = size + (alignment - page);
  void* p = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return no_memory(bytes, errno);
  auto* const begin = static_cast<uint8_t*>(p);
  const size_t before = (alignment - reinterpret_cast<uintptr_t>(begin) % alignment) % alignment;
  const size_t after = mapped - before - size;
  if (before != 0) ::munmap(begin, before);
  if (after != 0) ::munmap(begin + before + size, after);
  if (size >= kHugePage) (void)::madvise(begin + before, size, MADV_HUGEPAGE);  // a hint
  // Also a hint: kernels before 5.14 do not know it, and memory may be short.
  if (options.prefault) (void)::madvise(begin + before, size, kPopulateWrite);
  return Buffer(begin + before, size);
}

}  // namespace headrace::platform
