#include "runtime/platform/private_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "runtime/platform/file_io.h"

namespace headrace::platform {
namespace {

constexpr char kUnfinished[] = ".unfinished-";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  /// Errors that only closing shows.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

Status problem(const std::string& where, const std::string& what) { return {"folder", where, what}; }

std::string failed(const char* what) { return std::string(what) + ": " + errno_text(errno); }

/// What makes a file or folder one that others may have written; empty: nothing.
std::string not_private(const struct stat& s) {
  if (s.st_uid != ::geteuid()) return "belongs to user " + std::to_string(s.st_uid) + ", not to this one (" + std::to_string(::geteuid()) + ")";
  if ((s.st_mode & (S_IWGRP | S_IWOTH)) == 0) return "";
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", unsigned(s.st_mode & 07777));
  return std::string("can be written by others (mode ") + mode + ")";
}

/// Folders from the top down; mkdir with 0700 whatever the umask leaves.
bool make_folders(const std::filesystem::path& path) {
  std::error_code ignored;
  if (path.empty() || std::filesystem::is_directory(path, ignored)) return true;
  if (path.has_parent_path() && path.parent_path() != path && !make_folders(path.parent_path())) return false;
  return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::string unfinished_name() {
  uint64_t random = 0;
  if (::getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) {
    random = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(&random));  // the name's pid and O_EXCL still hold
  }
  char name[64];
  std::snprintf(name, sizeof name, "%s%ld-%016llx", kUnfinished, static_cast<long>(::getpid()), static_cast<unsigned long long>(random));
  return name;
}

int64_t nanoseconds(const timespec& t) { return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; }

/// Calls `visit(name, stat)` for every regular file.
template <class Visit>
bool for_each_file(int folder, Visit visit) {
  const int fd = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(fd), ::closedir);
  if (!entries) {
    ::close(fd);
    return false;
  }
  while (const dirent* entry = ::readdir(entries.get())) {
    struct stat s;
    if (::fstatat(folder, entry->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode)) visit(std::string(entry->d_name), s);
  }
  return true;
}

}  // namespace

PrivateFolder::PrivateFolder(PrivateFolder&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

PrivateFolder::~PrivateFolder() {
  if (fd_ >= 0) ::close(fd_);
}

Expected<PrivateFolder> PrivateFolder::open(const std::string& path, bool create) {
  if (create && !make_folders(path)) return problem(path, failed("cannot be created"));
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    struct stat s;
    const int error = errno;
    if (::lstat(path.c_str(), &s) == 0 && S_ISLNK(s.st_mode)) return problem(path, "is a symbolic link");
    errno = error;
    return problem(path, failed("cannot be opened"));
  }
  PrivateFolder folder(fd, path);
  struct stat s;
  if (::fstat(fd, &s) != 0) return problem(path, failed("cannot be examined"));
  if (const std::string why = not_private(s); !why.empty()) return problem(path, why);
  return folder;
}

Expected<std::optional<std::string>> PrivateFolder::read(const std::string& name, uint64_t max_bytes) const {
  const std::string where = path_ + "/" + name;
  // Without waiting for whoever might write to a pipe of that name.
  const Descriptor file(::openat(fd_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return problem(where, errno == ELOOP ? "is a symbolic link" : failed("cannot be opened"));
  }
  struct stat s;
  if (::fstat(file.get(), &s) != 0) return problem(where, failed("cannot be examined"));
  if (!S_ISREG(s.st_mode)) return problem(where, "is no regular file");
  if (const std::string why = not_private(s); !why.empty()) return problem(where, why);
  if (s.st_nlink != 1) return problem(where, "has another name");
  const auto size = static_cast<uint64_t>(s.st_size);
  if (size > max_bytes) return problem(where, "has " + std::to_string(size) + " bytes; at most " + std::to_string(max_bytes) + " are read");
  std::string bytes(size, '\0');
  for (size_t have = 0; have < bytes.size();) {
    const ssize_t n = ::pread(file.get(), bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return problem(where, n < 0 ? failed("cannot be read") : std::string("became shorter while it was read"));
    have += static_cast<size_t>(n);
  }
  return std::optional(std::move(bytes));
}

Status PrivateFolder::publish(const std::string& name, std::string_view bytes) const {
  const std::string where = path_ + "/" + name, unfinished = unfinished_name();
  Descriptor file(::openat(fd_, unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return problem(where, failed("cannot be created"));
  const char* step = "cannot be written";
  bool done = write_all(file.get(), bytes) && ::fsync(file.get()) == 0 && file.close();
  if (done) {
    step = "cannot be published";
    done = ::renameat(fd_, unfinished.c_str(), fd_, name.c_str()) == 0;
  }
  if (done) return {};
  Status status = problem(where, failed(step));
  ::unlinkat(fd_, unfinished.c_str(), 0);
  return status;
}

void PrivateFolder::touch(const std::string& name) const {
  ::utimensat(fd_, name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
}

bool PrivateFolder::remove(const std::string& name) const { return ::unlinkat(fd_, name.c_str(), 0) == 0; }

Expected<std::vector<PrivateFolder::File>> PrivateFolder::list() const {
  std::vector<File> files;
  const bool listed = for_each_file(fd_, [&](const std::string& name, const struct stat& s) {
    if (!name.starts_with(kUnfinished)) files.push_back({name, static_cast<uint64_t>(s.st_size), nanoseconds(s.st_mtim)});
  });
  if (!listed) return problem(path_, failed("cannot be listed"));
  return files;
}

void PrivateFolder::remove_stale(int64_t seconds) const {
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::vector<std::string> stale;
  for_each_file(fd_, [&](const std::string& name, const struct stat& s) {
    if (name.starts_with(kUnfinished) && now.tv_sec - s.st_mtim.tv_sec > seconds) stale.push_back(name);
  });
  for (const std::string& name : stale) remove(name);
}

}  // namespace headrace::platform
