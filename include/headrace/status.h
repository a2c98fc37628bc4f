// Errors as values. A Status is a list of diagnostics; an empty list means success, so that a front
// end can report every problem of an input in one run. Expected<T> is a value or such a list.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace headrace {

/// One problem. `code` is stable across releases ("spec.unknown_key"), `where` names the place
/// (a JSON pointer, a file, a sample; may be empty), `message` says what was found and expected.
struct Diagnostic {
  std::string code;
  std::string where;
  std::string message;
};

/// "error[code] where: message" (without "where: " if the place is empty).
inline std::string to_string(const Diagnostic& d) {
  std::string s = "error[" + d.code + "] ";
  if (!d.where.empty()) s += d.where + ": ";
  return s + d.message;
}

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(std::string code, std::string where, std::string message) {
    add(std::move(code), std::move(where), std::move(message));
  }

  bool ok() const { return errors_.empty(); }
  const std::vector<Diagnostic>& errors() const { return errors_; }

  /// The first error's code; empty if ok().
  std::string code() const { return ok() ? std::string() : errors_.front().code; }

  void add(std::string code, std::string where, std::string message) {
    errors_.push_back({std::move(code), std::move(where), std::move(message)});
  }
  void append(const Status& other) {
    errors_.insert(errors_.end(), other.errors_.begin(), other.errors_.end());
  }

  /// Every error on a line of its own, without a final newline.
  std::string to_string() const {
    std::string s;
    for (const Diagnostic& d : errors_) {
      if (!s.empty()) s += '\n';
      s += headrace::to_string(d);
    }
    return s;
  }

 private:
  std::vector<Diagnostic> errors_;
};

template <class T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : v_(std::in_place_index<0>, std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Expected(Status status) : v_(std::in_place_index<1>, std::move(status)) {}     // NOLINT(google-explicit-constructor)

  bool ok() const { return v_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<0>(v_); }
  const T& value() const& { return std::get<0>(v_); }
  T&& value() && { return std::get<0>(std::move(v_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The errors; an ok Status if there is a value.
  Status status() const { return ok() ? Status() : std::get<1>(v_); }

 private:
  std::variant<T, Status> v_;
};

}  // namespace headrace

// Early return of a failed Status, for functions that return Status or Expected<T>.
#define HR_CONCAT_INNER(a, b) a##b
#define HR_CONCAT(a, b) HR_CONCAT_INNER(a, b)
#define HR_RETURN_IF_ERROR(expr)                        \
  do {                                                  \
    ::headrace::Status hr_status_ = (expr);             \
    if (!hr_status_.ok()) return hr_status_;            \
  } while (0)
#define HR_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return tmp.status();            \
  lhs = std::move(tmp).value()
#define HR_ASSIGN_OR_RETURN(lhs, expr) HR_ASSIGN_OR_RETURN_IMPL(HR_CONCAT(hr_expected_, __LINE__), lhs, expr)
