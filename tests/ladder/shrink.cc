#include "tests/ladder/shrink.h"

#include "tests/ladder/spec_edits.h"

namespace headrace::ladder {
namespace {

using testing::SampleRecipe;

// Simpler ways to make a sample.
std::vector<SampleRecipe> simpler_recipes(const SampleRecipe& r) {
  std::vector<SampleRecipe> list;
  const auto with = [&](auto&& change) {
    SampleRecipe changed = r;
    change(changed);
    if (!(changed == r)) list.push_back(std::move(changed));
  };
  with([](SampleRecipe& s) { s.damage.clear(); });
  with([](SampleRecipe& s) { s.kind = "rgb"; });
  for (const uint32_t divide : {8u, 2u}) {
    with([&](SampleRecipe& s) {
      s.width = std::max(1u, s.width / divide);
      s.height = std::max(1u, s.height / divide);
    });
    with([&](SampleRecipe& s) { s.width = std::max(1u, s.width / divide); });
    with([&](SampleRecipe& s) { s.height = std::max(1u, s.height / divide); });
  }
  with([](SampleRecipe& s) { s.width -= s.width > 1; });
  with([](SampleRecipe& s) { s.height -= s.height > 1; });
  with([](SampleRecipe& s) { s.content = "photo"; });
  with([](SampleRecipe& s) { s.quality = 90; });
  with([](SampleRecipe& s) { s.label = 7; });
  with([](SampleRecipe& s) { s.seed = 1; });
  return list;
}

}  // namespace

std::vector<LadderCase> simpler_cases(const LadderCase& c) {
  std::vector<LadderCase> list;
  const auto with = [&](auto&& change) {
    LadderCase changed = c;
    change(changed);
    if (!(changed == c)) list.push_back(std::move(changed));
  };
  const size_t n = c.samples.size();
  for (size_t part = n / 2; part > 0; part /= 2) {
    for (size_t begin = 0; begin < n && n > 1; begin += part) {
      with([&](LadderCase& k) {
        const auto first = k.samples.begin() + std::ptrdiff_t(begin);
        k.samples.erase(first, first + std::ptrdiff_t(std::min(part, n - begin)));
      });
    }
  }
  for (std::string& spec : simpler_specs(c.spec)) with([&](LadderCase& k) { k.spec = std::move(spec); });
  for (size_t i = 0; i < n; ++i) {
    for (const SampleRecipe& r : simpler_recipes(c.samples[i]))
      with([&](LadderCase& k) { k.samples[i] = r; });
  }
  with([](LadderCase& k) { k.batch_size = 2; });
  with([](LadderCase& k) { k.epoch = 0; });
  with([](LadderCase& k) { k.seed = 1; });
  return list;
}

Shrunk shrink(const LadderCase& c, const Failure& failure,
              const std::function<std::optional<Failure>(const LadderCase&)>& fails, size_t budget) {
  Shrunk result{c, failure};
  for (bool smaller = true; smaller;) {
    smaller = false;
    // A change that did not help is not tried again before another has: the list is walked on from where it
    // was.
    std::vector<LadderCase> candidates = simpler_cases(result.smallest);
    for (size_t i = 0; i < candidates.size() && result.tried < budget; ++i) {
      ++result.tried;
      std::optional<Failure> still = fails(candidates[i]);
      if (!still) continue;
      result.smallest = std::move(candidates[i]);
      result.failure = std::move(*still);
      candidates = simpler_cases(result.smallest);
      i = std::min(i, candidates.size()) - (i > 0);
      smaller = true;
    }
  }
  return result;
}

}  // namespace headrace::ladder
