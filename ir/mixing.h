// Mixing pairs of samples: the definition of the batch part's draws and of what happens to a pair.
#pragma once

#include <cstdint>
#include <string_view>

#include "headrace/abi.h"
#include "ir/geometry.h"
#include "ir/graph.h"

namespace headrace::mixing {

/// Draw numbers of one op: whether it happens at all at 0, the middle of a box at 1, attempts at a share from
/// 16 on.
inline constexpr uint32_t kBoxDraw = 1;
inline constexpr uint32_t kShareDraw = 16;
/// Attempts of random_beta; each fails with probability 1 - pi / 4.
inline constexpr uint32_t kShareAttempts = 16;

/// Bounds of random_beta's alpha.
inline constexpr double kMinAlpha = 1e-3, kMaxAlpha = 1e3;

/// A number in [0, 1] of the distribution Beta(alpha, alpha), exact to a few units in the last place of the
/// distance to the nearer of 0 and 1 (of 1: as far as f64 has it).
double random_beta(double alpha, const hr_key& key, std::string_view rng_id);

/// Whether the op's uniform number lies in [low, high).
bool random_interval(double low, double high, const hr_key& key, std::string_view rng_id);

/// The box, of about 1 - share of an image's area, that is exchanged; it may be empty (torchvision's CutMix).
geometry::Rect cut_rect(double share, int64_t height, int64_t width, const hr_key& key,
                        std::string_view rng_id);

/// The share of the area that a box leaves.
double cut_share(const geometry::Rect& box, int64_t height, int64_t width);

/// `share` of the one and the rest of the other.
struct Weights {
  float share = 1, rest = 0;
};
Weights weights(double share);

/// Replaces the elements of both rows by the blend of the two: a by share * a + rest * b, b by share * b +
/// rest * a.
void blend(uint8_t* a, uint8_t* b, int64_t count, graph::Elem elem, Weights weights);

/// Exchanges a box of two tensors.
void exchange(uint8_t* a, uint8_t* b, const graph::Type& tensor, const geometry::Rect& box);

}  // namespace headrace::mixing
