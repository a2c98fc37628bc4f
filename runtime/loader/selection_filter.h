// Conditions on a sample's scalar fields and image sizes: `label in ["cat", "dog"] && image.width >= 64`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/status.h"

namespace headrace {

/// Comparisons joined by "&&"; docs/loader.md has the grammar. Immutable; any thread.
class SampleFilter {
 public:
  /// Reads `text` against a schema. Error: "loader.selection", naming `where`, the character (counted from 1)
  /// and what was expected.
  static Expected<SampleFilter> parse(std::string_view text, const Schema& schema, const std::string& where);

  /// `sample`: its metadata, one value per field of the schema.
  bool accepts(std::span<const hr_field> sample) const;

 private:
  friend class FilterParser;

  enum class Operand : uint8_t { integer, real, width, height };
  enum class Test : uint8_t { one_of, none_of, less, less_equal, greater, greater_equal };

  struct Comparison {
    size_t field = 0;
    Operand operand = Operand::integer;
    Test test = Test::one_of;
    std::vector<int64_t> integers;  // ascending; of integer, width and height
    std::vector<double> reals;      // ascending
  };

  std::vector<Comparison> comparisons_;
};

}  // namespace headrace
