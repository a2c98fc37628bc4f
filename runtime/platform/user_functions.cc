#include "runtime/platform/user_functions.h"

#include <dlfcn.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <utility>

#include "runtime/dataset/printable.h"
#include "runtime/platform/file_io.h"

namespace headrace {
namespace {

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string name_list(const std::vector<std::string>& paths) {
  std::string names;
  for (const std::string& path : paths) names += (names.empty() ? "" : ", ") + printable(path);
  return names.empty() ? "none is" : names + (paths.size() == 1 ? " is" : " are");
}

/// The one of the paths that is a call's library.
Expected<std::string> path_of(const ProgramCall& call, const std::vector<std::string>& libraries) {
  std::string found;
  for (const std::string& path : libraries) {
    if (file_name(path) != call.library || path == found) continue;
    if (!found.empty()) {
      return Status("library.same_name", "",
                    printable(found) + " and " + printable(path) +
                        " have the same name; a pipeline tells libraries apart by it");
    }
    found = path;
  }
  if (!found.empty()) return found;
  return Status("library.not_named", "",
                "the pipeline calls \"" + printable(call.symbol) + "\" of the library \"" +
                    printable(call.library) +
                    "\", and a library is loaded only if it is named: expected --library PATH/" +
                    printable(call.library) + " or, in code, the option `libraries`; " +
                    name_list(libraries) + " named");
}

Status load_error(const std::string& path) {
  const char* reason = ::dlerror();
  return {"library.load", path,
          "the dynamic linker refuses it: " + printable(reason ? reason : "no reason given")};
}

class BoundProgram final : public Program {
 public:
  BoundProgram(std::shared_ptr<const Program> program, std::shared_ptr<const UserFunctions> functions)
      : functions_(std::move(functions)), program_(std::move(program)) {}

  const ProgramInfo& info() const override { return program_->info(); }
  hr_result plan(hr_plan_frame& frame) const override { return program_->plan(frame); }
  hr_result run(hr_run_frame& frame) const override {
    frame.functions = functions_->table();
    return program_->run(frame);
  }
  hr_result batch(hr_batch_frame& frame) const override { return program_->batch(frame); }

 private:
  std::shared_ptr<const UserFunctions> functions_;
  std::shared_ptr<const Program> program_;
};

}  // namespace

Expected<std::shared_ptr<const Program>> bind_functions(std::shared_ptr<const Program> program,
                                                        const std::vector<std::string>& libraries) {
  if (program->info().calls.empty()) return program;
  HR_ASSIGN_OR_RETURN(auto functions, UserFunctions::load(program->info().calls, libraries));
  return std::shared_ptr<const Program>(
      std::make_shared<BoundProgram>(std::move(program), std::move(functions)));
}

void UserFunctions::Unload::operator()(void* library) const { ::dlclose(library); }

Expected<std::shared_ptr<const UserFunctions>> UserFunctions::load(
    const std::vector<ProgramCall>& calls, const std::vector<std::string>& libraries) {
  std::shared_ptr<UserFunctions> functions(new UserFunctions);
  functions->calls_ = calls;
  std::map<std::string, void*> open;  // by path
  for (const ProgramCall& call : functions->calls_) {
    HR_ASSIGN_OR_RETURN(const std::string path, path_of(call, libraries));
    void*& handle = open[path];
    if (handle == nullptr) {
      // Without a slash the dynamic linker would search its own folders.
      const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), std::free);
      if (!real) return Status("library.load", path, "cannot be opened: " + platform::errno_text(errno));
      handle = ::dlopen(real.get(), RTLD_NOW | RTLD_LOCAL);
      if (handle == nullptr) return load_error(path);
      functions->libraries_.emplace_back(handle);
    }
    void* const symbol = ::dlsym(handle, call.symbol.c_str());
    if (symbol == nullptr)
      return Status("library.symbol", path, "has no function \"" + printable(call.symbol) + "\"");
    functions->table_.push_back(
        {reinterpret_cast<hr_user_fn>(symbol), call.symbol.c_str(), call.library.c_str()});
  }
  return std::shared_ptr<const UserFunctions>(std::move(functions));
}

}  // namespace headrace
