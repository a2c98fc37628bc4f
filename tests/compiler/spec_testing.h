// Helpers of the spec tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec.h"

namespace headrace::spec_testing {

/// Every member of a spec as text, one op a line; written apart from canonical_json(), to test it.
std::string dump(const spec::Spec& spec);

/// {"headrace": 1, "outputs": {"x": OPS}}
std::string with_ops(std::string_view ops);

/// A valid spec text that has every op and every key.
std::string full_spec();

/// The whole file below the source folder; a test failure and "" if it cannot be read.
std::string read_source_file(const std::string& path);

/// image: image, mask: image, label: i64, score: f64, key: bytes.
const std::vector<ProgramField>& sample_fields();

}  // namespace headrace::spec_testing
