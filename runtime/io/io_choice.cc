#include "runtime/io/io_choice.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace headrace {
namespace {

// The rest is for the process, its batches and whatever else runs.
constexpr uint64_t kFitPercent = 70;

constexpr uint64_t kMinArena = 64u << 20, kMaxArena = 1u << 30;
constexpr uint64_t kArenaShare = 8;
constexpr unsigned kMaxThreads = 64;
constexpr uint64_t kMaxArenaAsked = uint64_t{1} << 46;

/// "2.1 GB".
std::string size_text(uint64_t bytes) {
  constexpr std::array kUnits = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

}  // namespace

IoChoice choose_engine(IoEngineKind asked, const IoFacts& facts) {
  IoChoice choice;
  const uint64_t available = facts.memory_available.value_or(0);
  choice.fits = facts.file_bytes <= available / 100 * kFitPercent ||
                facts.storage.kind == platform::StorageKind::memory;
  choice.engine = asked;
  choice.why = "as asked";
  if (asked != IoEngineKind::automatic) return choice;

  const std::string share = std::to_string(kFitPercent) + " % of " + size_text(available) + " available";
  const std::string name(facts.storage.name);
  choice.engine = IoEngineKind::pread;
  if (facts.storage.kind == platform::StorageKind::network) {
    choice.why = name + " is no local file system";
  } else if (facts.storage.kind == platform::StorageKind::memory) {
    choice.engine = IoEngineKind::mmap;
    choice.why = name + " is in memory";
  } else if (!facts.memory_available) {
    choice.why = "the system does not say how much memory is available";
  } else if (choice.fits) {
    choice.engine = IoEngineKind::mmap;
    choice.why = size_text(facts.file_bytes) + " fit in " + share;
  } else {
    choice.why = size_text(facts.file_bytes) + " do not fit in " + share;
  }
  return choice;
}

uint64_t arena_bytes(const IoOptions& options, const IoFacts& facts) {
  if (options.memory_bytes != 0) return options.memory_bytes;
  const uint64_t share =
      facts.memory_available.value_or(0) / kArenaShare / std::max<uint64_t>(1, facts.processes);
  return std::clamp(share, kMinArena, kMaxArena);
}

Status check_options(const IoOptions& options) {
  if (options.threads > kMaxThreads) {
    return {"io.options", "threads",
            std::to_string(options.threads) + " threads to read ahead; at most " +
                std::to_string(kMaxThreads) + " are possible"};
  }
  if (options.memory_bytes > kMaxArenaAsked) {
    return {"io.options", "memory_bytes",
            std::to_string(options.memory_bytes) + " bytes for reading ahead; at most " +
                std::to_string(kMaxArenaAsked) + " are possible"};
  }
  return {};
}

}  // namespace headrace
