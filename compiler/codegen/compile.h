// Loop IR to machine code, a stage function at a time. No LLVM type appears here.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/abi.h"
#include "headrace/isa.h"
#include "headrace/status.h"
#include "ir/loop.h"

namespace headrace::codegen {

/// How much LLVM does to the code. It never changes what the code computes.
enum class Effort : uint8_t {
  none,  ///< translated as it stands, as by `-O0`: for finding out who is to blame
  full
};

/// What machine code is made for. Vectors wider than `vector_bits` are split: on some CPUs 512-bit code
/// slows everything else on the core down.
struct Target {
  Isa isa = Isa::x86_64_v3;
  int vector_bits = 256;
  /// For code that is linked into a file: what its functions' names begin with (function_symbol()), so that several
  /// levels and pipelines fit into one program. Empty for code that is linked in memory.
  std::string pipeline = {};
  Effort effort = Effort::full;
  /// A file with the text of the module, as loop::print() gives it, that line tables point into; it need not exist. Empty:
  /// no line tables. Instructions are the same with and without, unless LLVM is older than 22.
  std::string debug_source = {};
};

/// The symbol of a function of the loop IR, "train.x86_64_v4.run"; its plain name if target.pipeline is empty.
std::string function_symbol(const Target& target, const std::string& function);

/// The symbol by which code of a pipeline calls a kernel function, "train.hr_image_open"; likewise.
std::string kernel_symbol(const std::string& pipeline, const std::string& function);

/// Textual forms of code on its way down.
enum class Form { llvm, llvm_optimized, assembly };

/// The module's functions in one of the forms, one after the other.
Expected<std::string> emit_text(const loop::Module& module, const Target& target, Form form);

/// A compiled stage function.
struct Object {
  std::string name;
  std::string key;    ///< see stage_key()
  std::string bytes;  ///< ELF relocatable
};

/// SHA-256 (hex) over everything that changes a function's code: its loop IR text, level, features and width, the names
/// it is given, LLVM's version, ABI version and the allowed external symbols.
std::string stage_key(const loop::Function& function, const Target& target);

/// Compiles every function on up to `threads` threads.
Expected<std::vector<Object>> compile_objects(const loop::Module& module, const Target& target, unsigned threads);

/// A function generated code may call, by the name that the code has for it.
struct Symbol {
  std::string name;
  void* address = nullptr;
};

/// Linked code; unloaded on destruction.
class Library {
 public:
  virtual ~Library() = default;
  virtual hr_plan_fn plan() const = 0;
  virtual hr_run_fn run() const = 0;
  virtual hr_batch_fn batch() const = 0;  ///< null if no object has it
};

/// Links objects in memory against a closed symbol table. `target` is what they were made for; of it only `pipeline` and,
/// if that is set, `isa` matter. `gdb`: debuggers are told of the code, through GDB's interface for generated code.
Expected<std::unique_ptr<Library>> link(const std::vector<Object>& objects, const std::vector<Symbol>& symbols,
                                        const Target& target = {}, bool gdb = false);

/// Error "compile.no_executable_memory" if this process may not make memory executable that it has written.
Status check_executable_memory();

/// 64 lower-case digits.
std::string sha256_hex(std::string_view bytes);

/// Triple, CPU and features that code of a level is made for.
std::string target_text(Isa isa);

/// An address in the LLVM library in use.
const void* llvm_address();

/// Version of the LLVM library in use ("22.1.8").
std::string llvm_version();

}  // namespace headrace::codegen
