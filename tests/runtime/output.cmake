# The helpers that show and save what a loader delivers.
if(NOT TARGET output_test)
  headrace_test(NAME output_test
    SOURCES
      ${CMAKE_CURRENT_LIST_DIR}/output_npy_test.cc
      ${CMAKE_CURRENT_LIST_DIR}/output_progress_test.cc
      ${CMAKE_CURRENT_LIST_DIR}/output_sheet_test.cc
      ${CMAKE_CURRENT_LIST_DIR}/dataset_testing.cc
    LIBS headrace_runtime headrace_kernels PkgConfig::PNGLIB PkgConfig::JPEG_TURBO)
  target_include_directories(output_test PRIVATE ${CMAKE_CURRENT_LIST_DIR})
endif()
