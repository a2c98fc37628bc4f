// How a pipeline's code is written: choices that change how fast it runs, never which bytes it gives.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "headrace/status.h"

namespace headrace {

/// What is not set is the level's own choice. docs/tuning.md says what each one does.
struct ScheduleOptions {
  std::optional<int> vector_bits;  ///< widest vectors; a level whose registers are narrower uses those it has
  std::optional<int> strip_rows;   ///< source rows of RGB that are resized across together
  std::optional<int> unroll;       ///< vectors of pixels per step of the stages that store
  std::optional<int> idct_columns;  ///< columns of blocks that are transformed together
  bool operator==(const ScheduleOptions&) const = default;
};

/// One choice: its key in a schedule file, its place, and the values it takes, in ascending order.
struct ScheduleField {
  std::string_view name;
  std::optional<int> ScheduleOptions::*member;
  std::span<const int> values;
};

/// Every choice there is. All combinations of their values are valid at every level.
std::span<const ScheduleField> schedule_fields();

/// Errors "schedule.value", `where` a JSON pointer such as "/strip_rows": a value the choice does not take.
Status check_schedule(const ScheduleOptions& schedule);

/// A schedule file's text: {"headrace_schedule": 1, "vector_bits": 512}. Errors: "schedule.*", all of them at
/// once; `where` is a JSON pointer, or "line L, column C" of text that is no JSON.
Expected<ScheduleOptions> parse_schedule(std::string_view json);

/// The text of a schedule file, with what is set.
std::string schedule_json(const ScheduleOptions& schedule);

}  // namespace headrace
