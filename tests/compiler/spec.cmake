headrace_test(NAME spec_test
  SOURCES
    spec_canonical_test.cc
    spec_docs_test.cc
    spec_errors_test.cc
    spec_json_test.cc
    spec_mutation_test.cc
    spec_parse_test.cc
    spec_reference_test.cc
    spec_suggest_test.cc
    spec_testing.cc
  LIBS headrace::spec nlohmann_json::nlohmann_json)
