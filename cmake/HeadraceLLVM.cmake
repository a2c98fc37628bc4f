# Finds LLVM 19 to 22, newest first; LLVM_DIR, if set, is taken as it is. The error names what was found.

set(HEADRACE_LLVM_MIN 19)
set(HEADRACE_LLVM_MAX 22)

set(headrace_llvm_seen "")
if(NOT LLVM_DIR)
  file(GLOB headrace_llvm_dirs "/usr/lib/llvm-*/lib/cmake/llvm" "/usr/lib/llvm-*/cmake")
  foreach(dir IN LISTS headrace_llvm_dirs)
    if(dir MATCHES "llvm-([0-9]+)")
      list(APPEND headrace_llvm_seen ${CMAKE_MATCH_1})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES headrace_llvm_seen)
  foreach(version RANGE ${HEADRACE_LLVM_MAX} ${HEADRACE_LLVM_MIN} -1)
    # No version argument: LLVM's version file also wants the minor version to match.
    find_package(LLVM QUIET CONFIG NO_DEFAULT_PATH
      PATHS /usr/lib/llvm-${version}/lib/cmake/llvm /usr/lib/llvm-${version}/cmake)
    if(LLVM_FOUND)
      break()
    endif()
  endforeach()
  if(NOT LLVM_FOUND)
    find_package(LLVM QUIET CONFIG)
  endif()
else()
  find_package(LLVM QUIET CONFIG)
  set(headrace_llvm_seen ${LLVM_VERSION_MAJOR})
endif()

if(NOT LLVM_FOUND OR LLVM_VERSION_MAJOR LESS HEADRACE_LLVM_MIN OR LLVM_VERSION_MAJOR GREATER HEADRACE_LLVM_MAX)
  if(NOT headrace_llvm_seen)
    set(headrace_llvm_seen "none")
  endif()
  list(JOIN headrace_llvm_seen ", " headrace_llvm_text)
  message(FATAL_ERROR
    "headrace needs LLVM ${HEADRACE_LLVM_MIN} to ${HEADRACE_LLVM_MAX}; found: ${headrace_llvm_text}.\n"
    "  Debian 12:     apt-get install llvm-22-dev\n"
    "  Debian 13:     apt-get install llvm-19-dev\n"
    "  Ubuntu 22.04:  add the LLVM project's own apt repository, then apt-get install llvm-22-dev\n"
    "  Ubuntu 24.04:  apt-get install llvm-19-dev\n"
    "or configure with -DHEADRACE_JIT=OFF to build everything but the compiler.")
endif()
message(STATUS "LLVM ${LLVM_PACKAGE_VERSION} (${LLVM_DIR})")

add_library(headrace_llvm INTERFACE)
target_include_directories(headrace_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
separate_arguments(headrace_llvm_defs NATIVE_COMMAND "${LLVM_DEFINITIONS}")
target_compile_definitions(headrace_llvm INTERFACE ${headrace_llvm_defs})
if(HEADRACE_STATIC_LLVM)
  # What is used of it, with nothing of it to be seen from outside: other LLVMs in the process stay as they are.
  llvm_map_components_to_libnames(headrace_llvm_parts core orcjit orcdebugging passes lto option X86 AArch64)
  if(TARGET LLVMDTLTO)  # lld refers to it where there is one
    list(APPEND headrace_llvm_parts LLVMDTLTO)
  endif()
  # lld also starts every target LLVM was built with. Those left out have nothing to start.
  set(headrace_no_targets "")
  foreach(target IN LISTS LLVM_TARGETS_TO_BUILD)
    if(target STREQUAL "X86" OR target STREQUAL "AArch64")
      continue()
    endif()
    foreach(part IN ITEMS Target TargetInfo TargetMC AsmPrinter AsmParser)
      string(APPEND headrace_no_targets "void LLVMInitialize${target}${part}(void) {}\n")
    endforeach()
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/no_targets.c CONTENT "${headrace_no_targets}typedef int headrace_no_targets;\n")
  add_library(headrace_no_targets STATIC ${PROJECT_BINARY_DIR}/no_targets.c)
  target_link_libraries(headrace_llvm INTERFACE headrace_no_targets ${headrace_llvm_parts})
  target_link_options(headrace_llvm INTERFACE "LINKER:--exclude-libs,ALL" "LINKER:--gc-sections" "LINKER:--as-needed")
else()
  target_link_libraries(headrace_llvm INTERFACE LLVM)
endif()
target_link_directories(headrace_llvm INTERFACE ${LLVM_LIBRARY_DIRS})
