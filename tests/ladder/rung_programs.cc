#include "tests/ladder/rung_programs.h"

#include <fstream>

#include "compiler/aot/object_build.h"
#include "compiler/cache/image.h"
#include "compiler/cache/recipe.h"
#include "compiler/lower/lower.h"
#include "compiler/pipeline/kernel_symbols.h"
#include "compiler/pipeline/programs.h"
#include "headrace/aot.h"
#include "headrace/object_cache.h"
#include "runtime/platform/user_functions.h"
#include "tests/compiler/random_stream.h"
#include "tests/compiler/user_library.h"

namespace headrace::ladder {
namespace {

// Of every function, so that one compilation serves for code in memory, for the cache and for objects.
constexpr const char* kPipeline = "pipeline";

Schedule random_schedule(testing::RandomStream& random, std::initializer_list<int> widths) {
  static constexpr int kStrips[] = {0, 8, 16, 32};
  Schedule s;
  s.vector_bits = random.pick(widths);
  if (random.percent(50)) return s;
  s.strip = random.pick(kStrips);
  s.unroll = int(random.between(1, 2));
  s.idct_columns = int(random.between(1, 2));
  return s;
}

codegen::Target target_of(const Choices::Level& level, codegen::Effort effort = codegen::Effort::full) {
  return {level.isa, level.schedule.vector_bits, kPipeline, effort};
}

}  // namespace

std::string schedule_name(const Schedule& s) {
  std::string name = std::to_string(s.vector_bits);
  if (s.strip != 0) name += " strip " + std::to_string(s.strip);
  if (s.unroll != 1) name += " unroll " + std::to_string(s.unroll);
  if (s.idct_columns != 1) name += " idct " + std::to_string(s.idct_columns);
  return name;
}

std::string Choices::Level::name() const {
  return std::string(isa_name(isa)) + " " + schedule_name(schedule);
}

Choices choose(uint64_t variation) {
  testing::RandomStream random(variation, 0x1adde7);
  Choices c;
  c.loop = random_schedule(random, {128, 256, 256, 512});
  if (!host_arch()) return c;
  for (const Isa isa : isa_levels(*host_arch())) {
    if (!isa_supported(isa)) continue;
    const Schedule s = isa == Isa::armv8_neon  ? random_schedule(random, {128})
                       : isa == Isa::x86_64_v3 ? random_schedule(random, {128, 256, 256})
                                               : random_schedule(random, {256, 512});
    c.levels.push_back({isa, s});
  }
  if (!c.levels.empty()) {
    c.plain = size_t(random.below(int64_t(c.levels.size())));
    c.cached = size_t(random.below(int64_t(c.levels.size())));
  }
  return c;
}

void RungPrograms::tamper(const std::string& rung, loop::Module& module) const {
  if (tamper_.module) tamper_.module(rung, module);
}

ProgramPtr RungPrograms::tampered(const std::string& rung, ProgramPtr program) const {
  if (tamper_.program) tamper_.program(rung, program);
  return program;
}

// With the functions it calls, as compile() would give it.
Expected<ProgramPtr> RungPrograms::finished(const std::string& rung, ProgramPtr program) const {
  HR_ASSIGN_OR_RETURN(program, bind_functions(std::move(program), testing::user_libraries()));
  return tampered(rung, std::move(program));
}

Expected<ProgramPtr> RungPrograms::loop(const std::string& rung) const {
  HR_ASSIGN_OR_RETURN(Lowered lowered, lower(graph_, choices_.loop));
  tamper(rung, lowered.module);
  return finished(rung, make_loop_program(std::move(lowered.module), std::move(lowered.info)));
}

Expected<ProgramPtr> RungPrograms::code(const std::string& rung, const Choices::Level& level,
                                        codegen::Effort effort) const {
  HR_ASSIGN_OR_RETURN(Lowered lowered, lower(graph_, level.schedule));
  tamper(rung, lowered.module);
  const codegen::Target target = target_of(level, effort);
  HR_ASSIGN_OR_RETURN(const std::vector<codegen::Object> objects, cache_.compile(lowered.module, target));
  std::vector<codegen::Symbol> symbols;
  for (const KernelSymbol& s : kernel_symbols())
    symbols.push_back({codegen::kernel_symbol(kPipeline, std::string(s.name)), s.address});
  HR_ASSIGN_OR_RETURN(auto library, codegen::link(objects, symbols, target));
  return finished(rung, make_code_program(std::move(library), std::move(lowered.info), level.isa));
}

Expected<ProgramPtr> RungPrograms::cached(const std::string& rung, const Choices::Level& level) const {
  const CacheKey key = cache::key_of({level.isa, level.schedule, {}, graph_});
  if (key.hex.empty())
    return Status("ladder.cache", "", "this build does not say which it is, so nothing can be kept");
  const CacheOptions options{CacheMode::read_write, folder_ + "/cache", 1 << 30, ""};
  const aot::LevelChoice choice{level.isa, level.schedule};
  ObjectInfo about;
  about.name = kPipeline;
  const auto make = [&]() -> Expected<std::string> {
    HR_ASSIGN_OR_RETURN(aot::ObjectBuild build, aot::build_object(graph_, {}, std::span(&choice, 1), about));
    tamper(rung, build.levels[0].module);
    return aot::link_object(build, codegen::FileKind::shared, [&](const aot::ObjectBuild::Level& made) {
      return cache_.compile(made.module, made.target);
    });
  };
  HR_RETURN_IF_ERROR(ObjectCache::open(options)->get(key, make).status());
  const auto later = ObjectCache::open(options);
  HR_ASSIGN_OR_RETURN(const ObjectCache::Payload image, later->get(key, []() -> Expected<std::string> {
    return Status("ladder.cache", "", "what was stored is not found again");
  }));
  HR_ASSIGN_OR_RETURN(auto library, cache::map_image(*image));
  return finished(rung, make_code_program(std::move(library), program_info(graph_), level.isa));
}

Status RungPrograms::write_object(const std::vector<std::string>& rungs) const {
  std::vector<aot::LevelChoice> choices;
  for (const Choices::Level& level : choices_.levels) choices.push_back({level.isa, level.schedule});
  ObjectInfo about;
  about.name = kPipeline;
  HR_ASSIGN_OR_RETURN(aot::ObjectBuild build, aot::build_object(graph_, {}, choices, about));
  for (size_t i = 0; i < rungs.size(); ++i) tamper(rungs[i], build.levels[i].module);
  const auto file = aot::link_object(
      build, codegen::FileKind::shared,
      [&](const aot::ObjectBuild::Level& level) { return cache_.compile(level.module, level.target); });
  HR_RETURN_IF_ERROR(file.status());
  std::ofstream out(folder_ + "/pipeline.so", std::ios::binary);
  out.write(file->data(), std::streamsize(file->size()));
  return out.flush() ? Status() : Status("ladder.file", folder_ + "/pipeline.so", "cannot be written");
}

Expected<ProgramPtr> RungPrograms::aot(const std::string& rung, const Choices::Level& level) const {
  HR_ASSIGN_OR_RETURN(ProgramPtr program,
                      load_object(folder_ + "/pipeline.so", {level.isa, testing::user_libraries()}));
  return tampered(rung, std::move(program));
}

}  // namespace headrace::ladder
