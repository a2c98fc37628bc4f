# Every way to run a pipeline gives the same bytes; what is compared is in README.md of tests/.
set(headrace_engine_testing
  batch_testing.cc coverage.cc engines.cc plane_images.cc program_testing.cc random_images.cc random_mixing.cc random_spec.cc
  ${PROJECT_SOURCE_DIR}/tests/kernels/packed_testing.cc)

function(headrace_engine_test)
  headrace_test(${ARGN})
  cmake_parse_arguments(T "" "NAME" "SOURCES;LIBS" ${ARGN})
  target_link_libraries(${T_NAME} PRIVATE headrace::pipeline PkgConfig::JPEG_TURBO)
  if(HEADRACE_JIT)
    target_link_libraries(${T_NAME} PRIVATE headrace_codegen)
    target_compile_definitions(${T_NAME} PRIVATE HEADRACE_WITH_JIT)
  endif()
endfunction()

headrace_engine_test(NAME differential_test SOURCES differential_test.cc ${headrace_engine_testing})
headrace_engine_test(NAME mixing_test
  SOURCES mixing_test.cc batch_testing.cc engines.cc loop_mutator.cc program_testing.cc
  LIBS PkgConfig::XXHASH)
headrace_engine_test(NAME planted_bugs_test
  SOURCES planted_bugs_test.cc loop_mutator.cc plane_images.cc program_testing.cc
    ${PROJECT_SOURCE_DIR}/tests/kernels/packed_testing.cc)
headrace_engine_test(NAME decode_exact_test
  SOURCES decode_exact_test.cc engines.cc program_testing.cc ${PROJECT_SOURCE_DIR}/tests/kernels/jpeg_testing.cc)
headrace_engine_test(NAME fast_exact_test
  SOURCES fast_exact_test.cc program_testing.cc ${PROJECT_SOURCE_DIR}/tests/kernels/jpeg_testing.cc)
headrace_engine_test(NAME planes_meaning_test
  SOURCES planes_meaning_test.cc plane_images.cc program_testing.cc
    ${PROJECT_SOURCE_DIR}/tests/kernels/jpeg_testing.cc ${PROJECT_SOURCE_DIR}/tests/kernels/packed_testing.cc)
headrace_engine_test(NAME scaled_differential_test SOURCES scaled_differential_test.cc ${headrace_engine_testing})
headrace_engine_test(NAME scaled_meaning_test
  SOURCES scaled_meaning_test.cc plane_images.cc program_testing.cc
    ${PROJECT_SOURCE_DIR}/tests/kernels/jpeg_testing.cc ${PROJECT_SOURCE_DIR}/tests/kernels/packed_testing.cc)
