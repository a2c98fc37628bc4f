#include "compiler/codegen/object_glue.h"

#include <llvm/IR/Constants.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/raw_ostream.h>

#include "compiler/codegen/llvm_compat.h"
#include "compiler/codegen/memory_functions.h"
#include "compiler/codegen/target.h"
#include "headrace/object.h"

namespace headrace::codegen {
namespace {

class GlueEmitter {
 public:
  GlueEmitter(llvm::Module& m, const ObjectGlue& glue) : m_(m), c_(m.getContext()), ir_(c_), glue_(glue) {}

  void run() {
    int64_t number = 0;
#define HR_SYMBOL(name, args) kernel(#name, args, number++);
#include "kernels/symbols.def"
#undef HR_SYMBOL
    descriptor(note(), levels());
    if (glue_.with_memory_functions) add_memory_functions(m_);
  }

 private:
  // name(decoder, ...) jumps to function `number` of the decoder's table (hr_decoder_head).
  void kernel(const char* name, unsigned args, int64_t number) {
    std::vector<llvm::Type*> types(args, ir_.getInt64Ty());  // pointers travel as they do
    types[0] = ir_.getPtrTy();
    auto* type = llvm::FunctionType::get(ir_.getInt32Ty(), types, false);
    auto* f = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                     kernel_symbol(glue_.levels[0].pipeline, name), m_);
    f->setVisibility(llvm::GlobalValue::HiddenVisibility);
    f->addFnAttr(llvm::Attribute::NoUnwind);
    ir_.SetInsertPoint(llvm::BasicBlock::Create(c_, "entry", f));
    llvm::Value* table = ir_.CreateLoad(ir_.getPtrTy(), f->getArg(0));
    llvm::Value* slot = ir_.CreateConstGEP1_64(ir_.getPtrTy(), table, uint64_t(number));
    llvm::Value* target = ir_.CreateLoad(ir_.getPtrTy(), slot);
    std::vector<llvm::Value*> passed;
    for (llvm::Argument& a : f->args()) passed.push_back(&a);
    llvm::CallInst* call = ir_.CreateCall(type, target, passed);
    call->setTailCallKind(llvm::CallInst::TCK_MustTail);
    ir_.CreateRet(call);
  }

  llvm::GlobalVariable* constant(llvm::Constant* value, const std::string& name) {
    auto* g = new llvm::GlobalVariable(m_, value->getType(), true, llvm::GlobalValue::PrivateLinkage, value, name);
    g->setAlignment(llvm::Align(8));
    return g;
  }

  // The metadata as an ELF note, which can be found without running anything. Returns where its content starts.
  llvm::Constant* note() {
    const std::string owner(HR_OBJECT_NOTE_OWNER, sizeof HR_OBJECT_NOTE_OWNER);  // with its NUL
    std::string bytes;
    auto word = [&](uint32_t v) { bytes.append(reinterpret_cast<const char*>(&v), sizeof v); };
    auto pad = [&] { bytes.resize((bytes.size() + 3) / 4 * 4); };
    word(uint32_t(owner.size()));
    word(uint32_t(glue_.metadata.size()));
    word(HR_OBJECT_NOTE_TYPE);
    bytes += owner;
    pad();
    const size_t content = bytes.size();
    bytes += glue_.metadata;
    pad();
    auto* g = constant(llvm::ConstantDataArray::getString(c_, bytes, false), "note");
    g->setSection(".note.headrace");
    g->setAlignment(llvm::Align(4));
    return llvm::ConstantExpr::getInBoundsGetElementPtr(ir_.getInt8Ty(), g, ir_.getInt64(content));
  }

  llvm::Constant* entry(const Target& level, const std::string& name) {
    auto* type = llvm::FunctionType::get(ir_.getInt32Ty(), {ir_.getPtrTy()}, false);
    auto* f = llvm::Function::Create(type, llvm::Function::ExternalLinkage, function_symbol(level, name), m_);
    f->setVisibility(llvm::GlobalValue::HiddenVisibility);
    return f;
  }

  llvm::Constant* levels() {
    std::vector<llvm::Constant*> functions;
    for (const Target& level : glue_.levels) {
      functions.push_back(entry(level, "plan"));
      functions.push_back(entry(level, "run"));
      functions.push_back(glue_.has_batch ? entry(level, "batch") : llvm::ConstantPointerNull::get(ir_.getPtrTy()));
    }
    return constant(llvm::ConstantArray::get(llvm::ArrayType::get(ir_.getPtrTy(), functions.size()), functions), "levels");
  }

  void descriptor(llvm::Constant* metadata, llvm::Constant* levels) {
    llvm::Constant* value = llvm::ConstantStruct::getAnon(
        {ir_.getInt64(HR_OBJECT_MAGIC), ir_.getInt32(HR_ABI_VERSION), ir_.getInt32(uint32_t(glue_.levels.size())), metadata,
         ir_.getInt64(glue_.metadata.size()), levels});
    constant(value, glue_.symbol)->setLinkage(llvm::GlobalValue::ExternalLinkage);
  }

  llvm::Module& m_;
  llvm::LLVMContext& c_;
  llvm::IRBuilder<> ir_;
  const ObjectGlue& glue_;
};

}  // namespace

Expected<Object> compile_glue(const ObjectGlue& glue) {
  HR_ASSIGN_OR_RETURN(const auto machine,
                      make_target_machine(target_spec(glue.levels[0].isa), llvm::CodeGenOptLevel::Default));
  llvm::LLVMContext context;
  llvm::Module m("glue", context);
  m.setSourceFileName("headrace");
  set_triple(m, machine->getTargetTriple().str());
  m.setDataLayout(machine->createDataLayout());
  GlueEmitter(m, glue).run();
  std::string problem;
  llvm::raw_string_ostream out(problem);
  if (llvm::verifyModule(m, &out)) {
    return Status("compile.internal", "object", "the LLVM IR does not verify: " + out.str());
  }
  Object object{"glue", "", ""};
  HR_RETURN_IF_ERROR(generate(m, *machine, llvm::CodeGenFileType::ObjectFile, object.bytes));
  return object;
}

}  // namespace headrace::codegen
