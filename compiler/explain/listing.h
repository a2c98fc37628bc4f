// Assembly by function, with the line of the loop IR that each instruction comes from.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/explain.h"

namespace headrace::explaining {

/// Reads assembly that codegen::emit_text() made with line tables: instructions and labels, by function.
std::map<std::string, std::vector<CodeLine>> read_listing(std::string_view assembly);

}  // namespace headrace::explaining
