#include "runtime/io/io_engine.h"

#include <algorithm>
#include <utility>

#include "runtime/dataset/mapped_dataset.h"
#include "runtime/io/io_choice.h"
#include "runtime/io/mmap_engine.h"
#include "runtime/io/page_engine.h"
#include "runtime/platform/topology.h"

namespace headrace {
namespace {

constexpr unsigned kReadThreads = 4;
constexpr uint64_t kLookAheadBytes = 64u << 20;  // of the page cache
constexpr uint64_t kMinKeep = 16u << 20;         // of it, where the data does not fit

}  // namespace

Expected<IoEngineKind> parse_io_engine(std::string_view name) {
  using enum IoEngineKind;
  for (const IoEngineKind kind : {automatic, mmap, pread, direct}) {
    if (name == io_engine_name(kind)) return kind;
  }
  return Status("io.engine", "",
                "\"" + std::string(name) + "\" is not an I/O engine; expected auto, mmap, pread or direct");
}

std::string_view io_engine_name(IoEngineKind kind) {
  switch (kind) {
    case IoEngineKind::automatic:
      return "auto";
    case IoEngineKind::mmap:
      return "mmap";
    case IoEngineKind::pread:
      return "pread";
    case IoEngineKind::direct:
      return "direct";
  }
  return "?";
}

Expected<std::unique_ptr<IoEngine>> make_io_engine(std::shared_ptr<const Dataset> dataset,
                                                   const IoOptions& options) {
  HR_RETURN_IF_ERROR(check_options(options));
  const auto* mapped = dynamic_cast<const MappedDataset*>(dataset.get());
  if (mapped == nullptr) {
    if (options.engine == IoEngineKind::automatic || options.engine == IoEngineKind::mmap)
      return make_plain_engine(std::move(dataset));
    return Status("io.unsupported", dataset->path(),
                  "is no dataset file of its own, so the engine " +
                      std::string(io_engine_name(options.engine)) + " cannot read it; use auto");
  }
  IoFacts facts;
  facts.file_bytes = mapped->file_bytes();
  facts.memory_available = platform::memory_available();
  facts.processes = platform::local_processes();
  facts.storage = platform::storage_of(mapped->map().fd());
  IoChoice choice = choose_engine(options.engine, facts);
  if (choice.engine == IoEngineKind::mmap) {
    MmapEngineConfig config;
    config.why = std::move(choice.why);
    config.ahead_bytes = options.memory_bytes != 0 ? options.memory_bytes : kLookAheadBytes;
    config.release_behind = !choice.fits;
    if (!choice.fits) config.keep_bytes = std::max(kMinKeep, facts.memory_available.value_or(0) / 2);
    return make_mmap_engine(std::move(dataset), *mapped, config);
  }
  PageEngineConfig config;
  config.kind = choice.engine;
  config.why = std::move(choice.why);
  config.arena_bytes = arena_bytes(options, facts);
  config.threads = options.threads != 0 ? options.threads : kReadThreads;
  config.huge_tlb = options.huge_tlb;
  return make_page_engine(std::move(dataset), *mapped, config);
}

}  // namespace headrace
