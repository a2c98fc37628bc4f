#include "tests/compiler/random_calls.h"

namespace headrace::testing {
namespace {

// What follows `key` in an op's text, up to the quote that ends it; "" if the key is not there.
std::string word_after(const std::string& op, const std::string& key) {
  const size_t at = op.find("\"" + key + "\": \"");
  if (at == std::string::npos) return "";
  const size_t begin = at + key.size() + 5;
  return op.substr(begin, op.find('"', begin) - begin);
}

// The type of pixels behind an op.
std::string type_after(const std::string& op, const std::string& before) {
  const std::string name = word_after(op, "op");
  if (name == "normalize") return "f32";
  const std::string type = word_after(op, name == "call" ? "out" : "dtype");
  return !type.empty() ? type : name == "call" ? "u8" : before;
}

// Calls that take and give pixels of one type, by way of the other now and then.
std::vector<std::string> calls_of(RandomStream& random, const std::string& type) {
  if (random.percent(60)) return {random_call(random, type, type)};
  const std::string other = type == "u8" ? "f32" : "u8";
  std::vector<std::string> calls = {random_call(random, type, other)};
  if (random.percent(30)) calls.push_back(random_call(random, other, other));
  calls.push_back(random_call(random, other, type));
  return calls;
}

void add_some(RandomStream& random, std::vector<std::string>& ops, std::vector<size_t>& places, size_t first,
              size_t last) {
  std::vector<std::pair<size_t, std::string>> gaps;  // before which op, and the type of pixels there
  std::string type = "u8";
  for (size_t i = 0; i <= ops.size(); ++i) {
    if (type == "u8" || type == "f32") gaps.emplace_back(i, type);
    if (i < ops.size()) type = type_after(ops[i], type);
  }
  const auto& [at, here] = random.pick(gaps);
  size_t place = at == 0 ? first : places[at - 1];
  const size_t end = at == ops.size() ? last : places[at];
  size_t next = at;
  for (std::string& call : calls_of(random, here)) {
    place = size_t(random.between(int64_t(place), int64_t(end)));
    places.insert(places.begin() + std::ptrdiff_t(next), place);
    ops.insert(ops.begin() + std::ptrdiff_t(next), std::move(call));
    ++next;
  }
}

}  // namespace

const std::vector<UserFunction>& user_functions() {
  static const std::vector<UserFunction> functions = {
      {"invert", "u8", "u8", true},   {"smear", "u8", "u8", false},    {"rarely", "u8", "u8", true},
      {"mark", "u8", "f32", true},    {"floor_u8", "f32", "u8", true}, {"tilt", "f32", "f32", true},
      {"strange", "f32", "f32", true}};
  return functions;
}

std::string random_call(RandomStream& random, std::string_view in, std::string_view out) {
  std::vector<UserFunction> fitting;
  for (const UserFunction& f : user_functions()) {
    if (f.in == in && f.out == out) fitting.push_back(f);
  }
  UserFunction f = random.pick(fitting);
  // Samples that fail compare no bytes.
  if (f.symbol == "rarely" && random.percent(50)) f = fitting.front();
  std::string text = R"({"op": "call", "symbol": ")" + std::string(f.symbol) + R"(", "library": ")" +
                     kUserLibrary + R"(", "per": ")" + (f.by_row && random.percent(50) ? "row" : "image") +
                     "\"";
  const auto type = [&](const char* key, std::string_view value) {
    if (value != "u8" || random.percent(30))
      text += ", \"" + std::string(key) + "\": \"" + std::string(value) + "\"";
  };
  type("in", in);
  type("out", out);
  return text + "}";
}

void add_random_calls(RandomStream& random, std::vector<std::string>& ops, std::vector<size_t>& places,
                      size_t first, size_t last) {
  do {
    add_some(random, ops, places, first, last);
  } while (random.percent(25));
}

}  // namespace headrace::testing
