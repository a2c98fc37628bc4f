#include "compiler/cache/recipe.h"

#include <charconv>

#include "compiler/cache/build_id.h"
#include "compiler/codegen/compile.h"
#include "compiler/pipeline/front_end.h"
#include "headrace/abi.h"
#include "headrace/schedule.h"
#include "kernels/kernel_table.h"

namespace headrace::cache {
namespace {

// A new member of these changes code: it belongs into level_text() and parse_recipe().
static_assert(sizeof(Schedule) == 4 * sizeof(int));
static_assert(sizeof(Facts) == 2 * sizeof(bool));

ScheduleOptions options_of(const Schedule& s) {
  return {s.vector_bits, s.strip_rows(), s.unroll, s.idct_columns};
}

std::string level_text(const Recipe& r) {
  const ScheduleOptions schedule = options_of(r.schedule);
  std::string text =
      "level " + std::string(isa_name(r.isa)) + "\ntarget " + codegen::target_text(r.isa) + "\n";
  for (const ScheduleField& f : schedule_fields()) {
    text += std::string(f.name) + " " + std::to_string((schedule.*f.member).value_or(0)) + "\n";
  }
  return text + "packed " + std::to_string(r.facts.packed) + "\nycc " + std::to_string(r.facts.ycc) + "\n";
}

/// Takes the line "NAME VALUE" from the front; false if there is another.
bool take(std::string_view& text, std::string_view name, std::string& value) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(name) || text.size() <= name.size() || text[name.size()] != ' ') return false;
  value = text.substr(name.size() + 1, end - name.size() - 1);
  text.remove_prefix(end + 1);
  return true;
}

bool take_schedule(std::string_view& text, ScheduleOptions& schedule) {
  for (const ScheduleField& f : schedule_fields()) {
    std::string value;
    if (!take(text, f.name, value)) return false;
    int number = 0;
    const char* const last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, number);
    if (error != std::errc() || end != last) return false;
    schedule.*f.member = number;
  }
  return check_schedule(schedule).ok();
}

}  // namespace

std::string environment() {
  static const std::string text = [] {
    const std::string own = build_id_of(reinterpret_cast<const void*>(&environment)), llvm = build_id_of(codegen::llvm_address());
    if (own.empty() || llvm.empty()) return std::string();
    return "headrace " HEADRACE_VERSION ", ABI " + std::to_string(HR_ABI_VERSION) + ", functions " + std::to_string(kernel_symbols_hash()) +
           ", LLVM " + codegen::llvm_version() + "\nbuild " + own + "\nllvm " + llvm + "\n";
  }();
  return text;
}

CacheKey key_of(const Recipe& recipe) {
  CacheKey key;
  if (environment().empty()) return key;
  key.recipe = environment() + level_text(recipe) + graph::print(recipe.graph);
  key.hex = codegen::sha256_hex(key.recipe);
  return key;
}

Expected<Recipe> parse_recipe(std::string_view text) {
  const std::string here = environment();
  if (here.empty() || !text.starts_with(here)) return Status("cache.other_build", "", "was made by another build");
  text.remove_prefix(here.size());
  Recipe recipe;
  ScheduleOptions schedule;
  std::string level, target, packed, ycc;
  const bool read = take(text, "level", level) && take(text, "target", target) &&
                    take_schedule(text, schedule) && take(text, "packed", packed) && take(text, "ycc", ycc);
  const std::optional<Isa> isa = parse_isa(level);
  if (!read || !isa) {
    return Status("cache.recipe", "", "says nothing about its level that this release understands");
  }
  if (target != codegen::target_text(*isa)) return Status("cache.other_build", "", "was made for another CPU");
  recipe.isa = *isa;
  recipe.schedule = schedule_for(*isa, schedule);
  recipe.facts = {.packed = packed == "1", .ycc = ycc == "1"};
  HR_ASSIGN_OR_RETURN(recipe.graph, graph::parse(text));
  return recipe;
}

}  // namespace headrace::cache
