// Damaged specs: whatever is changed in a valid text, the answer is a spec or errors, never a crash, and
// a spec that was accepted is written down canonically and read back.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "compiler/spec.h"
#include "compiler/spec/canonical.h"
#include "tests/compiler/spec_testing.h"

namespace headrace {
namespace {

using spec_testing::dump;

/// Accepted or refused with at least one error that has a code and a message; true if accepted.
bool check(const std::string& text) {
  const auto* fields = &spec_testing::sample_fields();
  const auto result = parse_spec(text, fields);
  if (!result.ok()) {
    const Status status = result.status();
    EXPECT_FALSE(status.errors().empty()) << text;
    for (const Diagnostic& d : status.errors()) {
      EXPECT_EQ(d.code.rfind("spec.", 0), 0u) << text;
      EXPECT_FALSE(d.message.empty()) << text;
      EXPECT_LT(d.message.size(), 2000u) << text;
    }
    return false;
  }
  const std::string canonical = canonical_json(result.value());
  const auto again = parse_spec(canonical, fields);
  EXPECT_TRUE(again.ok()) << text << "\n" << canonical << "\n" << again.status().to_string();
  if (again.ok()) {
    EXPECT_EQ(dump(again.value()), dump(result.value())) << text;
    EXPECT_EQ(canonical_json(again.value()), canonical) << text;
  }
  return true;
}

using Random = std::mt19937;

size_t below(Random& random, size_t n) { return n == 0 ? 0 : random() % n; }

std::string random_bytes(Random& random) {
  static constexpr std::string_view kAlphabet =
      "{}[]:,\"\\ -+.0123456789eEtrufalsn\n\t\x01\x7f\x80\xc3\xff/~'";
  std::string out;
  for (size_t n = below(random, 4); n > 0; --n) out += kAlphabet[below(random, kAlphabet.size())];
  return out;
}

/// Replaces, inserts or removes a few bytes.
std::string mutate_bytes(std::string text, Random& random) {
  for (size_t n = 1 + below(random, 4); n > 0; --n) {
    text.replace(below(random, text.size() + 1), below(random, 4), random_bytes(random));
  }
  return text;
}

constexpr std::string_view kWords[] = {"null",       "true",        "false",         "0",
                                       "1",          "-1",          "224",           "224.0",
                                       "1e400",      "1e308",       "-0.0",          "1e-320",
                                       "0.5",        "16384",       "16385",         "99999999999999999999",
                                       "\"\"",       "\"op\"",      "\"use\"",       "\"crop\"",
                                       "\"size\"",   "\"f32\"",     "\"i64\"",       "\"decode\"",
                                       "\"field\"",  "\"image\"",   "\"label\"",     "\"resize\"",
                                       "\"layout\"", "\"convert\"", "\"normalize\"", "\"nearest\"",
                                       "[]",         "{}",          "[224, 224]",    "[0, 255]",
                                       "[1, 1, 1]",  "[0, 0]",      "[[]]",          "\"\\ud83d\\ude00\"",
                                       "\"u8\"",     "\"score\"",   "\"key\"",       "\"mask\"",
                                       "\"area\"",   "\"bf16\"",    "\"\\u0000\"",   "9223372036854775808"};

/// Swaps JSON words for others, so that the text mostly stays JSON and gets deep into the checks.
std::string mutate_words(const std::string& text, Random& random) {
  struct Span {
    size_t begin, size;
  };
  std::vector<Span> words;
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (text[i] == '"') {
      end = text.find('"', i + 1) + 1;
    } else if (std::isalnum(static_cast<unsigned char>(text[i])) != 0) {
      while (end < text.size() &&
             (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '.'))
        ++end;
    } else {
      ++i;
      continue;
    }
    words.push_back({i, end - i});
    i = end;
  }
  std::string out = text;
  const Span word = words[below(random, words.size())];
  if (below(random, 3) == 0) {
    const Span other = words[below(random, words.size())];
    out.replace(word.begin, word.size, text.substr(other.begin, other.size));
  } else {
    out.replace(word.begin, word.size, kWords[below(random, std::size(kWords))]);
  }
  return out;
}

/// A list of ops in any order, each valid by itself.
std::string random_sequence(Random& random) {
  static constexpr std::string_view kOps[] = {R"({"op": "decode", "field": "image"})",
                                              R"({"op": "one_hot", "classes": 16})",
                                              R"({"op": "label_smoothing", "epsilon": 0.5})",
                                              R"({"op": "field", "field": "label"})",
                                              R"({"op": "field", "field": "score"})",
                                              R"({"op": "crop", "top": 1, "left": 2, "size": [8, 8]})",
                                              R"({"op": "center_crop", "size": [16, 8]})",
                                              R"({"op": "random_crop", "size": [4, 4]})",
                                              R"({"op": "random_resized_crop", "size": [32, 32]})",
                                              R"({"op": "resize", "size": [64, 64]})",
                                              R"({"op": "resize", "short_side": 12})",
                                              R"({"op": "horizontal_flip"})",
                                              R"({"op": "random_vertical_flip"})",
                                              R"({"op": "normalize", "mean": [0, 0, 0], "std": [1, 1, 1]})",
                                              R"({"op": "convert", "dtype": "f32", "scale": 1})",
                                              R"({"op": "convert", "dtype": "f32"})",
                                              R"({"op": "convert", "dtype": "f16"})",
                                              R"({"op": "convert", "dtype": "u8"})",
                                              R"({"op": "convert", "dtype": "i64"})",
                                              R"({"op": "layout", "layout": "NCHW"})"};
  std::string list = "[";
  list += kOps[below(random, 10) < 7 ? 0 : below(random, std::size(kOps))];
  for (size_t n = below(random, 6); n > 0; --n)
    list += ", " + std::string(kOps[below(random, std::size(kOps))]);
  return spec_testing::with_ops(list + "]");
}

TEST(SpecMutation, DamagedBytes) {
  Random random(1);
  const std::string text = spec_testing::full_spec();
  size_t refused = 0;
  for (int i = 0; i < 4000; ++i) refused += check(mutate_bytes(text, random)) ? 0 : 1;
  EXPECT_GT(refused, 1000u);
}

TEST(SpecMutation, SwappedWords) {
  Random random(2);
  const std::string text = spec_testing::full_spec();
  size_t accepted = 0, refused = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string mutant = text;
    for (size_t n = 1 + below(random, 3); n > 0; --n) mutant = mutate_words(mutant, random);
    (check(mutant) ? accepted : refused) += 1;
  }
  EXPECT_GT(accepted, 40u);
  EXPECT_GT(refused, 1000u);
}

TEST(SpecMutation, RandomSequences) {
  Random random(3);
  size_t accepted = 0, refused = 0;
  for (int i = 0; i < 4000; ++i) (check(random_sequence(random)) ? accepted : refused) += 1;
  EXPECT_GT(accepted, 100u);
  EXPECT_GT(refused, 1000u);
}

TEST(SpecMutation, RandomBytes) {
  Random random(4);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t n = below(random, 40); n > 0; --n) text += random_bytes(random);
    EXPECT_FALSE(check(text));
  }
}

}  // namespace
}  // namespace headrace
