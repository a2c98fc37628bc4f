// The options of `headrace compile` that choose what is made, and for which processors.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "headrace/compile_object.h"
#include "headrace/isa.h"
#include "headrace/pipeline.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace headrace::cli {

/// A text or a file.
using Form = std::variant<Stage, ObjectKind>;

CLI::Option* add_form(CLI::App& app, Form& form);

/// What SPEC is instead of a spec: a text of a pipeline at a stage.
CLI::Option* add_from(CLI::App& app, std::optional<Stage>& from);

/// One or more levels, separated by commas.
CLI::Option* add_levels(CLI::App& app, std::vector<Isa>& levels);

/// A target triple, such as aarch64-linux-gnu.
CLI::Option* add_target(CLI::App& app, std::optional<Arch>& target);

/// The levels to compile for. None given: those of the target; of several_levels all, else its lowest. Throws
/// CLI::ValidationError if a given one is of another processor.
std::vector<Isa> levels_for(std::optional<Arch> target, std::vector<Isa> given, bool several_levels);

/// A C identifier from a file's name: "specs/train-224.json" gives "train_224".
std::string name_from_path(const std::string& path);

}  // namespace headrace::cli
