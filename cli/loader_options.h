// Options that say which samples a loader takes, in which order and which share of them; the same for every
// subcommand that has them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/loader.h"

namespace CLI {
class App;
}

namespace headrace::cli {

/// What the command line says; where it says nothing, what the spec or the library says stays.
struct SequenceOptions {
  uint64_t window_bytes = 0;  ///< 0: nothing
  std::optional<Tail> tail;
  uint64_t rank = 0, world_size = 1;
  std::string subset_file;
  Selection selection;  ///< without the subset
};

/// --window-bytes, --tail, --rank, --world-size, --filter, --subset, --weights, --balance, --draws.
void add_sequence_options(CLI::App& app, SequenceOptions& given);

/// Puts what was given into `options`, and reads the file with the subset. Errors: "cli.subset".
Status apply_sequence_options(const SequenceOptions& given, LoaderOptions& options);

/// Sample numbers in a text: "7", or "100-199" for all from the first to the last, separated by white space;
/// "#" begins a comment to the end of its line. Error: "cli.subset", naming `where` and the line.
Expected<std::vector<uint64_t>> parse_subset(std::string_view text, const std::string& where);

}  // namespace headrace::cli
