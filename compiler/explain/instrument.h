// Loop IR that reports what it does: the same module with calls of a recorder in it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/explain/recorder.h"
#include "ir/loop.h"

namespace headrace::explaining {

/// Functions of a module, and those outside it that it calls, by number: what recorders count by.
struct FunctionTable {
  explicit FunctionTable(const loop::Module& module);

  std::vector<std::string> names;  ///< those of the module first, in its order
  size_t in_module = 0;            ///< how many these are
  size_t number(const std::string& name) const { return numbers_.at(name); }
  /// By function of the module: the numbers of those it calls, in order of first use.
  std::vector<std::vector<size_t>> callees;

 private:
  std::map<std::string, size_t> numbers_;
};

/// Every call is timed. Functions that call nothing stay as they are, so that what is timed is the code that
/// runs without timers. The module is bound to the clock, which must live as long as code made of it.
loop::Module with_timers(const loop::Module& module, const FunctionTable& table, StageClock& clock);

/// Every load, store and block is counted.
loop::Module with_counters(const loop::Module& module, const FunctionTable& table, WorkCounter& counter,
                           int vector_bits);

/// What instrumented modules call, to be verified and linked with.
struct RecorderSymbol {
  const char* name;
  int args;
  void* address;
};
const std::vector<RecorderSymbol>& recorder_symbols();

}  // namespace headrace::explaining
