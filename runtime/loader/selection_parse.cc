// Reads the text of a SampleFilter: one pass, left to right, stopping at the first error.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "runtime/dataset/printable.h"
#include "runtime/loader/selection_filter.h"

namespace headrace {
namespace {

constexpr size_t kMaxText = 1u << 20;
constexpr size_t kShown = 20;  // bytes of what was found, in messages

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string quoted(std::string_view text) { return "\"" + printable(text) + "\""; }

}  // namespace

class FilterParser {
 public:
  FilterParser(std::string_view text, const Schema& schema, const std::string& where)
      : text_(text), schema_(schema), where_(where) {}

  Expected<SampleFilter> parse() {
    if (text_.size() > kMaxText) {
      return Status("loader.selection", where_,
                    "the filter has " + std::to_string(text_.size()) + " bytes, more than the " +
                        std::to_string(kMaxText) + " allowed");
    }
    SampleFilter filter;
    do {
      SampleFilter::Comparison comparison;
      HR_RETURN_IF_ERROR(read_comparison(comparison));
      filter.comparisons_.push_back(std::move(comparison));
    } while (take("&&"));
    if (skip_space(); at_ != text_.size()) return expected("\"&&\" or the end");
    return filter;
  }

 private:
  using Operand = SampleFilter::Operand;
  using Test = SampleFilter::Test;

  Status read_comparison(SampleFilter::Comparison& c);
  Status read_operand(SampleFilter::Comparison& c);
  Status read_value(SampleFilter::Comparison& c, bool ordered);
  Status read_class_name(SampleFilter::Comparison& c, bool ordered);
  Status read_list(SampleFilter::Comparison& c);

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool take(std::string_view token) {
    skip_space();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }
  std::string_view take_word() {
    const size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  Status error(size_t at, const std::string& message) const {
    return {"loader.selection", where_, "filter, character " + std::to_string(at + 1) + ": " + message};
  }
  Status expected(const std::string& what) const {
    const std::string_view rest = text_.substr(at_);
    return error(at_,
                 "expected " + what + ", found " +
                     (rest.empty() ? "its end"
                                   : quoted(rest.substr(0, kShown)) + (rest.size() > kShown ? " ..." : "")));
  }
  std::string fields_text() const;
  const Schema::Field& field(const SampleFilter::Comparison& c) const { return schema_.fields[c.field]; }

  std::string_view text_;
  const Schema& schema_;
  const std::string& where_;
  size_t at_ = 0;
};

/// "label, score, image.width, image.height".
std::string FilterParser::fields_text() const {
  std::string text;
  for (const Schema::Field& f : schema_.fields) {
    if (f.kind == FieldKind::bytes) continue;
    if (!text.empty()) text += ", ";
    text += f.kind == FieldKind::image ? f.name + ".width, " + f.name + ".height" : f.name;
  }
  return text.empty() ? "nothing" : text;
}

Status FilterParser::read_operand(SampleFilter::Comparison& c) {
  skip_space();
  const size_t begin = at_;
  const std::string_view name = take_word();
  if (name.empty()) return expected("a field");
  const auto found = std::find_if(schema_.fields.begin(), schema_.fields.end(),
                                  [&](const Schema::Field& f) { return f.name == name; });
  const std::string comparable = "; it can compare " + fields_text();
  if (found == schema_.fields.end())
    return error(begin, "the dataset has no field " + quoted(name) + comparable);
  c.field = static_cast<size_t>(found - schema_.fields.begin());
  const bool dotted = at_ < text_.size() && text_[at_] == '.';
  if (dotted) ++at_;
  const std::string_view part = dotted ? take_word() : std::string_view();
  const std::string whole = quoted(text_.substr(begin, at_ - begin));
  switch (found->kind) {
    case FieldKind::i64:
    case FieldKind::f64:
      if (dotted)
        return error(begin, whole + " does not exist: " + quoted(name) + " is a number" + comparable);
      c.operand = found->kind == FieldKind::i64 ? Operand::integer : Operand::real;
      return {};
    case FieldKind::image:
      if (part != "width" && part != "height")
        return error(begin, whole + " is nothing that can be compared" + comparable);
      c.operand = part == "width" ? Operand::width : Operand::height;
      return {};
    case FieldKind::bytes:
      break;
  }
  return error(begin, quoted(name) + " holds bytes, which cannot be compared" + comparable);
}

Status FilterParser::read_class_name(SampleFilter::Comparison& c, bool ordered) {
  const size_t begin = at_++;
  std::string name;
  while (at_ < text_.size() && text_[at_] != '"') {
    if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    name += text_[at_++];
  }
  if (at_ == text_.size()) return error(begin, "this text does not end; expected another '\"'");
  ++at_;
  if (c.operand != Operand::integer || field(c).value_names.empty()) {
    return error(begin, "expected a number, found " + quoted(name) + ": " +
                            (c.operand == Operand::integer
                                 ? "the values of " + quoted(field(c).name) + " have no names"
                                 : "only whole numbers have names"));
  }
  if (ordered) return error(begin, "names have no order: compare them with ==, != or in");
  bool found = false;
  for (size_t i = 0; i < field(c).value_names.size(); ++i) {
    if (field(c).value_names[i] != name) continue;
    c.integers.push_back(static_cast<int64_t>(i));
    found = true;
  }
  if (found) return {};
  constexpr size_t kListed = 10;
  std::string list;
  const std::vector<std::string>& names = field(c).value_names;
  for (size_t i = 0; i < names.size() && i < kListed; ++i) list += (i == 0 ? "" : ", ") + quoted(names[i]);
  if (names.size() > kListed) list += " and " + std::to_string(names.size() - kListed) + " more";
  return error(begin, "no value of " + quoted(field(c).name) + " is named " + quoted(name) +
                          "; the names are " + list);
}

Status FilterParser::read_value(SampleFilter::Comparison& c, bool ordered) {
  skip_space();
  if (at_ < text_.size() && text_[at_] == '"') return read_class_name(c, ordered);
  const char* const begin = text_.data() + at_;
  const char* const end = text_.data() + text_.size();
  const auto ends_well = [&](const char* stop) { return stop == end || (!is_word(*stop) && *stop != '.'); };
  if (c.operand == Operand::real) {
    double value = 0;
    const auto [stop, problem] = std::from_chars(begin, end, value);
    if (problem != std::errc() || !std::isfinite(value) || !ends_well(stop)) return expected("a number");
    c.reals.push_back(value);
    at_ += static_cast<size_t>(stop - begin);
    return {};
  }
  int64_t value = 0;
  const auto [stop, problem] = std::from_chars(begin, end, value);
  if (problem != std::errc() || !ends_well(stop)) {
    const bool named = c.operand == Operand::integer && !field(c).value_names.empty() && !ordered;
    return expected(named ? "a whole number or a name in quotes" : "a whole number");
  }
  c.integers.push_back(value);
  at_ += static_cast<size_t>(stop - begin);
  return {};
}

Status FilterParser::read_list(SampleFilter::Comparison& c) {
  if (!take("[")) return expected("\"[\" and a list of values");
  do {
    HR_RETURN_IF_ERROR(read_value(c, false));
  } while (take(","));
  if (!take("]")) return expected("\",\" or \"]\"");
  return {};
}

Status FilterParser::read_comparison(SampleFilter::Comparison& c) {
  HR_RETURN_IF_ERROR(read_operand(c));
  struct Sign {
    std::string_view text;
    Test test;
  };
  // Of two that begin alike, the longer one comes first.
  constexpr Sign kSigns[] = {{"==", Test::one_of},        {"!=", Test::none_of}, {"<=", Test::less_equal},
                             {">=", Test::greater_equal}, {"<", Test::less},     {">", Test::greater}};
  const auto sort = [&] {
    std::sort(c.integers.begin(), c.integers.end());
    std::sort(c.reals.begin(), c.reals.end());
  };
  for (const Sign& sign : kSigns) {
    if (!take(sign.text)) continue;
    c.test = sign.test;
    HR_RETURN_IF_ERROR(read_value(c, sign.test != Test::one_of && sign.test != Test::none_of));
    sort();
    return {};
  }
  skip_space();
  const size_t word_at = at_;
  if (take_word() == "in") {
    HR_RETURN_IF_ERROR(read_list(c));
    sort();
    return {};
  }
  at_ = word_at;
  return expected("==, !=, <, <=, >, >= or in");
}

Expected<SampleFilter> SampleFilter::parse(std::string_view text, const Schema& schema,
                                           const std::string& where) {
  return FilterParser(text, schema, where).parse();
}

}  // namespace headrace
