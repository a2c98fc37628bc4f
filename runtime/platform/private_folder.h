// A folder whose files only this user can have written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/status.h"

namespace headrace::platform {

/// Held open: every file is reached through the descriptor, so that whoever can rename folders above cannot make it
/// another one. Names are plain file names. Move-only; thread-safe.
class PrivateFolder {
 public:
  struct File {
    std::string name;
    uint64_t bytes = 0;
    int64_t used_ns = 0;  ///< when it was last read or written (its modification time), since 1970
  };

  PrivateFolder(PrivateFolder&& other) noexcept;
  PrivateFolder& operator=(PrivateFolder&&) = delete;
  ~PrivateFolder();

  /// Opens a folder; with `create`, makes it and what is missing above it, for this user alone (0700). It must be a folder and
  /// no symbolic link, of this user, and writable by no one else. Errors: "folder".
  static Expected<PrivateFolder> open(const std::string& path, bool create);

  /// A file's content; none if there is no such file. Error "folder": it is no regular file of this user that no one else
  /// can write to and that has no other name, it is larger than `max_bytes`, or it cannot be read.
  Expected<std::optional<std::string>> read(const std::string& name, uint64_t max_bytes) const;

  /// Makes a file appear with all of its content or not at all, on disk when this returns. Takes the place of one of that
  /// name. Error "folder"; then nothing is left behind, unless the process is killed: see remove_stale().
  Status publish(const std::string& name, std::string_view bytes) const;

  /// Notes that a file was used. A failure is no matter.
  void touch(const std::string& name) const;

  /// Whether there was such a file to remove.
  bool remove(const std::string& name) const;

  /// Regular files, but for unfinished ones. Error "folder".
  Expected<std::vector<File>> list() const;

  /// Removes unfinished files that nobody has written to for `seconds`.
  void remove_stale(int64_t seconds) const;

  const std::string& path() const { return path_; }

 private:
  PrivateFolder(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  std::string path_;
};

}  // namespace headrace::platform
