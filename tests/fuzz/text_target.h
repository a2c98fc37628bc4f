// A fuzz target of texts: what it defines, for the entry points in text_target.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headrace::fuzz {

/// Aborts if a claim does not hold for a text, which may be none of the language.
void check_text(const std::string& text);

/// Words that the language has; text_mutator.h says what becomes of them.
const std::vector<std::string_view>& words_of_language();

}  // namespace headrace::fuzz
