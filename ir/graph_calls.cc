#include "ir/graph_calls.h"

#include <algorithm>

#include "headrace/abi.h"

namespace headrace::graph {
namespace {

constexpr size_t kMaxName = 255;

bool same(const ProgramCall& a, const Node& call) {
  return a.symbol == call.text_attr("symbol") && a.library == call.text_attr("library");
}

}  // namespace

std::vector<ProgramCall> calls_of(const Graph& g) {
  std::vector<ProgramCall> calls;
  for (const Node& n : g.nodes) {
    if (n.op == Op::call && call_index(calls, n) == calls.size()) {
      calls.push_back({n.text_attr("symbol"), n.text_attr("library")});
    }
  }
  return calls;
}

size_t call_index(const std::vector<ProgramCall>& calls, const Node& call) {
  return size_t(
      std::find_if(calls.begin(), calls.end(), [&](const ProgramCall& c) { return same(c, call); }) -
      calls.begin());
}

int64_t call_kind(const Node& call, const Type& operand) {
  return (operand.elem == Elem::f32 ? HR_CALL_READS_F32 : 0) |
         (call.type.elem == Elem::f32 ? HR_CALL_WRITES_F32 : 0) |
         (call.text_attr("per") == "row" ? HR_CALL_BY_ROW : 0);
}

bool is_symbol(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= kMaxName && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

bool is_library_name(std::string_view name) {
  const auto allowed = [](char c) { return c > ' ' && c < 0x7F && c != '/' && c != '"' && c != '\\'; };
  return !name.empty() && name.size() <= kMaxName && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace headrace::graph
