// The IDCT stages of a nest, and the call of the one that a strip needs.
#pragma once

#include <functional>
#include <string>

#include "compiler/lower/plane_grid.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

/// A strip of a component's coefficients (hr_coefficient_rows at `coefficients`) that becomes columns at
/// `dst`.
struct CoefficientStrip {
  loop::V coefficients;
  loop::V component;    ///< 0, 1, 2
  loop::V pair;         ///< number of the strip in the unit
  loop::V first_block;  ///< column of blocks
  loop::V blocks;
  loop::V dst;
};

/// `scaled`: of images that are decoded at a scale; then `side` is the component's.
void call_idct(loop::Builder& b, const PlaneGrid& grid, bool scaled, const PowerOfTwo& side,
               const CoefficientStrip& strip);

/// Appends the stages that call_idct() may call.
void add_idct_stages(
    bool scaled, const Schedule& schedule,
    const std::function<void(const std::string&, const std::function<loop::Function()>&)>& add);

}  // namespace headrace::lowering
