#include "runtime/loader/selection_filter.h"

#include <algorithm>
#include <bit>

namespace headrace {
namespace {

template <class T, class Test>
bool holds(T value, Test test, const std::vector<T>& list) {
  switch (test) {
    case Test::one_of:
      return std::binary_search(list.begin(), list.end(), value);
    case Test::none_of:
      return !std::binary_search(list.begin(), list.end(), value);
    case Test::less:
      return value < list.front();
    case Test::less_equal:
      return value <= list.front();
    case Test::greater:
      return value > list.front();
    case Test::greater_equal:
      return value >= list.front();
  }
  return false;
}

}  // namespace

bool SampleFilter::accepts(std::span<const hr_field> sample) const {
  for (const Comparison& c : comparisons_) {
    const hr_field& f = sample[c.field];
    bool good = false;
    switch (c.operand) {
      case Operand::integer:
        good = holds(f.value, c.test, c.integers);
        break;
      case Operand::real: {
        const auto value = std::bit_cast<double>(f.value);
        // A search would find anything equal to NaN, which nothing is.
        good = value == value ? holds(value, c.test, c.reals) : c.test == Test::none_of;
        break;
      }
      case Operand::width:
        good = holds(int64_t{f.width}, c.test, c.integers);
        break;
      case Operand::height:
        good = holds(int64_t{f.height}, c.test, c.integers);
        break;
    }
    if (!good) return false;
  }
  return true;
}

}  // namespace headrace
