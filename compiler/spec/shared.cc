#include "compiler/spec/shared.h"

#include <algorithm>
#include <array>

#include "compiler/spec/filter.h"
#include "compiler/spec/suggest.h"
#include "compiler/spec/text.h"
#include "compiler/spec/values.h"

namespace headrace::spec {
namespace {

constexpr size_t kMaxShared = 64;
constexpr size_t kMaxIdentifier = 63;
constexpr std::string_view kSection = "/shared";

}  // namespace

bool is_identifier(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= kMaxIdentifier && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

bool check_identifier(std::string_view name, const std::string& where, Reporter& errors) {
  if (is_identifier(name)) return true;
  errors.add(
      "spec.bad_value", where,
      "expected a name of letters, digits and \"_\", no digit first, 63 bytes at most, found " + quote(name));
  return false;
}

void SharedOps::parse(const json::Value& section, Reporter& errors) {
  if (section.kind != json::Kind::object) {
    errors.add("spec.wrong_type", std::string(kSection),
               "expected an object of shared ops, each under its name, found " + describe(section));
    return;
  }
  if (section.members.size() > kMaxShared) {
    errors.add("spec.too_large", std::string(kSection),
               "found " + std::to_string(section.members.size()) + " shared ops; a spec has at most " +
                   std::to_string(kMaxShared));
    return;
  }
  for (const json::Member& m : section.members) {
    const std::string where = pointer_join(kSection, m.key);
    check_identifier(m.key, where, errors);
    Entry entry;
    entry.name = m.key;
    if (m.value.kind != json::Kind::object) {
      errors.add("spec.wrong_type", where, "expected an op, {\"op\": NAME, ...}, found " + describe(m.value));
    } else if (m.value.find("use") != nullptr) {
      errors.add("spec.unknown_key", pointer_join(where, "use"),
                 "unknown key \"use\"; shared ops are used by outputs only, expected \"op\"");
    } else {
      entry.parsed = parse_op(m.value, where, errors);
      const auto random = random_op_names();
      if (entry.parsed.known &&
          std::find(random.begin(), random.end(), entry.parsed.op.name) == random.end()) {
        errors.add("spec.bad_value", pointer_join(where, "op"),
                   quote(entry.parsed.op.name) + " draws no random numbers and cannot be shared; expected " +
                       name_list(random));
        entry.parsed.valid = false;
      }
    }
    entries_.push_back(std::move(entry));
  }
}

ParsedOp SharedOps::use(const json::Value& element, const std::string& where, Reporter& errors) {
  ParsedOp failed;
  failed.op.pointer = failed.op.rng_id = where;
  const size_t errors_before = errors.count();

  const std::string name_where = pointer_join(where, "use");
  const auto name = read_string(*element.find("use"), name_where, "the name of a shared op", errors);
  if (!name) return failed;
  const auto entry =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.name == *name; });
  if (entry == entries_.end()) {
    std::vector<std::string_view> names;
    for (const Entry& e : entries_) names.push_back(e.name);
    errors.add("spec.unknown_shared", name_where,
               "no shared op " + quote(*name) +
                   (names.empty() ? std::string("; \"shared\" has none") : hint(*name, names)));
    return failed;
  }
  entry->used = true;
  if (!entry->parsed.known) return failed;

  ParsedOp out = entry->parsed;
  out.op.pointer = where;
  constexpr std::array<std::string_view, 3> kKeys = {"use", "filter", "antialias"};
  Filter* filter = filter_of(out.op.params);
  const std::span<const std::string_view> keys(kKeys.data(), filter != nullptr ? 3 : 1);
  ObjectReader in(element, where, "{\"use\": " + quote(*name) + "}", keys, errors);
  if (filter != nullptr) *filter = read_filter(in, *filter);
  out.valid = entry->parsed.valid && errors.count() == errors_before;
  return out;
}

void SharedOps::report_unused(Reporter& errors) const {
  for (const Entry& e : entries_) {
    if (e.used) continue;
    errors.add("spec.unused_shared", pointer_join(kSection, e.name),
               "shared op " + quote(e.name) +
                   " is never used; expected an output with {\"use\": " + quote(e.name) + "}");
  }
}

}  // namespace headrace::spec
