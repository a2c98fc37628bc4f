#include "compiler/spec/json_tree.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <nlohmann/json.hpp>

#include "compiler/spec/json_syntax.h"
#include "compiler/spec/text.h"

namespace headrace::spec::json {
namespace {

using Sax = nlohmann::json_sax<nlohmann::json>;

/// Builds the tree from the parser's events. Returning false from an event stops the parser.
class TreeBuilder final : public Sax {
 public:
  TreeBuilder(std::string_view text, Reporter& errors) : text_(text), errors_(errors) {}

  Value take() { return std::move(root_); }

  bool null() override { return append({}) != nullptr; }
  bool boolean(bool v) override {
    Value value;
    value.kind = Kind::boolean;
    value.boolean = v;
    return append(std::move(value)) != nullptr;
  }
  bool number_integer(int64_t v) override { return integer(v); }
  bool number_unsigned(uint64_t v) override {
    if (v > uint64_t(std::numeric_limits<int64_t>::max())) return number_float(double(v), std::to_string(v));
    return integer(int64_t(v));
  }
  bool number_float(double v, const std::string& written) override {
    Value value;
    value.kind = Kind::real;
    value.real = v == 0 ? 0 : v;  // -0.0 and 0 mean the same in a spec
    value.text = written;
    return append(std::move(value)) != nullptr;
  }
  bool string(std::string& v) override {
    Value value;
    value.kind = Kind::string;
    value.text = std::move(v);
    return append(std::move(value)) != nullptr;
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }  // no such thing in JSON text

  bool start_object(size_t) override { return open(Kind::object); }
  bool start_array(size_t) override { return open(Kind::list); }

  bool key(std::string& name) override {
    if (name.size() > kMaxKeyBytes) {
      errors_.add("spec.too_large", pointer(open_.size()),
                  "found a key of " + std::to_string(name.size()) + " bytes; keys have at most " +
                      std::to_string(kMaxKeyBytes));
      return false;
    }
    open_.back()->members.push_back({std::move(name), {}});
    key_pending_ = true;
    return true;
  }

  bool end_object() override {
    report_duplicates(*open_.back());
    open_.pop_back();
    return true;
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& error) override {
    constexpr int kOutOfRange = 406;  // the library's number for "number overflow"
    SyntaxContext context;
    std::string_view what = error.what();
    what = what.substr(0, what.find("; last read"));  // what follows is the user's text
    if (error.id == kOutOfRange) {
      context.fault = SyntaxContext::Fault::overflow;
    } else if (what.find("invalid string") != std::string_view::npos) {
      context.fault = SyntaxContext::Fault::bad_string;
    } else if (what.find("invalid ") != std::string_view::npos) {
      context.fault = SyntaxContext::Fault::bad_word;
    }
    context.offset = position > 0 ? position - 1 : 0;
    if (!open_.empty()) {
      context.container = open_.back()->kind == Kind::object ? SyntaxContext::Container::object
                                                             : SyntaxContext::Container::list;
    }
    context.key_pending = key_pending_;
    context.pointer = pointer(open_.size());
    SyntaxError described = describe_syntax_error(text_, context);
    errors_.add("spec.syntax", std::move(described.where), std::move(described.message));
    return false;
  }

 private:
  bool integer(int64_t v) {
    Value value;
    value.kind = Kind::integer;
    value.integer = v;
    value.real = double(v);
    value.text = std::to_string(v);
    return append(std::move(value)) != nullptr;
  }

  Value* append(Value value) {
    key_pending_ = false;
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Value& parent = *open_.back();
    if (parent.kind == Kind::object) {
      parent.members.back().value = std::move(value);
      return &parent.members.back().value;
    }
    return &parent.items.emplace_back(std::move(value));
  }

  bool open(Kind kind) {
    Value value;
    value.kind = kind;
    // A parent's vector does not grow while a child is open, so pointers to open containers stay valid.
    open_.push_back(append(std::move(value)));
    if (open_.size() <= kMaxDepth) return true;
    errors_.add("spec.too_deep", pointer(open_.size()),
                "nested more than " + std::to_string(kMaxDepth) + " levels deep");
    return false;
  }

  /// JSON pointer of the container open at `depth` (1: the top).
  std::string pointer(size_t depth) const {
    std::string out;
    for (size_t i = 0; i + 1 < depth; ++i) {
      const Value& v = *open_[i];
      out = v.kind == Kind::object ? pointer_join(out, v.members.back().key)
                                   : pointer_join(out, v.items.size() - 1);
    }
    return out;
  }

  void report_duplicates(const Value& object) {
    std::vector<const Member*> sorted;
    sorted.reserve(object.members.size());
    for (const Member& m : object.members) sorted.push_back(&m);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Member* a, const Member* b) { return a->key < b->key; });
    std::vector<std::pair<const Member*, size_t>> repeated;  // first of its name, how many
    for (size_t i = 0; i < sorted.size();) {
      size_t end = i + 1;
      while (end < sorted.size() && sorted[end]->key == sorted[i]->key) ++end;
      if (end - i > 1) repeated.emplace_back(sorted[i], end - i);
      i = end;
    }
    std::sort(repeated.begin(), repeated.end());  // members lie in one array: text order
    for (const auto& [member, count] : repeated) {
      if (errors_.count_if_full()) continue;  // a deep pointer is long, and there may be many
      errors_.add(
          "spec.duplicate_key", pointer_join(pointer(open_.size()), member->key),
          "key " + quote(member->key) + " is given " + std::to_string(count) + " times; expected it once");
    }
  }

  std::string_view text_;
  Reporter& errors_;
  Value root_;
  std::vector<Value*> open_;
  bool key_pending_ = false;
};

}  // namespace

const Value* Value::find(std::string_view key) const {
  for (const Member& m : members) {
    if (m.key == key) return &m.value;
  }
  return nullptr;
}

std::optional<Value> parse(std::string_view text, Reporter& errors) {
  if (text.size() > kMaxTextBytes) {
    errors.add("spec.too_large", "",
               "found a text of " + std::to_string(text.size()) + " bytes; a spec has at most " +
                   std::to_string(kMaxTextBytes));
    return std::nullopt;
  }
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  // The library takes a NUL byte for the end of the text; here it is an error like any other.
  if (const auto offset = find_invalid_byte(text)) {
    errors.add("spec.syntax", text_position(text, *offset),
               text[*offset] == '\0' ? "found a NUL byte; expected text" : "found a byte that is not UTF-8");
    return std::nullopt;
  }
  TreeBuilder builder(text, errors);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  return builder.take();
}

}  // namespace headrace::spec::json
