#include "compiler/spec/suggest.h"

#include <algorithm>
#include <vector>

#include "compiler/spec/text.h"

namespace headrace::spec {
namespace {

constexpr size_t kMaxEdits = 2;
constexpr size_t kLettersPerEdit = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; }

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the dynamic programme: a swap of neighbours looks two rows back.
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    before.swap(previous);
    previous.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const char x = lower(a[i - 1]), y = lower(b[j - 1]);
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (x == y ? 0 : 1)});
      if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> candidates) {
  std::optional<std::string_view> best;
  size_t best_distance = kMaxEdits + 1;
  for (const std::string_view candidate : candidates) {
    const size_t longer = std::max(name.size(), candidate.size());
    const size_t shorter = std::min(name.size(), candidate.size());
    if (longer - shorter > kMaxEdits) continue;  // also keeps long names cheap
    const size_t distance = edit_distance(name, candidate);
    if (distance <= std::min(kMaxEdits, longer / kLettersPerEdit) && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string hint(std::string_view name, std::span<const std::string_view> candidates) {
  if (const auto near = nearest(name, candidates)) return "; did you mean " + quote(*near) + "?";
  if (candidates.empty()) return "";
  return "; expected " + name_list(candidates);
}

}  // namespace headrace::spec
