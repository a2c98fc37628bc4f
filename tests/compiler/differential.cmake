# Every way to run a pipeline gives the same bytes; what is compared is in README.md of tests/.
set(headrace_engine_testing
  batch_testing.cc coverage.cc engines.cc plane_images.cc guarded_memory.cc program_testing.cc random_calls.cc random_expr.cc random_images.cc random_mixing.cc random_spec.cc
  sample_recipe.cc
  ${PROJECT_SOURCE_DIR}/tests/kernels/packed_testing.cc)

function(headrace_engine_test)
  headrace_test(${ARGN})
  cmake_parse_arguments(T "" "NAME" "SOURCES;LIBS" ${ARGN})
  target_link_libraries(${T_NAME} PRIVATE headrace::pipeline PkgConfig::JPEG_TURBO)
  add_dependencies(${T_NAME} headrace_user_functions)
  target_compile_definitions(${T_NAME} PRIVATE HEADRACE_USER_FUNCTIONS="$<TARGET_FILE:headrace_user_functions>")
  if(HEADRACE_JIT)
    target_sources(${T_NAME} PRIVATE stage_cache.cc)
    target_link_libraries(${T_NAME} PRIVATE headrace_codegen)
    target_compile_definitions(${T_NAME} PRIVATE HEADRACE_WITH_JIT)
  endif()
endfunction()

headrace_engine_test(NAME differential_test SOURCES differential_test.cc ${headrace_engine_testing})
headrace_engine_test(NAME mixing_test
  SOURCES mixing_test.cc batch_testing.cc engines.cc loop_mutator.cc guarded_memory.cc program_testing.cc
  LIBS PkgConfig::XXHASH)
headrace_engine_test(NAME planted_bugs_test
  SOURCES planted_bugs_test.cc loop_mutator.cc plane_images.cc guarded_memory.cc program_testing.cc
    ${PROJECT_SOURCE_DIR}/tests/kernels/packed_testing.cc)
headrace_engine_test(NAME decode_exact_test
  SOURCES decode_exact_test.cc engines.cc guarded_memory.cc program_testing.cc ${PROJECT_SOURCE_DIR}/tests/kernels/jpeg_testing.cc)
headrace_engine_test(NAME fast_exact_test
  SOURCES fast_exact_test.cc guarded_memory.cc program_testing.cc ${PROJECT_SOURCE_DIR}/tests/kernels/jpeg_testing.cc)
headrace_engine_test(NAME planes_meaning_test
  SOURCES planes_meaning_test.cc meaning_testing.cc plane_images.cc guarded_memory.cc program_testing.cc
    ${PROJECT_SOURCE_DIR}/tests/kernels/jpeg_testing.cc ${PROJECT_SOURCE_DIR}/tests/kernels/packed_testing.cc)
headrace_engine_test(NAME scaled_differential_test SOURCES scaled_differential_test.cc ${headrace_engine_testing})
headrace_engine_test(NAME scaled_meaning_test
  SOURCES scaled_meaning_test.cc meaning_testing.cc plane_images.cc guarded_memory.cc program_testing.cc
    ${PROJECT_SOURCE_DIR}/tests/kernels/jpeg_testing.cc ${PROJECT_SOURCE_DIR}/tests/kernels/packed_testing.cc)

# A library of functions that pipelines call, and one that must never be loaded.
foreach(library IN ITEMS user_functions loud_library)
  add_library(headrace_${library} MODULE ${library}.c)
  set_target_properties(headrace_${library} PROPERTIES PREFIX "" OUTPUT_NAME ${library})
  target_include_directories(headrace_${library} PRIVATE ${PROJECT_SOURCE_DIR}/include)
endforeach()
headrace_engine_test(NAME call_test SOURCES call_test.cc engines.cc guarded_memory.cc program_testing.cc
  ${PROJECT_SOURCE_DIR}/tests/runtime/dataset_testing.cc)
add_dependencies(call_test headrace_loud_library)
target_include_directories(call_test PRIVATE ${PROJECT_SOURCE_DIR}/tests/runtime)
target_compile_definitions(call_test PRIVATE
  HEADRACE_LOUD_LIBRARY="$<TARGET_FILE:headrace_loud_library>"
  $<$<BOOL:${HEADRACE_AOT}>:HEADRACE_WITH_AOT>)
