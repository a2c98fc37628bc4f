// Which of a sample's fields a program's failure is about. Programs say what was wrong, not with which field;
// where they read several of a kind, the sample is looked at again.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/program.h"
#include "runtime/loader/sample_error.h"

namespace headrace {

/// Those of `fields`, by number, that a failure with Cause::program can be about: none if it is about no
/// field, several if they cannot be told apart.
std::vector<size_t> failed_fields(const Dataset& dataset, std::span<const ProgramField> fields,
                                  const SampleFailure& failure);

/// `, field "image"`, `, one of the fields "image", "mask"`, or nothing.
std::string failed_field_text(const Dataset& dataset, std::span<const ProgramField> fields,
                              const SampleFailure& failure);

}  // namespace headrace
