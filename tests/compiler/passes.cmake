# The passes one by one, the texts of every form, and the objects that code generation makes.
headrace_test(NAME golden_test SOURCES golden_test.cc LIBS headrace::compiler)
headrace_test(NAME forms_test SOURCES forms_test.cc LIBS headrace::pipeline)
if(HEADRACE_JIT)
  target_compile_definitions(forms_test PRIVATE HEADRACE_WITH_JIT)
  headrace_test(NAME objects_test SOURCES objects_test.cc LIBS headrace::compiler headrace_codegen)
  headrace_test(NAME vector_ops_test SOURCES vector_ops_test.cc LIBS headrace::ir headrace_codegen headrace_kernels)
endif()
headrace_engine_test(NAME fast_exact_packed_test
  SOURCES fast_exact_packed_test.cc guarded_memory.cc program_testing.cc ${PROJECT_SOURCE_DIR}/tests/kernels/jpeg_testing.cc)
