#include "tests/ladder/tally.h"

#include <cstdio>

namespace headrace::ladder {
namespace {

template <class Names, class Counts>
void add_counts(const Names& names, const std::map<std::string, uint64_t>& from, Counts& to) {
  for (size_t i = 0; i < names.size(); ++i) {
    const auto found = from.find(std::string(names[i]));
    if (found != from.end()) to[i] += found->second;
  }
}

template <class Names, class Counts>
std::string list(const Names& names, const Counts& counts) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += (i ? ", " : "") + std::string(names[i]) + " " + std::to_string(counts[i].load());
  return text;
}

}  // namespace

void Tally::add(const Climb& climb) {
  add_counts(kRungKinds, climb.runs, runs);
  add_counts(kRungKinds, climb.microseconds, microseconds);
  add_counts(kEncodingKinds, climb.kinds, kinds);
  refused += climb.refused;
  refused_by_functions += climb.refused_by_functions;
  calling += climb.calls > 0;
  calls += climb.calls;
  ++done;
}

std::string Tally::text() const {
  const auto text_of = [](const std::atomic<uint64_t>& n) { return std::to_string(n.load()); };
  return "samples: " + list(kEncodingKinds, kinds) + ", refused " + text_of(refused) + " (" +
         text_of(refused_by_functions) +
         " by functions); pipelines that call functions: " + text_of(calling) + " (" + text_of(calls) +
         " calls); runs: " + list(kRungKinds, runs);
}

std::string Tally::times() const {
  std::string text;
  for (size_t i = 0; i < kRungKinds.size(); ++i) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, " %.1f s", double(microseconds[i].load()) / 1e6);
    text += (i ? ", " : "") + std::string(kRungKinds[i]) + seconds;
  }
  return text;
}

}  // namespace headrace::ladder
