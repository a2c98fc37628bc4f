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

  /// Of the images that functions of the user's get, and of those they leave: bytes of a sample, on average.
  double handed_bytes() const { return mean_of(0); }
  double left_bytes() const { return mean_of(1); }

 private:
  MemoryProbe(loop::Module module, std::vector<ExplainedMemory> parts, size_t nest_parts, uint32_t slots)
      : interpreter_(std::move(module), {}),
        parts_(std::move(parts)),
        sums_(parts_.size()),
        nest_parts_(nest_parts),
        slots_(slots) {}

  /// Of every second part of the calls.
  double mean_of(size_t which) const;

  loop::Interpreter interpreter_;
  std::vector<ExplainedMemory> parts_;  // of nests, then two of each call
  std::vector<double> sums_;            // of each part, over samples
  size_t nest_parts_;
  uint32_t slots_;
  uint64_t samples_ = 0;
};

}  // namespace headrace::explaining
