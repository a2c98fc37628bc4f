#include "compiler/spec/user_ops.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "compiler/spec/suggest.h"
#include "compiler/spec/text.h"
#include "compiler/spec/values.h"
#include "ir/expr.h"
#include "ir/graph_calls.h"

namespace headrace::spec {
namespace {

constexpr std::string_view kExpected = "an expression such as \"clamp(x * 1.2, 0, 255)\"";

/// "u8" or "f32" if the key is there.
std::optional<DType> read_dtype(ObjectReader& in, std::string_view key) {
  constexpr std::array<DType, 2> kTypes = {DType::u8, DType::f32};
  constexpr std::array<std::string_view, 2> kNames = {"u8", "f32"};
  const json::Value* v = in.find(key);
  if (v == nullptr) return std::nullopt;
  const auto index = read_choice(*v, in.where(key), kNames, in.errors());
  return index ? std::optional(kTypes[*index]) : std::nullopt;
}

}  // namespace

OpParams parse_map(ObjectReader& in) {
  Map p;
  p.dtype = read_dtype(in, "dtype");
  const json::Value* v = in.require("expr", kExpected);
  if (v == nullptr) return p;
  const auto text = read_string(*v, in.where("expr"), kExpected, in.errors());
  if (!text) return p;
  const Expected<expr::Expr> e = expr::parse(*text, hint, expr::kMaxWritten);
  if (e.ok()) {
    p.expr = expr::print(*e);
  } else {
    const Diagnostic d = e.status().errors().front();
    in.errors().add("spec.expression", in.where("expr"), (d.where.empty() ? "" : d.where + ": ") + d.message);
  }
  return p;
}

namespace {

/// A required string that `valid` accepts.
std::string read_name(ObjectReader& in, std::string_view key, std::string_view expected,
                      bool (*valid)(std::string_view)) {
  const json::Value* v = in.require(key, expected);
  if (v == nullptr) return "";
  const auto text = read_string(*v, in.where(key), expected, in.errors());
  if (!text) return "";
  if (!valid(*text)) {
    in.errors().add("spec.bad_value", in.where(key),
                    "expected " + std::string(expected) + ", found " + describe(*v));
  }
  return *text;
}

}  // namespace

OpParams parse_call(ObjectReader& in) {
  constexpr std::array<std::string_view, 2> kPer = {"image", "row"};
  Call p;
  p.symbol = read_name(in, "symbol", "the name of a C function", graph::is_symbol);
  p.library = read_name(in, "library", "a library's file name without folders, such as \"filters.so\"",
                        graph::is_library_name);
  if (const json::Value* v = in.require("per", "\"image\" or \"row\"")) {
    p.by_row = read_choice(*v, in.where("per"), kPer, in.errors()) == 1u;
  }
  p.in = read_dtype(in, "in").value_or(p.in);
  p.out = read_dtype(in, "out").value_or(p.out);
  return p;
}

std::string looks_fractional(const std::string& text) {
  constexpr float kNear = 8;
  const Expected<expr::Expr> e = expr::parse(text);
  if (!e.ok() || expr::reads_pixel(*e)) return "";
  float least = INFINITY, most = -INFINITY;
  bool whole = true;
  std::vector<float> work;
  for (int value = 0; value <= 255; ++value) {
    for (int channel = 0; channel < int(kChannels); ++channel) {
      const float v = float(value);
      const float result = expr::evaluate(*e, {{v, v, v}, channel}, work);
      if (std::isnan(result)) continue;
      least = std::min(least, result);
      most = std::max(most, result);
      whole = whole && result == std::floor(result);
    }
  }
  if (whole || least < -kNear || most > kNear) return "";
  const auto shown = [](float v) { return number_text(std::round(double(v) * 1000) / 1000); };
  return "the expression gives values from " + shown(least) + " to " + shown(most) + ", which u8 cannot hold";
}

}  // namespace headrace::spec
