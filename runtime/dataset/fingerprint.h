// The content fingerprint: what a dataset holds, whatever its page size. A chain over samples, so that
// appending continues it without reading what is already there.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "headrace/dataset.h"

namespace headrace {

/// f(0) = XXH3-128(schema); f(n+1) = XXH3-128(f(n), XXH3-128(sample n)); docs/format.md gives the bytes.
class Fingerprint {
 public:
  explicit Fingerprint(const Schema& schema);
  ~Fingerprint();
  Fingerprint(const Fingerprint&) = delete;
  Fingerprint& operator=(const Fingerprint&) = delete;

  /// The next sample: one value per field, with data pointers.
  void add(std::span<const hr_field> sample);

  const std::array<uint8_t, 16>& value() const { return value_; }

 private:
  struct State;
  std::vector<FieldKind> kinds_;
  std::unique_ptr<State> state_;
  std::array<uint8_t, 16> value_{};
};

/// 32 hexadecimal digits.
std::string fingerprint_text(const std::array<uint8_t, 16>& value);

}  // namespace headrace
