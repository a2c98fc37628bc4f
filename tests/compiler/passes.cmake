# The passes one by one, the texts of every form, and the objects that code generation makes.
headrace_test(NAME golden_test SOURCES golden_test.cc LIBS headrace::compiler)
