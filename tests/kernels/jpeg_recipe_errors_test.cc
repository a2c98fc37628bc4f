// Recipes that are wrong: each is refused with what is wrong, and none does harm.
#include <gtest/gtest.h>

#include "jpeg_recode_testing.h"
#include "jpeg_testing.h"
#include "kernels/jpeg_recipe.h"
#include "kernels/jpeg_recipe_extra.h"

namespace headrace::testing {
namespace {

struct Packed {
  CoefficientImage image;
  JpegRecipe recipe;
};

Packed pack(const Bytes& jpeg) {
  Packed p;
  bool byte_exact = false;
  EXPECT_TRUE(read_coefficients(jpeg, kDefaultDecodeLimits, p.image).ok());
  EXPECT_TRUE(make_jpeg_recipe(jpeg, p.image, p.recipe, byte_exact).ok());
  EXPECT_TRUE(byte_exact);
  return p;
}

std::string rebuild_error(const Packed& p) {
  CoefficientImage image = p.image;
  Bytes out = {1};
  const Status status = jpeg_rebuild(p.recipe.headers, p.recipe.extra, image, UINT64_MAX, out);
  EXPECT_EQ(status.ok(), !out.empty());
  return status.to_string();
}

Packed usual() { return pack(make_jpeg({.width = 50, .height = 30, .h = {2, 1, 1, 1}, .v = {2, 1, 1, 1}})); }

/// The error of the usual recipe with this in place of its extra data.
std::string extra_error(const Bytes& extra) {
  Packed p = usual();
  p.recipe.extra = extra;
  return rebuild_error(p);
}

TEST(JpegRecipeErrors, ExtraData) {
  const std::string start = "error[packed.recipe] extra data: ";
  EXPECT_EQ(extra_error({0, 0, 0}), "");
  EXPECT_EQ(extra_error({4, 0, 0}), start + "unknown flags");
  EXPECT_EQ(extra_error({3, 0, 0}), start + "unknown flags");
  EXPECT_EQ(extra_error({0}), start + "too short");
  EXPECT_EQ(extra_error({0, 0}), start + "too short");
  EXPECT_EQ(extra_error({0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}), start + "too short");
  EXPECT_EQ(extra_error({0, 0, 0, 0}), start + "too long");
  EXPECT_EQ(extra_error({0, 1, 0, 0, 0}), start + "an empty insertion");
  EXPECT_EQ(extra_error({0, 2, 0, 1, 0, 1, 0, 9, 9}), start + "an empty insertion");
  EXPECT_EQ(extra_error({0, 1, 0xFF, 0x7F, 1, 0, 9}), start + "an insertion beyond the headers");
  EXPECT_EQ(extra_error({0, 1, 0, 9, 0, 9}), start + "insertions longer than the data");
  Bytes many = {0, 0xD0, 0x0F};
  many.resize(5000, 1);
  EXPECT_EQ(extra_error(many), start + "more insertions than places for them");
  // 50 x 30 in MCUs of 16 x 16: 8 x 4 luma blocks for 7 x 4, so 4 padding blocks.
  Bytes padding = {0, 0, 5};
  padding.resize(3 + 5 * 9, 0);
  EXPECT_EQ(extra_error(padding), start + "more padding blocks than the image has");
  padding = {0, 0, 1, 4};
  padding.resize(4 + 8, 0);
  EXPECT_EQ(extra_error(padding), start + "more padding blocks than the image has");
  padding[3] = 3;
  EXPECT_EQ(extra_error(padding), "");
  EXPECT_EQ(extra_error({2, 0, 0, 0}), start + "the fill bits are not those of the scans");
  EXPECT_EQ(extra_error({2, 0, 2, 0, 0, 0}), start + "the fill bits are not those of the scans");
  EXPECT_EQ(extra_error({2, 0, 1, 0, 128}), start + "the fill bits are not those of the scans");
}

TEST(JpegRecipeErrors, FilesCanBeLimited) {
  const Packed p = usual();
  CoefficientImage image = p.image;
  Bytes out;
  const auto rebuild = [&](uint64_t max_bytes) {
    return jpeg_rebuild(p.recipe.headers, p.recipe.extra, image, max_bytes, out).to_string();
  };
  EXPECT_EQ(rebuild(UINT64_MAX), "");
  const size_t size = out.size();
  EXPECT_EQ(size, p.recipe.file_bytes);
  EXPECT_EQ(rebuild(size), "");
  EXPECT_EQ(out.size(), size);
  EXPECT_EQ(rebuild(size - 1),
            "error[packed.too_long] the file has more than " + std::to_string(size - 1) + " bytes");
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(rebuild(1), "error[packed.too_long] the file has more than 1 byte");
  EXPECT_EQ(rebuild(0), "error[packed.too_long] the file has more than 0 bytes");
}

TEST(JpegRecipeErrors, LargeFilesAreNotWrittenToTheirEnd) {
  // Codes of 16 bits and a restart marker behind each block: a megabyte of an empty image.
  Packed p;
  p.image = blank_image(2048, 2048, 0, 0);
  Bytes& h = p.recipe.headers;
  h = {0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0, 0xFF, 0xDD, 0, 4, 0, 1};
  for (const uint8_t table : {0x00, 0x10}) {
    h.insert(h.end(), {0xFF, 0xC4, 0, 20, table, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0});
  }
  h.insert(h.end(), {0xFF, 0xDA, 0, 8, 1, 1, 0x00, 0, 63, 0, 0xFF, 0xD9});
  EXPECT_EQ(rebuild_error(p), "");
  Bytes out;
  constexpr uint64_t kMost = 100'000;
  EXPECT_EQ(jpeg_rebuild(h, {}, p.image, kMost, out).to_string(),
            "error[packed.too_long] the file has more than 100000 bytes");
  EXPECT_LT(out.capacity(), 4 * kMost);
}

/// The usual recipe with one byte of its headers changed: `offset` bytes behind marker `code`.
std::string header_error(uint8_t code, size_t offset, uint8_t value) {
  Packed p = usual();
  p.recipe.headers[find_marker(p.recipe.headers, code) + offset] = value;
  return rebuild_error(p);
}

TEST(JpegRecipeErrors, Headers) {
  const std::string start = "error[packed.recipe] ";
  EXPECT_EQ(header_error(0xC0, 4, 12), start + "samples of 12 bits");
  EXPECT_EQ(header_error(0xC0, 5, 1), start + "the frame header states a size");
  EXPECT_EQ(header_error(0xC0, 9, 1), start + "bad length of the frame header");
  EXPECT_EQ(header_error(0xC0, 9, 4), start + "a frame of 4 components");
  EXPECT_EQ(header_error(0xC0, 10, 9), start + "a scan names component 1, which is not in the frame");
  EXPECT_EQ(header_error(0xC0, 14, 0x21), start + "component 1 of the frame header is not the image's");
  EXPECT_EQ(header_error(0xC0, 1, 0xC3), start + "marker 0xc3 is not supported");
  EXPECT_EQ(header_error(0xC0, 1, 0xC2), start + "bad scan parameters Ss=0 Se=63 Ah=0 Al=0");
  EXPECT_EQ(header_error(0xC0, 1, 0xE5), start + "a scan before the frame header");
  EXPECT_EQ(header_error(0xC4, 4, 0x25), start + "bad Huffman table index 0x25");
  EXPECT_EQ(header_error(0xC4, 5, 3), start + "bad Huffman table");
  EXPECT_EQ(header_error(0xC4, 21 + 4, 3), start + "a coefficient has no code in the scan's Huffman tables");
  EXPECT_EQ(header_error(0xDA, 4, 0), start + "bad number of components in a scan");
  EXPECT_EQ(header_error(0xDA, 4, 2), start + "bad length of a scan header");
  EXPECT_EQ(header_error(0xDA, 5, 7), start + "a scan names component 7, which is not in the frame");
  EXPECT_EQ(header_error(0xDA, 7, 1), start + "a scan's components are not in the frame's order");
  EXPECT_EQ(header_error(0xDA, 6, 0x04), start + "bad Huffman table index in a scan header");
  EXPECT_EQ(header_error(0xDA, 6, 0x20), start + "a scan uses a Huffman table that is not defined");
  EXPECT_EQ(header_error(0xDA, 12, 62), start + "bad scan parameters Ss=0 Se=62 Ah=0 Al=0");
  EXPECT_EQ(header_error(0xDA, 2, 0x77), start + "a segment longer than the headers");
  EXPECT_EQ(header_error(0xDA, 1, 0xE0), start + "component 0 is in no scan");
}

TEST(JpegRecipeErrors, HeadersAsAWhole) {
  Packed p = usual();
  const Bytes good = p.recipe.headers;
  p.recipe.headers.clear();
  EXPECT_EQ(rebuild_error(p), "error[packed.recipe] component 0 is in no scan");
  p.recipe.headers.assign(good.begin() + 2, good.end());
  EXPECT_EQ(rebuild_error(p), "error[packed.recipe] the headers do not begin with a start of image");
  p.recipe.headers = good;
  p.recipe.headers.insert(p.recipe.headers.begin() + 2, good.begin(), good.end());
  EXPECT_EQ(rebuild_error(p), "error[packed.recipe] a segment longer than the headers");
  const size_t frame = find_marker(good, 0xC0), scan = find_marker(good, 0xDA);
  const auto begin = good.begin();
  p.recipe.headers = good;
  p.recipe.headers.insert(p.recipe.headers.begin() + 2, begin + static_cast<ptrdiff_t>(frame),
                          begin + static_cast<ptrdiff_t>(frame) + 19);
  EXPECT_EQ(rebuild_error(p), "error[packed.recipe] two frame headers");
  p.recipe.headers = good;
  p.recipe.headers.insert(p.recipe.headers.end() - 2, begin + static_cast<ptrdiff_t>(scan), good.end() - 2);
  EXPECT_EQ(rebuild_error(p), "error[packed.recipe] a scan out of order, with Ss=0 Se=63 Ah=0 Al=0");
  p.recipe.headers = good;
  const Bytes restart = {0xFF, 0xDD, 0, 3, 1};
  p.recipe.headers.insert(p.recipe.headers.begin() + 2, restart.begin(), restart.end());
  EXPECT_EQ(rebuild_error(p), "error[packed.recipe] bad length of a restart interval segment");
}

TEST(JpegRecipeErrors, ProgressiveScans) {
  const Packed good = pack(make_jpeg({.width = 50, .height = 30, .scans = Scans::progressive}));
  jpeg::RecipeExtra extra;
  ASSERT_TRUE(jpeg::read_extra(good.recipe.extra, {good.recipe.headers.size(), 0}, extra).ok());
  const Bytes merged = jpeg::merge_insertions(good.recipe.headers, extra);
  std::vector<size_t> scans;  // where their headers' Ss stands
  for (size_t i = 0; i + 4 < merged.size(); ++i) {
    if (merged[i] == 0xFF && merged[i + 1] == 0xDA) scans.push_back(i + 5 + 2 * merged[i + 4]);
  }
  ASSERT_GE(scans.size(), 6u);
  const auto error = [&](size_t scan, Bytes parameters) {
    Packed p = good;
    p.recipe = {merged, {}};
    std::copy(parameters.begin(), parameters.end(),
              p.recipe.headers.begin() + static_cast<ptrdiff_t>(scans[scan]));
    return rebuild_error(p);
  };
  const std::string start = "error[packed.recipe] ";
  EXPECT_EQ(error(0, {0, 0, 0x01}), "");
  EXPECT_EQ(error(0, {0, 5, 0x01}), start + "bad scan parameters Ss=0 Se=5 Ah=0 Al=1");
  EXPECT_EQ(error(0, {1, 5, 0x01}), start + "bad scan parameters Ss=1 Se=5 Ah=0 Al=1");
  EXPECT_EQ(error(0, {0, 0, 0x21}), start + "a scan out of order, with Ss=0 Se=0 Ah=2 Al=1");
  EXPECT_EQ(error(0, {0, 0, 0x0E}), start + "bad scan parameters Ss=0 Se=0 Ah=0 Al=14");
  EXPECT_EQ(error(1, {5, 1, 0x02}), start + "bad scan parameters Ss=5 Se=1 Ah=0 Al=2");
  EXPECT_EQ(error(1, {1, 64, 0x02}), start + "bad scan parameters Ss=1 Se=64 Ah=0 Al=2");
  EXPECT_EQ(error(1, {1, 5, 0x31}), start + "bad scan parameters Ss=1 Se=5 Ah=3 Al=1");
  EXPECT_EQ(error(1, {1, 5, 0x21}), start + "a scan out of order, with Ss=1 Se=5 Ah=2 Al=1");

  Packed p = good;  // the scan of all DC coefficients taken out
  p.recipe = {merged, {}};
  const auto begin = p.recipe.headers.begin() + static_cast<ptrdiff_t>(scans[0]) - 11;
  p.recipe.headers.erase(begin, begin + 14);
  EXPECT_EQ(rebuild_error(p), start + "a scan of AC coefficients before those of DC");
}

TEST(JpegRecipeErrors, ScansAreCounted) {
  // Each scan of this file holds one coefficient's bit: allowed, but for their number.
  Packed p;
  p.image = blank_image(8, 8, 1, 1);
  Bytes& h = p.recipe.headers;
  h = {0xFF, 0xD8, 0xFF, 0xC2, 0, 17, 8, 0, 0, 0, 0, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0};
  h.insert(h.end(), {0xFF, 0xC4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  h.insert(h.end(), {0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  h.insert(h.end(), {0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 0});
  int scans = 1;
  const auto add = [&](int component, int k, int bits) {
    h.insert(h.end(), {0xFF, 0xDA, 0, 8, 1, static_cast<uint8_t>(component), 0, static_cast<uint8_t>(k),
                       static_cast<uint8_t>(k), static_cast<uint8_t>(bits)});
    ++scans;
  };
  for (int component = 1; component <= 3; ++component) {
    for (int k = 1; k < 64 && scans < 500; ++k) {
      add(component, k, 2);
      if (scans < 500) add(component, k, 0x21);
      if (scans < 500) add(component, k, 0x10);
    }
  }
  ASSERT_EQ(scans, 500);
  EXPECT_EQ(rebuild_error(p), "");
  add(3, 63, 0);
  EXPECT_EQ(rebuild_error(p), "error[packed.recipe] more than 500 scans");
}

TEST(JpegRecipeErrors, ImagesThatDoNotFit) {
  const std::string error = "error[packed.recipe] the image's blocks are not those of its size and sampling";
  Packed p = usual();
  EXPECT_EQ(rebuild_error(p), "");
  p.image.width += 16;
  EXPECT_EQ(rebuild_error(p), error);
  p = usual();
  p.image.components[0].blocks.pop_back();
  EXPECT_EQ(rebuild_error(p), error);
  p = usual();
  p.image.components[1].padded_high = 1000;
  EXPECT_EQ(rebuild_error(p), error);
  p = usual();
  p.image.components[2].h_samp = 0;
  EXPECT_EQ(rebuild_error(p), error);
  p = usual();
  p.image.h_max = 4;
  EXPECT_EQ(rebuild_error(p), error);
  p = usual();
  p.image.components.pop_back();
  EXPECT_EQ(rebuild_error(p), error);
  p.image.components.resize(1);
  p.image.components[0].h_samp = p.image.components[0].v_samp = 1;
  EXPECT_EQ(rebuild_error(p), error);
  p.image = blank_image(50, 30, 0, 0);
  EXPECT_EQ(rebuild_error(p), "error[packed.recipe] a frame of 3 components for an image of 1");
  p.image = blank_image(0, 30, 0, 0);
  EXPECT_EQ(rebuild_error(p), error);
}

TEST(JpegRecipeErrors, DataOfAnotherImage) {
  Packed p = usual();
  bool byte_exact = true;
  // Not the file the image was read from: what comes is a file of the image.
  const Bytes other = make_jpeg({.width = 51, .height = 30, .h = {2, 1, 1, 1}, .v = {2, 1, 1, 1}});
  ASSERT_TRUE(make_jpeg_recipe(other, p.image, p.recipe, byte_exact).ok());
  EXPECT_FALSE(byte_exact);
  EXPECT_EQ(rebuild_error(p), "");
}

/// Changes a few bytes, or cuts, repeats or inserts some.
void mutate(Bytes& bytes, std::mt19937& rng) {
  for (uint32_t i = rng() % 4 + 1; i > 0; --i) {
    const size_t at = bytes.empty() ? 0 : rng() % bytes.size();
    const size_t length = std::min<size_t>(rng() % 24, bytes.size() - at);
    const auto position = bytes.begin() + static_cast<ptrdiff_t>(at);
    switch (rng() % 5) {
      case 0:
        if (!bytes.empty()) bytes[at] ^= static_cast<uint8_t>(1u << rng() % 8);
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = static_cast<uint8_t>(rng() % 2 ? rng() : 0xFF);
        break;
      case 2:
        bytes.erase(position, position + static_cast<ptrdiff_t>(length));
        break;
      case 3: {
        const Bytes copy(position, position + static_cast<ptrdiff_t>(length));
        bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(bytes.empty() ? 0 : rng() % bytes.size()),
                     copy.begin(), copy.end());
        break;
      }
      default:
        bytes.insert(position, length, static_cast<uint8_t>(rng()));
    }
  }
}

std::vector<Packed> mutation_seeds() {
  std::mt19937 rng(7);
  std::vector<Packed> seeds;
  for (const bool progressive : {false, true}) {
    for (const int restart : {0, 2}) {
      CoefficientImage image = blank_image(40, 25, 2, 2);
      randomize(image, rng);
      seeds.push_back(pack(write_jpeg(image, {.progressive = progressive, .restart_interval = restart})));
    }
  }
  seeds.push_back(pack(make_jpeg({.width = 33, .height = 20, .space = "gray", .scans = Scans::progressive})));
  // The same with extra data as they are, not compressed; and some that list everything.
  for (size_t i = 0; i < 5; ++i) {
    Packed p = seeds[i];
    jpeg::RecipeExtra extra;
    EXPECT_TRUE(jpeg::read_extra(p.recipe.extra, {p.recipe.headers.size(), 100}, extra).ok());
    p.recipe = {jpeg::merge_insertions(p.recipe.headers, extra), {}};
    seeds.push_back(p);
    p.recipe.extra = {1, 1, 2, 3, 0xFF, 0xFF, 0xFF, 0};
    seeds.push_back(p);
    if (i != 0) continue;
    p.recipe.extra = {0, 0, 2, 1, 3, 1, 0, 0, 0, 0, 0, 0, 5, 0, 6, 0, 7, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    seeds.push_back(p);
  }
  return seeds;
}

TEST(JpegRecipeErrors, MutatedRecipesDoNoHarm) {
  constexpr uint64_t kMaxBytes = 6000;
  std::mt19937 rng(8);
  int rebuilt = 0, refused = 0;
  for (const Packed& seed : mutation_seeds()) {
    CoefficientImage image = seed.image;
    for (int i = 0; i < 400; ++i) {
      JpegRecipe recipe = seed.recipe;
      const uint32_t which = rng() % 3;
      if (which != 0) mutate(recipe.headers, rng);
      if (which != 1) mutate(recipe.extra, rng);
      Bytes out;
      const Status status = jpeg_rebuild(recipe.headers, recipe.extra, image, kMaxBytes, out);
      if (status.ok()) {
        ++rebuilt;
        EXPECT_LE(out.size(), kMaxBytes);
      } else {
        ++refused;
        const std::string code = status.code();
        ASSERT_TRUE(code == "packed.recipe" || code == "packed.too_long") << status.to_string();
      }
    }
  }
  EXPECT_GT(rebuilt, 100);
  EXPECT_GT(refused, 1000);
}

TEST(JpegRecipeErrors, MutatedFilesComeBackIfTheyCanBeRead) {
  std::mt19937 rng(10);
  int exact = 0, same_coefficients = 0;
  for (const Scans scans : {Scans::sequential, Scans::one_per_component, Scans::progressive}) {
    for (const int restart : {0, 2}) {
      const Bytes whole = make_jpeg({.width = 41,
                                     .height = 21,
                                     .h = {2, 1, 1, 1},
                                     .v = {2, 1, 1, 1},
                                     .scans = scans,
                                     .restart_interval = restart});
      for (int i = 0; i < 600; ++i) {
        Bytes jpeg = whole;
        mutate(jpeg, rng);
        Split s;
        constexpr DecodeLimits kLimits = {.max_pixels = 100'000, .max_scans = 100};
        if (!read_coefficients(jpeg, kLimits, s.image).ok()) continue;
        const Status status = make_jpeg_recipe(jpeg, s.image, s.recipe, s.byte_exact);
        if (!status.ok()) {
          ASSERT_EQ(status.to_string(),
                    "error[packed.recipe] a coefficient has no code in the scan's Huffman tables");
          continue;
        }
        std::string error;
        const Bytes again = rebuild(s, error);
        ASSERT_EQ(error, "");
        if (s.byte_exact) {
          ASSERT_EQ(again, jpeg);
          ++exact;
        } else {
          CoefficientImage image;
          ASSERT_EQ(read_coefficients(again, kLimits, image).to_string(), "");
          ASSERT_EQ(compare(image, s.image), "");
          ++same_coefficients;
        }
      }
    }
  }
  EXPECT_GT(exact, 100);
  EXPECT_GT(same_coefficients, 10);
}

}  // namespace
}  // namespace headrace::testing
