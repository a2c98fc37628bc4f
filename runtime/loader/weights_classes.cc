#include "runtime/loader/weights_classes.h"

#include <algorithm>

#include "runtime/loader/sequence_random.h"

namespace headrace {

ClassBalance::ClassBalance(std::span<const int64_t> classes) : members_(classes.size()) {
  for (size_t i = 0; i < members_.size(); ++i) members_[i] = static_cast<uint32_t>(i);
  std::stable_sort(members_.begin(), members_.end(),
                   [&](uint32_t a, uint32_t b) { return classes[a] < classes[b]; });
  for (size_t i = 0; i < members_.size(); ++i) {
    if (i == 0 || classes[members_[i]] != classes[members_[i - 1]])
      begin_.push_back(static_cast<uint32_t>(i));
  }
  begin_.push_back(static_cast<uint32_t>(members_.size()));
}

uint64_t ClassBalance::draw(uint64_t first, uint64_t second) const {
  const uint64_t of = sequence_random::below(first, classes());
  return members_[begin_[of] + sequence_random::below(second, begin_[of + 1] - begin_[of])];
}

void ClassBalance::add_to(SequenceKey& key) const {
  key.add("classes");
  const auto bytes = [](const std::vector<uint32_t>& v) {
    return std::span(reinterpret_cast<const uint8_t*>(v.data()), v.size() * sizeof(uint32_t));
  };
  key.add(bytes(begin_));
  key.add(bytes(members_));
}

}  // namespace headrace
