// The C functions that a pipeline calls, from libraries that the user has named.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "headrace/abi.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace {

class UserFunctions {
 public:
  /// Loads what `calls` need from `libraries`, which are paths; a library whose function nobody calls is not
  /// touched. No other file is ever loaded, and none is searched for. Errors: "library.not_named" (a call's
  /// library is not among them), "library.same_name" (two of them have its name), "library.load",
  /// "library.symbol".
  static Expected<std::shared_ptr<const UserFunctions>> load(const std::vector<ProgramCall>& calls,
                                                             const std::vector<std::string>& libraries);

  /// An entry for each of `calls`, in their order.
  const hr_user_function* table() const { return table_.data(); }

 private:
  struct Unload {
    void operator()(void* library) const;
  };
  using Library = std::unique_ptr<void, Unload>;

  UserFunctions() = default;

  std::vector<ProgramCall> calls_;  // whose names the table shows
  std::vector<Library> libraries_;
  std::vector<hr_user_function> table_;
};

/// The program with the functions it calls, loaded as above, at hand when it runs; itself if it calls none.
Expected<std::shared_ptr<const Program>> bind_functions(std::shared_ptr<const Program> program,
                                                        const std::vector<std::string>& libraries);

}  // namespace headrace
