// Collects the errors of one spec.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "headrace/status.h"

namespace headrace::spec {

/// Errors beyond a limit are counted, not kept: a hostile text must not make gigabytes of messages.
class Reporter {
 public:
  static constexpr size_t kMaxErrors = 100;

  void add(std::string code, std::string where, std::string message) {
    if (++count_ <= kMaxErrors) status_.add(std::move(code), std::move(where), std::move(message));
  }

  /// Counts an error that would not be kept, without its text having been made; false if it would be.
  bool count_if_full() {
    if (count_ < kMaxErrors) return false;
    ++count_;
    return true;
  }

  size_t count() const { return count_; }
  bool ok() const { return count_ == 0; }

  Status take() {
    if (count_ > kMaxErrors) {
      status_.add("spec.too_many_errors", "",
                  std::to_string(count_ - kMaxErrors) + " more errors are not listed; correct these first");
    }
    return std::move(status_);
  }

 private:
  Status status_;
  size_t count_ = 0;
};

}  // namespace headrace::spec
