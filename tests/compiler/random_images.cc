#include "tests/compiler/random_images.h"

#include <algorithm>

namespace headrace::testing {
namespace {

struct Extent {
  int64_t width = 1, height = 1;
};

// Sizes that exercise thin images, odd chroma, wide filters (more than 40 to 1) and whole and partial strips.
Extent random_extent(RandomStream& random) {
  static constexpr int64_t kSmall[] = {1,  2,  3,  4,  5,  7,  8,  9,  15, 16, 17, 23,
                                       31, 32, 33, 40, 47, 63, 64, 65, 80, 97, 100};
  switch (random.below(10)) {
    case 0:
      return {1, random.between(1, 60)};
    case 1:
      return {random.between(1, 60), 1};
    case 2:
      return {random.between(250, 300), random.between(1, 20)};
    case 3:
      return {random.between(1, 20), random.between(250, 300)};
    case 4:
      return {random.between(100, 200), random.between(100, 200)};
    default:
      return {random.pick(kSmall), random.pick(kSmall)};
  }
}

Extent fitting_extent(RandomStream& random, const RandomSpec& spec) {
  Extent e = random_extent(random);
  e.width = std::max(e.width, spec.need_width);
  e.height = std::max(e.height, spec.need_height);
  // A resize by short side makes the other side as many times longer as the image's is.
  const int64_t aspect = std::max<int64_t>(1, 600 / std::max<int64_t>(1, spec.longest_short_side));
  e.width = std::max(e.width, (e.height + aspect - 1) / aspect);
  e.height = std::max(e.height, (e.width + aspect - 1) / aspect);
  return e;
}

SampleRecipe random_recipe(RandomStream& random, Extent e) {
  static constexpr const char* kJpegs[] = {"jpeg 4:2:0", "jpeg 4:2:2", "jpeg 4:4:4", "jpeg gray"};
  static constexpr const char* kRareJpegs[] = {"jpeg 4:4:0", "jpeg 4:1:1"};
  static constexpr const char* kPlanes[] = {"gray", "4:4:4", "4:2:2", "4:2:0", "4:4:0", "rgb"};
  static constexpr const char* kContents[] = {"photo", "photo", "extreme", "full"};
  SampleRecipe r;
  r.width = uint32_t(e.width);
  r.height = uint32_t(e.height);
  r.seed = random.next();
  r.quality = int(random.between(30, 100));
  const int64_t kind = random.below(12);
  if (kind < 4) {
    r.kind = random.percent(15) ? random.pick(kRareJpegs) : kJpegs[kind];
  } else if (kind < 8) {
    r.kind = "rgb";
  } else {
    r.content = random.pick(kContents);
    r.kind = std::string(random.percent(40) ? "ycc " : "packed ") + random.pick(kPlanes);
  }
  r.label = random.percent(20) ? INT64_MIN + random.below(3) : random.between(-1000, 1000);
  return r;
}

void break_recipe(RandomStream& random, SampleRecipe& r) {
  const bool usual = random.percent(70);
  const bool even = random.percent(50);
  if (r.kind.starts_with("packed") && usual) {
    r.damage = "flipped";
  } else if (r.kind.starts_with("ycc") && usual) {
    r.damage = even ? "short" : "planes";
  } else if (r.kind.starts_with("jpeg") && usual) {
    r.damage = "truncated";
  } else if (r.kind == "rgb" && usual) {
    r.damage = "short";
  } else {
    r.damage = even ? "no image" : "unknown encoding";
  }
}

}  // namespace

std::vector<SampleRecipe> random_recipes(RandomStream& random, const RandomSpec& spec, int good, int bad) {
  std::vector<SampleRecipe> recipes;
  for (int i = 0; i < good; ++i) recipes.push_back(random_recipe(random, fitting_extent(random, spec)));
  for (int i = 0; i < bad; ++i) {
    SampleRecipe r = random_recipe(random, fitting_extent(random, spec));
    if ((spec.need_height > 1 || spec.need_width > 1) && random.percent(50)) {
      r.width = uint32_t(std::max<int64_t>(1, spec.need_width / 2));
      r.height = uint32_t(std::max<int64_t>(1, spec.need_height / 2));
    } else {
      break_recipe(random, r);
    }
    recipes.push_back(std::move(r));
  }
  return recipes;
}

std::vector<RandomSample> random_samples(RandomStream& random, const RandomSpec& spec, int good, int bad) {
  std::vector<RandomSample> samples;
  for (const SampleRecipe& r : random_recipes(random, spec, good, bad)) {
    RandomSample s{describe(r), make_image(r), {random.next(), random.next() % 5, random.next()}, r.label, is_damaged(r)};
    if (random.percent(10)) s.key = {~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}};
    samples.push_back(std::move(s));
  }
  return samples;
}

}  // namespace headrace::testing
