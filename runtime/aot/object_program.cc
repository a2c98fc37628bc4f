#include "runtime/aot/object_program.h"

#include <dlfcn.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "headrace/aot.h"
#include "runtime/aot/elf_file.h"
#include "runtime/aot/metadata.h"
#include "runtime/dataset/printable.h"
#include "runtime/platform/file_io.h"
#include "runtime/platform/fp_env.h"
#include "runtime/platform/user_functions.h"

namespace headrace {
namespace {

/// Where an error lies in an object that is part of this program.
constexpr const char* kLinked = "linked object";

struct Unload {
  void operator()(void* library) const { ::dlclose(library); }
};
using Library = std::unique_ptr<void, Unload>;

class ObjectProgram final : public Program {
 public:
  ObjectProgram(Library library, ProgramInfo info, const hr_object_level& level)
      : library_(std::move(library)), info_(std::move(info)), level_(level) {}

  const ProgramInfo& info() const override { return info_; }
  hr_result plan(hr_plan_frame& frame) const override {
    const FpEnvironment fp;
    return level_.plan(&frame);
  }
  hr_result run(hr_run_frame& frame) const override {
    const FpEnvironment fp;
    return level_.run(&frame);
  }
  hr_result batch(hr_batch_frame& frame) const override {
    const FpEnvironment fp;
    return level_.batch(&frame);
  }

 private:
  Library library_;  // null if the code is part of this program
  ProgramInfo info_;
  const hr_object_level& level_;
};

std::string level_names(const ObjectInfo& info) {
  std::string names;
  for (const ObjectLevel& level : info.levels) names += (names.empty() ? "" : ", ") + printable(level.isa);
  return names;
}

std::string best_level() {
  const std::optional<Isa> best = best_isa();
  return best ? "best level is " + std::string(isa_name(*best)) : "CPU is below every level code is generated for";
}

/// Index of the level that shall run: the best that this CPU has, or the one asked for.
Expected<size_t> choose_level(const ObjectInfo& info, const ObjectOptions& options, const std::string& where) {
  std::optional<size_t> chosen;
  for (size_t i = 0; i < info.levels.size(); ++i) {
    const std::optional<Isa> isa = parse_isa(info.levels[i].isa);
    if (!isa || *isa == Isa::host || (options.isa && *isa != *options.isa)) continue;
    if (isa_supported(*isa)) chosen = i;  // the highest comes last
    if (options.isa && !chosen) {
      return Status("object.isa", where, "this CPU cannot run " + std::string(isa_name(*isa)) + "; its " + best_level());
    }
  }
  if (chosen) return *chosen;
  if (options.isa) {
    return Status("object.isa", where, "has no code for " + std::string(isa_name(*options.isa)) + "; it has " + level_names(info));
  }
  return Status("object.isa", where, "has code for " + level_names(info) + "; this machine's " + best_level());
}

struct CheckedFile {
  std::vector<uint8_t> bytes;
  aot::SharedObject object;
  ObjectInfo info;

  std::span<const uint8_t> metadata() const { return std::span(bytes).subspan(object.metadata.offset, object.metadata.size); }
};

Expected<CheckedFile> check_file(const std::string& path) {
  CheckedFile f;
  HR_ASSIGN_OR_RETURN(const platform::OpenFile file, platform::OpenFile::read_only(path, "object.file"));
  HR_RETURN_IF_ERROR(platform::read_all(file, aot::kMaxObjectBytes, path, "object.file", f.bytes));
  HR_ASSIGN_OR_RETURN(f.object, aot::parse_shared_object(f.bytes, path));
  HR_RETURN_IF_ERROR(aot::check_content(f.bytes, f.object, path));
  HR_ASSIGN_OR_RETURN(f.info, aot::decode_metadata(f.metadata(), path));
  if (f.info.arch != f.object.arch) return Status("object.metadata", path, "its metadata is for another processor than its code");
  return f;
}

/// The descriptor of a loaded object, if it is what its metadata says.
Status check_descriptor(const hr_object& object, const ObjectInfo& info, const std::string& where) {
  const bool good = object.magic == HR_OBJECT_MAGIC && object.abi_version == HR_ABI_VERSION && object.levels != nullptr &&
                    object.level_count == info.levels.size();
  if (!good) return {"object.metadata", where, "its descriptor does not match its metadata"};
  for (uint32_t i = 0; i < object.level_count; ++i) {
    const hr_object_level& level = object.levels[i];
    if (level.plan && level.run && (level.batch || !info.program.mixes)) continue;
    return {"object.metadata", where, "an entry point of its level " + printable(info.levels[i].isa) + " is missing"};
  }
  return {};
}

Expected<aot::LoadedObject> make_program(Library library, const hr_object& object, ObjectInfo info, size_t level,
                                         const ObjectOptions& options, const std::string& where) {
  HR_RETURN_IF_ERROR(check_descriptor(object, info, where));
  info.program.isa = info.levels[level].isa;
  const auto code = std::make_shared<ObjectProgram>(std::move(library), info.program, object.levels[level]);
  HR_ASSIGN_OR_RETURN(auto program, bind_functions(code, options.libraries));
  return aot::LoadedObject{std::move(program), std::move(info)};
}

}  // namespace

namespace aot {

Expected<LoadedObject> load(const std::string& path, const ObjectOptions& options) {
  HR_ASSIGN_OR_RETURN(CheckedFile file, check_file(path));
  if (file.info.arch != host_arch()) {
    const std::optional<Arch> host = host_arch();
    return Status("object.elf", path, "is for " + std::string(arch_name(file.info.arch)) + "; this process runs on " +
                                          std::string(host ? arch_name(*host) : "another processor"));
  }
  HR_ASSIGN_OR_RETURN(const size_t level, choose_level(file.info, options, path));
  // Without a slash the dynamic linker would search its own folders.
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), std::free);
  if (!real) return Status("object.file", path, "cannot be opened: " + platform::errno_text(errno));
  Library library(::dlopen(real.get(), RTLD_NOW | RTLD_LOCAL));
  if (!library) {
    const char* reason = ::dlerror();
    return Status("object.load", path, "the dynamic linker refuses it: " + printable(reason ? reason : "no reason given"));
  }
  const auto* object = static_cast<const hr_object*>(::dlsym(library.get(), "headrace_object"));
  if (object == nullptr) return Status("object.metadata", path, "has no symbol headrace_object");
  // A file that was replaced under its name after it had been loaded: the dynamic linker gives the old one.
  if (object->metadata_bytes != file.metadata().size() || object->metadata == nullptr ||
      std::memcmp(object->metadata, file.metadata().data(), file.metadata().size()) != 0) {
    return Status("object.load", path, "another object of this name is loaded in this process already; give each a name of its own");
  }
  return make_program(std::move(library), *object, std::move(file.info), level, options, path);
}

Expected<LoadedObject> load(const hr_object& object, const ObjectOptions& options) {
  HR_ASSIGN_OR_RETURN(ObjectInfo info, read_object(object));
  HR_ASSIGN_OR_RETURN(const size_t level, choose_level(info, options, kLinked));
  return make_program(nullptr, object, std::move(info), level, options, kLinked);
}

}  // namespace aot

Expected<ObjectInfo> read_object(const std::string& path) {
  HR_ASSIGN_OR_RETURN(CheckedFile file, check_file(path));
  return std::move(file.info);
}

Expected<ObjectInfo> read_object(const hr_object& object) {
  if (object.magic != HR_OBJECT_MAGIC || object.metadata == nullptr || object.metadata_bytes > aot::kMaxObjectBytes) {
    return Status("object.metadata", kLinked, "is not a headrace object");
  }
  return aot::decode_metadata({object.metadata, size_t(object.metadata_bytes)}, kLinked);
}

Expected<std::shared_ptr<const Program>> load_object(const std::string& path, const ObjectOptions& options) {
  HR_ASSIGN_OR_RETURN(aot::LoadedObject loaded, aot::load(path, options));
  return std::move(loaded.program);
}

Expected<std::shared_ptr<const Program>> load_object(const hr_object& object, const ObjectOptions& options) {
  HR_ASSIGN_OR_RETURN(aot::LoadedObject loaded, aot::load(object, options));
  return std::move(loaded.program);
}

}  // namespace headrace
