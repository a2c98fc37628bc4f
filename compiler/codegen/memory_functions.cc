#include "compiler/codegen/memory_functions.h"

#include <llvm/IR/IRBuilder.h>

#include <functional>

namespace headrace::codegen {
namespace {

/// Bytes moved at a time while there are as many.
constexpr unsigned kChunk = 16;

class MemoryFunction {
 public:
  MemoryFunction(llvm::Module& m, const char* name, llvm::Type* second) : ir_(m.getContext()) {
    auto* type = llvm::FunctionType::get(ir_.getPtrTy(), {ir_.getPtrTy(), second, ir_.getInt64Ty()}, false);
    f_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, name, m);
    f_->setVisibility(llvm::GlobalValue::HiddenVisibility);
    f_->addFnAttr(llvm::Attribute::NoUnwind);
    f_->addFnAttr("no-builtins");
    ir_.SetInsertPoint(block("entry"));
  }

  llvm::IRBuilder<>& ir() { return ir_; }
  llvm::Value* arg(unsigned i) { return f_->getArg(i); }
  llvm::BasicBlock* block(const char* name) { return llvm::BasicBlock::Create(ir_.getContext(), name, f_); }
  llvm::Type* chunk() { return llvm::FixedVectorType::get(ir_.getInt8Ty(), kChunk); }
  llvm::Value* at(llvm::Value* p, llvm::Value* offset) { return ir_.CreateGEP(ir_.getInt8Ty(), p, offset); }

  void copy(llvm::Type* type, llvm::Value* offset) {
    llvm::Value* v = ir_.CreateAlignedLoad(type, at(arg(1), offset), llvm::Align(1));
    ir_.CreateAlignedStore(v, at(arg(0), offset), llvm::Align(1));
  }

  // Runs `body` with i = begin, begin + step, ... while i + step <= end; returns where it stopped.
  llvm::Value* up(llvm::Value* begin, llvm::Value* end, unsigned step, const std::function<void(llvm::Value*)>& body) {
    llvm::BasicBlock *before = ir_.GetInsertBlock(), *head = block("head"), *inner = block("body"), *done = block("done");
    ir_.CreateBr(head);
    ir_.SetInsertPoint(head);
    llvm::PHINode* i = ir_.CreatePHI(ir_.getInt64Ty(), 2);
    i->addIncoming(begin, before);
    llvm::Value* next = ir_.CreateAdd(i, ir_.getInt64(step));
    ir_.CreateCondBr(ir_.CreateICmpULE(next, end), inner, done);
    ir_.SetInsertPoint(inner);
    body(i);
    i->addIncoming(next, inner);
    ir_.CreateBr(head);
    ir_.SetInsertPoint(done);
    return i;
  }

  void copy_up() {
    llvm::Value* rest = up(ir_.getInt64(0), arg(2), kChunk, [&](llvm::Value* i) { copy(chunk(), i); });
    up(rest, arg(2), 1, [&](llvm::Value* i) { copy(ir_.getInt8Ty(), i); });
    ir_.CreateRet(arg(0));
  }

 private:
  llvm::IRBuilder<> ir_;
  llvm::Function* f_ = nullptr;
};

void add_memset(llvm::Module& m) {
  llvm::IRBuilder<> types(m.getContext());
  MemoryFunction f(m, "memset", types.getInt32Ty());
  llvm::Value* byte = f.ir().CreateTrunc(f.arg(1), types.getInt8Ty());
  llvm::Value* chunk = f.ir().CreateVectorSplat(kChunk, byte);
  auto store = [&](llvm::Value* v, llvm::Value* i) { f.ir().CreateAlignedStore(v, f.at(f.arg(0), i), llvm::Align(1)); };
  llvm::Value* rest = f.up(types.getInt64(0), f.arg(2), kChunk, [&](llvm::Value* i) { store(chunk, i); });
  f.up(rest, f.arg(2), 1, [&](llvm::Value* i) { store(byte, i); });
  f.ir().CreateRet(f.arg(0));
}

void add_memmove(llvm::Module& m) {
  llvm::IRBuilder<> types(m.getContext());
  MemoryFunction f(m, "memmove", types.getPtrTy());
  llvm::IRBuilder<>& ir = f.ir();
  llvm::BasicBlock *forward = f.block("forward"), *backward = f.block("backward");
  llvm::Value* distance = ir.CreateSub(ir.CreatePtrToInt(f.arg(0), ir.getInt64Ty()), ir.CreatePtrToInt(f.arg(1), ir.getInt64Ty()));
  // Upwards a chunk may overwrite bytes that are still to be read; only where the target is above the source.
  ir.CreateCondBr(ir.CreateICmpUGE(distance, f.arg(2)), forward, backward);
  ir.SetInsertPoint(forward);
  f.copy_up();
  ir.SetInsertPoint(backward);
  f.up(ir.getInt64(0), f.arg(2), 1, [&](llvm::Value* i) {
    f.copy(ir.getInt8Ty(), ir.CreateSub(ir.CreateSub(f.arg(2), i), ir.getInt64(1)));
  });
  ir.CreateRet(f.arg(0));
}

}  // namespace

void add_memory_functions(llvm::Module& m) {
  MemoryFunction(m, "memcpy", llvm::PointerType::get(m.getContext(), 0)).copy_up();
  add_memmove(m);
  add_memset(m);
}

}  // namespace headrace::codegen
