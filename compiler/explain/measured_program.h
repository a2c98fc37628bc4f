// Instrumented code as a program that the loader can run.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "compiler/codegen/compile.h"
#include "compiler/explain/instrument.h"
#include "headrace/program.h"
#include "runtime/platform/tick_clock.h"

namespace headrace::explaining {

/// Called before and after each call of an entry point, with its name.
struct Hooks {
  std::function<void(const char* entry)> enter = [](const char*) {};
  std::function<void(const char* entry, uint64_t ticks)> leave = [](const char*, uint64_t) {};
  std::function<void(const hr_plan_frame&)> planned = [](const hr_plan_frame&) {
  };  ///< after a plan() that succeeded
};

/// Compiles and links a module; its code may call the recorders. For one thread at a time.
class MeasuredProgram final : public Program {
 public:
  static Expected<std::shared_ptr<MeasuredProgram>> create(const loop::Module& module,
                                                           const ProgramInfo& info,
                                                           const codegen::Target& target,
                                                           const platform::TickClock& clock,
                                                           Hooks hooks = {});

  const ProgramInfo& info() const override { return info_; }
  hr_result plan(hr_plan_frame& frame) const override;
  hr_result run(hr_run_frame& frame) const override;
  hr_result batch(hr_batch_frame& frame) const override;

 private:
  MeasuredProgram(std::unique_ptr<codegen::Library> library, const platform::TickClock& clock, Hooks hooks)
      : library_(std::move(library)), clock_(clock), hooks_(std::move(hooks)) {}
  template <class Frame>
  hr_result call(const char* entry, hr_result (*function)(Frame*), Frame& frame) const;

  std::unique_ptr<codegen::Library> library_;
  const platform::TickClock& clock_;
  Hooks hooks_;
  ProgramInfo info_;
};

}  // namespace headrace::explaining
