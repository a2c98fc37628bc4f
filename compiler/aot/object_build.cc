#include "compiler/aot/object_build.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "compiler/codegen/object_glue.h"
#include "compiler/lower/lower.h"
#include "kernels/kernel_table.h"
#include "runtime/aot/elf_file.h"
#include "runtime/aot/metadata.h"

namespace headrace::aot {
namespace {

uint32_t encodings_of(const Facts& facts) {
  uint32_t bits = 1u << HR_ENCODING_JPEG | 1u << HR_ENCODING_RGB;
  if (facts.packed) bits |= 1u << HR_ENCODING_PACKED;
  if (facts.ycc) bits |= 1u << HR_ENCODING_YCC;
  return bits;
}

bool has_batch(const loop::Module& module) {
  return std::any_of(module.functions.begin(), module.functions.end(),
                     [](const loop::Function& f) { return f.name == "batch"; });
}

}  // namespace

Expected<ObjectBuild> build_object(const graph::Graph& graph, const Facts& facts, std::span<const LevelChoice> levels,
                                   const ObjectInfo& about) {
  ObjectBuild build;
  ObjectInfo& info = build.info;
  info.name = about.name;
  info.spec = about.spec;
  info.loader = about.loader;
  info.producer = "headrace " HEADRACE_VERSION ", LLVM " + codegen::llvm_version();
  info.symbols = kernel_symbols_hash();
  info.arch = isa_arch(levels[0].isa).value_or(host_arch().value_or(Arch::x86_64));
  info.encodings = encodings_of(facts);
  for (const LevelChoice& level : levels) {
    HR_ASSIGN_OR_RETURN(Lowered lowered, lower(graph, level.schedule, facts));
    info.levels.push_back({std::string(isa_name(level.isa)), uint32_t(level.schedule.vector_bits)});
    info.program = std::move(lowered.info);
    codegen::Target target{level.isa, level.schedule.vector_bits, about.name};
    target.debug_source = level.debug_source;
    build.levels.push_back({std::move(target), std::move(lowered.module)});
  }
  info.program.engine = "aot";
  // Everything that makes the code: each function's key, and what the object says of itself.
  std::string parts = "headrace object 1\n" + encode_metadata(info);
  for (const ObjectBuild::Level& level : build.levels) {
    for (const loop::Function& f : level.module.functions) parts += codegen::stage_key(f, level.target);
  }
  info.key = codegen::sha256_hex(parts);
  return build;
}

Expected<std::string> link_object(const ObjectBuild& build, codegen::FileKind kind, const CompileLevel& compile) {
  const bool shared = kind == codegen::FileKind::shared;
  codegen::ObjectGlue glue;
  glue.metadata = encode_metadata(build.info);
  glue.symbol = shared ? "headrace_object" : "headrace_object_" + build.info.name;
  glue.with_memory_functions = shared;
  glue.has_batch = has_batch(build.levels[0].module);
  for (const ObjectBuild::Level& level : build.levels) glue.levels.push_back(level.target);
  HR_ASSIGN_OR_RETURN(codegen::Object first, codegen::compile_glue(glue));
  std::vector<codegen::Object> objects;
  objects.push_back(std::move(first));
  for (const ObjectBuild::Level& level : build.levels) {
    HR_ASSIGN_OR_RETURN(std::vector<codegen::Object> made, compile(level));
    std::move(made.begin(), made.end(), std::back_inserter(objects));
  }
  HR_ASSIGN_OR_RETURN(std::string file, codegen::link_file(objects, kind, build.info.arch, build.info.key.substr(0, 40)));
  if (shared) {
    HR_RETURN_IF_ERROR(seal_content({reinterpret_cast<uint8_t*>(file.data()), file.size()}, "linked object"));
  }
  return file;
}

Expected<std::string> link_object(const ObjectBuild& build, codegen::FileKind kind, unsigned threads) {
  return link_object(build, kind, [threads](const ObjectBuild::Level& level) {
    return codegen::compile_objects(level.module, level.target, threads);
  });
}

}  // namespace headrace::aot
