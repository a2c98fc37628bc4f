#include "kernels/packed/code_tables.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace headrace::packed {
namespace {

// A hexadecimal digit per symbol: its code length.
constexpr std::string_view kFastLengths[][kContexts] = {
#include "kernels/packed/code_lengths_10.inc"
};
constexpr std::string_view kSmallLengths[][kContexts] = {
#include "kernels/packed/code_lengths_11.inc"
};
constexpr int kFastSets = int(std::size(kFastLengths));
constexpr int kSets = kFastSets + int(std::size(kSmallLengths));

void fill(TableSet& set, int number) {
  set.bits = number < kFastSets ? kFastCodeBits : kMaxCodeBits;
  for (int context = 0; context < kContexts; ++context) {
    const std::string_view digits = number < kFastSets ? kFastLengths[number][context] : kSmallLengths[number - kFastSets][context];
    std::array<uint8_t, kSymbols> lengths{};
    for (size_t s = 0; s < digits.size(); ++s) {
      lengths[s] = uint8_t(digits[s] <= '9' ? digits[s] - '0' : digits[s] - 'a' + 10);
    }
    auto& codes = set.encode[size_t(context)];
    make_codes(std::span(lengths).first(size_t(context_symbols(context))), codes);
    DecodeTable& table = set.decode[size_t(context)];
    table.fill(uint16_t(set.bits));
    for (int s = 0; s < context_symbols(context); ++s) {
      const Code c = codes[size_t(s)];
      const int spare = set.bits - c.length;
      const auto first = table.begin() + (c.bits << spare);
      std::fill(first, first + (1 << spare), uint16_t(s << 8 | c.length));
    }
  }
}

}  // namespace

int fast_table_sets() { return kFastSets; }
int table_set_count() { return kSets; }

const TableSet& table_set(int set) {
  static std::once_flag made[kSets];
  static std::unique_ptr<TableSet> sets[kSets];
  std::call_once(made[set], [&] {
    sets[set] = std::make_unique<TableSet>();
    fill(*sets[set], set);
  });
  return *sets[set];
}

void make_codes(std::span<const uint8_t> lengths, std::array<Code, kSymbols>& codes) {
  uint32_t next = 0;
  for (uint8_t length = 1; length <= kMaxCodeBits; ++length) {
    for (size_t s = 0; s < lengths.size(); ++s) {
      if (lengths[s] == length) codes[s] = {uint16_t(next++), length};
    }
    next <<= 1;
  }
}

void limited_lengths(std::span<const uint64_t> counts, int bits, std::span<uint8_t> lengths) {
  struct Package {
    uint64_t weight;
    std::vector<uint16_t> symbols;
  };
  std::vector<Package> leaves;
  for (size_t s = 0; s < counts.size(); ++s) leaves.push_back({counts[s], {uint16_t(s)}});
  const auto lighter = [](const Package& a, const Package& b) { return a.weight < b.weight; };
  std::stable_sort(leaves.begin(), leaves.end(), lighter);
  std::vector<Package> row = leaves;
  for (int level = 1; level < bits; ++level) {
    std::vector<Package> pairs;
    for (size_t i = 0; i + 1 < row.size(); i += 2) {
      Package p = row[i];
      p.weight += row[i + 1].weight;
      p.symbols.insert(p.symbols.end(), row[i + 1].symbols.begin(), row[i + 1].symbols.end());
      pairs.push_back(std::move(p));
    }
    row.clear();
    std::merge(leaves.begin(), leaves.end(), pairs.begin(), pairs.end(), std::back_inserter(row), lighter);
  }
  std::fill(lengths.begin(), lengths.end(), uint8_t{0});
  for (size_t i = 0; i < 2 * leaves.size() - 2; ++i) {
    for (const uint16_t s : row[i].symbols) ++lengths[s];
  }
}

}  // namespace headrace::packed
