// parse_spec(): the top level of the description.
#include <array>
#include <new>

#include "compiler/spec.h"
#include "compiler/spec/batch.h"
#include "compiler/spec/json_tree.h"
#include "compiler/spec/labels.h"
#include "compiler/spec/object_reader.h"
#include "compiler/spec/ops.h"
#include "compiler/spec/reporter.h"
#include "compiler/spec/sequence.h"
#include "compiler/spec/shared.h"
#include "compiler/spec/text.h"
#include "compiler/spec/values.h"

namespace headrace {
namespace spec {
namespace {

using json::Kind;
using json::Value;

constexpr int64_t kVersion = 1;
constexpr size_t kMaxOutputs = 64;
constexpr size_t kMaxOps = 256;  ///< of one output
constexpr int64_t kMaxWindowBytes = int64_t{1} << 40;

/// False if the rest of the text need not be read: its keys may mean something else.
bool check_version(const Value& top, Reporter& errors) {
  const Value* v = top.find("headrace");
  if (v == nullptr) return true;  // reported with the other keys
  if (v->kind == Kind::integer && v->integer == kVersion) return true;
  if (v->kind == Kind::integer) {
    errors.add("spec.version", "/headrace", "spec version " + v->text + " is not supported; expected 1");
    return false;
  }
  errors.add("spec.wrong_type", "/headrace",
             "expected the spec version 1, an integer, found " + describe(*v));
  return true;
}

void parse_loader(const Value& section, Spec& spec, Reporter& errors) {
  const std::string where = "/loader";
  if (section.kind != Kind::object) {
    errors.add("spec.wrong_type", where, "expected an object, found " + describe(section));
    return;
  }
  constexpr std::array<std::string_view, 3> kKeys = {"order", "window_bytes", "tail"};
  constexpr std::array<std::string_view, 3> kOrders = {"sequential", "random", "quasi_random"};
  constexpr std::array<std::string_view, 3> kTails = {"drop", "pad", "wrap"};
  // A key that other loaders have.
  constexpr std::string_view kForeignKey = "drop_last";
  Value known = section;
  if (std::erase_if(known.members, [&](const json::Member& m) { return m.key == kForeignKey; }) != 0) {
    errors.add(
        "spec.unknown_key", pointer_join(where, kForeignKey),
        "unknown key \"drop_last\" of \"loader\"; write \"tail\": \"drop\" for true, \"pad\" or \"wrap\" for "
        "false");
  }
  ObjectReader in(known, where, quote("loader"), kKeys, errors);
  if (const Value* v = in.find("order")) {
    if (const auto i = read_choice(*v, in.where("order"), kOrders, errors)) spec.loader.order = kOrders[*i];
  }
  if (const Value* v = in.find("window_bytes")) {
    if (const auto n = read_integer(*v, in.where("window_bytes"), 1, kMaxWindowBytes, errors))
      spec.loader.window_bytes = static_cast<uint64_t>(*n);
  }
  if (const Value* v = in.find("tail")) {
    if (const auto i = read_choice(*v, in.where("tail"), kTails, errors)) spec.loader.tail = kTails[*i];
  }
}

ParsedOp parse_element(const Value& element, const std::string& where, SharedOps& shared, Reporter& errors) {
  if (element.kind != Kind::object) {
    errors.add("spec.wrong_type", where,
               "expected an op, {\"op\": NAME, ...} or {\"use\": NAME}, found " + describe(element));
    ParsedOp failed;
    failed.op.pointer = failed.op.rng_id = where;
    return failed;
  }
  if (element.find("use") == nullptr) return parse_op(element, where, errors);
  return shared.use(element, where, errors);
}

OutputForm parse_output(const json::Member& member, SharedOps& shared, const std::vector<ProgramField>* fields,
                        Spec& spec, Reporter& errors) {
  const std::string where = pointer_join("/outputs", member.key);
  check_identifier(member.key, where, errors);
  const Value& list = member.value;
  if (list.kind != Kind::list) {
    errors.add("spec.wrong_type", where, "expected a list of ops, found " + describe(list));
    return {};
  }
  if (list.items.empty()) {
    errors.add("spec.bad_value", where,
               "expected a list of ops that begins with \"decode\" or \"field\", found an empty list");
    return {};
  }
  if (list.items.size() > kMaxOps) {
    errors.add("spec.too_large", where,
               "found " + std::to_string(list.items.size()) + " ops; an output has at most " +
                   std::to_string(kMaxOps));
    return {};
  }
  std::vector<ParsedOp> ops;
  for (size_t i = 0; i < list.items.size(); ++i) {
    ops.push_back(parse_element(list.items[i], pointer_join(where, i), shared, errors));
  }
  const OutputForm form = check_sequence(ops, where, fields, errors);
  resolve_classes(ops, fields, errors);
  Output& output = spec.outputs.emplace_back();
  output.name = member.key;
  for (ParsedOp& op : ops) output.ops.push_back(std::move(op.op));
  return form;
}

/// The outputs' names and forms, or none if the section cannot be read.
std::optional<std::vector<NamedForm>> parse_outputs(const Value& section, SharedOps& shared,
                                                    const std::vector<ProgramField>* fields, Spec& spec,
                                                    Reporter& errors) {
  const std::string where = "/outputs";
  if (section.kind != Kind::object) {
    errors.add(
        "spec.wrong_type", where,
        "expected an object of outputs, each a list of ops under its name, found " + describe(section));
    return std::nullopt;
  }
  if (section.members.empty()) {
    errors.add("spec.bad_value", where, "expected at least one output, found none");
    return std::nullopt;
  }
  if (section.members.size() > kMaxOutputs) {
    errors.add("spec.too_large", where,
               "found " + std::to_string(section.members.size()) + " outputs; a spec has at most " +
                   std::to_string(kMaxOutputs));
    return std::nullopt;
  }
  std::vector<NamedForm> forms;
  for (const json::Member& m : section.members) {
    forms.push_back({m.key, parse_output(m, shared, fields, spec, errors)});
  }
  return forms;
}

Expected<Spec> parse(std::string_view text, const std::vector<ProgramField>* fields) {
  Reporter errors;
  const std::optional<Value> top = json::parse(text, errors);
  if (!top) return errors.take();
  if (top->kind != Kind::object) {
    errors.add("spec.wrong_type", "",
               "expected an object with \"headrace\" and \"outputs\", found " + describe(*top));
    return errors.take();
  }
  if (!check_version(*top, errors)) return errors.take();

  constexpr std::array<std::string_view, 6> kKeys = {"headrace", "numerics", "loader", "shared", "outputs", "batch"};
  constexpr std::array<std::string_view, 2> kNumerics = {"fast", "exact"};
  Spec spec;
  SharedOps shared;
  std::optional<std::vector<NamedForm>> outputs;
  ObjectReader in(*top, "", "", kKeys, errors);
  in.require("headrace", "the version of the spec, \"headrace\": 1");
  if (const Value* v = in.find("numerics")) {
    const auto i = read_choice(*v, "/numerics", kNumerics, errors);
    if (i) spec.numerics = *i == 0 ? Numerics::fast : Numerics::exact;
  }
  if (const Value* v = in.find("loader")) parse_loader(*v, spec, errors);
  if (const Value* v = in.find("shared")) shared.parse(*v, errors);
  if (const Value* v = in.require("outputs", "an object of outputs, each a list of ops under its name")) {
    outputs = parse_outputs(*v, shared, fields, spec, errors);
    shared.report_unused(errors);
  }
  if (const Value* v = in.find("batch")) parse_batch(*v, outputs ? &*outputs : nullptr, spec, errors);
  if (!errors.ok()) return errors.take();
  return spec;
}

}  // namespace
}  // namespace spec

Expected<spec::Spec> parse_spec(std::string_view json, const std::vector<ProgramField>* fields) {
  try {
    return spec::parse(json, fields);
  } catch (const std::bad_alloc&) {
    return Status("spec.too_large", "", "not enough memory to read the spec");
  }
}

}  // namespace headrace
