# Schedules, texts that are read again, passes that are left out.
headrace_test(NAME schedule_file_test SOURCES schedule_file_test.cc LIBS headrace::spec)
headrace_engine_test(NAME schedule_test
  SOURCES schedule_test.cc plane_images.cc guarded_memory.cc program_testing.cc
    ${PROJECT_SOURCE_DIR}/tests/kernels/packed_testing.cc)
headrace_engine_test(NAME reentry_test SOURCES reentry_test.cc ${headrace_engine_testing})
