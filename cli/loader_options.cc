#include "cli/loader_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "cli/options.h"
#include "runtime/dataset/printable.h"
#include "runtime/platform/file_io.h"

namespace headrace::cli {
namespace {

constexpr uint64_t kMaxWorldSize = 1u << 20;
constexpr uint64_t kMaxSubsetBytes = 1u << 30;
constexpr uint64_t kMaxSubset = 1u << 27;  // samples

/// "7" or "100-199"; nothing where it is neither.
std::optional<std::pair<uint64_t, uint64_t>> parse_range(std::string_view word) {
  const char* const end = word.data() + word.size();
  uint64_t first = 0;
  const auto [dash, problem] = std::from_chars(word.data(), end, first);
  if (problem != std::errc()) return std::nullopt;
  if (dash == end) return std::pair(first, first);
  uint64_t last = 0;
  if (*dash != '-') return std::nullopt;
  const auto [stop, second_problem] = std::from_chars(dash + 1, end, last);
  if (second_problem != std::errc() || stop != end || last < first) return std::nullopt;
  return std::pair(first, last);
}

}  // namespace

void add_sequence_options(CLI::App& app, SequenceOptions& given) {
  add_size(app, "--window-bytes", given.window_bytes,
           "quasi_random: samples are mixed within so much data (default: the spec's, or 64M)");
  const auto set_tail = [&given](const std::string& text) {
    const Expected<Tail> tail = parse_tail(text);
    if (!tail.ok()) throw CLI::ValidationError("--tail", "\"" + text + "\" is not one of drop|pad|wrap");
    given.tail = *tail;
  };
  app.add_option_function<std::string>(
         "--tail", set_tail,
         "samples that fill no batch are dropped, or it is padded with zeros, or from the epoch's start")
      ->type_name("drop|pad|wrap");
  app.add_option("--rank", given.rank, "take the share of rank R, from 0 (default: 0)")
      ->check(whole_number(0, kMaxWorldSize - 1))
      ->type_name("R");
  app.add_option("--world-size", given.world_size, "of W ranks; a global batch has W batches (default: 1)")
      ->check(whole_number(1, kMaxWorldSize))
      ->type_name("W");
  app.add_option("--filter", given.selection.filter,
                 "only samples for which this holds: 'label in [\"cat\", 3] && image.width >= 64'")
      ->type_name("EXPR");
  app.add_option("--subset", given.subset_file,
                 "only the samples whose numbers (7, or 100-199) are in this file")
      ->type_name("FILE");
  CLI::Option* const weights =
      app.add_option("--weights", given.selection.weight_field, "draw samples with the weights in this field")
          ->type_name("FIELD");
  app.add_option("--balance", given.selection.balance_field,
                 "draw each value of this field as often as any other")
      ->type_name("FIELD")
      ->excludes(weights);
  app.add_option("--draws", given.selection.draws,
                 "draws per epoch with --weights or --balance (default: all)")
      ->check(whole_number(1))
      ->type_name("N");
}

Expected<std::vector<uint64_t>> parse_subset(std::string_view text, const std::string& where) {
  std::vector<uint64_t> subset;
  uint64_t line = 1;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == '\n' || c == ' ' || c == '\t' || c == '\r') {
      line += c == '\n';
      ++at;
    } else {
      const size_t end = std::min(text.find_first_of(" \t\r\n#", at), text.size());
      const std::string_view word = text.substr(at, end - at);
      const auto wrong = [&](const std::string& message) {
        return Status("cli.subset", where, "line " + std::to_string(line) + ": " + message);
      };
      const auto range = parse_range(word);
      if (!range) {
        constexpr size_t kShown = 40;
        return wrong("\"" + printable(word.substr(0, kShown)) +
                     "\" is no sample number and no range such as 100-199");
      }
      if (range->second - range->first >= kMaxSubset - subset.size())
        return wrong("more than " + std::to_string(kMaxSubset) + " samples are named up to here");
      for (uint64_t s = range->first; s <= range->second; ++s) subset.push_back(s);
      at = end;
    }
  }
  if (subset.empty()) return Status("cli.subset", where, "it names no samples");
  return subset;
}

Status apply_sequence_options(const SequenceOptions& given, LoaderOptions& options) {
  if (given.window_bytes != 0) options.window_bytes = given.window_bytes;
  if (given.tail) options.tail = *given.tail;
  options.rank = given.rank;
  options.world_size = given.world_size;
  options.selection = given.selection;
  if (given.subset_file.empty()) return {};
  HR_ASSIGN_OR_RETURN(const platform::OpenFile file,
                      platform::OpenFile::read_only(given.subset_file, "cli.subset"));
  std::vector<uint8_t> bytes;
  HR_RETURN_IF_ERROR(platform::read_all(file, kMaxSubsetBytes, given.subset_file, "cli.subset", bytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  HR_ASSIGN_OR_RETURN(options.selection.subset, parse_subset(text, given.subset_file));
  return {};
}

}  // namespace headrace::cli
