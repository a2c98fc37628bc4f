// Everything that differs between the supported LLVM versions (19 to 22), in one place.
#pragma once

#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/Config/llvm-config.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Triple.h>

#include <memory>
#include <string>

namespace headrace::codegen {

inline void set_triple(llvm::Module& m, const std::string& triple) {
#if LLVM_VERSION_MAJOR >= 21
  m.setTargetTriple(llvm::Triple(triple));
#else
  m.setTargetTriple(triple);
#endif
}

inline std::unique_ptr<llvm::TargetMachine> create_target_machine(const llvm::Target& target, const std::string& triple,
                                                                  const std::string& cpu, const std::string& features,
                                                                  const llvm::TargetOptions& options,
                                                                  llvm::CodeGenOptLevel effort) {
#if LLVM_VERSION_MAJOR >= 21
  return std::unique_ptr<llvm::TargetMachine>(target.createTargetMachine(
      llvm::Triple(triple), cpu, features, options, llvm::Reloc::PIC_, std::nullopt, effort));
#else
  return std::unique_ptr<llvm::TargetMachine>(target.createTargetMachine(
      triple, cpu, features, options, llvm::Reloc::PIC_, std::nullopt, effort));
#endif
}

inline const llvm::Target* lookup_target(const std::string& triple, std::string& error) {
#if LLVM_VERSION_MAJOR >= 22
  return llvm::TargetRegistry::lookupTarget(llvm::Triple(triple), error);
#else
  return llvm::TargetRegistry::lookupTarget(triple, error);
#endif
}

inline llvm::Function* intrinsic(llvm::Module& m, llvm::Intrinsic::ID id, llvm::ArrayRef<llvm::Type*> types) {
#if LLVM_VERSION_MAJOR >= 20
  return llvm::Intrinsic::getOrInsertDeclaration(&m, id, types);
#else
  return llvm::Intrinsic::getDeclaration(&m, id, types);
#endif
}

/// What DIBuilder::createCompileUnit() calls a language.
#if LLVM_VERSION_MAJOR >= 22
inline llvm::DISourceLanguageName source_language(llvm::dwarf::SourceLanguage language) {
  return llvm::DISourceLanguageName(static_cast<uint16_t>(language));
}
#else
inline unsigned source_language(llvm::dwarf::SourceLanguage language) { return language; }
#endif

}  // namespace headrace::codegen
