// The "batch" section: operations that mix pairs of samples.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/spec.h"
#include "compiler/spec/json_tree.h"
#include "compiler/spec/reporter.h"
#include "compiler/spec/sequence.h"

namespace headrace::spec {

/// An output by its name.
struct NamedForm {
  std::string name;
  OutputForm form;
};

std::span<const std::string_view> batch_op_names();

inline constexpr size_t kMaxChoices = 16;  ///< ops of a "random_choice"

/// Reads the section into `spec`. `outputs` are those of the spec, or null if they could not be read.
void parse_batch(const json::Value& section, const std::vector<NamedForm>* outputs, Spec& spec,
                 Reporter& errors);

}  // namespace headrace::spec
