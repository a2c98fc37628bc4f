// The op reference against the parser: the same ops, keys, words, ranges, defaults and places; and against
// the pages that are made of it or that it points to.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>

#include "compiler/spec.h"
#include "compiler/spec/batch.h"
#include "compiler/spec/canonical.h"
#include "compiler/spec/op_reference.h"
#include "compiler/spec/op_reference_text.h"
#include "compiler/spec/ops.h"
#include "compiler/spec/text.h"
#include "tests/compiler/spec_testing.h"

namespace headrace {
namespace {

using Json = nlohmann::ordered_json;
using Errors = std::vector<Diagnostic>;
using Need = spec::KeyReference::Need;
using spec::KeyReference;
using spec::OpKind;
using spec::OpReference;

/// A spec that consists of an example.
Json spec_of(const std::string& example) {
  Json json = Json::parse(example);
  if (!json.is_array()) return json;
  return {{"headrace", 1}, {"outputs", {{"x", std::move(json)}}}};
}

/// The first element of this op, and its JSON pointer.
Json* find_op(Json& json, std::string_view name, std::string* pointer = nullptr, const std::string& at = "") {
  if (json.is_object() && json.contains("op") && json["op"] == name) {
    if (pointer != nullptr) *pointer = at;
    return &json;
  }
  if (!json.is_structured()) return nullptr;
  for (auto it = json.begin(); it != json.end(); ++it) {
    const std::string key = json.is_object() ? it.key() : std::to_string(it - json.begin());
    if (Json* found = find_op(*it, name, pointer, at + "/" + key)) return found;
  }
  return nullptr;
}

Errors errors_of(const Json& spec) {
  const auto result = parse_spec(spec.dump());
  return result.ok() ? Errors() : result.status().errors();
}

std::string text_of(const Errors& errors) {
  std::string text;
  for (const Diagnostic& d : errors) text += to_string(d) + "\n";
  return text;
}

Errors errors_at(const Errors& errors, const std::string& pointer) {
  Errors out;
  for (const Diagnostic& d : errors) {
    if (d.where == pointer) out.push_back(d);
  }
  return out;
}

bool any_says(const Errors& errors, const std::string& words) {
  return std::any_of(errors.begin(), errors.end(),
                     [&](const Diagnostic& d) { return d.message.find(words) != std::string::npos; });
}

/// An op of the reference in its first example, free to be changed.
struct Case {
  const OpReference& op;
  Json spec = spec_of(op.examples.front());
  std::string pointer;
  Json* element = find_op(spec, op.name, &pointer);

  explicit Case(const OpReference& reference) : op(reference) {}
  Case(const Case&) = delete;
  Errors errors() const { return errors_of(spec); }
};

std::optional<Json> canonical_value(const Json& spec, std::string_view op, const std::string& key) {
  const auto parsed = parse_spec(spec.dump());
  if (!parsed.ok()) {
    ADD_FAILURE() << spec << "\n" << parsed.status().to_string();
    return std::nullopt;
  }
  Json canonical = Json::parse(canonical_json(*parsed));
  const Json* element = find_op(canonical, op);
  if (element == nullptr || !element->contains(key)) return std::nullopt;
  return (*element)[key];
}

TEST(SpecReference, HasEveryOpOnceAndNoOther) {
  std::multiset<std::string_view> in_parser(spec::op_names().begin(), spec::op_names().end()), in_reference;
  in_parser.insert(spec::batch_op_names().begin(), spec::batch_op_names().end());
  for (const OpReference& op : spec::op_references()) in_reference.insert(op.name);
  EXPECT_EQ(in_reference, in_parser);
  EXPECT_GE(in_parser.size(), 21u);
  EXPECT_EQ(spec::find_op_reference("resize")->name, "resize");
  EXPECT_EQ(spec::find_op_reference("Resize"), nullptr);
}

TEST(SpecReference, EveryExampleParsesAndHasItsOp) {
  for (const OpReference& op : spec::op_references()) {
    ASSERT_FALSE(op.examples.empty()) << op.name;
    for (const std::string& example : op.examples) {
      Json spec = spec_of(example);
      const auto parsed = parse_spec(spec.dump(), &spec_testing::sample_fields());
      EXPECT_TRUE(parsed.ok()) << example << "\n" << parsed.status().to_string();
      EXPECT_NE(find_op(spec, op.name), nullptr) << example;
    }
  }
}

TEST(SpecReference, HasTheKeysThatTheParserKnows) {
  const std::regex quoted("\"([^\"]*)\"");
  for (const OpReference& op : spec::op_references()) {
    Case c(op);
    (*c.element)["frobnicate"] = 1;
    const Errors errors = c.errors();
    ASSERT_EQ(errors.size(), 1u) << text_of(errors);
    EXPECT_EQ(errors[0].code, "spec.unknown_key");
    EXPECT_EQ(errors[0].where, c.pointer + "/frobnicate");
    const std::string begin = "unknown key \"frobnicate\" of " + spec::quote(op.name) + "; expected ";
    ASSERT_EQ(errors[0].message.rfind(begin, 0), 0u) << errors[0].message;
    const std::string list = errors[0].message.substr(begin.size());
    std::set<std::string> known, documented = {"op"};
    for (auto it = std::sregex_iterator(list.begin(), list.end(), quoted); it != std::sregex_iterator();
         ++it) {
      known.insert((*it)[1]);
    }
    for (const KeyReference& key : op.keys) EXPECT_TRUE(documented.insert(key.name).second) << key.name;
    EXPECT_EQ(documented, known) << op.name;
  }
}

/// X of "expected X, found Y"; empty of other messages.
std::string expected_of(const std::string& message) {
  const std::string begin = "expected ";
  const size_t end = message.find(", found ");
  if (message.rfind(begin, 0) != 0 || end == std::string::npos) return "";
  // Lists that must be as long as another one.
  return std::regex_replace(message.substr(begin.size(), end - begin.size()), std::regex("the \\d+ ops"),
                            "the ops");
}

TEST(SpecReference, SaysWhatIsExpectedInTheWordsOfTheErrors) {
  const Json probes[] = {nullptr, true, "", "frobnicate", -1, 99999999, Json::array(), Json::object()};
  for (const OpReference& op : spec::op_references()) {
    for (const KeyReference& key : op.keys) {
      for (const Json& probe : probes) {
        Case c(op);
        (*c.element)[key.name] = probe;
        const Errors errors = errors_at(c.errors(), c.pointer + "/" + key.name);
        if (probe.is_null()) {  // which no key takes, so the parser has looked at this one
          ASSERT_EQ(errors.size(), 1u) << op.name << " " << key.name << "\n" << text_of(errors);
          EXPECT_EQ(errors[0].code, "spec.wrong_type");
          EXPECT_NE(expected_of(errors[0].message), "") << errors[0].message;
        }
        for (const Diagnostic& d : errors) {
          EXPECT_EQ(key.accepts.rfind(expected_of(d.message), 0), 0u) << key.accepts << "\n" << to_string(d);
        }
      }
    }
  }
}

TEST(SpecReference, SaysWhatElementsOfListsMayBe) {
  std::set<std::string> said;
  for (const OpReference& op : spec::op_references()) {
    for (const KeyReference& key : op.keys) {
      Case c(op);
      if (!c.element->contains(key.name) || !(*c.element)[key.name].is_array()) continue;
      (*c.element)[key.name][0] = nullptr;
      for (const Diagnostic& d : errors_at(c.errors(), c.pointer + "/" + key.name + "/0")) {
        std::smatch limits;  // "above 0" of "a number above 0"
        const std::string expected = expected_of(d.message);
        if (!std::regex_match(expected, limits, std::regex("an? (number|integer) (.+)"))) continue;
        EXPECT_NE(key.accepts.find(limits[2]), std::string::npos) << key.accepts << "\n" << to_string(d);
        said.insert(limits[2]);
      }
    }
  }
  EXPECT_EQ(said, (std::set<std::string>{"above 0", "from 1 to 16384", "from 1e-6 to 1e6"}));
}

struct Range {
  double low, high;
  bool integer, of_elements;
};

/// The range that a text names, if it names one.
std::optional<Range> range_of(const std::string& accepts) {
  std::smatch m;
  if (!std::regex_search(accepts, m, std::regex("from ([0-9.e-]+) to ([0-9.e-]+)"))) return std::nullopt;
  return Range{std::stod(m[1]), std::stod(m[2]), accepts.find("an integer from") != std::string::npos,
               accepts.rfind("a number from", 0) != 0 && accepts.rfind("an integer from", 0) != 0};
}

/// Whether the parser takes this value for a key, or for the first element of its list.
bool takes(const OpReference& op, const std::string& key, const Range& range, double value) {
  Case c(op);
  Json& target = (*c.element)[key];
  (range.of_elements ? target[0] : target) = range.integer ? Json(int64_t(value)) : Json(value);
  const std::string at = c.pointer + "/" + key + (range.of_elements ? "/0" : "");
  return errors_at(c.errors(), at).empty();
}

TEST(SpecReference, NamesTheRangesOfTheParser) {
  size_t ranges = 0;
  for (const OpReference& op : spec::op_references()) {
    for (const KeyReference& key : op.keys) {
      const auto range = range_of(key.accepts);
      if (!range) continue;
      ++ranges;
      const double below = range->integer ? range->low - 1 : std::nextafter(range->low, -1e300);
      const double above = range->integer ? range->high + 1 : std::nextafter(range->high, 1e300);
      EXPECT_TRUE(takes(op, key.name, *range, range->low)) << op.name << " " << key.accepts;
      EXPECT_TRUE(takes(op, key.name, *range, range->high)) << op.name << " " << key.accepts;
      EXPECT_FALSE(takes(op, key.name, *range, below)) << op.name << " " << key.accepts;
      EXPECT_FALSE(takes(op, key.name, *range, above)) << op.name << " " << key.accepts;
    }
  }
  EXPECT_GE(ranges, 19u);
}

TEST(SpecReference, WithoutARequiredKeyThatKeyIsMissing) {
  for (const OpReference& op : spec::op_references()) {
    for (const KeyReference& key : op.keys) {
      if (key.need != Need::required) continue;
      Case c(op);
      ASSERT_EQ(c.element->erase(key.name), 1u) << op.name << ": the example has no " << key.name;
      const Errors errors = errors_at(c.errors(), c.pointer);
      ASSERT_FALSE(errors.empty()) << op.name << " " << key.name;
      EXPECT_EQ(errors[0].code, "spec.missing_key");
      const std::string begin =
          "missing key " + spec::quote(key.name) + " of " + spec::quote(op.name) + "; expected ";
      ASSERT_EQ(errors[0].message.rfind(begin, 0), 0u) << errors[0].message;
      EXPECT_EQ(key.accepts.rfind(errors[0].message.substr(begin.size()), 0), 0u) << key.accepts << "\n"
                                                                                  << errors[0].message;
    }
  }
}

/// Whether some example states the key with another value than `value`, and the canonical text repeats it.
bool is_stated_otherwise(const OpReference& op, const std::string& key, const Json& value) {
  return std::any_of(op.examples.begin(), op.examples.end(), [&](const std::string& example) {
    Json spec = spec_of(example);
    const Json* element = find_op(spec, op.name);
    if (!element->contains(key) || (*element)[key] == value) return false;
    return canonical_value(spec, op.name, key) == (*element)[key];
  });
}

TEST(SpecReference, DefaultsAreThoseOfTheParser) {
  size_t defaults = 0;
  for (const OpReference& op : spec::op_references()) {
    for (const KeyReference& key : op.keys) {
      if (key.need != Need::with_default) continue;
      ++defaults;
      const Json value = Json::parse(key.without);
      Case c(op);
      c.element->erase(key.name);
      const std::optional<Json> filled_in = canonical_value(c.spec, op.name, key.name);
      const auto left_out = parse_spec(c.spec.dump());
      (*c.element)[key.name] = value;
      const auto stated = parse_spec(c.spec.dump());
      ASSERT_TRUE(left_out.ok() && stated.ok()) << op.name << " " << key.name;
      EXPECT_EQ(canonical_json(*left_out), canonical_json(*stated)) << op.name << " " << key.name;
      if (filled_in) {
        EXPECT_EQ(*filled_in, value) << op.name << " " << key.name;
      } else {  // keys newer than the first canonical texts are written only where they are not their default
        EXPECT_TRUE(is_stated_otherwise(op, key.name, value)) << op.name << " " << key.name;
      }
    }
  }
  EXPECT_GE(defaults, 14u);
}

TEST(SpecReference, WhatHoldsWithoutAnOptionalKey) {
  const auto error = [](const std::string& ops) { return text_of(errors_of(spec_of(ops))); };
  EXPECT_EQ(
      error(R"([{"op": "decode", "field": "i"}, {"op": "resize"}, {"op": "center_crop", "size": [8, 8]}])"),
      "error[spec.missing_key] /outputs/x/1: \"resize\" needs \"size\": [height, width] or \"short_side\": "
      "pixels\n");
  const std::string unscaled = R"([{"op": "decode", "field": "i"}, {"op": "resize", "size": [8, 8]},
                                   {"op": "convert", "dtype": "f32"}])";
  EXPECT_EQ(error(unscaled).rfind("error[spec.missing_key] /outputs/x/2: ", 0), 0u) << error(unscaled);
  std::set<std::string> optional;
  for (const OpReference& op : spec::op_references()) {
    for (const KeyReference& key : op.keys) {
      if (key.need == Need::optional) optional.insert(std::string(op.name) + "." + key.name);
    }
  }
  EXPECT_EQ(optional, (std::set<std::string>{"convert.scale", "field.length", "map.dtype", "one_hot.classes",
                                             "random_choice.weights", "resize.short_side", "resize.size"}));
  // All others can be left out by themselves, and are then not stated, but for the weights.
  const std::pair<const char*, const char*> left_out[] = {
      {"field", "length"}, {"map", "dtype"}, {"one_hot", "classes"}};
  for (const auto& [name, key] : left_out) {
    Case c(*spec::find_op_reference(name));
    c.element->erase(key);
    EXPECT_EQ(canonical_value(c.spec, name, key), std::nullopt) << name;
  }
  Case c(*spec::find_op_reference("random_choice"));
  c.element->erase("weights");
  EXPECT_EQ(canonical_value(c.spec, "random_choice", "weights"), Json({1, 1}));
}

TEST(SpecReference, KindsAndPlacesAreThoseOfTheParser) {
  const Json decode =
      Json::parse(R"([{"op": "decode", "field": "i"}, {"op": "resize", "size": [512, 512]}])");
  const auto spec_with = [](Json ops, const Json& last) {
    ops.push_back(last);
    return errors_of(spec_of(ops.dump()));
  };
  for (const OpReference& op : spec::op_references()) {
    Case c(op);
    const std::string name = spec::quote(op.name);
    const Json element = *c.element;
    const auto in_place = [&](const char* words) { return op.place.find(words) != std::string::npos; };
    EXPECT_EQ(any_says(spec_with(decode, element), name + " works on batches"), op.kind == OpKind::batch)
        << name;
    if (op.kind == OpKind::batch) continue;

    EXPECT_EQ(any_says(spec_with(decode, element), name + " must be the first op"), op.kind == OpKind::source)
        << name;
    EXPECT_EQ(any_says(spec_with(Json::array(), element), "must be \"decode\" or \"field\", found " + name),
              op.kind != OpKind::source)
        << name;
    const bool needs_image = op.kind == OpKind::geometry || op.kind == OpKind::pixels ||
                             op.kind == OpKind::user || op.name == "layout";
    const Json field = Json::parse(R"([{"op": "field", "field": "l"}])");
    EXPECT_EQ(any_says(spec_with(field, element), name + " needs an image"), needs_image) << name;

    Json laid_out = decode;
    laid_out.push_back(Json::parse(R"({"op": "layout", "layout": "NCHW"})"));
    EXPECT_EQ(any_says(spec_with(laid_out, element), "must come before \"layout\""),
              in_place("before `layout`") || in_place("and `layout`"))
        << name;

    Json converted = decode;
    converted.push_back(Json::parse(R"({"op": "convert", "dtype": "f32", "scale": 1})"));
    EXPECT_EQ(any_says(spec_with(converted, element), "works on u8 pixels"), in_place("on an 8-bit image"))
        << name;

    Json twice = c.spec["outputs"]["x"];
    const auto at = std::find(twice.begin(), twice.end(), element);
    twice.insert(at, element);
    EXPECT_EQ(any_says(errors_of(spec_of(twice.dump())), "is given twice"), in_place("at most once")) << name;
  }
}

TEST(SpecReference, DefinitionsAreSectionsOfTheIrPage) {
  const std::string page = spec_testing::read_source_file("docs/ir.md");
  for (const OpReference& op : spec::op_references()) {
    EXPECT_FALSE(op.defined_in.empty()) << op.name;
    for (const std::string_view title : op.defined_in) {
      EXPECT_NE(page.find("## " + std::string(title) + "\n"), std::string::npos) << op.name << ": " << title;
    }
  }
}

TEST(SpecReference, DocsSpecMdIsWhatOpsMarkdownGives) {
  const std::string path = "docs/spec.md", begin = "`headrace ops --markdown` prints -->\n",
                    end = "<!-- end of operations -->";
  const std::string page = spec_testing::read_source_file(path);
  const size_t from = page.find(begin) + begin.size(), to = page.find(end);
  ASSERT_NE(page.find(begin), std::string::npos);
  ASSERT_NE(to, std::string::npos);
  ASSERT_LE(from, to);
  const std::string markdown = spec::ops_markdown();
  if (std::getenv("HEADRACE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(HEADRACE_SOURCE_DIR "/" + path, std::ios::binary)
        << page.substr(0, from) << markdown << page.substr(to);
    return;
  }
  EXPECT_EQ(page.substr(from, to - from), markdown) << path << "; HEADRACE_UPDATE_GOLDEN=1 rewrites it";
}

TEST(SpecReference, SaysWhichOpsCanBeShared) {
  for (const OpReference& op : spec::op_references()) {
    const auto random = spec::random_op_names();
    const bool shared = std::find(random.begin(), random.end(), op.name) != random.end();
    std::string text = spec::op_text(op);
    std::replace(text.begin(), text.end(), '\n', ' ');
    EXPECT_EQ(text.find("Draws random numbers, and can be shared.") != std::string::npos, shared) << op.name;
  }
}

TEST(SpecReference, TextOfAnOp) {
  EXPECT_EQ(spec::op_text(*spec::find_op_reference("random_vertical_flip")),
            R"(random_vertical_flip (geometry)

Mirrors top and bottom with probability `p`.

Stands on an image, before `layout`. Draws random numbers, and can be shared.

Keys:
  p
      a number from 0 to 1; default: 0.5
      probability

Example:
  [{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
   {"op": "random_vertical_flip", "p": 0.1}]

Defined to the bit in docs/ir.md: Graph IR: ops, Random numbers
)");
}

TEST(SpecReference, TextHasNoLinksAndShortLines) {
  for (const OpReference& op : spec::op_references()) {
    const std::string text = spec::op_text(op);
    EXPECT_EQ(text.find("]("), std::string::npos) << text;
    const std::string prose = text.substr(0, text.find("\nExample"));
    for (size_t at = 0; at < prose.size();) {
      const size_t end = std::min(prose.find('\n', at), prose.size());
      EXPECT_LE(end - at, 100u) << prose.substr(at, end - at);
      at = end + 1;
    }
  }
  const std::string call = spec::op_text(*spec::find_op_reference("call"));
  EXPECT_NE(call.find("`headrace/user_op.h` declares it."), std::string::npos) << call;
}

}  // namespace
}  // namespace headrace
