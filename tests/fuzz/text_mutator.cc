#include "text_mutator.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <random>
#include <string>

#include "mutator.h"

namespace headrace::fuzz {
namespace {

struct Span {
  size_t begin = 0, size = 0;
};

class TextMutator {
 public:
  TextMutator(std::string text, unsigned seed, const std::vector<std::string_view>& words)
      : text_(std::move(text)), random_(seed), words_(words) {}

  std::string run() {
    switch (random_() % 10) {
      case 0:
        return erase_line();
      case 1:
        return repeat_line();
      case 2:
        return swap_lines();
      case 3:
      case 4:
        return change_number();
      case 5:
      case 6:
        return word_from_list();
      default:
        return word_from_text();
    }
  }

 private:
  size_t below(size_t n) { return n == 0 ? 0 : random_() % n; }

  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '%' || c == '@' || c == '.' ||
           c == '-';
  }

  std::vector<Span> words_of_text(bool numbers_only) const {
    std::vector<Span> list;
    for (size_t i = 0; i < text_.size();) {
      size_t end = i;
      while (end < text_.size() && is_word(text_[end])) ++end;
      const bool number = end > i && (std::isdigit(static_cast<unsigned char>(text_[i])) != 0 ||
                                      (text_[i] == '-' && end > i + 1));
      if (end > i && (number || !numbers_only)) list.push_back({i, end - i});
      i = std::max(end, i + 1);
    }
    return list;
  }

  std::vector<Span> lines() const {
    std::vector<Span> list;
    for (size_t i = 0; i < text_.size();) {
      const size_t end = std::min(text_.find('\n', i), text_.size() - 1) + 1;
      list.push_back({i, end - i});
      i = end;
    }
    return list;
  }

  std::string replaced(Span at, std::string_view by) const {
    std::string out = text_;
    return out.replace(at.begin, at.size, by);
  }

  std::string erase_line() {
    const auto all = lines();
    return all.empty() ? text_ : replaced(all[below(all.size())], "");
  }
  std::string repeat_line() {
    const auto all = lines();
    if (all.empty()) return text_;
    const Span from = all[below(all.size())];
    return replaced({all[below(all.size())].begin, 0}, std::string_view(text_).substr(from.begin, from.size));
  }
  std::string swap_lines() {
    const auto all = lines();
    if (all.size() < 2) return text_;
    const size_t k = below(all.size() - 1);
    std::string out = text_;
    std::rotate(out.begin() + std::ptrdiff_t(all[k].begin), out.begin() + std::ptrdiff_t(all[k + 1].begin),
                out.begin() + std::ptrdiff_t(all[k + 1].begin + all[k + 1].size));
    return out;
  }
  std::string change_number() {
    const auto all = words_of_text(true);
    if (all.empty()) return text_;
    const Span at = all[below(all.size())];
    static constexpr std::string_view kNumbers[] = {"0",
                                                    "1",
                                                    "-1",
                                                    "2",
                                                    "7",
                                                    "8",
                                                    "63",
                                                    "64",
                                                    "65",
                                                    "255",
                                                    "256",
                                                    "65535",
                                                    "65536",
                                                    "2147483647",
                                                    "-2147483648",
                                                    "9223372036854775807",
                                                    "-9223372036854775808",
                                                    "0.0",
                                                    "-0.0",
                                                    "0.5",
                                                    "1e300",
                                                    "1e-320",
                                                    "inf",
                                                    "nan"};
    int64_t value = 0;
    const char* const first = text_.data() + at.begin;
    const auto parsed = std::from_chars(first, first + at.size, value);
    if (parsed.ec == std::errc() && random_() % 2 == 0 && value < (int64_t{1} << 62) &&
        value > -(int64_t{1} << 62))
      return replaced(at, std::to_string(value + int64_t(below(9)) - 4));
    return replaced(at, kNumbers[below(std::size(kNumbers))]);
  }
  std::string word_from_list() {
    const auto all = words_of_text(false);
    return all.empty() || words_.empty() ? text_
                                         : replaced(all[below(all.size())], words_[below(words_.size())]);
  }
  std::string word_from_text() {
    const auto all = words_of_text(false);
    if (all.empty()) return text_;
    const Span from = all[below(all.size())];
    return replaced(all[below(all.size())], std::string_view(text_).substr(from.begin, from.size));
  }

  std::string text_;
  std::mt19937 random_;
  const std::vector<std::string_view>& words_;
};

}  // namespace

size_t mutate_text(uint8_t* data, size_t size, size_t max_size, unsigned seed,
                   const std::vector<std::string_view>& words) {
  if (seed % 3 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string text =
      TextMutator(std::string(reinterpret_cast<const char*>(data), size), seed, words).run();
  if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::copy(text.begin(), text.end(), data);
  return text.size();
}

}  // namespace headrace::fuzz
