// The "shared" section: random ops that several outputs use with the same draw.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec/json_tree.h"
#include "compiler/spec/ops.h"
#include "compiler/spec/reporter.h"

namespace headrace::spec {

class SharedOps {
 public:
  /// Reads the section. Reports ops that draw nothing and names that are no identifiers.
  void parse(const json::Value& section, Reporter& errors);

  /// Reads a list element {"use": NAME, ...} at `where`: the shared op, with its rng_id, as an op of
  /// that list; "filter" and "antialias" may differ, so that a mask can be cropped like its image.
  ParsedOp use(const json::Value& element, const std::string& where, Reporter& errors);

  /// Reports entries that were never used.
  void report_unused(Reporter& errors) const;

 private:
  struct Entry {
    std::string name;
    ParsedOp parsed;
    bool used = false;
  };

  std::vector<Entry> entries_;
};

/// Whether `name` can name an output or a shared op: [A-Za-z_][A-Za-z0-9_]*, at most 63 bytes.
bool is_identifier(std::string_view name);

/// Reports the name of an output or shared op that is no identifier.
bool check_identifier(std::string_view name, const std::string& where, Reporter& errors);

}  // namespace headrace::spec
