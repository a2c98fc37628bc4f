#include "compiler/codegen/line_table.h"

#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Module.h>

#include "compiler/codegen/llvm_compat.h"

namespace headrace::codegen {
namespace {

constexpr uint32_t kDwarfVersion = 5;

// By now whatever writes line tables has taken note of the compile units; frame lowering asks for them
// function by function.
class PlainCode final : public llvm::ModulePass {
 public:
  PlainCode() : ModulePass(id_) {}
  llvm::StringRef getPassName() const override { return "headrace code without unwind directives"; }
  bool runOnModule(llvm::Module& m) override {
    llvm::NamedMDNode* units = m.getNamedMetadata("llvm.dbg.cu");
    if (!units) return false;
    m.eraseNamedMetadata(units);
    return true;
  }

 private:
  static char id_;
};
char PlainCode::id_ = 0;

}  // namespace

LineTable::LineTable(llvm::Function& function, const std::string& file, int line)
    : builder_(*function.getParent()), line_(line) {
  llvm::Module& m = *function.getParent();
  m.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  m.addModuleFlag(llvm::Module::Warning, "Dwarf Version", kDwarfVersion);
  const size_t slash = file.rfind('/');
  const bool in_folder = slash != std::string::npos;
  llvm::DIFile* source = builder_.createFile(in_folder ? file.substr(slash + 1) : file,
                                             in_folder ? file.substr(0, slash == 0 ? 1 : slash) : "");
  // A language must be named; C's is the least that debuggers make of code.
  builder_.createCompileUnit(source_language(llvm::dwarf::DW_LANG_C11), source, "headrace", true, "", 0, "",
                             llvm::DICompileUnit::LineTablesOnly, 0, true, false,
                             llvm::DICompileUnit::DebugNameTableKind::None);
  llvm::DISubroutineType* type = builder_.createSubroutineType(builder_.getOrCreateTypeArray({}));
  scope_ =
      builder_.createFunction(source, function.getName(), function.getName(), source, unsigned(line), type,
                              unsigned(line), llvm::DINode::FlagPrototyped,
                              llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagOptimized);
  function.setSubprogram(scope_);
}

llvm::ModulePass* create_plain_code_pass() { return new PlainCode; }

llvm::DebugLoc LineTable::at(int line) const {
  return llvm::DILocation::get(scope_->getContext(), unsigned(line), 0, scope_);
}

}  // namespace headrace::codegen
