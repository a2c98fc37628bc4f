// Reads a loader state's JSON: one flat object of known keys, whole numbers and one text.
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "headrace/loader_state.h"
#include "runtime/dataset/printable.h"

namespace headrace {
namespace {

// Far above any state; a longer file is something else.
constexpr size_t kMaxText = 4096;
constexpr size_t kDatasetDigits = 32, kKeyDigits = 16;

// Of the values in State::numbers.
constexpr std::array<std::string_view, 5> kNumbers = {"state", "numerics", "seed", "epoch", "consumed"};
enum : size_t { kVersionAt, kNumericsAt, kSeedAt, kEpochAt, kConsumedAt };
constexpr std::string_view kOf = "of";
constexpr std::string_view kOfForm = "\"DATASET/PIPELINE/ORDER\", of 32, 16 and 16 hexadecimal digits";

struct Parts {
  std::array<std::optional<uint64_t>, kNumbers.size()> numbers;
  std::optional<std::string_view> of;
};

bool is_hex(std::string_view text, size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  Expected<Parts> read() {
    Parts parts;
    if (text_.size() > kMaxText)
      return syntax("it has " + std::to_string(text_.size()) + " bytes, far more than a state");
    if (!take('{')) return expected("\"{\"");
    do {
      HR_RETURN_IF_ERROR(read_member(parts));
    } while (take(','));
    if (!take('}')) return expected("\",\" or \"}\"");
    if (skip_space(); at_ != text_.size()) return expected("the end");
    return parts;
  }

 private:
  Status read_member(Parts& parts) {
    std::string_view key;
    HR_RETURN_IF_ERROR(read_text(key, "a key"));
    if (!take(':')) return expected("\":\"");
    if (key == kOf) {
      if (parts.of) return twice(key);
      std::string_view value;
      HR_RETURN_IF_ERROR(read_text(value, std::string(kOfForm)));
      parts.of = value;
      return {};
    }
    for (size_t i = 0; i < kNumbers.size(); ++i) {
      if (key != kNumbers[i]) continue;
      if (parts.numbers[i]) return twice(key);
      uint64_t value = 0;
      HR_RETURN_IF_ERROR(read_number(value));
      parts.numbers[i] = value;
      // Said at once: what follows may mean something else.
      return i == kVersionAt && value != LoaderState::kVersion ? wrong_version(value) : Status();
    }
    return {"state.field", where_, "unknown key \"" + printable(key) + "\""};
  }

  Status read_text(std::string_view& text, const std::string& what) {
    if (!take('"')) return expected(what);
    const size_t end = text_.find_first_of("\"\\", at_);
    if (end == std::string_view::npos || text_[end] != '"') return expected(what);
    text = text_.substr(at_, end - at_);
    at_ = end + 1;
    return {};
  }

  /// Digits as JSON has them: no sign, no zero in front, no fraction.
  Status read_number(uint64_t& value) {
    skip_space();
    const char* const begin = text_.data() + at_;
    const char* const end = text_.data() + text_.size();
    const auto [stop, problem] = std::from_chars(begin, end, value);
    const bool padded = stop - begin > 1 && *begin == '0';
    const bool goes_on = stop != end && (*stop == '.' || *stop == 'e' || *stop == 'E');
    if (problem != std::errc() || padded || goes_on) return expected("a whole number from 0 to 2^64 - 1");
    at_ += static_cast<size_t>(stop - begin);
    return {};
  }

  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Status syntax(const std::string& message) const {
    return {"state.syntax", where_, "is no loader state: " + message};
  }
  Status expected(const std::string& what) const {
    return syntax("expected " + what + " at character " + std::to_string(at_ + 1));
  }
  Status twice(std::string_view key) const {
    return {"state.field", where_, "the key \"" + std::string(key) + "\" stands there twice"};
  }

  Status wrong_version(uint64_t version) const {
    return {"state.version", where_,
            "the state has version " + std::to_string(version) + "; this release reads version " +
                std::to_string(LoaderState::kVersion)};
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
};

}  // namespace

Expected<LoaderState> LoaderState::from_json(std::string_view text, const std::string& where) {
  HR_ASSIGN_OR_RETURN(const Parts parts, Reader(text, where).read());
  const auto& n = parts.numbers;
  Status status;
  const auto missing = [&](std::string_view key) {
    status.add("state.field", where, "the key \"" + std::string(key) + "\" is missing");
  };
  for (size_t i = 0; i < kNumbers.size(); ++i) {
    if (!n[i]) missing(kNumbers[i]);
  }
  if (n[kNumericsAt] && *n[kNumericsAt] > UINT32_MAX) {
    status.add("state.field", where,
               "\"numerics\" is " + std::to_string(*n[kNumericsAt]) + ", larger than 2^32 - 1");
  }
  LoaderState state;
  if (!parts.of) {
    missing(kOf);
  } else {
    const std::string_view of = *parts.of;
    const size_t first = of.find('/'), last = of.rfind('/');
    const bool three = first != std::string_view::npos && first != last;
    state.dataset = of.substr(0, three ? first : 0);
    state.pipeline = three ? of.substr(first + 1, last - first - 1) : "";
    state.order = three ? of.substr(last + 1) : "";
    if (!is_hex(state.dataset, kDatasetDigits) || !is_hex(state.order, kKeyDigits) ||
        (!state.pipeline.empty() && !is_hex(state.pipeline, kKeyDigits))) {
      status.add("state.field", where,
                 "\"of\" is \"" + printable(of) + "\"; expected " + std::string(kOfForm));
    }
  }
  if (!status.ok()) return status;
  state.numerics_version = static_cast<uint32_t>(*n[kNumericsAt]);
  state.seed = *n[kSeedAt];
  state.epoch = *n[kEpochAt];
  state.consumed = *n[kConsumedAt];
  return state;
}

}  // namespace headrace
