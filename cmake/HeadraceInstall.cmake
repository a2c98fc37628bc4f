# Installed are the public headers, the static libraries behind them, and a CMake package:
#
#   find_package(headrace REQUIRED)                     headrace::headrace: compile and load
#   find_package(headrace REQUIRED COMPONENTS runtime)  headrace::runtime: datasets, the loader and pipelines
#                                                       compiled ahead of time, no LLVM; headrace::runtime_c: the
#                                                       same for C, as libheadrace-runtime.so
#
# Internal headers (ir/, kernels/, runtime/, compiler/) are not installed.

add_library(headrace::headrace ALIAS headrace_pipeline)

if(NOT PROJECT_IS_TOP_LEVEL)  # a project that adds headrace as a subfolder installs its own things
  return()
endif()
include(CMakePackageConfigHelpers)

# Warnings, and how headrace's own floating-point code is compiled, are no business of those who link it.
foreach(property IN ITEMS INTERFACE_COMPILE_OPTIONS INTERFACE_COMPILE_DEFINITIONS INTERFACE_LINK_OPTIONS)
  get_target_property(value headrace_options ${property})
  if(value)
    set_property(TARGET headrace_options PROPERTY ${property} "$<BUILD_INTERFACE:${value}>")
  endif()
endforeach()

# headrace_build_only(TARGET pattern [replacement]): links of TARGET that match are for this build only;
# installed, TARGET links `replacement` in their place.
function(headrace_build_only target pattern)
  get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
  set(result "")
  foreach(link IN LISTS links)
    if(link MATCHES "${pattern}")
      list(APPEND result "$<BUILD_INTERFACE:${link}>")
      if(ARGC GREATER 2)
        list(APPEND result "$<INSTALL_INTERFACE:$<LINK_ONLY:${ARGV2}>>")
      endif()
    else()
      list(APPEND result "${link}")
    endif()
  endforeach()
  set_property(TARGET ${target} PROPERTY INTERFACE_LINK_LIBRARIES "${result}")
endfunction()

foreach(target IN ITEMS headrace_spec headrace_pipeline)
  headrace_build_only(${target} nlohmann_json)  # headers alone, and none of ours shows them
endforeach()

set(headrace_runtime_parts headrace_options headrace_kernels headrace_runtime headrace_runtime_c)
set(headrace_compiler_parts headrace_ir headrace_spec headrace_compiler headrace_pipeline)
set(HEADRACE_LLVM_FILE "")
set(HEADRACE_LLVM_FOLDER "")
set(HEADRACE_LLD_FOLDER "")
if(HEADRACE_JIT)
  list(APPEND headrace_compiler_parts headrace_codegen)
  headrace_build_only(headrace_codegen headrace_lld headrace::lld)
  headrace_build_only(headrace_codegen headrace_llvm headrace::llvm)
  # Installed code needs this very LLVM, whichever others a project that links it may have found.
  get_target_property(headrace_llvm_location LLVM LOCATION)
  get_filename_component(HEADRACE_LLVM_FOLDER ${headrace_llvm_location} DIRECTORY)
  get_filename_component(headrace_llvm_real ${headrace_llvm_location} REALPATH)
  get_filename_component(HEADRACE_LLVM_FILE ${headrace_llvm_real} NAME)
  if(HEADRACE_AOT)
    get_filename_component(HEADRACE_LLD_FOLDER ${headrace_lldELF} DIRECTORY)
  endif()
endif()
foreach(part IN LISTS headrace_runtime_parts headrace_compiler_parts)
  string(REPLACE "headrace_" "" name ${part})
  set_property(TARGET ${part} PROPERTY EXPORT_NAME ${name})
endforeach()
set_property(TARGET headrace_pipeline PROPERTY EXPORT_NAME headrace)

set(HEADRACE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/headrace)
install(TARGETS ${headrace_runtime_parts} EXPORT headraceRuntimeTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS ${headrace_compiler_parts} EXPORT headraceCompilerTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(set IN ITEMS Runtime Compiler)
  install(EXPORT headrace${set}Targets NAMESPACE headrace:: DESTINATION ${HEADRACE_PACKAGE_DIR})
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/headrace DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/headraceConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/headraceConfig.cmake INSTALL_DESTINATION ${HEADRACE_PACKAGE_DIR}
  NO_SET_AND_CHECK_MACRO)
# Below 1.0 a new minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/headraceConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/headraceConfig.cmake
  ${PROJECT_BINARY_DIR}/package/headraceConfigVersion.cmake DESTINATION ${HEADRACE_PACKAGE_DIR})
