// What the tests of the two text forms share: tables of bad texts, and random damage to good ones.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace headrace::ir_testing {

/// A case "=== name", the text, "---", the expected errors, one a line.
struct ErrorCase {
  std::string name, text, errors;
};

/// Compares every case of tests/ir/FILE with errors_of(text). With HEADRACE_UPDATE_GOLDEN=1 in the
/// environment the file is rewritten with what is said now; read the difference.
void check_error_table(const std::string& file, size_t at_least,
                       const std::function<std::string(const std::string& text)>& errors_of);

/// Random numbers for damage; the same for every run.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed * 2 + 1) {}
  size_t below(size_t n);

 private:
  uint64_t state_;
};

/// One to four edits: bytes or tokens changed, removed, doubled, swapped or brought in from `other`.
std::string damaged(const std::string& text, const std::string& other, Dice& dice);

}  // namespace headrace::ir_testing
