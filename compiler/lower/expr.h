// Expressions of the op `map` as loop IR.
#pragma once

#include <array>

#include "ir/expr.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

/// The value for a channel of as many pixels as `rgb` has lanes, all f32. What is constant for the channel is
/// computed here.
loop::V lower_expr(const expr::Expr& e, const std::array<loop::V, 3>& rgb, int channel);

/// Any NaN as the one that images hold (num::kNanBits); f32.
loop::V one_nan(loop::V v);

}  // namespace headrace::lowering
