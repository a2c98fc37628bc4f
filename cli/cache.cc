// headrace cache: the compiled pipelines that are kept on disk.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command.h"
#include "headrace/object_cache.h"
#include "runtime/loader/progress.h"

namespace headrace::cli {
namespace {

/// What follows a word at the start of a line of the recipe, up to the line's end or a comma; empty if no line starts so.
std::string after(const CacheEntry& entry, const std::string& word) {
  const std::string text = "\n" + entry.recipe, start = "\n" + word + " ";
  const size_t at = text.find(start);
  if (at == std::string::npos) return "";
  const size_t from = at + start.size();
  return text.substr(from, text.find_first_of("\n,", from) - from);
}

std::string age(int64_t used_ns) {
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch());
  const double seconds = std::max(0.0, static_cast<double>(now.count() - used_ns) * 1e-9);
  return format_seconds(seconds) + " ago";
}

class Cache final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override {
    CLI::App* app = parent.add_subcommand("cache", "Lists, checks or removes the compiled pipelines kept on disk");
    app->footer(
        "Kept in $HEADRACE_CACHE_DIR, or in headrace in $XDG_CACHE_HOME or ~/.cache. HEADRACE_CACHE_MODE is rw, ro or off.\n"
        "Example:\n"
        "  headrace cache verify");
    app->require_subcommand(1);
    list_ = app->add_subcommand("ls", "Lists the entries, the least recently used first");
    verify_ = app->add_subcommand("verify", "Compiles every entry again and compares the bytes");
    clear_ = app->add_subcommand("clear", "Removes all entries");
    return app;
  }

  ExitCode run() override {
    CacheOptions options = cache_options_from_environment();
    if (options.mode == CacheMode::off) {
      return fail({"cache.off", "", options.problem.empty() ? "HEADRACE_CACHE_MODE is off" : options.problem});
    }
    if (!clear_->parsed()) options.mode = CacheMode::read_only;
    std::error_code ignored;
    if (options.problem.empty() && !std::filesystem::exists(options.folder, ignored)) {
      print(clear_->parsed() ? "removed 0 entries\n" : "0 entries\n");
      return kOk;
    }
    const std::shared_ptr<ObjectCache> cache = ObjectCache::open(options);
    if (clear_->parsed()) return clear(*cache);
    const Expected<std::vector<CacheEntry>> entries = cache->list();
    if (!entries.ok()) return fail(entries.status());
    return verify_->parsed() ? verify(*entries) : list(*entries);
  }

 private:
  static ExitCode clear(ObjectCache& cache) {
    const Expected<uint64_t> removed = cache.clear();
    if (!removed.ok()) return fail(removed.status());
    print("removed " + entries_text(*removed) + "\n");
    return kOk;
  }

  static ExitCode list(const std::vector<CacheEntry>& entries) {
    uint64_t bytes = 0;
    for (const CacheEntry& e : entries) {
      bytes += e.bytes;
      const std::string what = e.problem.empty() ? after(e, "level") + ", headrace " + after(e, "headrace") : e.problem;
      print(e.key.substr(0, 16) + "  " + format_bytes(static_cast<double>(e.bytes)) + "  used " + age(e.used_ns) + "  " + what + "\n");
    }
    print(entries_text(entries.size()) + ", " + format_bytes(static_cast<double>(bytes)) + "\n");
    return kOk;
  }

  static ExitCode verify(const std::vector<CacheEntry>& entries) {
    uint64_t same = 0, other = 0, bad = 0;
    for (const CacheEntry& e : entries) {
      const std::string name = e.key.substr(0, 16);
      switch (check_entry(e)) {
        case CacheCheck::same: ++same; break;
        case CacheCheck::other_build: ++other; break;
        case CacheCheck::different:
          ++bad;
          print(name + ": compiled again, it has other bytes\n");
          break;
        case CacheCheck::refused:
          ++bad;
          print(name + ": " + (e.problem.empty() ? "is not what its name says" : e.problem) + "\n");
          break;
      }
    }
    print(entries_text(same) + " the same when compiled again, " + std::to_string(other) + " of other builds, " + std::to_string(bad) +
          " bad\n");
    return bad == 0 ? kOk : kError;
  }

  static std::string entries_text(uint64_t n) { return format_count(n) + (n == 1 ? " entry" : " entries"); }

  CLI::App *list_ = nullptr, *verify_ = nullptr, *clear_ = nullptr;
};

}  // namespace

std::unique_ptr<Command> make_cache() { return std::make_unique<Cache>(); }

}  // namespace headrace::cli
