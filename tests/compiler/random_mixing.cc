#include "tests/compiler/random_mixing.h"

namespace headrace::testing {
namespace {

std::string quoted_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "\"" : ", \"") + name + "\"";
  return "[" + list + "]";
}

std::string random_mix(RandomStream& random, std::vector<Mixable> outputs) {
  static constexpr const char* kAlphas[] = {"", R"(, "alpha": 0.2)", R"(, "alpha": 1)", R"(, "alpha": 4.5)",
                                            R"(, "alpha": 0.01)"};
  static constexpr const char* kChances[] = {"", "", R"(, "p": 0.5)", R"(, "p": 1)", R"(, "p": 0)"};
  random.shuffle(outputs);
  // A box fits images of one size; the first image decides.
  const Mixable* image = nullptr;
  for (const Mixable& o : outputs) {
    if (image == nullptr && o.height > 0) image = &o;
  }
  const bool cuts = image != nullptr && random.percent(50);
  std::vector<std::string> names;
  for (const Mixable& o : outputs) {
    const bool fits = !cuts || o.height == 0 || (o.height == image->height && o.width == image->width);
    if (fits && (&o == image || random.percent(60))) names.push_back(o.name);
  }
  if (names.empty()) names.push_back(outputs.front().name);
  return std::string("{\"op\": \"") + (cuts ? "cutmix" : "mixup") + "\"" + random.pick(kAlphas) +
         random.pick(kChances) + ", \"outputs\": " + quoted_list(names) + "}";
}

}  // namespace

std::string random_vector(RandomStream& random) {
  static constexpr int kClasses[] = {kRandomClasses - 2, kRandomClasses, 33, 64, 100, 1000};
  static constexpr const char* kSmoothing[] = {"", R"(, {"op": "label_smoothing", "epsilon": 0.1})",
                                               R"(, {"op": "label_smoothing", "epsilon": 1})"};
  static constexpr const char* kConverts[] = {"", R"(, {"op": "convert", "dtype": "f32"})",
                                              R"(, {"op": "convert", "dtype": "f16"})",
                                              R"(, {"op": "convert", "dtype": "bf16"})"};
  return R"({"op": "field", "field": "class"}, {"op": "one_hot", "classes": )" +
         std::to_string(random.pick(kClasses)) + "}" + random.pick(kSmoothing) + random.pick(kConverts);
}

std::string random_batch(RandomStream& random, const std::vector<Mixable>& outputs) {
  std::string steps;
  for (int64_t n = random.between(1, 3); n > 0; --n) {
    steps += steps.empty() ? "" : ",\n  ";
    if (random.percent(65)) {
      steps += random_mix(random, outputs);
      continue;
    }
    std::string ops, weights;
    for (int64_t k = random.between(2, 4); k > 0; --k) {
      ops += (ops.empty() ? "" : ", ") + random_mix(random, outputs);
      weights += (weights.empty() ? "" : ", ") + std::to_string(random.between(1, 5));
    }
    steps += "{\"op\": \"random_choice\", \"ops\": [" + ops + "]" +
             (random.percent(50) ? ", \"weights\": [" + weights + "]" : "") + "}";
  }
  return "\"batch\": [" + steps + "]";
}

}  // namespace headrace::testing
