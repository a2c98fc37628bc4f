// The loop interpreter: runs loop IR functions on real memory. It checks what compiled code takes for
// granted: every access lies in a registered region, no op is used outside its domain.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "headrace/abi.h"
#include "ir/loop.h"

namespace headrace::loop {

struct Region {
  const void* begin = nullptr;
  size_t bytes = 0;
};

/// After a call that gave 0: replaces the memory that functions outside the module have handed out. `memory` is kept from
/// call to call during a run, for whatever later calls need to know of earlier ones.
using RegionsFn = void (*)(std::span<const uint64_t> args, std::vector<uint64_t>& memory, std::vector<Region>& regions);

/// A callable outside the module; every argument is passed as 64 bits, 16 at most.
struct ExternFn {
  std::string name;
  int args = 0;
  void* function = nullptr;
  RegionsFn regions = nullptr;
};

class Interpreter {
 public:
  /// The module must be verified.
  Interpreter(Module module, std::vector<ExternFn> externs);
  ~Interpreter();

  /// Runs a function whose parameters are pointers and i64 (as 64-bit words). `problem` says what went
  /// wrong if the result is HR_E_INTERNAL. Text from outside may loop for ever: more than `max_steps` instructions are
  /// not run. Thread-safe.
  hr_result run(std::string_view function, std::span<const uint64_t> args, std::span<const Region> regions,
                std::string& problem, uint64_t max_steps = UINT64_MAX) const;

 private:
  struct Plan;
  Module module_;
  std::vector<ExternFn> externs_;
  std::vector<std::unique_ptr<Plan>> plans_;
};

}  // namespace headrace::loop
