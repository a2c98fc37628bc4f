# The I/O engines: bytes, lifetimes, faults, and the parts they are made of.
set(io_libs headrace_runtime headrace_kernels PkgConfig::XXHASH PkgConfig::JPEG_TURBO Threads::Threads)
foreach(part IN ITEMS engines lifetime faults loader parts)
  headrace_test(NAME io_${part}_test
    SOURCES io_${part}_test.cc io_testing.cc dataset_testing.cc loader_testing.cc LIBS ${io_libs})
endforeach()
