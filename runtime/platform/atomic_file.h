// A file that appears under its name complete or not at all: written under a temporary name in the same
// folder, flushed to disk, then renamed, then the folder is flushed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "headrace/status.h"

namespace headrace::platform {

/// Not thread-safe. After any error the file cannot be published; destruction removes the temporary file.
class AtomicFile {
 public:
  /// Creates the temporary file beside `path`, or beside what `path` leads to if it is a link. Without
  /// `overwrite`, an existing `path` is an error now and in publish(). What is no file (a folder, a device)
  /// is never replaced. Errors: "data.exists", "data.io".
  static Expected<std::unique_ptr<AtomicFile>> create(const std::string& path, bool overwrite);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return path_; }

  /// Deletes temporary files for the same name that processes left behind when they were killed: those that
  /// no process holds locked. What cannot be deleted stays.
  void remove_leftovers() const;

  /// Writes all of `bytes` at `offset`.
  Status write_at(uint64_t offset, std::span<const uint8_t> bytes);

  /// Flushes to disk and gives the file its name; never replaces a file that appeared since create()
  /// unless `overwrite`. Once the file has its name it stays, also if flushing the folder then fails.
  Status publish();

 private:
  AtomicFile(std::string path, std::string temporary, int fd, bool overwrite);
  Status fail(const char* what, int error);
  Status move_into_place();

  std::string path_, temporary_;
  int fd_;
  bool overwrite_;
  bool failed_ = false;
  bool published_ = false;
};

}  // namespace headrace::platform
