# The loader: orders, batches, errors, lifetimes, digests, and what it asks of the platform.
set(loader_libs headrace_runtime headrace_kernels PkgConfig::XXHASH PkgConfig::JPEG_TURBO Threads::Threads)
headrace_test(NAME loader_order_test SOURCES loader_order_test.cc loader_testing.cc LIBS ${loader_libs})
headrace_test(NAME loader_batches_test SOURCES loader_batches_test.cc loader_testing.cc LIBS ${loader_libs})
headrace_test(NAME loader_errors_test SOURCES loader_errors_test.cc loader_testing.cc LIBS ${loader_libs})
headrace_test(NAME loader_field_test SOURCES loader_field_test.cc dataset_testing.cc LIBS ${loader_libs})
headrace_test(NAME loader_config_test SOURCES loader_config_test.cc loader_testing.cc LIBS ${loader_libs})
headrace_test(NAME loader_lifetime_test SOURCES loader_lifetime_test.cc loader_testing.cc LIBS ${loader_libs})
headrace_test(NAME loader_digest_test SOURCES loader_digest_test.cc loader_testing.cc LIBS ${loader_libs})
headrace_test(NAME loader_photos_test SOURCES loader_photos_test.cc loader_testing.cc dataset_testing.cc
              LIBS ${loader_libs})
headrace_test(NAME loader_platform_test SOURCES loader_platform_test.cc LIBS ${loader_libs})
