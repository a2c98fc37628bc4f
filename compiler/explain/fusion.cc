#include "compiler/explain/fusion.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/explain/stage_roles.h"
#include "compiler/lower/strip_group.h"
#include "compiler/passes/pass.h"

namespace headrace::explaining {
namespace {

using graph::Graph;
using graph::Node;
using graph::ValueId;
using Json = nlohmann::ordered_json;

std::string value_name(ValueId id) { return "%" + std::to_string(id); }

std::string joined(const std::vector<std::string>& words, const char* between = ", ") {
  std::string text;
  for (const std::string& w : words) text += (text.empty() ? "" : between) + w;
  return text;
}

// The lines of the graph's text that define values, in order.
std::vector<std::string> value_lines(const Graph& g) {
  std::vector<std::string> lines;
  const std::string text = graph::print(g);
  for (size_t at = 0; at < text.size() && lines.size() < g.nodes.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const size_t first = text.find_first_not_of(' ', at);
    if (first < end && text[first] == '%') lines.push_back(text.substr(first, end - first));
    at = end + 1;
  }
  return lines;
}

bool is_pixel_op(graph::Op op) {
  using Op = graph::Op;
  return op == Op::resample || op == Op::affine || op == Op::convert || op == Op::layout ||
         op == Op::strips || op == Op::map;
}

class Fusion {
 public:
  Fusion(const Graph& g, const Lowered& lowered, const FunctionTable& table, const Schedule& schedule,
         Explanation& out)
      : g_(g), lowered_(lowered), table_(table), schedule_(schedule), out_(out) {}

  void run(std::string_view spec) {
    nodes();
    nests();
    ops(spec);
    seams();
    constants();
  }

 private:
  void nodes() {
    const std::vector<std::string> lines = value_lines(g_);
    for (ValueId id = 0; id < g_.nodes.size(); ++id) {
      const Node& n = g_[id];
      out_.nodes.push_back({std::string(graph::op_name(n.op)),
                            id < lines.size() ? lines[id] : "",
                            n.operands,
                            {n.origins.pointers.begin(), n.origins.pointers.end()}});
    }
  }

  void nests() {
    const auto groups = lowering::find_groups(g_, schedule_);
    if (!groups.ok()) return;
    for (const lowering::StripGroup& group : *groups) {
      ExplainedNest& nest = out_.nests.emplace_back();
      nest.name = group.name;
      for (ValueId at = group.strips;; at = g_[at].operands[0]) {
        nest.nodes.insert(nest.nodes.begin(), at);
        nest_of_[at] = out_.nests.size() - 1;
        if (at == group.resample) break;
      }
      for (const std::string& name : table_.names) {
        const auto found = lowered_.nodes.find(name);
        if (found == lowered_.nodes.end() || name == "plan" || name == "run") continue;
        if (found->second.contains(group.resample)) nest.stages.push_back(name);
      }
    }
  }

  // What became of an op, given the values that stem from it.
  std::string fate(const std::vector<uint32_t>& ids) const {
    std::vector<std::string> pixels, geometry, calls, others;
    std::set<std::string> nests;
    for (const uint32_t id : ids) {
      const Node& n = g_[id];
      const std::string name = value_name(id) + " " + std::string(graph::op_name(n.op));
      const auto nest = nest_of_.find(id);
      if (nest != nest_of_.end()) {
        if (n.op != graph::Op::strips) pixels.push_back(name);
        nests.insert(out_.nests[nest->second].name);
      } else if (n.type.kind == graph::Kind::rect || n.type.kind == graph::Kind::size ||
                 n.type.kind == graph::Kind::boolean || n.type.kind == graph::Kind::scale) {
        geometry.push_back(name);
      } else if (n.op == graph::Op::call) {
        calls.push_back(n.text_attr("symbol") + " of " + n.text_attr("library") + " (" + name + ")");
      } else if (n.op != graph::Op::field && n.op != graph::Op::record) {
        others.push_back(name);
      }
    }
    std::string text;
    if (!pixels.empty()) {
      text = std::string("fused into the nest") + (nests.size() > 1 ? "s" : "") + " \"" +
             joined({nests.begin(), nests.end()}, "\", \"") + "\" as " +
             (pixels.size() == 1 ? "part of " : "") + joined(pixels);
    }
    const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
    if (!geometry.empty()) add("decided in plan(), before any data is read: " + joined(geometry));
    if (!calls.empty()) add("not fused: calls " + joined(calls));
    if (!others.empty()) add("computed in run(): " + joined(others));
    if (text.empty())
      text = ids.empty() ? "nothing is left of it: it changes no value" : "read as it is stored";
    return text;
  }

  void ops(std::string_view spec) {
    std::map<std::string, std::vector<uint32_t>> stem;
    for (ValueId id = 0; id < g_.nodes.size(); ++id) {
      for (const std::string& pointer : g_[id].origins.pointers) stem[pointer].push_back(id);
    }
    const Json json = Json::parse(spec, nullptr, false);
    if (json.is_discarded() || !json.is_object() || !json.contains("outputs") || !json["outputs"].is_object())
      return;
    for (const auto& [name, list] : json["outputs"].items()) {
      if (!list.is_array()) continue;
      for (size_t i = 0; i < list.size(); ++i) {
        std::string escaped;  // as JSON pointers have it
        for (const char c : name) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        ExplainedOp& op = out_.ops.emplace_back();
        op.pointer = "/outputs/" + escaped + "/" + std::to_string(i);
        op.output = name;
        op.text = list[i].dump(-1, ' ', false, Json::error_handler_t::replace);
        op.nodes = stem[op.pointer];
        op.fate = fate(op.nodes);
      }
    }
  }

  void seams() {
    for (const ExplainedNest& nest : out_.nests) {
      const Node& r = g_[nest.nodes.front()];
      const auto source = nest_of_.find(r.operands[0]);
      if (source == nest_of_.end()) continue;
      out_.seams.push_back(
          {out_.nests[source->second].name + " -> " + nest.name,
           "two resizes do not join: the second reads rows of the first in an order of its own, so the image "
           "between them is kept in scratch memory"});
    }
    for (size_t f = 0; f < table_.in_module; ++f) {
      for (const size_t callee : table_.callees[f]) {
        if (callee < table_.in_module) continue;
        out_.seams.push_back({"@" + table_.names[f] + " calls " + table_.names[callee],
                              why_not_fused(table_.names[callee]), table_.names[callee]});
      }
    }
    if (g_.numerics != Numerics::exact) return;
    std::vector<std::string> left_out;
    for (const passes::Pass& p : passes::all()) {
      if (p.tag == passes::Tag::approx) left_out.emplace_back(p.name);
    }
    out_.seams.push_back(
        {"numerics exact", "the passes " + joined(left_out) +
                               " are left out, since they change bytes: pixels are rounded to "
                               "8 bits after each pass of a resize, and arithmetic is done op by op"});
  }

  void constant(const std::string& name, const std::string& value, ValueId id) {
    out_.constants.push_back({name, value, value_name(id)});
  }

  static std::string numbers(const std::vector<double>& list) {
    std::vector<std::string> words;
    for (const double v : list) {
      char text[32];
      std::snprintf(text, sizeof text, "%.9g", v);
      words.emplace_back(text);
    }
    return joined(words);
  }

  void constants() {
    for (const ExplainedNest& nest : out_.nests) {
      for (const ValueId id : nest.nodes) pixel_constants(id);
    }
    for (ValueId id = 0; id < g_.nodes.size(); ++id) {
      const Node& n = g_[id];
      const std::string op(graph::op_name(n.op));
      for (const auto& [key, attr] : n.attrs) {
        if (is_pixel_op(n.op) || n.op == graph::Op::field || key == "rng" || n.op == graph::Op::const_bool)
          continue;
        if (const auto* integer = std::get_if<int64_t>(&attr))
          constant(op + " " + key, std::to_string(*integer), id);
        if (const auto* real = std::get_if<double>(&attr)) constant(op + " " + key, numbers({*real}), id);
        if (const auto* list = std::get_if<std::vector<double>>(&attr))
          constant(op + " " + key, numbers(*list), id);
        if (const auto* text = std::get_if<std::string>(&attr)) constant(op + " " + key, *text, id);
      }
    }
  }

  void pixel_constants(ValueId id) {
    const Node& n = g_[id];
    switch (n.op) {
      case graph::Op::resample: {
        const std::string arith = n.text_attr("arith"), filter = n.text_attr("filter");
        constant("filter", filter, id);
        if (arith == "q14")
          constant("weights",
                   "14 fraction bits; 16-bit products, or 32-bit sums where an axis has more than 32 taps",
                   id);
        if (arith == "pillow8")
          constant("weights", "22 fraction bits, sums rounded to 8-bit pixels after each pass", id);
        if (n.int_attr("planes") == 1) {
          constant(
              "colour matrix",
              "R = Y + 1.40201 Cr, G = Y - 0.34415 Cb - 0.71414 Cr, B = Y + 1.77200 Cb, in 16-bit arithmetic",
              id);
        }
        return;
      }
      case graph::Op::affine:
        constant("scale, of mean and std", numbers(n.list_attr("scale")), id);
        constant("bias, of mean and std", numbers(n.list_attr("bias")), id);
        return;
      case graph::Op::map:
        constant("expression", n.text_attr("expr"), id);
        return;
      case graph::Op::convert:
        constant("element type", n.text_attr("dtype"), id);
        return;
      case graph::Op::layout: {
        const graph::Type& t = n.type;
        constant("output", graph::type_text(t), id);
        return;
      }
      default:
        return;
    }
  }

  const Graph& g_;
  const Lowered& lowered_;
  const FunctionTable& table_;
  const Schedule& schedule_;
  Explanation& out_;
  std::map<ValueId, size_t> nest_of_;
};

}  // namespace

void explain_fusion(std::string_view spec, const Graph& graph, const Lowered& lowered,
                    const FunctionTable& table, const Schedule& schedule, Explanation& out) {
  Fusion(graph, lowered, table, schedule, out).run(spec);
}

}  // namespace headrace::explaining
