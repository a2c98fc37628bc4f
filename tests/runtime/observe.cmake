# Looking inside a loader: clocks, statistics, traces.
set(observe_libs headrace_runtime headrace_kernels nlohmann_json::nlohmann_json Threads::Threads)
headrace_test(NAME observe_test
  SOURCES observe_clock_test.cc observe_limit_test.cc observe_trace_test.cc
  LIBS ${observe_libs})
headrace_test(NAME observe_loader_test
  SOURCES observe_loader_test.cc loader_testing.cc
  LIBS ${observe_libs} PkgConfig::XXHASH)
