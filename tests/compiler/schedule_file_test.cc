// Schedule files: what they may say, and what is said of those that say something else.
#include <gtest/gtest.h>

#include <random>

#include "headrace/schedule.h"

namespace headrace {
namespace {

std::string errors(std::string_view text) {
  const Expected<ScheduleOptions> s = parse_schedule(text);
  return s.ok() ? "" : s.status().to_string();
}

TEST(ScheduleFile, ReadsWhatItWrites) {
  EXPECT_EQ(schedule_json({}), "{\"headrace_schedule\": 1}\n");
  ScheduleOptions all;
  all.vector_bits = 512;
  all.strip_rows = 8;
  all.unroll = 2;
  all.idct_columns = 1;
  EXPECT_EQ(schedule_json(all),
            "{\"headrace_schedule\": 1, \"vector_bits\": 512, \"strip_rows\": 8, \"unroll\": 2, "
            "\"idct_columns\": 1}\n");
  for (const ScheduleField& f : schedule_fields()) {
    for (const int value : f.values) {
      ScheduleOptions s;
      s.*f.member = value;
      const Expected<ScheduleOptions> again = parse_schedule(schedule_json(s));
      ASSERT_TRUE(again.ok()) << again.status().to_string();
      EXPECT_EQ(*again, s) << f.name;
      EXPECT_NE(*again, all);
    }
  }
  EXPECT_EQ(*parse_schedule(schedule_json(all)), all);
}

TEST(ScheduleFile, ErrorsNameThePlaceAndWhatWasExpected) {
  EXPECT_EQ(errors("{}"),
            "error[schedule.missing_key] missing key \"headrace_schedule\" of a schedule; expected the "
            "version of the schedule, "
            "\"headrace_schedule\": 1");
  EXPECT_EQ(errors("[]"),
            "error[schedule.value] expected an object with \"headrace_schedule\", found an empty list");
  EXPECT_EQ(errors(R"({"headrace_schedule": 2, "vector_bit": 1})"),
            "error[schedule.version] /headrace_schedule: schedule version 2 is not supported; expected 1");
  EXPECT_EQ(errors(R"({"headrace_schedule": "1"})"),
            "error[schedule.value] /headrace_schedule: expected the schedule version 1, an integer, found "
            "the string \"1\"");
  EXPECT_EQ(errors(R"({"headrace_schedule": 1, "vector_bit": 512, "tile": 4, "unroll": 3})"),
            "error[schedule.unknown_key] /vector_bit: unknown key \"vector_bit\" of a schedule; did you mean "
            "\"vector_bits\"?\n"
            "error[schedule.unknown_key] /tile: unknown key \"tile\" of a schedule; expected "
            "\"headrace_schedule\", "
            "\"vector_bits\", \"strip_rows\", \"unroll\" or \"idct_columns\"\n"
            "error[schedule.value] /unroll: expected 1 or 2, found 3");
  EXPECT_EQ(
      errors(R"({"headrace_schedule": 1, "vector_bits": 512.0, "strip_rows": "8", "idct_columns": null})"),
      "error[schedule.value] /vector_bits: expected 128, 256 or 512, found 512.0\n"
      "error[schedule.value] /strip_rows: expected 8, 16 or 32, found the string \"8\"\n"
      "error[schedule.value] /idct_columns: expected 1 or 2, found null");
  EXPECT_EQ(errors(R"({"headrace_schedule": 1, "unroll": 1, "unroll": 2})"),
            "error[schedule.duplicate_key] /unroll: key \"unroll\" is given 2 times; expected it once");
  EXPECT_EQ(errors("{\"headrace_schedule\": 1,\n \"unroll\" 2}"),
            "error[schedule.syntax] line 2, column 11: found 2; expected \":\" after the key");
}

TEST(ScheduleFile, ValuesOfTheApiAreChecked) {
  EXPECT_TRUE(check_schedule({}).ok());
  ScheduleOptions s;
  s.vector_bits = 1024;
  s.unroll = 0;
  EXPECT_EQ(check_schedule(s).to_string(),
            "error[schedule.value] /vector_bits: expected 128, 256 or 512, found 1024\n"
            "error[schedule.value] /unroll: expected 1 or 2, found 0");
}

// Whatever the bytes: a schedule whose values are among those there are, or an error.
TEST(ScheduleFile, DamagedTextsAreRefusedOrValid) {
  const std::string good =
      R"({"headrace_schedule": 1, "vector_bits": 512, "strip_rows": 16, "unroll": 2, "idct_columns": 2})";
  std::mt19937 random(7);
  int refused = 0;
  for (int n = 0; n < 20000; ++n) {
    std::string text = good;
    for (int edits = int(random() % 3) + 1; edits > 0; --edits) {
      const size_t at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1 + random() % 4);
      } else {
        text[at] = random() % 2 ? "0123456789{}[],:\""[random() % 17] : static_cast<char>(random());
      }
      if (text.empty()) text = " ";
    }
    const Expected<ScheduleOptions> s = parse_schedule(text);
    refused += !s.ok();
    if (!s.ok()) continue;
    EXPECT_TRUE(check_schedule(*s).ok()) << text;
  }
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace headrace
