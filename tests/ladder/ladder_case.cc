#include "tests/ladder/ladder_case.h"

#include <nlohmann/json.hpp>

#include "tests/compiler/random_images.h"
#include "tests/compiler/random_spec.h"

namespace headrace::ladder {

using Json = nlohmann::ordered_json;
using testing::SampleRecipe;

LadderCase random_case(uint64_t seed, uint64_t number) {
  testing::RandomStream random(seed, number);
  const int images = random.percent(85) ? 1 : 2;
  const Numerics numerics = random.percent(50) ? Numerics::exact : Numerics::fast;
  // Outputs go round the generator's cycle of types, filters and ops.
  const testing::RandomSpec spec = testing::random_spec(seed, number, images, numerics);
  LadderCase c;
  c.spec = Json::parse(spec.json).dump();
  c.samples = testing::random_recipes(random, spec, int(random.between(3, 5)), int(random.below(3)));
  c.seed = random.next();
  c.epoch = random.below(5);
  c.batch_size = 2 * uint64_t(random.between(1, 3));
  c.variation = number;
  return c;
}

namespace {

Json to_json(const SampleRecipe& r) {
  Json j;
  j["kind"] = r.kind;
  j["width"] = r.width;
  j["height"] = r.height;
  j["seed"] = r.seed;
  const SampleRecipe usual;
  if (r.quality != usual.quality) j["quality"] = r.quality;
  if (r.content != usual.content) j["content"] = r.content;
  if (!r.damage.empty()) j["damage"] = r.damage;
  j["label"] = r.label;
  return j;
}

// Takes what is there and of the right type; what is not there keeps its value.
template <class T>
void take(const Json& j, const char* key, T& value) {
  if (j.contains(key)) value = j.at(key).get<T>();
}

SampleRecipe recipe_from(const Json& j) {
  SampleRecipe r;
  take(j, "kind", r.kind);
  take(j, "width", r.width);
  take(j, "height", r.height);
  take(j, "seed", r.seed);
  take(j, "quality", r.quality);
  take(j, "content", r.content);
  take(j, "damage", r.damage);
  take(j, "label", r.label);
  return r;
}

}  // namespace

std::string to_text(const LadderCase& c, const Failure& failure) {
  Json j;
  j["headrace_ladder"] = 1;
  j["rung"] = failure.rung;
  j["difference"] = failure.difference;
  j["variation"] = c.variation;
  j["seed"] = c.seed;
  j["epoch"] = c.epoch;
  j["batch_size"] = c.batch_size;
  j["samples"] = Json::array();
  for (const SampleRecipe& r : c.samples) j["samples"].push_back(to_json(r));
  j["spec"] = Json::parse(c.spec);
  return j.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Expected<LadderCase> parse_case(std::string_view text) {
  const auto wrong = [](const std::string& what) { return Status("ladder.case", "", what); };
  const Json j = Json::parse(text, nullptr, false);
  if (!j.is_object() || j.value("headrace_ladder", 0) != 1)
    return wrong("is no JSON object with \"headrace_ladder\": 1");
  if (!j.contains("spec") || !j["spec"].is_object()) return wrong("has no object \"spec\"");
  if (!j.contains("samples") || !j["samples"].is_array()) return wrong("has no list \"samples\"");
  LadderCase c;
  try {
    take(j, "variation", c.variation);
    take(j, "seed", c.seed);
    take(j, "epoch", c.epoch);
    take(j, "batch_size", c.batch_size);
    for (const Json& sample : j["samples"]) c.samples.push_back(recipe_from(sample));
  } catch (const Json::exception& e) {
    return wrong(std::string("has a value of the wrong type: ") + e.what());
  }
  if (c.batch_size < 2 || c.batch_size % 2 != 0 || c.batch_size > 1024)
    return wrong("has a batch_size that is not even, from 2 to 1024");
  for (const SampleRecipe& r : c.samples) {
    if (!testing::is_valid(r)) return wrong("has a sample that cannot be made: " + testing::describe(r));
  }
  c.spec = j["spec"].dump();
  return c;
}

}  // namespace headrace::ladder
