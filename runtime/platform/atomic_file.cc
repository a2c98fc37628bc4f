#include "runtime/platform/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
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

constexpr std::string_view kTemporaryEnd = ".tmp";

/// What the names of temporary files for `path` start with; a process id, "-" and a number follow.
std::string temporary_start(const std::string& path) { return "." + name_of(path).substr(0, 200) + "."; }

bool is_temporary_of(std::string_view name, std::string_view start) {
  if (!name.starts_with(start) || !name.ends_with(kTemporaryEnd)) return false;
  name.remove_prefix(start.size());
  name.remove_suffix(std::min(name.size(), kTemporaryEnd.size()));
  const auto digits = [](std::string_view s) {
    return !s.empty() && s.find_first_not_of("0123456789") == s.npos;
  };
  const size_t dash = name.find('-');
  return dash != name.npos && digits(name.substr(0, dash)) && digits(name.substr(dash + 1));
}

/// Marks a new temporary file as in use. False if remove_leftovers() was there first and deletes it. File
/// systems without locks have no leftovers removed either.
bool lock_temporary(int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
  struct stat st {};
  return ::fstat(fd, &st) != 0 || st.st_nlink != 0;
}

/// Deletes a temporary file that no process holds locked. While this process has the lock, no other one
/// gives the name to another file: users of AtomicFile unlink theirs before they let go of it.
void remove_if_unused(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  struct stat st {};
  if (::fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ::flock(fd, LOCK_EX | LOCK_NB) == 0) {
    struct stat named {};
    const bool same =
        ::lstat(path.c_str(), &named) == 0 && named.st_dev == st.st_dev && named.st_ino == st.st_ino;
    if (same) ::unlink(path.c_str());
  }
  ::close(fd);
}

Status already_exists(const std::string& path) {
  return {"data.exists", path, "already exists; choose another name or ask to overwrite it"};
}

Status cannot_create(const std::string& path, int error) {
  if (error == ENOENT) {
    return {"data.io", path, "cannot be created: its folder does not exist"};
  }
  return {"data.io", path, "cannot be created: " + errno_text(error)};
}

/// Whether a file may be created at `path`. Renaming puts a file in the place of whatever is there, so what
/// is no file is refused: a device such as /dev/null, and links such as /dev/stdout.
Status check_place(const std::string& path, bool overwrite) {
  if (name_of(path).empty()) return {"data.io", path, "is not a file name"};
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) return {};
  if (S_ISDIR(st.st_mode)) return {"data.io", path, "is a folder, not a file"};
  if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)) {
    return {"data.io", path, "is a device, pipe or socket, not a file"};
  }
  if (!overwrite) return already_exists(path);
  if (S_ISLNK(st.st_mode))
    return {"data.io", path, "is a link and is not replaced; name the file it leads to"};
  return {};
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary, int fd, bool overwrite)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd), overwrite_(overwrite) {}

Expected<std::unique_ptr<AtomicFile>> AtomicFile::create(const std::string& path, bool overwrite) {
  HR_RETURN_IF_ERROR(check_place(path, overwrite));
  // The process id keeps writers of different processes apart, the counter those of one process.
  const std::string stem = folder_of(path) + "/" + temporary_start(path) + std::to_string(::getpid()) + "-";
  for (int attempt = 0; attempt < 10000; ++attempt) {
    const std::string temporary = stem + std::to_string(attempt) + std::string(kTemporaryEnd);
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return cannot_create(path, errno);
    if (lock_temporary(fd)) {
      return std::unique_ptr<AtomicFile>(new AtomicFile(path, temporary, fd, overwrite));
    }
    ::close(fd);
  }
  return Status("data.io", path,
                "cannot be created: its folder is full of temporary files (" + stem + "*.tmp)");
}

void AtomicFile::remove_leftovers() const {
  const std::string folder = folder_of(path_), start = temporary_start(path_);
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (is_temporary_of(name, start)) remove_if_unused(folder + "/" + name);
  }
}

AtomicFile::~AtomicFile() {
  if (!published_) ::unlink(temporary_.c_str());
  if (fd_ >= 0) ::close(fd_);
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
  HR_RETURN_IF_ERROR(move_into_place());
  published_ = true;
  // With it goes the lock, which the temporary name needed to the end. All was written by then: fsync()
  // said so.
  ::close(std::exchange(fd_, -1));

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
