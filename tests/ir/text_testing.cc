#include "tests/ir/text_testing.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

namespace headrace::ir_testing {
namespace {

struct Table {
  std::string comment;
  std::vector<ErrorCase> cases;
};

Table read_table(const std::string& path) {
  Table table;
  std::ifstream in(path, std::ios::binary);
  bool in_errors = false;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("=== ", 0) == 0) {
      table.cases.push_back({line.substr(4), "", ""});
      in_errors = false;
    } else if (table.cases.empty()) {
      table.comment += line + "\n";
    } else if (line == "---") {
      in_errors = true;
    } else {
      (in_errors ? table.cases.back().errors : table.cases.back().text) += line + "\n";
    }
  }
  return table;
}

bool word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '%' || c == '.' || c == '-';
}

// A token of the text (a word or one other character) at a random place.
std::pair<size_t, size_t> random_token(const std::string& text, Dice& dice) {
  size_t begin = dice.below(text.size()), end = begin + 1;
  while (begin > 0 && word_char(text[begin]) && word_char(text[begin - 1])) --begin;
  while (end < text.size() && word_char(text[end - 1]) && word_char(text[end])) ++end;
  return {begin, end - begin};
}

}  // namespace

void check_error_table(const std::string& file, size_t at_least,
                       const std::function<std::string(const std::string&)>& errors_of) {
  const std::string path = std::string(HEADRACE_SOURCE_DIR) + "/tests/ir/" + file;
  const Table table = read_table(path);
  ASSERT_GE(table.cases.size(), at_least);
  if (std::getenv("HEADRACE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream out(path, std::ios::binary);
    out << table.comment;
    for (const ErrorCase& c : table.cases)
      out << "=== " << c.name << "\n" << c.text << "---\n" << errors_of(c.text) << "\n";
    return;
  }
  std::set<std::string> names;
  for (const ErrorCase& c : table.cases) {
    SCOPED_TRACE(c.name);
    EXPECT_TRUE(names.insert(c.name).second) << "this name is used twice";
    EXPECT_EQ(errors_of(c.text) + "\n", c.errors) << c.text;
    EXPECT_EQ(c.errors.rfind("error[ir.", 0), 0u) << "a case without errors belongs elsewhere";
  }
}

size_t Dice::below(size_t n) {
  state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
  return n == 0 ? 0 : size_t((state_ >> 33) % n);
}

std::string damaged(const std::string& text, const std::string& other, Dice& dice) {
  static const char* const kWords[] = {"%0",
                                       "%999",
                                       "-1",
                                       "0",
                                       "65536",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "99999999999999999999",
                                       "1.5",
                                       "-inf",
                                       "nan",
                                       "1e999",
                                       "?",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       "\"",
                                       "\\",
                                       ":",
                                       ",",
                                       "=",
                                       "record",
                                       "image",
                                       "i1",
                                       "f16x2",
                                       "i8x64",
                                       "ptr",
                                       "yield",
                                       "for",
                                       "if",
                                       "else",
                                       ";",
                                       "@x",
                                       "\n"};
  std::string s = text;
  for (size_t edits = 1 + dice.below(2) * dice.below(4); edits > 0 && !s.empty(); --edits) {
    const auto [at, length] = random_token(s, dice);
    switch (dice.below(10)) {
      case 0:
        s[dice.below(s.size())] = char(dice.below(256));
        break;
      case 1:
        s.erase(at, length);
        break;
      case 2:
        s.insert(at, s.substr(at, length) + " ");
        break;
      case 3:
        s.replace(at, length, kWords[dice.below(std::size(kWords))]);
        break;
      case 4: {
        const auto [from, n] = random_token(s, dice);
        s.replace(at, length, s.substr(from, n));
        break;
      }
      case 5: {
        const size_t from = dice.below(other.size());
        s.insert(dice.below(s.size()), other.substr(from, dice.below(80)));
        break;
      }
      case 6: {  // a whole line again somewhere else
        const size_t begin = s.rfind('\n', at) == std::string::npos ? 0 : s.rfind('\n', at);
        const size_t end = std::min(s.find('\n', begin + 1), s.size());
        const std::string line = s.substr(begin, end - begin);
        const size_t to = s.find('\n', dice.below(s.size()));
        s.insert(to == std::string::npos ? s.size() : to, line);
        break;
      }
      case 7:
      case 8: {  // another digit
        const size_t digit = s.find_first_of("0123456789", dice.below(s.size()));
        if (digit != std::string::npos) s[digit] = char('0' + dice.below(10));
        break;
      }
      default:
        s.resize(dice.below(s.size() + 1));
        break;
    }
  }
  return s;
}

}  // namespace headrace::ir_testing
