#include "text_target.h"

#include "mutator.h"
#include "target.h"
#include "text_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  headrace::fuzz::check_text(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return headrace::fuzz::mutate_text(data, size, max_size, seed, headrace::fuzz::words_of_language());
}
