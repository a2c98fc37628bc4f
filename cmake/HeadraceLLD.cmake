# Finds lld as a library, of the same version as LLVM: the linker of ahead-of-time shared objects.

foreach(part IN ITEMS lldELF lldCommon)
  find_library(headrace_${part} ${part} PATHS ${LLVM_LIBRARY_DIRS} NO_DEFAULT_PATH NO_CACHE)
endforeach()
find_path(headrace_lld_headers lld/Common/Driver.h PATHS ${LLVM_INCLUDE_DIRS} NO_DEFAULT_PATH NO_CACHE)
if(NOT headrace_lldELF OR NOT headrace_lldCommon OR NOT headrace_lld_headers)
  message(FATAL_ERROR
    "headrace links ahead-of-time objects with lld ${LLVM_VERSION_MAJOR} as a library, which is not found beside LLVM "
    "(${LLVM_LIBRARY_DIRS}).\n"
    "  Debian, Ubuntu:  apt-get install liblld-${LLVM_VERSION_MAJOR}-dev\n"
    "or configure with -DHEADRACE_AOT=OFF to build everything but `headrace compile --emit so` and `obj`.")
endif()
pkg_check_modules(ZLIB QUIET IMPORTED_TARGET zlib)
if(NOT ZLIB_FOUND)
  message(FATAL_ERROR "zlib not found: ${HEADRACE_SETUP_HINT}")
endif()

# As imported targets, so that what they need comes after them on every link line.
foreach(part IN ITEMS lldCommon lldELF)
  add_library(headrace_${part}_library STATIC IMPORTED)
  set_target_properties(headrace_${part}_library PROPERTIES IMPORTED_LOCATION "${headrace_${part}}")
endforeach()
target_link_libraries(headrace_lldCommon_library INTERFACE headrace_llvm)
target_link_libraries(headrace_lldELF_library INTERFACE headrace_lldCommon_library headrace_llvm PkgConfig::ZSTD PkgConfig::ZLIB)

add_library(headrace_lld INTERFACE)
target_include_directories(headrace_lld SYSTEM INTERFACE ${headrace_lld_headers})
target_link_libraries(headrace_lld INTERFACE headrace_lldELF_library)
