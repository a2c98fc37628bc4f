// The text layer: encodings, limits, positions. Bytes that do not go well into spec_errors.txt.
#include <gtest/gtest.h>

#include "compiler/spec.h"
#include "compiler/spec/json_tree.h"
#include "compiler/spec/text.h"
#include "tests/compiler/spec_testing.h"

namespace headrace {
namespace {

using spec_testing::with_ops;

std::string errors(std::string_view text) { return parse_spec(text).status().to_string(); }

const std::string kGood = with_ops(R"([{"op": "field", "field": "label"}])");

TEST(SpecJson, EmptyAndBlankTexts) {
  EXPECT_EQ(errors(""), "error[spec.syntax] line 1, column 1: the text is empty; expected a JSON object");
  EXPECT_EQ(errors(" \r\n\t "),
            "error[spec.syntax] line 2, column 3: the text is empty; expected a JSON object");
}

TEST(SpecJson, EveryTruncationIsASyntaxError) {
  for (size_t size = 0; size < kGood.size(); ++size) {
    const auto result = parse_spec(std::string_view(kGood).substr(0, size));
    ASSERT_FALSE(result.ok()) << size;
    EXPECT_EQ(result.status().code(), "spec.syntax") << size;
    EXPECT_EQ(result.status().errors().size(), 1u) << size;
    EXPECT_NE(result.status().errors()[0].message.find("the text "), std::string::npos)
        << result.status().to_string();
  }
  EXPECT_TRUE(parse_spec(kGood).ok());
}

TEST(SpecJson, TheTextEndsTooEarly) {
  EXPECT_EQ(errors("{\"headrace\": \"a"),
            "error[spec.syntax] line 1, column 16: the text ends inside a string");
  EXPECT_EQ(errors("tru"), "error[spec.syntax] line 1, column 4: the text ends too early");
  EXPECT_EQ(
      errors("{\"a\": [{\"b\": [-"),
      "error[spec.syntax] line 1, column 16: the text ends before the list at \"/a/0/b\" is closed by \"]\"");
}

TEST(SpecJson, LongTokensAreShortenedInMessages) {
  EXPECT_EQ(errors("{" + std::string(500000, 'w') + ": 1}"),
            "error[spec.syntax] line 1, column 2: found \"" + std::string(64, 'w') +
                "\"...; expected a key in double quotes or \"}\"");
  EXPECT_LT(errors("{\"a\" \"" + std::string(500000, 's') + "\"}").size(), 250u);
  EXPECT_LT(errors("{\"a\": 1" + std::string(500000, '0') + "}").size(), 250u);
}

TEST(SpecJson, ByteOrderMarkIsSkippedAndNotCounted) {
  EXPECT_TRUE(parse_spec("\xef\xbb\xbf" + kGood).ok());
  EXPECT_EQ(errors("\xef\xbb\xbf{,}"),
            "error[spec.syntax] line 1, column 2: found \",\"; expected a key in double quotes or \"}\"");
}

TEST(SpecJson, ANulByteDoesNotEndTheText) {
  EXPECT_EQ(errors(kGood + std::string(1, '\0') + "garbage"), "error[spec.syntax] line 1, column " +
                                                                  std::to_string(kGood.size() + 1) +
                                                                  ": found a NUL byte; expected text");
}

TEST(SpecJson, InvalidUtf8) {
  // overlong, surrogate, above U+10FFFF, stray continuation, cut short at the end, cut short inside
  for (const char* bytes : {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80", "\x80", "\xff", "\xe2\x82", "\xc3("}) {
    EXPECT_EQ(errors("{\"" + std::string(bytes) + "\": 1}"),
              "error[spec.syntax] line 1, column 3: found a byte that is not UTF-8")
        << bytes;
  }
  EXPECT_EQ(errors("{\"a\xc3"), "error[spec.syntax] line 1, column 4: found a byte that is not UTF-8");
}

TEST(SpecJson, ColumnsCountCharacters) {
  EXPECT_EQ(errors("{\"h\xc3\xa9\xf0\x9f\x90\x8e\" 1}"),
            "error[spec.syntax] line 1, column 8: found 1; expected \":\" after the key");
}

TEST(SpecJson, ControlCharactersInMessagesAreEscaped) {
  EXPECT_EQ(
      errors(
          R"({"headrace": 1, "a\u0000\u001b\n\"b": 1, "outputs": {"x": [{"op": "field", "field": "a"}]}})"),
      R"(error[spec.unknown_key] /a\u0000\u001b\u000a"b: unknown key "a\u0000\u001b\n\"b"; )"
      R"(expected "headrace", "numerics", "loader", "shared", "outputs" or "batch")");
}

TEST(SpecJson, TextLimit) {
  std::string text = kGood;
  text.resize(spec::json::kMaxTextBytes, ' ');
  EXPECT_TRUE(parse_spec(text).ok());
  text += ' ';
  EXPECT_EQ(errors(text), "error[spec.too_large] found a text of 1048577 bytes; a spec has at most 1048576");
}

TEST(SpecJson, DepthLimit) {
  // The text's outer object is level 1, so the list at /x may hold 62 more lists.
  auto nested = [](size_t lists) {
    return "{\"headrace\": 1, \"x\": " + std::string(lists, '[') + std::string(lists, ']') +
           ", \"outputs\": {\"x\": [{\"op\": \"field\", \"field\": \"a\"}]}}";
  };
  EXPECT_EQ(errors(nested(63)),
            "error[spec.unknown_key] /x: unknown key \"x\"; expected \"headrace\", \"numerics\", \"loader\", "
            "\"shared\", \"outputs\" or \"batch\"");
  std::string pointer = "/x";
  for (int i = 0; i < 63; ++i) pointer += "/0";
  EXPECT_EQ(errors(nested(64)), "error[spec.too_deep] " + pointer + ": nested more than 64 levels deep");
  EXPECT_EQ(parse_spec(std::string(1 << 20, '[')).status().code(), "spec.too_deep");
  std::string objects;
  while (objects.size() < 500000) objects += "{\"a\":";
  EXPECT_EQ(parse_spec(objects).status().code(), "spec.too_deep");
}

TEST(SpecJson, KeyLimit) {
  EXPECT_EQ(errors("{\"headrace\": 1, \"outputs\": {\"" + std::string(257, 'k') + "\": []}}"),
            "error[spec.too_large] /outputs: found a key of 257 bytes; keys have at most 256");
}

TEST(SpecJson, ErrorsBeyondALimitAreCounted) {
  std::string text = "{\"headrace\": 1, \"outputs\": {\"x\": [{\"op\": \"field\", \"field\": \"a\"}]}";
  for (int i = 0; i < 150; ++i) text += ", \"key_" + std::to_string(i) + "\": 0";
  const Status status = parse_spec(text + "}").status();
  ASSERT_EQ(status.errors().size(), 101u);
  EXPECT_EQ(status.errors()[99].where, "/key_99");
  EXPECT_EQ(to_string(status.errors()[100]),
            "error[spec.too_many_errors] 50 more errors are not listed; correct these first");
}

TEST(SpecJson, ManyDuplicateKeysStaySmall) {
  std::string text = "{\"" + std::string(250, 'k') + "\": {";
  for (int i = 0; i < 100000; ++i) text += i % 2 == 0 ? "\"a\":0," : "\"b\":0,";
  text += "\"c\": 0}}";
  const Status status = parse_spec(text).status();
  ASSERT_EQ(status.errors().size(), 5u) << "two keys given often, one unknown, two missing";
  EXPECT_EQ(status.errors()[0].message, "key \"a\" is given 50000 times; expected it once");
  EXPECT_EQ(status.errors()[1].message, "key \"b\" is given 50000 times; expected it once");
}

TEST(SpecJson, ManyDuplicatesDeepDownStayCheap) {
  std::string open;
  for (int i = 0; i < 60; ++i) open += "{\"" + std::string(256, char('a' + i % 26)) + "\": ";
  std::string text = open + "[";
  while (text.size() < 1000000) text += "{\"a\":0,\"a\":0},";
  text += "0]" + std::string(60, '}');
  const Status status = parse_spec(text).status();
  EXPECT_EQ(status.errors().size(), 101u);
  EXPECT_EQ(status.errors()[100].code, "spec.too_many_errors");
}

TEST(SpecJson, LongTextsAreShortenedInMessages) {
  const std::string message = errors(with_ops("[{\"op\": \"" + std::string(100000, 'q') + "\"}]"));
  EXPECT_LT(message.size(), 500u);
  EXPECT_NE(message.find("unknown op \"" + std::string(64, 'q') + "\"...;"), std::string::npos) << message;
  // A character of several bytes is not cut in two.
  EXPECT_EQ(spec::quote(std::string(63, 'a') + "\xf0\x9f\x90\x8e" + "b"),
            "\"" + std::string(63, 'a') + "\"...");
  EXPECT_EQ(spec::quote(std::string(60, 'a') + "\xf0\x9f\x90\x8e"),
            "\"" + std::string(60, 'a') + "\xf0\x9f\x90\x8e\"");
}

TEST(SpecJson, TooManyParts) {
  std::string outputs, ops;
  for (int i = 0; i < 65; ++i) {
    outputs +=
        (i > 0 ? ", " : "") + ("\"o" + std::to_string(i)) + "\": [{\"op\": \"field\", \"field\": \"a\"}]";
  }
  for (int i = 0; i < 257; ++i)
    ops += i == 0 ? R"({"op": "decode", "field": "a"})" : R"(, {"op": "vertical_flip"})";
  EXPECT_EQ(errors("{\"headrace\": 1, \"outputs\": {" + outputs + "}}"),
            "error[spec.too_large] /outputs: found 65 outputs; a spec has at most 64");
  EXPECT_EQ(errors(with_ops("[" + ops + "]")),
            "error[spec.too_large] /outputs/x: found 257 ops; an output has at most 256");
  std::string shared;
  for (int i = 0; i < 65; ++i) {
    shared += (i > 0 ? ", " : "") + ("\"s" + std::to_string(i)) + "\": {\"op\": \"random_horizontal_flip\"}";
  }
  EXPECT_EQ(errors("{\"headrace\": 1, \"shared\": {" + shared +
                   "}, \"outputs\": {\"x\": [{\"op\": \"field\", \"field\": \"a\"}]}}"),
            "error[spec.too_large] /shared: found 65 shared ops; a spec has at most 64");
}

TEST(SpecText, PointersEscapeTildeAndSlash) {
  EXPECT_EQ(spec::pointer_join("/outputs", "a~/b"), "/outputs/a~0~1b");
  EXPECT_EQ(spec::pointer_join("", ""), "/");
  EXPECT_EQ(spec::pointer_join("/x", size_t{12}), "/x/12");
}

TEST(SpecText, NumbersReadBackExactly) {
  EXPECT_EQ(spec::number_text(0.1), "0.1");
  EXPECT_EQ(spec::number_text(4.0 / 3.0), "1.3333333333333333");
  EXPECT_EQ(spec::number_text(1e300), "1e+300");
  EXPECT_EQ(spec::number_text(255), "255");
}

}  // namespace
}  // namespace headrace
