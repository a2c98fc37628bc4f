#include "kernels/kernel_table.h"

#include <iterator>

#include "kernels/coefficient_rows.h"
#include "kernels/decoder.h"
#include "kernels/user_call.h"

namespace headrace {

const hr_kernel_fn* kernel_table() {
  static const hr_kernel_fn table[] = {
#define HR_SYMBOL(name, args) reinterpret_cast<hr_kernel_fn>(reinterpret_cast<void*>(name)),
#include "kernels/symbols.def"
#undef HR_SYMBOL
  };
  static_assert(std::size(table) == kKernelCount);
  return table;
}

}  // namespace headrace
