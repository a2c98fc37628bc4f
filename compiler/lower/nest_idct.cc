#include "compiler/lower/nest_idct.h"

#include <cstddef>

#include "compiler/lower/planes.h"
#include "kernels/coefficient_rows.h"

namespace headrace::lowering {

using loop::Builder;
using loop::kPtr;
using loop::V;
using loop::Values;

namespace {

constexpr int64_t kComponentRows = sizeof(hr_coefficient_rows::rows[0]);
constexpr int kReducedSides[] = {4, 2, 1};

std::string idct_name(int side) { return side == 8 ? "idct" : "idct_" + std::to_string(side); }

constexpr auto kRowBytes = int64_t(sizeof(hr_block_row));

// A row of blocks, by its distance in bytes from the component's first: the sum of both.
struct RowAt {
  V bytes;
  int64_t constant;
};

void call_stage(Builder& b, int side, const CoefficientStrip& s, const std::vector<RowAt>& rows) {
  Values args;
  for (const RowAt& at : rows) {
    const V row = s.coefficients + (s.component * kComponentRows + at.bytes);
    const int64_t from = int64_t(offsetof(hr_coefficient_rows, rows)) + at.constant;
    args.push_back(b.load(kPtr, row, from + int64_t(offsetof(hr_block_row, masks))));
    args.push_back(b.load(kPtr, row, from + int64_t(offsetof(hr_block_row, offsets))));
    args.push_back(b.load(kPtr, row, from + int64_t(offsetof(hr_block_row, dc))));
  }
  args.push_back(b.load(kPtr, s.coefficients, offsetof(hr_coefficient_rows, values)));
  args.push_back(b.load(kPtr, s.coefficients, s.component << 3, offsetof(hr_coefficient_rows, quant)));
  args.push_back(s.first_block);
  args.push_back(s.blocks);
  args.push_back(s.dst);
  b.call_checked(idct_name(side), args);
}

// The strip's two rows of blocks.
void call_whole(Builder& b, const CoefficientStrip& s) {
  const V pair = s.pair * (2 * kRowBytes);
  call_stage(b, 8, s, {{pair, 0}, {pair, kRowBytes}});
}

// The unit's rows of blocks; two stand for four where a component has no more.
void call_reduced(Builder& b, const PlaneGrid& grid, int side, const CoefficientStrip& s) {
  const V luma = s.component == b.i64(0), none = b.i64(0);
  const V more = b.select(luma & grid.four_block_rows, b.i64(2 * kRowBytes), none);
  call_stage(b, side, s, {{none, 0}, {none, kRowBytes}, {more, 0}, {more, kRowBytes}});
}

}  // namespace

void call_idct(Builder& b, const PlaneGrid& grid, bool scaled, const PowerOfTwo& side,
               const CoefficientStrip& s) {
  if (!scaled) return call_whole(b, s);
  b.switch_(side.log2(b), {3, 2, 1}, [&](int32_t log2) {
    if (log2 == 3) return call_whole(b, s);
    call_reduced(b, grid, log2 < 0 ? 1 : 1 << log2, s);
  });
}

void add_idct_stages(
    bool scaled, const Schedule& schedule,
    const std::function<void(const std::string&, const std::function<loop::Function()>&)>& add) {
  add(idct_name(8), [&] { return build_idct_stage(idct_name(8), schedule.idct_columns); });
  if (!scaled) return;
  for (const int side : kReducedSides)
    add(idct_name(side), [side] { return build_reduced_idct_stage(idct_name(side), side); });
}

}  // namespace headrace::lowering
