// The op reference as text: for the terminal, and as Markdown for docs/spec.md.
#pragma once

#include <string>

#include "compiler/spec/op_reference.h"

namespace headrace::spec {

/// One line for each op: name, kind, what it does.
std::string ops_text();

/// All that is known of one op. Links are left out, lines have about 100 columns.
std::string op_text(const OpReference& op);

/// The operations part of docs/spec.md: a table of all ops, then a section for each kind with its ops.
std::string ops_markdown();

}  // namespace headrace::spec
