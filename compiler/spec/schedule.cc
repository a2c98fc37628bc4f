// Schedule files: the choices there are, and their text.
#include "headrace/schedule.h"

#include <algorithm>
#include <array>
#include <new>
#include <vector>

#include "compiler/spec/json_tree.h"
#include "compiler/spec/object_reader.h"
#include "compiler/spec/reporter.h"
#include "compiler/spec/text.h"
#include "compiler/spec/values.h"

namespace headrace {
namespace {

using spec::json::Kind;
using spec::json::Value;

constexpr std::string_view kVersionKey = "headrace_schedule";
constexpr int64_t kVersion = 1;

constexpr std::array kVectorBits = {128, 256, 512};
constexpr std::array kStripRows = {8, 16, 32};
constexpr std::array kUnroll = {1, 2};
constexpr std::array kIdctColumns = {1, 2};

constexpr std::array kFields = {
    ScheduleField{"vector_bits", &ScheduleOptions::vector_bits, kVectorBits},
    ScheduleField{"strip_rows", &ScheduleOptions::strip_rows, kStripRows},
    ScheduleField{"unroll", &ScheduleOptions::unroll, kUnroll},
    ScheduleField{"idct_columns", &ScheduleOptions::idct_columns, kIdctColumns},
};

std::vector<std::string_view> keys() {
  std::vector<std::string_view> names = {kVersionKey};
  for (const ScheduleField& f : kFields) names.push_back(f.name);
  return names;
}

/// "128, 256 or 512"
std::string values_text(std::span<const int> values) {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    text += (i == 0 ? "" : i + 1 < values.size() ? ", " : " or ") + std::to_string(values[i]);
  }
  return text;
}

bool takes(const ScheduleField& field, int64_t value) {
  return std::find(field.values.begin(), field.values.end(), value) != field.values.end();
}

void read_field(const ScheduleField& field, const Value& v, ScheduleOptions& schedule,
                spec::Reporter& errors) {
  const bool digits = v.kind == Kind::integer && v.text.find_first_of(".eE") == std::string::npos;
  if (digits && takes(field, v.integer)) {
    schedule.*field.member = static_cast<int>(v.integer);
    return;
  }
  errors.add("schedule.value", spec::pointer_join("", field.name),
             "expected " + values_text(field.values) + ", found " + spec::describe(v));
}

/// False if the rest need not be read: its keys may mean something else.
bool check_version(const Value& top, spec::Reporter& errors) {
  const Value* v = top.find(kVersionKey);
  if (v == nullptr || (v->kind == Kind::integer && v->integer == kVersion)) return true;
  const std::string where = spec::pointer_join("", kVersionKey);
  if (v->kind == Kind::integer) {
    errors.add("schedule.version", where, "schedule version " + v->text + " is not supported; expected 1");
  } else {
    errors.add("schedule.value", where,
               "expected the schedule version 1, an integer, found " + spec::describe(*v));
  }
  return false;
}

/// The errors of what reads specs, as those of a schedule.
Status as_schedule_errors(const Status& status) {
  constexpr std::string_view kSpec = "spec.";
  Status out;
  for (const Diagnostic& d : status.errors()) {
    const bool of_spec = d.code.starts_with(kSpec);
    out.add(of_spec ? "schedule." + d.code.substr(kSpec.size()) : d.code, d.where, d.message);
  }
  return out;
}

Expected<ScheduleOptions> parse(std::string_view text) {
  spec::Reporter errors;
  ScheduleOptions schedule;
  const std::optional<Value> top = spec::json::parse(text, errors);
  if (top && top->kind != Kind::object) {
    errors.add("schedule.value", "",
               "expected an object with \"" + std::string(kVersionKey) + "\", found " + spec::describe(*top));
  } else if (top && check_version(*top, errors)) {
    const std::vector<std::string_view> names = keys();
    spec::ObjectReader in(*top, "", "a schedule", names, errors);
    in.require(kVersionKey, "the version of the schedule, \"headrace_schedule\": 1");
    for (const ScheduleField& field : kFields) {
      if (const Value* v = in.find(field.name)) read_field(field, *v, schedule, errors);
    }
  }
  if (!errors.ok()) return as_schedule_errors(errors.take());
  return schedule;
}

}  // namespace

std::span<const ScheduleField> schedule_fields() { return kFields; }

Status check_schedule(const ScheduleOptions& schedule) {
  Status status;
  for (const ScheduleField& field : kFields) {
    const std::optional<int>& value = schedule.*field.member;
    if (!value || takes(field, *value)) continue;
    status.add("schedule.value", spec::pointer_join("", field.name),
               "expected " + values_text(field.values) + ", found " + std::to_string(*value));
  }
  return status;
}

Expected<ScheduleOptions> parse_schedule(std::string_view json) {
  try {
    return parse(json);
  } catch (const std::bad_alloc&) {
    return Status("schedule.too_large", "", "not enough memory to read the schedule");
  }
}

std::string schedule_json(const ScheduleOptions& schedule) {
  std::string text = "{\"" + std::string(kVersionKey) + "\": " + std::to_string(kVersion);
  for (const ScheduleField& field : kFields) {
    const std::optional<int>& value = schedule.*field.member;
    if (value) text += ", \"" + std::string(field.name) + "\": " + std::to_string(*value);
  }
  return text + "}\n";
}

}  // namespace headrace
