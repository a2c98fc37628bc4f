#include "cli/compile_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <utility>

namespace headrace::cli {
namespace {

constexpr std::array<std::string_view, 9> kForms = {"graph", "graph-opt", "loop", "llvm", "llvm-opt",
                                                    "asm",   "obj",       "so",   "header"};

std::optional<Form> parse_form(const std::string& name) {
  if (const std::optional<Stage> stage = parse_stage(name)) return *stage;
  if (name == "obj") return ObjectKind::relocatable;
  if (name == "so") return ObjectKind::shared;
  if (name == "header") return ObjectKind::header;
  return std::nullopt;
}

template <class Range>
std::string joined(const Range& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : "|") + std::string(name);
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

constexpr std::array kLevels = {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2, Isa::host, Isa::armv8_neon};

std::string level_list() {
  std::vector<std::string_view> names;
  for (const Isa isa : kLevels) names.push_back(isa_name(isa));
  return joined(names);
}

constexpr std::array<std::pair<std::string_view, Arch>, 4> kTargets = {{{"x86_64-linux-gnu", Arch::x86_64},
                                                                        {"aarch64-linux-gnu", Arch::aarch64},
                                                                        {"x86_64-unknown-linux-gnu", Arch::x86_64},
                                                                        {"aarch64-unknown-linux-gnu", Arch::aarch64}}};

}  // namespace

CLI::Option* add_form(CLI::App& app, Form& form) {
  const std::string list = joined(kForms);
  const auto set = [&form, list](const std::string& text) {
    const std::optional<Form> parsed = parse_form(text);
    if (!parsed) throw CLI::ValidationError("--emit", "\"" + text + "\" is not one of " + list);
    form = *parsed;
  };
  return app
      .add_option_function<std::string>("--emit", set,
                                        "graph IR, the same after all passes, loop IR, LLVM IR, the same optimised, "
                                        "assembly; an object file, a shared object, the C header of either")
      ->type_name(list);
}

CLI::Option* add_from(CLI::App& app, std::optional<Stage>& from) {
  static constexpr std::array<std::string_view, 3> kNames = {"graph", "graph-opt", "loop"};
  const std::string list = joined(kNames);
  const auto set = [&from, list](const std::string& text) {
    const bool known = std::find(kNames.begin(), kNames.end(), text) != kNames.end();
    if (!known) throw CLI::ValidationError("--from", "\"" + text + "\" is not one of " + list);
    from = parse_stage(text);
  };
  return app
      .add_option_function<std::string>(
          "--from", set,
          "SPEC is no spec but a text that --emit printed, perhaps edited: a graph, on which "
          "the passes run; a graph after all passes, taken as it is; loop IR")
      ->type_name(list);
}

CLI::Option* add_levels(CLI::App& app, std::vector<Isa>& levels) {
  const auto set = [&levels](const std::string& text) {
    levels.clear();
    for (const std::string& name : split(text)) {
      const std::optional<Isa> isa = parse_isa(name);
      if (!isa) throw CLI::ValidationError("--isa", "\"" + name + "\" is not one of " + level_list());
      levels.push_back(*isa);
    }
  };
  return app
      .add_option_function<std::string>("--isa", set,
                                        "instruction sets to generate code for: " + level_list() +
                                            " (default: of a text, the best this CPU has; of a file, all of the target, "
                                            "among which it chooses when it is loaded)")
      ->type_name("LEVEL[,LEVEL...]");
}

CLI::Option* add_target(CLI::App& app, std::optional<Arch>& target) {
  const auto set = [&target](const std::string& text) {
    for (const auto& [name, arch] : kTargets) {
      if (text == name) target = arch;
    }
    if (!target) {
      throw CLI::ValidationError("--target", "\"" + text + "\" is not one of x86_64-linux-gnu|aarch64-linux-gnu");
    }
  };
  return app.add_option_function<std::string>("--target", set, "processor to generate code for (default: this one's)")
      ->type_name("x86_64-linux-gnu|aarch64-linux-gnu");
}

std::vector<Isa> levels_for(std::optional<Arch> target, std::vector<Isa> given, bool several_levels) {
  if (!target) return given;
  const std::span<const Isa> all = isa_levels(*target);
  if (given.empty()) return {all.begin(), several_levels ? all.end() : all.begin() + 1};
  for (const Isa isa : given) {
    if (isa_arch(isa) == target) continue;
    throw CLI::ValidationError("--isa", std::string(isa_name(isa)) + " is no level of " + std::string(arch_name(*target)) +
                                            ", which --target names");
  }
  return given;
}

std::string name_from_path(const std::string& path) {
  std::string name = std::filesystem::path(path).stem().string();
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name.insert(0, "_");
  return name.substr(0, 63);
}

}  // namespace headrace::cli
