# Orders of samples, selections, draws, and where a run stands in them.
set(sequence_libs headrace_runtime headrace_kernels PkgConfig::XXHASH PkgConfig::JPEG_TURBO Threads::Threads)
headrace_test(NAME sequence_test SOURCES sequence_test.cc LIBS ${sequence_libs})
headrace_test(NAME sequence_statistics_test SOURCES sequence_statistics_test.cc LIBS ${sequence_libs})
headrace_test(NAME sequence_draws_test SOURCES sequence_draws_test.cc LIBS ${sequence_libs})
headrace_test(NAME selection_test SOURCES selection_test.cc LIBS ${sequence_libs})
headrace_test(NAME loader_state_test SOURCES loader_state_test.cc LIBS ${sequence_libs})
