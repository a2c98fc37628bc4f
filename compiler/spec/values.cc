#include "compiler/spec/values.h"

#include <algorithm>

#include "compiler/spec/suggest.h"
#include "compiler/spec/text.h"

namespace headrace::spec {
namespace {

using json::Kind;
using json::Value;

constexpr size_t kShownDigits = 40;

bool is_number(const Value& v) { return v.kind == Kind::integer || v.kind == Kind::real; }

/// A number as written; an absurdly long one is cut.
std::string written(const Value& v) {
  return v.text.size() <= kShownDigits ? v.text : v.text.substr(0, kShownDigits) + "...";
}

void wrong_type(const Value& v, const std::string& where, std::string_view expected, Reporter& errors) {
  errors.add("spec.wrong_type", where, "expected " + std::string(expected) + ", found " + describe(v));
}

void bad_value(const Value& v, const std::string& where, std::string_view expected, Reporter& errors) {
  errors.add("spec.bad_value", where, "expected " + std::string(expected) + ", found " + describe(v));
}

/// A list of exactly n elements, or null after an error.
const std::vector<Value>* read_list(const Value& v, const std::string& where, size_t n,
                                    std::string_view expected, Reporter& errors) {
  if (v.kind != Kind::list) {
    wrong_type(v, where, expected, errors);
    return nullptr;
  }
  if (v.items.size() != n) {
    bad_value(v, where, expected, errors);
    return nullptr;
  }
  return &v.items;
}

}  // namespace

std::string describe(const Value& v) {
  switch (v.kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return v.boolean ? "true" : "false";
    case Kind::integer:
    case Kind::real:
      return written(v);
    case Kind::string:
      return "the string " + quote(v.text);
    case Kind::object:
      return "an object";
    case Kind::list:
      break;
  }
  if (v.items.empty()) return "an empty list";
  const bool numbers = std::all_of(v.items.begin(), v.items.end(), is_number);
  if (!numbers || v.items.size() > 4) return "a list of " + std::to_string(v.items.size());
  std::string out = "[";
  for (const Value& item : v.items) out += (out.size() > 1 ? ", " : "") + written(item);
  return out + "]";
}

std::optional<int64_t> read_integer(const Value& v, const std::string& where, int64_t low, int64_t high,
                                    Reporter& errors) {
  const std::string expected = "an integer from " + std::to_string(low) + " to " + std::to_string(high);
  if (!is_number(v)) {
    wrong_type(v, where, expected, errors);
    return std::nullopt;
  }
  const bool digits_only = v.text.find_first_of(".eE") == std::string::npos;
  if (!digits_only) {
    wrong_type(v, where, expected + ", written without fraction or exponent", errors);
    return std::nullopt;
  }
  if (v.kind != Kind::integer || v.integer < low || v.integer > high) {
    bad_value(v, where, expected, errors);
    return std::nullopt;
  }
  return v.integer;
}

std::optional<double> read_number(const Value& v, const std::string& where, std::string_view expected,
                                  bool (*valid)(double), Reporter& errors) {
  if (!is_number(v)) {
    wrong_type(v, where, expected, errors);
    return std::nullopt;
  }
  if (!valid(v.real)) {
    bad_value(v, where, expected, errors);
    return std::nullopt;
  }
  return v.real;
}

std::optional<bool> read_bool(const Value& v, const std::string& where, Reporter& errors) {
  if (v.kind != Kind::boolean) {
    wrong_type(v, where, "true or false", errors);
    return std::nullopt;
  }
  return v.boolean;
}

std::optional<std::string> read_string(const Value& v, const std::string& where, std::string_view expected,
                                       Reporter& errors) {
  if (v.kind != Kind::string) {
    wrong_type(v, where, expected, errors);
    return std::nullopt;
  }
  return v.text;
}

std::optional<size_t> read_choice(const Value& v, const std::string& where,
                                  std::span<const std::string_view> names, Reporter& errors) {
  const std::string expected = name_list(names);
  if (v.kind != Kind::string) {
    wrong_type(v, where, expected, errors);
    return std::nullopt;
  }
  const auto found = std::find(names.begin(), names.end(), v.text);
  if (found != names.end()) return size_t(found - names.begin());
  std::string message = "expected " + expected + ", found " + describe(v);
  if (const auto near = nearest(v.text, names)) message += "; did you mean " + quote(*near) + "?";
  errors.add("spec.bad_value", where, std::move(message));
  return std::nullopt;
}

std::optional<Size2> read_size(const Value& v, const std::string& where, Reporter& errors) {
  const auto* items = read_list(v, where, 2, "[height, width]", errors);
  if (items == nullptr) return std::nullopt;
  const auto height = read_integer((*items)[0], pointer_join(where, 0), 1, kMaxSide, errors);
  const auto width = read_integer((*items)[1], pointer_join(where, 1), 1, kMaxSide, errors);
  if (!height || !width) return std::nullopt;
  return Size2{*height, *width};
}

std::optional<std::pair<double, double>> read_interval(const Value& v, const std::string& where,
                                                       bool at_most_one, Reporter& errors) {
  const std::string_view expected =
      at_most_one ? "[low, high] with 0 < low <= high <= 1" : "[low, high] with 1e-6 <= low <= high <= 1e6";
  const auto* items = read_list(v, where, 2, expected, errors);
  if (items == nullptr) return std::nullopt;
  if (!is_number((*items)[0]) || !is_number((*items)[1])) {
    const size_t i = is_number((*items)[0]) ? 1 : 0;
    wrong_type((*items)[i], pointer_join(where, i), "a number", errors);
    return std::nullopt;
  }
  const double low = (*items)[0].real, high = (*items)[1].real;
  const bool inside = at_most_one ? low > 0 && high <= 1 : low >= 1e-6 && high <= 1e6;
  if (!inside || low > high) {
    bad_value(v, where, expected, errors);
    return std::nullopt;
  }
  return std::pair(low, high);
}

std::optional<std::vector<double>> read_channels(const Value& v, const std::string& where,
                                                 std::string_view expected, bool (*valid)(double),
                                                 Reporter& errors) {
  const auto* items = read_list(v, where, kChannels, "a list of 3 numbers, one for each of R, G, B", errors);
  if (items == nullptr) return std::nullopt;
  std::vector<double> out;
  for (size_t i = 0; i < kChannels; ++i) {
    const auto number = read_number((*items)[i], pointer_join(where, i), expected, valid, errors);
    if (number) out.push_back(*number);
  }
  if (out.size() != kChannels) return std::nullopt;
  return out;
}

}  // namespace headrace::spec
