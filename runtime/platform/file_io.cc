#include "runtime/platform/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "headrace/counted.h"

namespace headrace::platform {
namespace {

/// Fills out[0, out.size()) from the file's current position, as far as the file goes; returns the bytes
/// read, or -1 with errno set.
ssize_t read_up_to(int fd, uint8_t* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t n = ::read(fd, out + done, std::min<size_t>(size - done, 1u << 30));
    if (n < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

Status too_large(const std::string& path, uint64_t max_bytes, const std::string& code) {
  return {code, path, "is larger than the limit of " + counted(max_bytes, "byte")};
}

}  // namespace

std::string errno_text(int error) { return std::generic_category().message(error); }

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}

Expected<OpenFile> OpenFile::read_only(const std::string& path, const std::string& code) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Status(code, path, "cannot be opened: " + errno_text(errno));
  OpenFile file(fd, 0);
  struct stat st {};
  if (::fstat(fd, &st) != 0) return Status(code, path, "cannot be examined: " + errno_text(errno));
  if (S_ISDIR(st.st_mode)) return Status(code, path, "is a folder, not a file");
  if (!S_ISREG(st.st_mode)) return Status(code, path, "is not a regular file");
  file.size_ = static_cast<uint64_t>(st.st_size);
  return file;
}

Status read_all(const OpenFile& file, uint64_t max_bytes, const std::string& path, const std::string& code,
                std::vector<uint8_t>& out) {
  if (file.size() > max_bytes) return too_large(path, max_bytes, code);
  // One byte more than the size shows the end of the file; a file that grows meanwhile is read on.
  out.resize(static_cast<size_t>(file.size()) + 1);
  size_t have = 0;
  for (;;) {
    const ssize_t n = read_up_to(file.fd(), out.data() + have, out.size() - have);
    if (n < 0) return {code, path, "cannot be read: " + errno_text(errno)};
    have += static_cast<size_t>(n);
    if (have < out.size()) break;
    if (have > max_bytes) return too_large(path, max_bytes, code);
    out.resize(have * 2);
  }
  if (have > max_bytes) return too_large(path, max_bytes, code);
  out.resize(have);
  return {};
}

Status read_prefix(const std::string& path, size_t max_bytes, const std::string& code,
                   std::vector<uint8_t>& out) {
  HR_ASSIGN_OR_RETURN(const OpenFile file, OpenFile::read_only(path, code));
  out.resize(max_bytes);
  const ssize_t n = read_up_to(file.fd(), out.data(), out.size());
  if (n < 0) return {code, path, "cannot be read: " + errno_text(errno)};
  out.resize(static_cast<size_t>(n));
  return {};
}

}  // namespace headrace::platform
