// Typed reading of JSON values: each function returns the checked value, or reports one error at
// `where` saying what was found and what was expected.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/spec.h"
#include "compiler/spec/json_tree.h"
#include "compiler/spec/reporter.h"

namespace headrace::spec {

/// A value in the words of a message: `the string "abc"`, `224.5`, `a list of 3`, `an object`.
std::string describe(const json::Value& value);

/// An integer from low to high, written without fraction or exponent.
std::optional<int64_t> read_integer(const json::Value& value, const std::string& where, int64_t low,
                                    int64_t high, Reporter& errors);

/// A number; `expected` names its range for the message and `valid` decides.
std::optional<double> read_number(const json::Value& value, const std::string& where,
                                  std::string_view expected, bool (*valid)(double), Reporter& errors);

std::optional<bool> read_bool(const json::Value& value, const std::string& where, Reporter& errors);

std::optional<std::string> read_string(const json::Value& value, const std::string& where,
                                       std::string_view expected, Reporter& errors);

/// One of `names`: its index.
std::optional<size_t> read_choice(const json::Value& value, const std::string& where,
                                  std::span<const std::string_view> names, Reporter& errors);

/// [height, width], each 1 to kMaxSide.
std::optional<Size2> read_size(const json::Value& value, const std::string& where, Reporter& errors);

/// [low, high] with 0 < low <= high <= 1 if `at_most_one`, else with 1e-6 <= low <= high <= 1e6.
std::optional<std::pair<double, double>> read_interval(const json::Value& value, const std::string& where,
                                                       bool at_most_one, Reporter& errors);

/// One number per colour channel.
std::optional<std::vector<double>> read_channels(const json::Value& value, const std::string& where,
                                                 std::string_view expected, bool (*valid)(double),
                                                 Reporter& errors);

inline constexpr int64_t kMaxSide = 16384;    ///< height and width of anything a spec asks for
inline constexpr int64_t kMaxOffset = 65535;  ///< top and left of a crop: the largest JPEG side
inline constexpr int64_t kMaxClasses = 65535;  ///< elements of a vector
inline constexpr size_t kChannels = 3;        ///< images are RGB
inline constexpr size_t kMaxFieldName = 255;  ///< bytes

}  // namespace headrace::spec
