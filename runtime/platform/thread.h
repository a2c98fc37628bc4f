// What a thread may say of itself: its name, and the CPU it wants to stay on.
#pragma once

#include <string>

namespace headrace::platform {

/// As debuggers and `top` show it; cut to 15 characters.
void name_this_thread(const std::string& name);

/// Keeps thread `index` of a process's `count` on one of the CPUs that the process may run on. The processes
/// of a machine, which LOCAL_RANK numbers, take CPUs one after another; where there are too few, they share.
/// A hint: where the system refuses, the thread runs anywhere.
void pin_this_thread(unsigned index, unsigned count);

/// The CPU for it, of those of `allowed` (ascending): exposed for tests. `local_rank` is the variable's text;
/// null, empty or not a number counts as 0.
int cpu_of_thread(unsigned index, unsigned count, const int* allowed, unsigned allowed_count,
                  const char* local_rank);

}  // namespace headrace::platform
