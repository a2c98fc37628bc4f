#include "tests/compiler/random_images.h"

#include <algorithm>
#include <array>
#include <random>

#include "tests/compiler/plane_images.h"
#include "tests/kernels/packed_testing.h"

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

// A sample in a plane encoding: a JPEG's coefficients, or any that a JPEG may have, or their planes.
void plane_sample(RandomStream& random, uint32_t w, uint32_t h, RandomSample& s) {
  const uint32_t planes = uint32_t(random.below(6));
  const bool rgb = planes == 5;
  static constexpr const char* kNames[] = {"gray", "4:4:4", "4:2:2", "4:2:0", "4:4:0", "RGB planes"};
  std::mt19937 rng(random.next());
  const Drawn drawn = random.pick(std::array{Drawn::photo, Drawn::photo, Drawn::extreme, Drawn::full});
  s.image = packed_image(draw_coefficients(rgb ? uint32_t(HR_PLANES_444 | HR_PLANES_RGB) : planes, w, h, drawn, rng));
  if (random.percent(40)) s.image = ycc_image(s.image);
  s.name += std::string(s.image.encoding == HR_ENCODING_YCC ? "planes " : "packed ") + kNames[planes];
}

RandomSample make_sample(RandomStream& random, Extent e) {
  RandomSample s;
  const uint32_t w = uint32_t(e.width), h = uint32_t(e.height);
  const uint64_t seed = random.next();
  const int quality = int(random.between(30, 100));
  s.name = std::to_string(w) + "x" + std::to_string(h) + " ";
  switch (random.below(12)) {
    case 8:
    case 9:
    case 10:
    case 11:
      plane_sample(random, w, h, s);
      break;
    case 0:
      s.image = random_jpeg(w, h, seed, quality, 2, 2);
      s.name += "JPEG 4:2:0";
      break;
    case 1:
      s.image = random_jpeg(w, h, seed, quality, 2, 1);
      s.name += "JPEG 4:2:2";
      break;
    case 2:
      s.image = random_jpeg(w, h, seed, quality, 1, 1);
      s.name += "JPEG 4:4:4";
      break;
    case 3:
      s.image = random_gray_jpeg(w, h, seed, quality);
      s.name += "JPEG gray";
      break;
    default:
      s.image = random_rgb(w, h, seed);
      s.name += "RGB";
      break;
  }
  s.key = {random.next(), random.next() % 5, random.next()};
  if (random.percent(10)) s.key = {~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}};
  s.label = random.percent(20) ? INT64_MIN + random.below(3) : random.between(-1000, 1000);
  return s;
}

void break_sample(RandomStream& random, RandomSample& s) {
  if (s.image.encoding == HR_ENCODING_PACKED && random.percent(70)) {
    s.image.bytes[s.image.size / 2] ^= uint8_t(1 + random.below(255));
    s.damaged = true;
    s.name += ", damaged";
  } else if (s.image.encoding == HR_ENCODING_YCC && random.percent(70)) {
    if (random.percent(50)) {
      s.image.size -= 1;
    } else {
      s.image.planes = uint64_t(random.pick(std::array{5, 6, 7, 8, 11, 16}));
    }
    s.name += ", short or of no known kind";
  } else if (s.image.encoding == HR_ENCODING_JPEG && random.percent(70)) {
    s.image.size = s.image.size * size_t(random.between(2, 9)) / 10;
    s.image.bytes.resize(s.image.size);
    s.image.bytes.resize(s.image.size + HR_BUFFER_ALIGNMENT, 0);
    s.damaged = true;
    s.name += ", truncated";
  } else if (s.image.encoding == HR_ENCODING_RGB && random.percent(50)) {
    s.image.size -= 1;
    s.name += ", a byte short";
  } else {
    s.image.encoding = uint32_t(random.percent(50) ? HR_ENCODING_NONE : 77);
    s.name += ", unknown encoding";
  }
}

}  // namespace

std::vector<RandomSample> random_samples(RandomStream& random, const RandomSpec& spec, int good, int bad) {
  std::vector<RandomSample> samples;
  for (int i = 0; i < good; ++i) samples.push_back(make_sample(random, fitting_extent(random, spec)));
  for (int i = 0; i < bad; ++i) {
    RandomSample s = make_sample(random, fitting_extent(random, spec));
    if ((spec.need_height > 1 || spec.need_width > 1) && random.percent(50)) {
      const Extent small{std::max<int64_t>(1, spec.need_width / 2),
                         std::max<int64_t>(1, spec.need_height / 2)};
      s = make_sample(random, small);
      s.name += ", too small";
    } else {
      break_sample(random, s);
    }
    samples.push_back(std::move(s));
  }
  return samples;
}

}  // namespace headrace::testing
