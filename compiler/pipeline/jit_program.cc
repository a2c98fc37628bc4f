#include "compiler/codegen/compile.h"
#include "compiler/pipeline/kernel_symbols.h"
#include "compiler/pipeline/programs.h"
#include "runtime/platform/fp_env.h"

namespace headrace {
namespace {

class JitProgram final : public Program {
 public:
  JitProgram(std::unique_ptr<codegen::Library> library, ProgramInfo info)
      : library_(std::move(library)), info_(std::move(info)), plan_(library_->plan()), run_(library_->run()),
        batch_(library_->batch()) {}

  const ProgramInfo& info() const override { return info_; }
  hr_result plan(hr_plan_frame& frame) const override {
    const FpEnvironment fp;
    return plan_(&frame);
  }
  hr_result run(hr_run_frame& frame) const override {
    const FpEnvironment fp;
    return run_(&frame);
  }
  hr_result batch(hr_batch_frame& frame) const override {
    if (!batch_) return HR_OK;
    const FpEnvironment fp;
    return batch_(&frame);
  }

 private:
  std::unique_ptr<codegen::Library> library_;
  ProgramInfo info_;
  hr_plan_fn plan_;
  hr_run_fn run_;
  hr_batch_fn batch_;
};

}  // namespace

std::shared_ptr<const Program> make_code_program(std::unique_ptr<codegen::Library> library, ProgramInfo info, Isa isa) {
  info.engine = "jit";
  info.isa = isa_name(isa);
  return std::make_shared<JitProgram>(std::move(library), std::move(info));
}

Expected<std::shared_ptr<const Program>> make_jit_program(const loop::Module& module, ProgramInfo info,
                                                         const codegen::Target& target, unsigned threads, bool gdb) {
  HR_ASSIGN_OR_RETURN(const std::vector<codegen::Object> objects, codegen::compile_objects(module, target, threads));
  std::vector<codegen::Symbol> symbols;
  for (const KernelSymbol& s : kernel_symbols()) symbols.push_back({std::string(s.name), s.address});
  HR_ASSIGN_OR_RETURN(auto library, codegen::link(objects, symbols, {}, gdb));
  return make_code_program(std::move(library), std::move(info), target.isa);
}

}  // namespace headrace
