#include "runtime/platform/data_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "runtime/platform/file_io.h"

namespace headrace::platform {
namespace {

constexpr int kDontCache = 0x80;            // RWF_DONTCACHE (Linux 6.14), which older headers lack
constexpr unsigned kDioAlign = 0x00002000;  // STATX_DIOALIGN (Linux 6.1)
constexpr uint64_t kLeastAlignment = 4096;
constexpr uint64_t kLargestRead = 1u << 30;

bool same_file(int a, int b) {
  struct stat sa {
  }, sb{};
  return ::fstat(a, &sa) == 0 && ::fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

int open_again(int fd, const std::string& path, int flags) {
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  int again = ::open(self.c_str(), flags);
  // Without /proc the path has to do, if it still names the same file.
  if (again < 0 && errno == ENOENT) again = ::open(path.c_str(), flags);
  return again;
}

/// What the file system asks of O_DIRECT, as far as it says.
uint64_t direct_alignment(int fd) {
#ifdef STATX_DIOALIGN
  struct statx st {};
  if (::statx(fd, "", AT_EMPTY_PATH, kDioAlign, &st) == 0 && (st.stx_mask & kDioAlign) != 0) {
    const uint64_t asked = std::max(st.stx_dio_mem_align, st.stx_dio_offset_align);
    if (std::has_single_bit(asked)) return std::max(asked, kLeastAlignment);
  }
#else
  (void)fd;
  (void)kDioAlign;
#endif
  return kLeastAlignment;
}

bool knows_dont_cache(int fd) {
  char byte = 0;
  iovec one = {&byte, 1};
  return ::preadv2(fd, &one, 1, 0, kDontCache) >= 0;
}

}  // namespace

DataFile::~DataFile() {
  if (fd_ >= 0) ::close(fd_);
}

Expected<DataFile> DataFile::reopen(int fd, const std::string& path, Mode mode) {
  const bool direct = mode == Mode::direct;
  const int again = open_again(fd, path, O_RDONLY | O_CLOEXEC | (direct ? O_DIRECT : 0));
  if (again < 0) {
    const int error = errno;
    if (direct && error == EINVAL) return DataFile(-1, path).failure(EINVAL, 0);
    return Status("data.io", path, "cannot be opened: " + errno_text(error));
  }
  DataFile file(again, path);
  file.direct_ = direct;
  if (!same_file(fd, again)) return Status("data.io", path, "was replaced by another file while in use");
  if (direct) {
    file.alignment_ = direct_alignment(again);
  } else {
    file.drop_on_read_ = knows_dont_cache(again);
    // What is read is known in advance, so reading more of what lies behind it is waste.
    (void)::posix_fadvise(again, 0, 0, POSIX_FADV_RANDOM);
  }
  return file;
}

Status DataFile::failure(int error, uint64_t offset) const {
  if (direct_ || fd_ < 0) {
    if (error == EINVAL) {
      return {"io.unsupported", path_,
              "its file system does not read past the page cache (O_DIRECT); use the engine pread instead"};
    }
  }
  return {"data.io", path_, "cannot be read at " + std::to_string(offset) + ": " + errno_text(error)};
}

Status DataFile::read(uint64_t offset, uint64_t bytes, uint64_t needed, uint8_t* out) const {
  uint64_t done = 0;
  while (done < bytes) {
    iovec part = {out + done, static_cast<size_t>(std::min(bytes - done, kLargestRead))};
    const ssize_t n =
        ::preadv2(fd_, &part, 1, static_cast<off_t>(offset + done), drop_on_read_ ? kDontCache : 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure(errno, offset + done);
    if (n == 0) break;
    done += static_cast<uint64_t>(n);
    // O_DIRECT goes on only from an aligned place; a shorter read ends at the end of the file.
    if (direct_ && done % alignment_ != 0) break;
  }
  if (!direct_ && !drop_on_read_)
    (void)::posix_fadvise(fd_, static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_DONTNEED);
  if (done >= needed) return {};
  return {"data.io", path_,
          "became shorter while in use (it ends at " + std::to_string(offset + done) + ", where " +
              std::to_string(needed - done) + " more bytes are expected)"};
}

Cached is_cached(int fd, uint64_t offset) {
  char byte = 0;
  iovec one = {&byte, 1};
  // RWF_NOWAIT tells the truth also for files that belong to somebody else, of which mincore() says that all
  // is in memory.
  if (::preadv2(fd, &one, 1, static_cast<off_t>(offset), RWF_NOWAIT) >= 0) return Cached::yes;
  return errno == EAGAIN ? Cached::no : Cached::unknown;
}

}  // namespace headrace::platform
