// Loop IR ops that become target intrinsics, since LLVM does not reliably find the instruction otherwise.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <functional>

#include "compiler/codegen/emit.h"

namespace headrace::codegen {

class VectorEmitter {
 public:
  VectorEmitter(llvm::Module& m, llvm::IRBuilder<>& ir, const EmitTarget& target)
      : m_(m), ir_(ir), target_(target) {}

  llvm::Value* mulhrs(llvm::Value* a, llvm::Value* b);
  llvm::Value* dot2(llvm::Value* a, llvm::Value* b);
  llvm::Value* pack_sat(llvm::Value* a, llvm::Value* b);
  /// `mask` is an i16 or i32; the result has as many lanes of i16.
  llvm::Value* expand_load(llvm::Value* mask, llvm::Value* p);
  /// Streaming stores before it are seen before whatever tells others of them.
  void fence();

 private:
  using Two = std::function<llvm::Value*(llvm::Value*, llvm::Value*)>;
  /// Applies `op` to the halves of a and b and joins its results: LLVM does not split target intrinsics.
  llvm::Value* by_halves(llvm::Value* a, llvm::Value* b, const Two& op);
  llvm::Value* call(llvm::Intrinsic::ID id, llvm::ArrayRef<llvm::Value*> args, llvm::ArrayRef<llvm::Type*> types = {});
  llvm::Value* join(llvm::Value* low, llvm::Value* high);
  llvm::Value* expand8(llvm::Value* mask, llvm::Value* p);
  llvm::GlobalVariable* expand_table();
  llvm::Type* lanes(unsigned bits, unsigned n);

  llvm::Module& m_;
  llvm::IRBuilder<>& ir_;
  EmitTarget target_;
};

}  // namespace headrace::codegen
