#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "compiler/codegen/compile.h"

namespace headrace::codegen {

// What linking does with code, on a page of its own: written first, then executable and no longer writable.
// Policies that deny it (PR_SET_MDWE, SELinux's execmem, seccomp filters) all answer here.
Status check_executable_memory() {
  const auto denied = [](const char* call) {
    return Status("compile.no_executable_memory", "",
                  std::string("this process may not make memory executable (") + call + ": " +
                      std::strerror(errno) +
                      "); the engine \"loop-interp\" needs none and gives the same bytes, slower");
  };
  const auto size = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  void* page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return denied("mmap");
  *static_cast<volatile char*>(page) = 0;
  const Status status = ::mprotect(page, size, PROT_READ | PROT_EXEC) == 0 ? Status() : denied("mprotect");
  ::munmap(page, size);
  return status;
}

}  // namespace headrace::codegen
