// Options that several subcommands have, read the same way in each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/isa.h"
#include "headrace/limits.h"
#include "headrace/loader.h"
#include "headrace/pipeline.h"
#include "headrace/types.h"

namespace CLI {
class App;
class Option;
class Validator;
}  // namespace CLI

namespace headrace::cli {

/// Accepts decimal digits of a number in [min, max] and nothing else.
CLI::Validator whole_number(uint64_t min, uint64_t max = UINT64_MAX);

CLI::Option* add_spec(CLI::App& app, std::string& path);
CLI::Option* add_dataset(CLI::App& app, std::string& path);
CLI::Option* add_threads(CLI::App& app, unsigned& threads);
CLI::Option* add_batch_size(CLI::App& app, std::optional<uint64_t>& batch_size);
CLI::Option* add_engine(CLI::App& app, Engine& engine);
CLI::Option* add_isa(CLI::App& app, std::optional<Isa>& isa);
/// --library, as often as there are libraries.
CLI::Option* add_libraries(CLI::App& app, std::vector<std::string>& paths);
CLI::Option* add_numerics(CLI::App& app, std::optional<Numerics>& numerics);
CLI::Option* add_order(CLI::App& app, std::optional<Order>& order);
CLI::Option* add_io(CLI::App& app, IoOptions& io);  ///< the engine, its memory and threads
CLI::Option* add_on_error(CLI::App& app, OnError& policy);

/// --max-pixels, --max-scans, --max-memory.
void add_limits(CLI::App& app, DecodeLimits& limits);

/// Bytes: digits and a power of 1024, "64M".
CLI::Option* add_size(CLI::App& app, const std::string& name, uint64_t& bytes, const std::string& help);


/// Bytes of a page, "8MiB" or in digits: a power of two that the format allows.
CLI::Option* add_page_size(CLI::App& app, uint64_t& bytes);

/// Error "cli.output" if writing to `output` would replace one of `inputs`; empty names are skipped.
Status check_output(const std::string& output, const std::vector<std::string>& inputs);

/// Writes a text file, all or nothing; replaces one that is there.
Status write_text(const std::string& path, const std::string& text);

/// A spec file's text. Errors: "spec.file".
Expected<std::string> read_spec(const std::string& path);

/// Errors about a spec or a graph, with the file's name before the JSON pointer, "train.json#/outputs/image/1", or the
/// line, "train.txt: line 3, column 5".
Status in_spec_file(const std::string& path, const Status& status);

/// What the command line leaves open, from the spec's own loader settings.
Expected<LoaderOptions> loader_options(const std::string& spec_path, const std::string& spec_text);

}  // namespace headrace::cli
