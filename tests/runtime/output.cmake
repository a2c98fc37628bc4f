# The helpers that show and save what a loader delivers.
headrace_test(NAME output_test
  SOURCES output_npy_test.cc output_progress_test.cc output_sheet_test.cc dataset_testing.cc
  LIBS headrace_runtime headrace_kernels PkgConfig::PNGLIB PkgConfig::JPEG_TURBO)
