// How a nest divides its scratch memory, sample by sample.
#pragma once

#include <memory>
#include <vector>

#include "compiler/lower/facts.h"
#include "compiler/lower/schedule.h"
#include "headrace/abi.h"
#include "headrace/explain.h"
#include "headrace/status.h"
#include "ir/graph.h"
#include "ir/loop_interp.h"

namespace headrace::explaining {

/// Asks the lowering's own layout, which depends on the sample, through a function of the loop IR that is
/// interpreted.
class MemoryProbe {
 public:
  static Expected<std::unique_ptr<MemoryProbe>> create(const graph::Graph& graph, const Schedule& schedule,
                                                       const Facts& facts);

  /// Of a frame that plan() has filled.
  void sample(const hr_plan_frame& frame);

  const std::vector<ExplainedMemory>& parts() const { return parts_; }

 private:
  MemoryProbe(loop::Module module, std::vector<ExplainedMemory> parts, uint32_t slots)
      : interpreter_(std::move(module), {}), parts_(std::move(parts)), slots_(slots) {}

  loop::Interpreter interpreter_;
  std::vector<ExplainedMemory> parts_;
  uint32_t slots_;
  bool any_ = false;
};

}  // namespace headrace::explaining
