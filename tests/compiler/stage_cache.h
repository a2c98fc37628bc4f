// Compiles modules, each different function once: most functions of a pipeline are the same in all.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/codegen/compile.h"

namespace headrace::testing {

class StageCache {
 public:
  /// The objects of a module's functions.
  Expected<std::vector<codegen::Object>> compile(const loop::Module& module, const codegen::Target& target);

  size_t compiled() const { return compiled_; }  ///< functions
  size_t reused() const { return reused_; }

 private:
  struct Entry {
    codegen::Object object;
    uint64_t used = 0;  // when, by clock_
  };
  void forget_oldest();

  std::map<std::string, Entry> entries_;  // by stage_key()
  uint64_t clock_ = 0;
  size_t compiled_ = 0, reused_ = 0;
};

}  // namespace headrace::testing
