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

// As "nest" goes on: 's "a", "b"' or ' "a"'.
std::string quoted(const std::set<std::string>& names) {
  return std::string(names.size() > 1 ? "s" : "") + " \"" + joined({names.begin(), names.end()}, "\", \"") +
         "\"";
}

std::string function_name(const Node& call) {
  return call.text_attr("symbol") + " of " + call.text_attr("library");
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
        nests_of_[at].insert(out_.nests.size() - 1);
        if (at == group.resample) break;
      }
      for (const std::string& name : table_.names) {
        const auto found = lowered_.nodes.find(name);
        if (found == lowered_.nodes.end() || name == "plan" || name == "run") continue;
        // A resample can begin several nests; what ends another one is no stage of this.
        const bool of_another = std::any_of(found->second.begin(), found->second.end(), [&](ValueId id) {
          return g_[id].op == graph::Op::strips && id != group.strips;
        });
        if (found->second.contains(group.resample) && (!of_another || found->second.contains(group.strips)))
          nest.stages.push_back(name);
      }
    }
  }

  // The nest that ends with a value; null if none does.
  const ExplainedNest* nest_ending(ValueId id) const {
    for (const ExplainedNest& nest : out_.nests) {
      if (nest.nodes.back() == id) return &nest;
    }
    return nullptr;
  }

  // The nests that go on with what a call leaves.
  std::set<std::string> readers_of(ValueId call) const {
    std::set<std::string> names;
    for (const ExplainedNest& nest : out_.nests) {
      if (g_[nest.nodes.front()].operands[0] == call) names.insert(nest.name);
    }
    return names;
  }

  // The values that an output is made of.
  std::set<ValueId> values_for(const std::string& output) const {
    std::set<ValueId> values;
    for (const graph::Output& o : g_.outputs) {
      if (o.name == output) values.insert(o.value);
    }
    for (ValueId id = ValueId(g_.nodes.size()); id-- > 0;) {  // operands come before their users
      if (values.contains(id)) values.insert(g_[id].operands.begin(), g_[id].operands.end());
    }
    return values;
  }

  // What became of an op, given the values that stem from it and those of its output: nests may share values.
  std::string fate(const std::vector<uint32_t>& ids, const std::set<ValueId>& values) const {
    std::vector<std::string> pixels, geometry, calls, others;
    std::set<std::string> nests, readers;
    for (const uint32_t id : ids) {
      const Node& n = g_[id];
      const std::string name = value_name(id) + " " + std::string(graph::op_name(n.op));
      const auto found = nests_of_.find(id);
      if (found != nests_of_.end()) {
        if (n.op == graph::Op::strips) continue;
        pixels.push_back(name);
        for (const size_t nest : found->second) {
          if (values.contains(out_.nests[nest].nodes.back())) nests.insert(out_.nests[nest].name);
        }
      } else if (n.type.kind == graph::Kind::rect || n.type.kind == graph::Kind::size ||
                 n.type.kind == graph::Kind::boolean || n.type.kind == graph::Kind::scale) {
        geometry.push_back(name);
      } else if (n.op == graph::Op::call) {
        calls.push_back(function_name(n) + " (" + name + ")" +
                        (n.text_attr("per") == "row" ? " for each row" : " for the whole image"));
        readers.merge(readers_of(id));
      } else if (n.op != graph::Op::field && n.op != graph::Op::record) {
        others.push_back(name);
      }
    }
    std::string text;
    const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
    if (!calls.empty()) {
      // What brings the function's image into the next nest stems from the call, but is no part of it.
      add("not fused: calls " + joined(calls) + ", and leaves an image for the nest" + quoted(readers));
    } else if (!pixels.empty()) {
      add("fused into the nest" + quoted(nests) + " as " + (pixels.size() == 1 ? "part of " : "") +
          joined(pixels));
    }
    if (!geometry.empty()) add("decided in plan(), before any data is read: " + joined(geometry));
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
      const std::set<ValueId> values = values_for(name);
      for (size_t i = 0; i < list.size(); ++i) {
        std::string escaped;  // as JSON pointers have it
        for (const char c : name) escaped += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
        ExplainedOp& op = out_.ops.emplace_back();
        op.pointer = "/outputs/" + escaped + "/" + std::to_string(i);
        op.output = name;
        op.text = list[i].dump(-1, ' ', false, Json::error_handler_t::replace);
        // What outputs share comes from the ops of each, and goes on to others' values.
        for (const uint32_t id : stem[op.pointer]) {
          if (values.contains(id)) op.nodes.push_back(id);
        }
        op.fate = fate(op.nodes, values);
      }
    }
  }

  void seams() {
    for (const ExplainedNest& nest : out_.nests) {
      const Node& r = g_[nest.nodes.front()];
      const ExplainedNest* const before = nest_ending(r.operands[0]);
      if (before == nullptr) continue;
      const bool maps = std::any_of(before->nodes.begin(), before->nodes.end(),
                                    [&](ValueId id) { return g_[id].op == graph::Op::map; });
      out_.seams.push_back(
          {before->name + " -> " + nest.name,
           maps
               ? "a map before a resize: the resize takes each pixel several times, in an order of its "
                 "own, so the image between them is computed once and kept in scratch memory"
               : "two resizes do not join: the second reads rows of the first in an order of its own, so the "
                 "image between them is kept in scratch memory"});
    }
    for (ValueId id = 0; id < g_.nodes.size(); ++id) {
      if (g_[id].op == graph::Op::call) call_seam(id);
    }
    for (size_t f = 0; f < table_.in_module; ++f) {
      for (const size_t callee : table_.callees[f]) {
        if (callee < table_.in_module || table_.names[callee] == kUserCall) continue;
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

  // Of a call of a function of the user's, which stands between nests.
  void call_seam(ValueId id) {
    const ExplainedNest* const writer = nest_ending(g_[id].operands[0]);
    const std::set<std::string> readers = readers_of(id);
    std::string why = why_not_fused(kUserCall);
    if (writer != nullptr && !readers.empty()) {
      why += ". The nest \"" + writer->name +
             "\" writes an image to scratch memory for it; what it leaves there is read by the nest" +
             quoted(readers);
    }
    out_.seams.push_back(
        {"@run calls " + function_name(g_[id]) + " (" + value_name(id) + ")", why, std::string(kUserCall)});
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
    std::set<ValueId> said;  // nests may share a resample
    for (const ExplainedNest& nest : out_.nests) {
      for (const ValueId id : nest.nodes) {
        if (said.insert(id).second) pixel_constants(id);
      }
    }
    for (ValueId id = 0; id < g_.nodes.size(); ++id) {
      const Node& n = g_[id];
      const std::string op(graph::op_name(n.op));
      for (const auto& [key, attr] : n.attrs) {
        // Names of functions are in no code: it calls through a table.
        const bool elsewhere = n.op == graph::Op::field || n.op == graph::Op::call;
        if (is_pixel_op(n.op) || elsewhere || key == "rng" || n.op == graph::Op::const_bool) continue;
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
        constant("filter", filter == "none" ? "none: pixels are copied" : filter, id);
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
  std::map<ValueId, std::set<size_t>> nests_of_;  // a resample can begin several
};

}  // namespace

void explain_fusion(std::string_view spec, const Graph& graph, const Lowered& lowered,
                    const FunctionTable& table, const Schedule& schedule, Explanation& out) {
  Fusion(graph, lowered, table, schedule, out).run(spec);
}

}  // namespace headrace::explaining
