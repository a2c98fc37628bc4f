// Addresses of the functions in kernels/symbols.def.
#pragma once

#include <string_view>
#include <vector>

namespace headrace {

struct KernelSymbol {
  std::string_view name;
  int args;
  void* address;
};

const std::vector<KernelSymbol>& kernel_symbols();

}  // namespace headrace
