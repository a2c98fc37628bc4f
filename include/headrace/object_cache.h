// Compiled pipelines kept on disk, so that the next process need not compile them again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "headrace/status.h"

namespace headrace {

enum class CacheMode : uint8_t {
  off,
  read_only,  ///< what is there is used, nothing is added
  read_write
};

struct CacheOptions {
  CacheMode mode = CacheMode::read_write;
  std::string folder;                    ///< empty: what is compiled is kept in this process's memory only
  uint64_t max_bytes = uint64_t{1} << 30;  ///< the least recently used go first
  std::string problem;                   ///< why the environment gives no folder; empty if it does
};

/// HEADRACE_CACHE_MODE (off, ro, rw; default rw), HEADRACE_CACHE_DIR (default: headrace in $XDG_CACHE_HOME, or in .cache in
/// $HOME), HEADRACE_CACHE_BYTES. What makes no sense is said in `problem`.
CacheOptions cache_options_from_environment();

/// Since the cache was opened.
struct CacheCounts {
  uint64_t hits = 0;      ///< taken from the folder or from memory
  uint64_t shared = 0;    ///< waited for another thread that was compiling the same
  uint64_t misses = 0;    ///< compiled; those refused included
  uint64_t refused = 0;   ///< entries that were there and not as they should be
  uint64_t stored = 0;
  uint64_t failures = 0;  ///< entries that could not be stored
};

/// What is looked up: `recipe` is everything that makes the code, as text, and `hex` its SHA-256.
struct CacheKey {
  std::string hex, recipe;
};

struct CacheEntry {
  std::string key;
  uint64_t bytes = 0;   ///< of the file
  int64_t used_ns = 0;  ///< since 1970
  std::string recipe;   ///< empty if the entry is not as it should be
  std::string problem;  ///< why it is not; empty if it is
  std::string payload;
};

/// Thread-safe. Nothing that is wrong with the folder, its files or the disk makes a compilation fail: whatever is in
/// doubt is compiled again.
class ObjectCache {
 public:
  using Payload = std::shared_ptr<const std::string>;
  using Make = std::function<Expected<std::string>()>;

  /// Opens the folder, making it if need be. Where it cannot be used, see notice().
  static std::shared_ptr<ObjectCache> open(const CacheOptions& options);
  virtual ~ObjectCache() = default;

  /// What is kept under the key; else what `make` gives, which is kept. Of several threads that ask for the same, one makes
  /// it. Errors are those of `make`.
  virtual Expected<Payload> get(const CacheKey& key, const Make& make) = 0;

  virtual CacheCounts counts() const = 0;

  /// A line for people on why nothing is kept on disk; empty if all is well.
  virtual std::string notice() const = 0;

  /// The folder's entries, the least recently used first. Error "cache.folder".
  virtual Expected<std::vector<CacheEntry>> list() const = 0;

  /// Removes every entry, and unfinished ones; returns how many. Files that are no entries stay. Error "cache.folder".
  virtual Expected<uint64_t> clear() = 0;
};

enum class CacheCheck : uint8_t {
  same,         ///< compiled again, to the same bytes
  different,    ///< compiled again, to other bytes
  other_build,  ///< whole, but made by another release, LLVM, or for another CPU's `host`
  refused       ///< not as it should be
};

/// Compiles an entry's recipe again and compares.
CacheCheck check_entry(const CacheEntry& entry);

}  // namespace headrace
