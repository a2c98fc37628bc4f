// Changes to texts that leave most of them a text of their language: words for words, numbers for numbers,
// lines for lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace headrace::fuzz {

/// As LLVMFuzzerCustomMutator. `words` are those of the language; a third of the changes are to any bytes.
size_t mutate_text(uint8_t* data, size_t size, size_t max_size, unsigned seed,
                   const std::vector<std::string_view>& words);

}  // namespace headrace::fuzz
