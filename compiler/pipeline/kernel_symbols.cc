#include "compiler/pipeline/kernel_symbols.h"

#include "kernels/coefficient_rows.h"
#include "kernels/decoder.h"
#include "kernels/user_call.h"

namespace headrace {

const std::vector<KernelSymbol>& kernel_symbols() {
  static const std::vector<KernelSymbol> symbols = {
#define HR_SYMBOL(name, args) {#name, args, reinterpret_cast<void*>(name)},
#include "kernels/symbols.def"
#undef HR_SYMBOL
  };
  return symbols;
}

}  // namespace headrace
