#include "cli/explain_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace headrace::cli {
namespace {

using Json = nlohmann::ordered_json;

double rounded(double v) { return std::round(v * 100) / 100; }

Json stage_json(const ExplainedStage& s, double total) {
  Json code = Json::array();
  for (const CodeLine& c : s.code) code.push_back({{"line", c.line}, {"text", c.text}});
  Json json = {{"name", s.name},
               {"kind", stage_kind_name(s.kind)},
               {"what", s.what},
               {"generated", s.generated},
               {"nodes", s.nodes},
               {"calls", rounded(s.calls)},
               {"ns", rounded(s.ns)},
               {"share", total > 0 ? std::round(s.ns / total * 1e4) / 1e4 : 0},
               {"bytes_read", rounded(s.bytes_read)},
               {"bytes_written", rounded(s.bytes_written)},
               {"bytes_loaded", rounded(s.bytes_loaded)},
               {"bytes_stored", rounded(s.bytes_stored)},
               {"vector_ops", rounded(s.vector_ops)},
               {"floor_ns", s.floor_ns > 0 ? Json(rounded(s.floor_ns)) : Json()},
               {"floor_by", s.floor_ns > 0 ? Json(s.floor_by) : Json()}};
  if (s.generated) {
    json["first_line"] = s.first_line;
    json["line_count"] = s.line_count;
    json["code"] = std::move(code);
  }
  return json;
}

}  // namespace

std::string explanation_json(const Explanation& e) {
  Json json = {{"machine", {{"cpu", e.cpu}, {"clock", e.clock}}},
               {"generator", e.generator},
               {"isa", e.isa},
               {"vector_bits", e.vector_bits},
               {"numerics", e.numerics},
               {"data",
                {{"file", e.data},
                 {"encodings", e.encodings},
                 {"samples", e.samples},
                 {"coded_bytes", rounded(e.coded_bytes)},
                 {"output_bytes", rounded(e.output_bytes)}}},
               {"rounds", e.rounds},
               {"plain_ns", rounded(e.plain_ns)},
               {"timed_ns", rounded(e.timed_ns)},
               {"scratch_bytes", {{"mean", rounded(e.scratch_bytes)}, {"largest", e.largest_scratch_bytes}}},
               {"peaks",
                {{"first_cache_bytes_per_ns", rounded(e.peaks.l1_bytes_per_ns)},
                 {"second_cache_bytes_per_ns", rounded(e.peaks.l2_bytes_per_ns)},
                 {"memory_bytes_per_ns", rounded(e.peaks.memory_bytes_per_ns)},
                 {"vector_ops_per_ns", rounded(e.peaks.vector_ops_per_ns)},
                 {"clock_ns", rounded(e.peaks.clock_ns)}}},
               {"ops", Json::array()},
               {"nodes", Json::array()},
               {"nests", Json::array()},
               {"seams", Json::array()},
               {"constants", Json::array()},
               {"stages", Json::array()},
               {"memory", Json::array()},
               {"loop", e.loop_text}};
  for (const ExplainedOp& op : e.ops) {
    json["ops"].push_back(
        {{"pointer", op.pointer}, {"text", op.text}, {"nodes", op.nodes}, {"fate", op.fate}});
  }
  for (const ExplainedNode& n : e.nodes) {
    json["nodes"].push_back(
        {{"op", n.op}, {"text", n.text}, {"operands", n.operands}, {"origins", n.origins}});
  }
  for (const ExplainedNest& n : e.nests)
    json["nests"].push_back({{"name", n.name}, {"nodes", n.nodes}, {"stages", n.stages}});
  for (const ExplainedSeam& s : e.seams)
    json["seams"].push_back({{"where", s.where}, {"why", s.why}, {"used", s.used}});
  for (const ExplainedConstant& c : e.constants)
    json["constants"].push_back({{"name", c.name}, {"value", c.value}, {"from", c.from}});
  for (const ExplainedStage& s : e.stages) json["stages"].push_back(stage_json(s, e.timed_ns));
  for (const ExplainedMemory& m : e.memory) {
    json["memory"].push_back(
        {{"nest", m.nest}, {"part", m.part}, {"first", m.first}, {"largest", m.largest}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace headrace::cli
