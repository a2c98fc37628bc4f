// Texts of the loop IR. What the parser and the verifier accept prints and parses to the same, and runs in
// the interpreter without leaving the memory it was given: what it must not do it says.
#include <string>
#include <vector>

#include "ir/loop.h"
#include "ir/loop_interp.h"
#include "target.h"
#include "text_target.h"

namespace headrace::fuzz {
namespace {

constexpr uint64_t kMaxSteps = 2'000;
constexpr size_t kBuffer = 4096;

// In place of the library's functions, which trust what generated code hands them.
int32_t harmless(uint64_t, uint64_t second) { return int32_t(second % 3 == 2); }
int32_t nothing() { return 0; }

const std::vector<loop::Extern>& externs() {
  static const std::vector<loop::Extern> list = {{"external", 2}, {"nothing", 0}};
  return list;
}

// Every function is run, with buffers for pointers and small numbers for the rest.
void run_all(const loop::Module& module) {
  const loop::Interpreter interpreter(module, {{"external", 2, reinterpret_cast<void*>(harmless)},
                                               {"nothing", 0, reinterpret_cast<void*>(nothing)}});
  for (const loop::Function& f : module.functions) {
    std::vector<std::vector<uint8_t>> buffers;
    std::vector<loop::Region> regions;
    std::vector<uint64_t> args;
    bool words = true;
    for (const loop::ValueId p : f.params) {
      words = words && (f.types[p] == loop::kPtr || f.types[p] == loop::kI64);
      if (f.types[p] == loop::kPtr) {
        buffers.emplace_back(kBuffer, uint8_t(37 * args.size() + 1));
        regions.push_back({buffers.back().data(), kBuffer});
        args.push_back(reinterpret_cast<uint64_t>(buffers.back().data()));
      } else {
        args.push_back(3 * args.size() + 5);
      }
    }
    std::string problem;
    if (words) (void)interpreter.run(f.name, args, regions, problem, kMaxSteps);
  }
}

}  // namespace

void check_text(const std::string& text) {
  const auto module = loop::parse(text);
  if (!module.ok()) {
    if (module.status().errors().empty()) fail("what is refused has an error", "there is none");
    return;
  }
  if (!loop::verify(*module, externs()).ok()) return;
  const std::string printed = loop::print(*module);
  const auto again = loop::parse(printed);
  if (!again.ok()) fail("what is printed parses", again.status().to_string() + "\n" + printed);
  if (loop::print(*again) != printed) fail("what is printed and parsed prints the same", printed);
  expect_none("what is printed is valid", loop::verify(*again, externs()).to_string());
  run_all(*module);
}

const std::vector<std::string_view>& words_of_language() {
  static const std::vector<std::string_view> words = [] {
    std::vector<std::string_view> list = {
        "func",  "to",     "step",  "carry", "case",  "default", "else",  "@external", "@nothing",
        "ptr",   "i1",     "i8",    "i16",   "i32",   "i64",     "f16",   "f32",       "f64",
        "i8x16", "i16x16", "i32x8", "f32x8", "i64x2", "i1x16",   "f16x8", "eq",        "ne",
        "lt",    "le",     "gt",    "ge",    "ult",   "ule"};
#define HR_LOOP_OP(id, name, form) list.emplace_back(name);
#include "ir/loop_ops.def"
#undef HR_LOOP_OP
    return list;
  }();
  return words;
}

}  // namespace headrace::fuzz
