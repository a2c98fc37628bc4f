#include "coefficient_compare.h"

namespace headrace::fuzz {

std::string first_difference(const CoefficientImage& a, const CoefficientImage& b) {
  if (a.width != b.width || a.height != b.height) return "the size";
  if (a.color != b.color) return "the colour";
  if (a.components.size() != b.components.size()) return "the number of components";
  for (size_t c = 0; c < a.components.size(); ++c) {
    const CoefficientComponent &x = a.components[c], &y = b.components[c];
    const std::string name = "component " + std::to_string(c);
    if (x.h_samp != y.h_samp || x.v_samp != y.v_samp) return name + ", sampling";
    if (x.blocks_wide != y.blocks_wide || x.blocks_high != y.blocks_high) return name + ", blocks";
    if (x.quant != y.quant) return name + ", quantisation";
    for (uint32_t row = 0; row < x.blocks_high; ++row) {
      for (uint32_t column = 0; column < x.blocks_wide; ++column) {
        if (x.block(row, column) == y.block(row, column)) continue;
        return name + ", block at row " + std::to_string(row) + ", column " + std::to_string(column);
      }
    }
  }
  return "";
}

}  // namespace headrace::fuzz
