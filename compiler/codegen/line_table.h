// Line tables: machine code says which line of the loop IR it comes from.
#pragma once

#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/DebugLoc.h>
#include <llvm/IR/Function.h>
#include <llvm/Pass.h>

#include <string>

namespace headrace::codegen {

/// Of a module with one function, whose text begins at `line` of `file`. Without types and variables, which
/// the loop IR has no names for.
class LineTable {
 public:
  LineTable(llvm::Function& function, const std::string& file, int line);

  llvm::DebugLoc function() const { return at(line_); }
  llvm::DebugLoc at(int line) const;

  /// Completes the module's debug information, once everything has its place.
  void finish() { builder_.finalize(); }

 private:
  llvm::DIBuilder builder_;
  llvm::DISubprogram* scope_ = nullptr;
  int line_;
};

/// For modules with line tables, to be run before code generation, whose passes have been initialised by
/// then: code is generated as without them. Otherwise frames get unwind directives, which other passes take
/// for instructions, and some instructions differ.
llvm::ModulePass* create_plain_code_pass();

}  // namespace headrace::codegen
