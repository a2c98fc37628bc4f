// Sample numbers, four bytes each where they fit.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace headrace {

class SampleList {
 public:
  /// A list of numbers below `bound`.
  explicit SampleList(uint64_t bound) : wide_(bound > uint64_t{UINT32_MAX} + 1) {}

  uint64_t size() const { return wide_ ? large_.size() : small_.size(); }
  uint64_t operator[](uint64_t i) const { return wide_ ? large_[i] : small_[i]; }

  void reserve(uint64_t n) { wide_ ? large_.reserve(n) : small_.reserve(n); }
  void push_back(uint64_t sample) {
    if (wide_) {
      large_.push_back(sample);
    } else {
      small_.push_back(static_cast<uint32_t>(sample));
    }
  }
  void sort() {
    std::sort(small_.begin(), small_.end());
    std::sort(large_.begin(), large_.end());
  }
  void shrink() {
    small_.shrink_to_fit();
    large_.shrink_to_fit();
  }

  std::span<const uint8_t> bytes() const {
    return wide_
               ? std::span(reinterpret_cast<const uint8_t*>(large_.data()), large_.size() * sizeof(uint64_t))
               : std::span(reinterpret_cast<const uint8_t*>(small_.data()), small_.size() * sizeof(uint32_t));
  }

 private:
  bool wide_;
  std::vector<uint32_t> small_;
  std::vector<uint64_t> large_;
};

}  // namespace headrace
