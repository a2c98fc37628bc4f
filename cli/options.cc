#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "runtime/dataset/format.h"
#include "runtime/platform/atomic_file.h"
#include "runtime/platform/file_io.h"

namespace headrace::cli {
namespace {

constexpr unsigned kMaxThreads = 1024;
constexpr uint64_t kMaxBatchSize = 1u << 24;
/// Longer texts are refused without reading them; the language's own limit is lower and has its own error.
constexpr uint64_t kMaxSpecFileBytes = 16u << 20;

/// An option whose value is one of a few names.
template <class T>
CLI::Option* add_choice(CLI::App& app, const std::string& name, T& target,
                        std::vector<std::pair<std::string, T>> choices, const std::string& help) {
  std::string list;
  for (const auto& [text, value] : choices) list += (list.empty() ? "" : "|") + text;
  const auto set = [&target, choices = std::move(choices), name, list](const std::string& text) {
    for (const auto& [choice, value] : choices) {
      if (text != choice) continue;
      target = value;
      return;
    }
    throw CLI::ValidationError(name, "\"" + text + "\" is not one of " + list);
  };
  return app.add_option_function<std::string>(name, set, help)->type_name(list);
}

/// "65536", "64KiB", "8 mb": digits and a power of 1024, whatever its spelling.
std::optional<uint64_t> parse_size(const std::string& text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [unit, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc()) return std::nullopt;
  std::string name;
  for (const char* c = unit; c != end; ++c) {
    if (*c != ' ') name += static_cast<char>(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
  }
  constexpr std::array kUnits = {"", "K", "M", "G"};
  for (size_t i = 0; i < kUnits.size(); ++i) {
    const std::string prefix = kUnits[i];
    if (name != prefix && name != prefix + "B" && (i == 0 || name != prefix + "IB")) continue;
    const uint64_t scale = uint64_t{1} << (10 * i);
    if (value > UINT64_MAX / scale) return std::nullopt;
    return value * scale;
  }
  return std::nullopt;
}

template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

}  // namespace

CLI::Validator whole_number(uint64_t min, uint64_t max) {
  const auto check = [min, max](const std::string& text) -> std::string {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value >= min && value <= max) return "";
    return "\"" + text + "\" is not a whole number " +
           (max == UINT64_MAX ? "of " + std::to_string(min) + " or more"
                              : "from " + std::to_string(min) + " to " + std::to_string(max));
  };
  return CLI::Validator(check, "");
}

CLI::Option* add_spec(CLI::App& app, std::string& path) {
  return app.add_option("SPEC", path, "JSON pipeline description")->required()->type_name("");
}

CLI::Option* add_dataset(CLI::App& app, std::string& path) {
  return app.add_option("FILE", path, "dataset file, as `headrace write` makes it")
      ->required()
      ->type_name("");
}

CLI::Option* add_threads(CLI::App& app, unsigned& threads) {
  return app
      .add_option("--threads", threads,
                  "worker threads (default: the CPUs this process may use, shared by LOCAL_WORLD_SIZE)")
      ->check(whole_number(1, kMaxThreads))
      ->type_name("N");
}

CLI::Option* add_batch_size(CLI::App& app, std::optional<uint64_t>& batch_size) {
  const auto set = [&batch_size](const uint64_t& n) { batch_size = n; };
  return app
      .add_option_function<uint64_t>("--batch-size", set,
                                     "samples per batch (default: 256, or all if there are fewer)")
      ->check(whole_number(1, kMaxBatchSize))
      ->type_name("N");
}

CLI::Option* add_engine(CLI::App& app, Engine& engine) {
  Choices<Engine> choices;
  for (const Engine e : {Engine::jit, Engine::interp, Engine::loop_interp, Engine::aot}) {
    choices.emplace_back(engine_name(e), e);
  }
  return add_choice(
      app, "--engine", engine, std::move(choices),
      "how the pipeline runs: as machine code (default), interpreted, slowly, to the same bytes, or from an "
      "--object");
}

CLI::Option* add_isa(CLI::App& app, std::optional<Isa>& isa) {
  Choices<std::optional<Isa>> choices;
  for (const Isa i : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2, Isa::host, Isa::armv8_neon}) {
    choices.emplace_back(isa_name(i), i);
  }
  return add_choice(app, "--isa", isa, std::move(choices),
                    "instruction set to generate code for (default: the best this CPU has)");
}

CLI::Option* add_numerics(CLI::App& app, std::optional<Numerics>& numerics) {
  return add_choice<std::optional<Numerics>>(app, "--numerics", numerics,
                                             {{"exact", Numerics::exact}, {"fast", Numerics::fast}},
                                             "overrides the spec's");
}

CLI::Option* add_libraries(CLI::App& app, std::vector<std::string>& paths) {
  return app
      .add_option("--library", paths, "a shared library whose functions the spec may call; no other is ever loaded (may be repeated)")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("PATH");
}

CLI::Option* add_order(CLI::App& app, std::optional<Order>& order) {
  return add_choice<std::optional<Order>>(
             app, "--order", order,
             {{"sequential", Order::sequential},
              {"random", Order::random},
              {"quasi_random", Order::quasi_random},
              {"quasi-random", Order::quasi_random}},
             "overrides the spec's; quasi_random mixes samples within a window of pages")
      ->type_name("sequential|random|quasi_random");
}

CLI::Option* add_io(CLI::App& app, IoOptions& io) {
  add_size(app, "--io-memory", io.memory_bytes,
           "memory to read ahead into (default: an eighth of what is available, 64M to 1G)");
  app.add_option("--io-threads", io.threads, "threads that read ahead (default: 4)")
      ->check(whole_number(1, kMaxThreads))
      ->type_name("N");
  app.add_flag("--huge-tlb", io.huge_tlb, "take buffers from the system's reserve of huge pages");
  Choices<IoEngineKind> choices;
  for (const IoEngineKind kind :
       {IoEngineKind::automatic, IoEngineKind::mmap, IoEngineKind::pread, IoEngineKind::direct}) {
    choices.emplace_back(io_engine_name(kind), kind);
  }
  return add_choice(
      app, "--io", io.engine, std::move(choices),
      "how the file is read: mapped where it fits in memory (default), mapped, read ahead by threads, "
      "or so past the page cache");
}

CLI::Option* add_on_error(CLI::App& app, OnError& policy) {
  Choices<OnError> choices;
  for (const OnError p : {OnError::raise, OnError::skip, OnError::substitute})
    choices.emplace_back(on_error_name(p), p);
  return add_choice(
      app, "--on-error", policy, std::move(choices),
      "a sample that cannot be made ends the run (default), makes room for another, or is zeros");
}

void add_limits(CLI::App& app, DecodeLimits& limits) {
  app.add_option("--max-pixels", limits.max_pixels, "refuse images of more pixels (default: 100000000)")
      ->check(whole_number(1, UINT32_MAX))
      ->type_name("N");
  app.add_option("--max-scans", limits.max_scans, "refuse JPEGs of more scans (default: 500)")
      ->check(whole_number(1, UINT32_MAX))
      ->type_name("N");
  add_size(app, "--max-memory", limits.max_memory, "refuse images that take more memory, each (default: 2G)");
}

CLI::Option* add_size(CLI::App& app, const std::string& name, uint64_t& bytes, const std::string& help) {
  const auto set = [&bytes, name](const std::string& text) {
    const std::optional<uint64_t> size = parse_size(text);
    if (!size || *size == 0)
      throw CLI::ValidationError(name, "\"" + text + "\" is not a size such as 65536, 64M or 2G");
    bytes = *size;
  };
  return app.add_option_function<std::string>(name, set, help)->type_name("SIZE");
}

CLI::Option* add_page_size(CLI::App& app, uint64_t& bytes) {
  const auto set = [&bytes](const std::string& text) {
    const std::optional<uint64_t> size = parse_size(text);
    if (size && std::has_single_bit(*size) && *size >= format::kMinPageSize &&
        *size <= format::kMaxPageSize) {
      bytes = *size;
      return;
    }
    throw CLI::ValidationError("--page-size",
                               "\"" + text + "\" is not a power of two from 64KiB to 1GiB, such as 8MiB");
  };
  return app
      .add_option_function<std::string>("--page-size", set,
                                        "a power of two from 64KiB to 1GiB (default: 8MiB)")
      ->type_name("B");
}

Status check_output(const std::string& output, const std::vector<std::string>& inputs) {
  for (const std::string& input : inputs) {
    std::error_code ignored;  // a file that is not there is no input
    if (input.empty() || !std::filesystem::equivalent(output, input, ignored)) continue;
    return {"cli.output", output, "is what is read; writing it would replace it: choose another name"};
  }
  return {};
}

Status write_text(const std::string& path, const std::string& text) {
  HR_ASSIGN_OR_RETURN(const auto file, platform::AtomicFile::create(path, true));
  HR_RETURN_IF_ERROR(file->write_at(0, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  return file->publish();
}

Expected<std::string> read_spec(const std::string& path) {
  HR_ASSIGN_OR_RETURN(const platform::OpenFile file, platform::OpenFile::read_only(path, "spec.file"));
  std::vector<uint8_t> bytes;
  HR_RETURN_IF_ERROR(platform::read_all(file, kMaxSpecFileBytes, path, "spec.file", bytes));
  return std::string(bytes.begin(), bytes.end());
}

Status in_spec_file(const std::string& path, const Status& status) {
  Status out;
  for (const Diagnostic& d : status.errors()) {
    const bool about_spec = d.code.starts_with("spec.") || d.code.starts_with("ir.") || d.code == "compile.field";
    const std::string where = d.where.empty()          ? path
                              : d.where.front() == '/' ? path + "#" + d.where
                                                       : path + ": " + d.where;
    out.add(d.code, about_spec ? where : d.where, d.message);
  }
  return out;
}

Expected<LoaderOptions> loader_options(const std::string& spec_path, const std::string& spec_text) {
  const Expected<SpecLoaderDefaults> spec = spec_loader_defaults(spec_text);
  if (!spec.ok()) return in_spec_file(spec_path, spec.status());
  LoaderOptions options;
  if (spec->order) {
    HR_ASSIGN_OR_RETURN(options.order, parse_order(*spec->order));
  }
  if (spec->tail) {
    HR_ASSIGN_OR_RETURN(options.tail, parse_tail(*spec->tail));
  }
  if (spec->window_bytes) options.window_bytes = *spec->window_bytes;
  return options;
}

}  // namespace headrace::cli
