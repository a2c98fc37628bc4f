// A hash over everything that a global sequence depends on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace headrace {

/// XXH3-64 over what is added, each piece with its length. The same on every machine.
class SequenceKey {
 public:
  SequenceKey();
  ~SequenceKey();
  SequenceKey(const SequenceKey&) = delete;
  SequenceKey& operator=(const SequenceKey&) = delete;

  void add(uint64_t value);
  void add(std::string_view text);
  void add(std::span<const uint8_t> bytes);

  uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace headrace
