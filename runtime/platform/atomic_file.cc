#include "runtime/platform/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "runtime/platform/file_io.h"

namespace headrace::platform {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

Status already_exists(const std::string& path) {
  return {"data.exists", path, "already exists; choose another name or ask to overwrite it"};
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary, int fd, bool overwrite)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd), overwrite_(overwrite) {}

Expected<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& path, bool overwrite) {
  if (name_of(path).empty()) return Status("data.io", path, "is not a file name");
  struct stat st {};
  if (::lstat(path.c_str(), &st) == 0) {
    if (S_ISDIR(st.st_mode)) return Status("data.io", path, "is a folder, not a file");
    if (!overwrite) return already_exists(path);
  }
  // The process id keeps writers of different processes apart, the counter those of one process.
  const std::string stem =
      folder_of(path) + "/." + name_of(path).substr(0, 200) + "." + std::to_string(::getpid()) + "-";
  for (int attempt = 0; attempt < 10000; ++attempt) {
    const std::string temporary = stem + std::to_string(attempt) + ".tmp";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
      return std::unique_ptr<AtomicFile>(new AtomicFile(path, temporary, fd, overwrite));
    }
    if (errno != EEXIST) return Status("data.io", path, "cannot be created: " + errno_text(errno));
  }
  return Status("data.io", path,
                "cannot be created: its folder is full of temporary files (" + stem + "*.tmp)");
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!published_) ::unlink(temporary_.c_str());
}

Status AtomicFile::fail(const char* what, int error) {
  failed_ = true;
  return {"data.io", path_, std::string(what) + " failed: " + errno_text(error) + "; nothing was kept"};
}

Status AtomicFile::write_at(uint64_t offset, std::span<const uint8_t> bytes) {
  if (failed_ || published_) return {"data.io", path_, "cannot be written any more after an earlier failure"};
  size_t done = 0;
  while (done < bytes.size()) {
    const size_t want = std::min<size_t>(bytes.size() - done, 1u << 30);
    const ssize_t n = ::pwrite(fd_, bytes.data() + done, want, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail("writing", errno);
    if (n == 0) return fail("writing", ENOSPC);
    done += static_cast<size_t>(n);
  }
  return {};
}

Status AtomicFile::move_into_place() {
  if (overwrite_) {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return fail("renaming", errno);
    return {};
  }
  // link() refuses to replace, in one step; file systems without hard links go through renameat2().
  if (::link(temporary_.c_str(), path_.c_str()) == 0) {
    ::unlink(temporary_.c_str());
    return {};
  }
  if (errno == EEXIST) {
    failed_ = true;
    return already_exists(path_);
  }
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno == EEXIST) {
    failed_ = true;
    return already_exists(path_);
  }
  return fail("renaming", errno);
}

Status AtomicFile::publish() {
  if (failed_ || published_) return {"data.io", path_, "cannot be published after an earlier failure"};
  // A failed fsync is never retried: the kernel may already have dropped the pages it could not write.
  if (::fsync(fd_) != 0) return fail("flushing to disk", errno);
  const int fd = std::exchange(fd_, -1);
  if (::close(fd) != 0) return fail("closing", errno);
  HR_RETURN_IF_ERROR(move_into_place());
  published_ = true;

  const std::string folder = folder_of(path_);
  const int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // A folder that may be written but not read cannot be flushed; the file itself is complete.
  if (dir < 0) return {};
  const int rc = ::fsync(dir);
  const int error = errno;
  ::close(dir);
  // Some file systems do not support flushing folders and say EINVAL.
  if (rc != 0 && error != EINVAL) {
    return {"data.io", path_, "is complete, but flushing its folder failed: " + errno_text(error)};
  }
  return {};
}

}  // namespace headrace::platform
