// The op table of the graph IR (graph_ops.def) as data.
#pragma once

#include <string_view>

#include "ir/graph.h"

namespace headrace::graph {

struct OpInfo {
  std::string_view name;
  std::string_view operands;  ///< a letter each, see graph_ops.def
  std::string_view attrs;     ///< "name:type name:type"
};

const OpInfo& op_info(Op op);
size_t op_count();
bool find_op(std::string_view name, Op& op);

/// Calls f(name, type letter) for every attribute of an op.
template <class F>
void for_each_attr(const OpInfo& info, F&& f) {
  std::string_view rest = info.attrs;
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    f(rest.substr(0, colon), rest[colon + 1]);
    rest.remove_prefix(colon + 2);
    if (!rest.empty()) rest.remove_prefix(1);
  }
}

}  // namespace headrace::graph
