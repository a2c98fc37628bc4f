#include <cstdio>

#include "compiler/pipeline/coefficient_regions.h"
#include "compiler/pipeline/kernel_symbols.h"
#include "compiler/pipeline/programs.h"
#include "ir/loop_interp.h"
#include "runtime/platform/fp_env.h"

namespace headrace {
namespace {

std::vector<loop::ExternFn> externs() {
  std::vector<loop::ExternFn> list;
  for (const KernelSymbol& s : kernel_symbols()) {
    list.push_back({std::string(s.name), s.args, s.address, coefficient_regions_of(s.name)});
  }
  return list;
}

class LoopProgram final : public Program {
 public:
  LoopProgram(loop::Module module, ProgramInfo info) : interpreter_(std::move(module), externs()), info_(std::move(info)) {
    info_.engine = "loop-interp";
    info_.isa = "none";
  }

  const ProgramInfo& info() const override { return info_; }

  hr_result plan(hr_plan_frame& f) const override {
    const std::vector<loop::Region> regions = {
        {&f, sizeof f}, {f.fields, f.field_count * sizeof(hr_field)}, {f.slots, info_.slot_count * sizeof(int64_t)},
        {f.ranges, f.field_count * sizeof(hr_byte_range)}, {f.error, sizeof(hr_error)}};
    return call("plan", &f, regions, f.error);
  }

  hr_result run(hr_run_frame& f) const override {
    std::vector<loop::Region> regions = {
        {f.scratch, f.scratch_bytes}, {&f, sizeof f}, {f.fields, f.field_count * sizeof(hr_field)},
        {f.slots, info_.slot_count * sizeof(int64_t)}, {f.outputs, info_.outputs.size() * sizeof(uint8_t*)},
        {f.error, sizeof(hr_error)}};
    for (size_t i = 0; i < info_.outputs.size(); ++i) regions.push_back({f.outputs[i], info_.outputs[i].sample_bytes});
    for (uint32_t i = 0; i < f.field_count; ++i) {
      if (f.fields[i].data) regions.push_back({f.fields[i].data, f.fields[i].size + HR_BUFFER_ALIGNMENT});
    }
    return call("run", &f, regions, f.error);
  }

  hr_result batch(hr_batch_frame& f) const override {
    if (!info_.mixes) return HR_OK;
    std::vector<loop::Region> regions = {
        {&f, sizeof f}, {f.mask, f.rows}, {f.outputs, info_.outputs.size() * sizeof(uint8_t*)}};
    for (size_t i = 0; i < info_.outputs.size(); ++i) regions.push_back({f.outputs[i], f.rows * info_.outputs[i].sample_bytes});
    return call("batch", &f, regions, f.error);
  }

 private:
  hr_result call(const char* name, void* frame, std::span<const loop::Region> regions, hr_error* error) const {
    const FpEnvironment fp;
    const uint64_t argument = reinterpret_cast<uint64_t>(frame);
    std::string problem;
    const hr_result result = interpreter_.run(name, std::span(&argument, 1), regions, problem);
    if (!problem.empty()) {
      error->code = HR_E_INTERNAL;
      std::snprintf(error->text, sizeof error->text, "%s", problem.c_str());
    }
    return result;
  }

  loop::Interpreter interpreter_;
  ProgramInfo info_;
};

}  // namespace

std::shared_ptr<const Program> make_loop_program(loop::Module module, ProgramInfo info) {
  return std::make_shared<LoopProgram>(std::move(module), std::move(info));
}

}  // namespace headrace
