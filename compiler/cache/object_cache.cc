#include "headrace/object_cache.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "compiler/cache/entry.h"
#include "runtime/platform/private_folder.h"

namespace headrace {
namespace {

using cache::decode_entry;
using cache::entry_name;
using platform::PrivateFolder;

/// What cannot be kept on disk, kept in memory up to this much.
constexpr size_t kMemoryBytes = 64u << 20;
/// An unfinished file as old as this is left over from a process that was killed.
constexpr int64_t kStaleSeconds = 3600;

/// What one thread is making and others wait for.
struct Flight {
  std::optional<Expected<ObjectCache::Payload>> result;
};

class Cache final : public ObjectCache {
 public:
  Cache(std::optional<PrivateFolder> folder, CacheMode mode, uint64_t max_bytes, std::string notice)
      : folder_(std::move(folder)), mode_(mode), max_bytes_(max_bytes), notice_(std::move(notice)) {}

  Expected<Payload> get(const CacheKey& key, const Make& make) override {
    if (mode_ == CacheMode::off) return made(make);
    std::shared_ptr<Flight> flight;
    {
      std::unique_lock lock(mutex_);
      const auto known = flights_.find(key.hex);
      if (known != flights_.end()) {
        const std::shared_ptr<Flight> other = known->second;
        landed_.wait(lock, [&] { return other->result.has_value(); });
        ++counts_.shared;
        return *other->result;
      }
      flight = std::make_shared<Flight>();
      flights_.emplace(key.hex, flight);
    }
    Expected<Payload> result = lookup_or_make(key, make);
    const std::lock_guard lock(mutex_);
    flight->result = result;
    flights_.erase(key.hex);
    landed_.notify_all();
    return result;
  }

  CacheCounts counts() const override {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

  std::string notice() const override {
    const std::lock_guard lock(mutex_);
    return notice_;
  }

  Expected<std::vector<CacheEntry>> list() const override {
    HR_ASSIGN_OR_RETURN(const std::vector<PrivateFolder::File> files, entry_files());
    std::vector<CacheEntry> entries;
    for (const PrivateFolder::File& f : files) {
      CacheEntry entry{cache::key_of_name(f.name), f.bytes, f.used_ns, "", "", ""};
      const auto bytes = folder_->read(f.name, cache::kMaxEntryBytes);
      if (!bytes.ok()) {
        entry.problem = bytes.status().errors()[0].message;
      } else if (*bytes) {
        const auto view = decode_entry(**bytes, entry.key);
        if (view.ok()) {
          entry.recipe = view.value().recipe;
          entry.payload = view.value().payload;
        } else {
          entry.problem = view.status().errors()[0].message;
        }
      } else {
        continue;  // gone by now
      }
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  Expected<uint64_t> clear() override {
    HR_ASSIGN_OR_RETURN(const std::vector<PrivateFolder::File> files, entry_files());
    uint64_t removed = 0;
    for (const PrivateFolder::File& f : files) {
      if (folder_->remove(f.name)) ++removed;
    }
    folder_->remove_stale(-1);
    return removed;
  }

 private:
  static Expected<Payload> made(const Make& make) {
    HR_ASSIGN_OR_RETURN(std::string bytes, make());
    return std::make_shared<const std::string>(std::move(bytes));
  }

  Expected<Payload> lookup_or_make(const CacheKey& key, const Make& make) {
    if (Payload found = from_memory(key.hex)) return counted(found);
    if (Payload found = from_disk(key)) return counted(found);
    {
      const std::lock_guard lock(mutex_);
      ++counts_.misses;
    }
    HR_ASSIGN_OR_RETURN(Payload payload, made(make));
    if (!store(key, *payload)) remember(key.hex, payload);
    return payload;
  }

  Payload counted(Payload payload) {
    const std::lock_guard lock(mutex_);
    ++counts_.hits;
    return payload;
  }

  Payload from_disk(const CacheKey& key) {
    if (!folder_) return nullptr;
    const std::string name = entry_name(key.hex);
    const auto bytes = folder_->read(name, cache::kMaxEntryBytes);
    if (bytes.ok() && !*bytes) return nullptr;
    if (bytes.ok()) {
      const auto view = decode_entry(**bytes, key.hex);
      if (view.ok() && view.value().recipe == key.recipe) {
        if (mode_ == CacheMode::read_write) folder_->touch(name);
        return std::make_shared<const std::string>(view.value().payload);
      }
    }
    const std::lock_guard lock(mutex_);
    ++counts_.refused;
    return nullptr;
  }

  bool store(const CacheKey& key, const std::string& payload) {
    if (!folder_ || mode_ != CacheMode::read_write || payload.size() > cache::kMaxEntryBytes / 2) return false;
    const std::string name = entry_name(key.hex);
    const Status stored = folder_->publish(name, cache::encode_entry(key, payload));
    if (stored.ok()) make_room(name);
    const std::lock_guard lock(mutex_);
    if (stored.ok()) {
      ++counts_.stored;
    } else {
      ++counts_.failures;
      if (notice_.empty()) notice_ = "compiled code is kept in memory only: " + folder_->path() + " " + stored.errors()[0].message;
    }
    return stored.ok();
  }

  /// Removes the least recently used entries beyond the limit, but not the one just stored.
  void make_room(const std::string& keep) const {
    folder_->remove_stale(kStaleSeconds);
    const auto files = entry_files();
    if (!files.ok()) return;
    uint64_t total = 0;
    for (const PrivateFolder::File& f : *files) total += f.bytes;
    for (const PrivateFolder::File& f : *files) {
      if (total <= max_bytes_) return;
      if (f.name == keep) continue;
      folder_->remove(f.name);
      total -= f.bytes;
    }
  }

  /// The least recently used first.
  Expected<std::vector<PrivateFolder::File>> entry_files() const {
    if (!folder_) return Status("cache.folder", "", notice());
    auto files = folder_->list();
    if (!files.ok()) return Status("cache.folder", folder_->path(), files.status().errors()[0].message);
    std::erase_if(*files, [](const PrivateFolder::File& f) { return !cache::is_entry_name(f.name); });
    std::sort(files->begin(), files->end(), [](const PrivateFolder::File& a, const PrivateFolder::File& b) {
      return std::pair(a.used_ns, a.name) < std::pair(b.used_ns, b.name);
    });
    return files;
  }

  Payload from_memory(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(memory_.begin(), memory_.end(), [&](const auto& m) { return m.first == key; });
    return found == memory_.end() ? nullptr : found->second;
  }

  void remember(const std::string& key, const Payload& payload) {
    const std::lock_guard lock(mutex_);
    memory_.emplace_back(key, payload);
    memory_bytes_ += payload->size();
    while (memory_bytes_ > kMemoryBytes) {
      memory_bytes_ -= memory_.front().second->size();
      memory_.pop_front();
    }
  }

  const std::optional<PrivateFolder> folder_;
  const CacheMode mode_;
  const uint64_t max_bytes_;

  mutable std::mutex mutex_;  // of all below
  std::condition_variable landed_;
  std::map<std::string, std::shared_ptr<Flight>> flights_;
  std::deque<std::pair<std::string, Payload>> memory_;
  size_t memory_bytes_ = 0;
  CacheCounts counts_;
  std::string notice_;
};

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

CacheOptions cache_options_from_environment() {
  CacheOptions options;
  const std::string mode = variable("HEADRACE_CACHE_MODE").value_or("rw");
  if (mode == "off") {
    options.mode = CacheMode::off;
  } else if (mode == "ro") {
    options.mode = CacheMode::read_only;
  } else if (mode != "rw") {
    options.mode = CacheMode::off;
    options.problem = "HEADRACE_CACHE_MODE is \"" + mode + "\"; expected off, ro or rw";
    return options;
  }
  if (const auto bytes = variable("HEADRACE_CACHE_BYTES")) {
    const char* const end = bytes->data() + bytes->size();
    const auto [stop, error] = std::from_chars(bytes->data(), end, options.max_bytes);
    if (error != std::errc() || stop != end) {
      options.mode = CacheMode::off;
      options.problem = "HEADRACE_CACHE_BYTES is \"" + *bytes + "\"; expected a number of bytes";
      return options;
    }
  }
  if (const auto folder = variable("HEADRACE_CACHE_DIR")) {
    options.folder = *folder;
  } else if (const auto xdg = variable("XDG_CACHE_HOME"); xdg && xdg->starts_with('/')) {
    options.folder = *xdg + "/headrace";
  } else if (const auto home = variable("HOME")) {
    options.folder = *home + "/.cache/headrace";
  } else {
    options.problem = "neither HEADRACE_CACHE_DIR nor HOME is set";
  }
  return options;
}

std::shared_ptr<ObjectCache> ObjectCache::open(const CacheOptions& options) {
  std::optional<PrivateFolder> folder;
  std::string notice;
  if (!options.problem.empty()) {
    notice = options.problem;
  } else if (options.mode != CacheMode::off && !options.folder.empty()) {
    Expected<PrivateFolder> opened = PrivateFolder::open(options.folder, options.mode == CacheMode::read_write);
    if (opened.ok()) {
      folder.emplace(std::move(*opened));
    } else {
      notice = options.folder + " " + opened.status().errors()[0].message;
    }
  }
  if (!notice.empty()) {
    notice = (options.mode == CacheMode::off ? "compiled code is not kept: " : "compiled code is kept in memory only: ") + notice;
  }
  return std::make_shared<Cache>(std::move(folder), options.mode, options.max_bytes, std::move(notice));
}

}  // namespace headrace
