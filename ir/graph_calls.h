// The op `call`: C functions of users.
#pragma once

#include <string_view>
#include <vector>

#include "headrace/program.h"
#include "ir/graph.h"

namespace headrace::graph {

/// The functions that a graph calls, each once, in the order of its nodes.
std::vector<ProgramCall> calls_of(const Graph& graph);

/// Which of calls_of() a call node calls.
size_t call_index(const std::vector<ProgramCall>& calls, const Node& call);

/// HR_CALL_* of a call of this operand type.
int64_t call_kind(const Node& call, const Type& operand);

/// A name that can be a C function's: letters, digits and "_", no digit first, at most 255 bytes.
bool is_symbol(std::string_view name);

/// A file's name without folders, 1 to 255 bytes, printable ASCII without quotes and backslashes.
bool is_library_name(std::string_view name);

}  // namespace headrace::graph
