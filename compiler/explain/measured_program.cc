#include "compiler/explain/measured_program.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "compiler/lower/lower.h"
#include "compiler/pipeline/kernel_symbols.h"
#include "runtime/platform/fp_env.h"

namespace headrace::explaining {

Expected<std::shared_ptr<MeasuredProgram>> MeasuredProgram::create(const loop::Module& module,
                                                                   const ProgramInfo& info,
                                                                   const codegen::Target& target,
                                                                   const platform::TickClock& clock,
                                                                   Hooks hooks) {
  std::vector<loop::Extern> externs = kernel_externs();
  std::vector<codegen::Symbol> symbols;
  for (const KernelSymbol& s : kernel_symbols()) symbols.push_back({std::string(s.name), s.address});
  for (const RecorderSymbol& s : recorder_symbols()) {
    externs.push_back({s.name, s.args});
    symbols.push_back({s.name, s.address});
  }
  HR_RETURN_IF_ERROR(loop::verify(module, externs));
  HR_ASSIGN_OR_RETURN(
      const std::vector<codegen::Object> objects,
      codegen::compile_objects(module, target, std::max(1u, std::thread::hardware_concurrency())));
  HR_ASSIGN_OR_RETURN(auto library, codegen::link(objects, symbols));
  std::shared_ptr<MeasuredProgram> program(new MeasuredProgram(std::move(library), clock, std::move(hooks)));
  program->info_ = info;
  program->info_.engine = "jit";
  program->info_.isa = isa_name(target.isa);
  return program;
}

template <class Frame>
hr_result MeasuredProgram::call(const char* entry, hr_result (*function)(Frame*), Frame& frame) const {
  const FpEnvironment fp;
  hooks_.enter(entry);
  const uint64_t begin = clock_.now();
  const hr_result result = function(&frame);
  hooks_.leave(entry, clock_.now() - begin);
  return result;
}

hr_result MeasuredProgram::plan(hr_plan_frame& frame) const {
  const hr_result result = call("plan", library_->plan(), frame);
  if (result == HR_OK) hooks_.planned(frame);
  return result;
}

hr_result MeasuredProgram::run(hr_run_frame& frame) const { return call("run", library_->run(), frame); }

hr_result MeasuredProgram::batch(hr_batch_frame& frame) const {
  return library_->batch() == nullptr ? HR_OK : call("batch", library_->batch(), frame);
}

}  // namespace headrace::explaining
