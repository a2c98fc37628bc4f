// The packed encoding: everything comes back, every level decodes alike, and damage is an error.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <tuple>

#include "headrace/isa.h"
#include "jpeg_testing.h"
#include "kernels/packed/code_tables.h"
#include "kernels/packed/jpeg_rebuilder.h"
#include "kernels/packed/packed_image.h"
#include "packed_testing.h"

namespace headrace::testing {
namespace {

constexpr std::array<uint32_t, 6> kPlanes = {HR_PLANES_GRAY, HR_PLANES_444, HR_PLANES_422,
                                             HR_PLANES_420,  HR_PLANES_440, HR_PLANES_444 | HR_PLANES_RGB};

struct Level {
  const char* name;
  packed::TileDecode decode;
};

std::vector<Level> levels() {
  std::vector<Level> all = {{"baseline", packed::decode_tile_baseline}};
#ifdef HEADRACE_X86_LEVELS
  if (isa_supported(Isa::x86_64_v3)) all.push_back({"v3", packed::decode_tile_v3});
  if (isa_supported(Isa::x86_64_v4_vbmi2)) all.push_back({"vbmi2", packed::decode_tile_vbmi2});
#endif
  return all;
}

void round_trip(const CoefficientImage& image) {
  const std::vector<uint8_t> bytes = pack_for_test(image);
  CoefficientImage back;
  RecipeState state = RecipeState::byte_exact;
  const Status status = unpack_image(image_bytes(bytes), back, nullptr, &state);
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(state, RecipeState::none);
  EXPECT_EQ(compare_blocks(image, back), "");
  for (const Level& level : levels()) {
    packed::ImageDecoder decoder(level.decode);
    EXPECT_EQ(compare_rectangle(decoder, image_bytes(bytes), image, {0, 0, image.height, image.width}), "")
        << level.name;
  }
}

TEST(Packed, SmallSizesComeBack) {
  std::mt19937 rng(1);
  for (const uint32_t planes : kPlanes) {
    for (uint32_t height = 1; height <= 40; height += 3) {
      for (uint32_t width = 1; width <= 40; width += 2) {
        SCOPED_TRACE(std::to_string(planes) + " " + std::to_string(height) + " x " + std::to_string(width));
        round_trip(draw_coefficients(planes, width, height,
                                     (width + height) % 3 ? Drawn::photo : Drawn::extreme, rng));
      }
    }
  }
}

TEST(Packed, EverythingAJpegCanHoldComesBack) {
  std::mt19937 rng(2);
  for (const uint32_t planes : kPlanes) {
    for (const Drawn drawn : {Drawn::photo, Drawn::extreme, Drawn::full}) {
      SCOPED_TRACE(planes);
      round_trip(draw_coefficients(planes, 300, 220, drawn, rng));
    }
  }
}

TEST(Packed, WideAndHighImagesAreTiled) {
  std::mt19937 rng(3);
  for (const auto& [width, height] :
       std::array<std::pair<uint32_t, uint32_t>, 3>{{{5000, 33}, {33, 5000}, {65500, 3}}}) {
    const CoefficientImage image = draw_coefficients(HR_PLANES_420, width, height, Drawn::photo, rng);
    round_trip(image);
    const std::vector<uint8_t> bytes = pack_for_test(image);
    for (const Level& level : levels()) {
      packed::ImageDecoder decoder(level.decode);
      EXPECT_EQ(compare_rectangle(decoder, image_bytes(bytes), image, {height / 2, width / 2, 1, width / 3}),
                "")
          << level.name;
    }
  }
}

TEST(Packed, RectanglesGetTheirBlocks) {
  std::mt19937 rng(4);
  for (const uint32_t planes : kPlanes) {
    const CoefficientImage image = draw_coefficients(planes, 1700, 260, Drawn::photo, rng);
    const std::vector<uint8_t> bytes = pack_for_test(image);
    packed::ImageDecoder decoder;
    for (int i = 0; i < 60; ++i) {
      auto draw = [&](int64_t least, int64_t most) {
        return std::uniform_int_distribution<int64_t>(least, most)(rng);
      };
      packed::PixelRange r{draw(0, 259), draw(0, 1699), 0, 0};
      r.rows = draw(1, 260 - r.top);
      r.cols = draw(1, 1700 - r.left);
      EXPECT_EQ(compare_rectangle(decoder, image_bytes(bytes), image, r), "") << planes;
    }
  }
}

TEST(Packed, CodesAreComplete) {
  ASSERT_LT(packed::fast_table_sets(), packed::table_set_count());
  for (int set = 0; set < packed::table_set_count(); ++set) {
    const int bits = packed::table_set(set).bits;
    EXPECT_EQ(bits, set < packed::fast_table_sets() ? 10 : 11);
    for (int context = 0; context < packed::kContexts; ++context) {
      int sum = 0;
      const auto& codes = packed::table_set(set).encode[size_t(context)];
      for (int s = 0; s < packed::context_symbols(context); ++s) {
        const packed::Code c = codes[size_t(s)];
        ASSERT_GE(c.length, 1) << set << " " << context << " " << s;
        ASSERT_LE(c.length, bits);
        sum += 1 << (bits - c.length);
        EXPECT_EQ(packed::table_set(set).decode[size_t(context)][size_t(c.bits) << (bits - c.length)],
                  s << 8 | c.length);
      }
      EXPECT_EQ(sum, 1 << bits) << set << " " << context;
    }
  }
}

TEST(Packed, LimitedLengthsAreOptimalWhereTheLimitDoesNotBind) {
  // 8 4 2 1 1: 1 2 3 4 4 bits.
  const std::array<uint64_t, 5> counts = {8, 4, 2, 1, 1};
  std::array<uint8_t, 5> lengths{};
  packed::limited_lengths(counts, 10, lengths);
  EXPECT_EQ(lengths, (std::array<uint8_t, 5>{1, 2, 3, 4, 4}));
}

/// The error unpacking gives, without what all of them start with.
std::string damage_of(const std::vector<uint8_t>& bytes, size_t size) {
  CoefficientImage image;
  const Status status = unpack_image(std::span(bytes).first(size), image, nullptr, nullptr);
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), "packed.damaged");
  const std::string start = "the packed image is damaged: ", message = status.errors().front().message;
  EXPECT_EQ(message.substr(0, start.size()), start);
  return message.substr(start.size());
}

TEST(PackedDamage, IsNamed) {
  std::mt19937 rng(5);
  const std::vector<uint8_t> good =
      pack_for_test(draw_coefficients(HR_PLANES_420, 64, 48, Drawn::photo, rng));
  const size_t size = good.size() - 64;
  const auto with = [&](size_t at, uint8_t value) {
    std::vector<uint8_t> bytes = good;
    bytes[at] = value;
    return damage_of(bytes, size);
  };
  EXPECT_EQ(damage_of(good, size), "");
  EXPECT_EQ(damage_of(good, 31), "it is shorter than its header");
  EXPECT_EQ(damage_of(good, size - 1), "its length is not the one it states");
  EXPECT_EQ(with(0, 2), "it is coded in a way this version does not know");
  EXPECT_EQ(with(1, 5), "its kind of planes is unknown");
  EXPECT_EQ(with(1, HR_PLANES_420 | HR_PLANES_RGB), "its kind of planes is unknown");
  EXPECT_EQ(with(2, 200), "it names code tables this version does not have");
  EXPECT_EQ(with(3, 4), "it has unknown flags");
  EXPECT_EQ(with(28, 1), "it has unknown flags");
  EXPECT_EQ(with(4, 0), "its size is zero");
  EXPECT_EQ(with(8, 0), "its tiles have an impossible size");
  EXPECT_EQ(with(10, 3), "its tiles have an impossible size");
  EXPECT_EQ(with(12, 8), "its parts do not lie in order");
  EXPECT_EQ(with(27, 0), "it has an impossible number of quantisation tables");
  EXPECT_EQ(with(24, 3), "a component has no quantisation table");
  EXPECT_EQ(with(32, 9), "a quantisation table is damaged");
  uint32_t directory;
  std::memcpy(&directory, &good[12], 4);
  EXPECT_EQ(with(directory, uint8_t(good[directory] - 1)), "its tiles do not end at its recipe");
  EXPECT_EQ(with(directory + 3, 1), "its tiles do not lie in order");
  EXPECT_EQ(with(directory + 4, 0xFF), "a tile's streams are longer than the tile (tile 0)");
}

TEST(PackedDamage, StatedSizeMustMatch) {
  std::mt19937 rng(6);
  const std::vector<uint8_t> bytes =
      pack_for_test(draw_coefficients(HR_PLANES_422, 40, 30, Drawn::photo, rng));
  packed::ImageDecoder decoder;
  hr_coefficient_rows rows{};
  hr_error error{};
  EXPECT_EQ(decoder.open(image_bytes(bytes), 40, 31, HR_PLANES_422, {}, {0, 0, 1, 1}, rows, &error),
            HR_E_DECODE);
  EXPECT_STREQ(error.text, "the packed image is 40 x 30 of kind 2, its record says 40 x 31 of kind 2");
  EXPECT_EQ(decoder.open(image_bytes(bytes), 40, 30, HR_PLANES_422, {.max_pixels = 1000}, {0, 0, 1, 1}, rows,
                         &error),
            HR_E_LIMIT);
  EXPECT_STREQ(error.text,
               "1200 pixels, more than the limit of 1000; --max-pixels raises it (DecodeLimits::max_pixels)");
  EXPECT_EQ(error.args[0], 1200);
  EXPECT_EQ(error.args[1], 1000);
  EXPECT_EQ(decoder.open(image_bytes(bytes), 40, 30, HR_PLANES_422, {}, {0, 39, 1, 2}, rows, &error),
            HR_E_CROP_OUTSIDE);
  EXPECT_EQ(decoder.unit(0, rows, &error), HR_E_INTERNAL);
}

// Whatever the bytes are: no read or write out of bounds (sanitizers see it), and all levels agree.
TEST(PackedDamage, NeverHarms) {
  std::mt19937 rng(7);
  int failed = 0, passed = 0;
  for (int round = 0; round < 1500; ++round) {
    const uint32_t planes = kPlanes[size_t(round) % kPlanes.size()];
    const uint32_t width = 1 + rng() % 90, height = 1 + rng() % 90;
    std::vector<uint8_t> bytes = pack_for_test(
        draw_coefficients(planes, width, height, round % 2 ? Drawn::photo : Drawn::extreme, rng));
    const size_t size = bytes.size() - 64;
    for (uint32_t k = 1 + rng() % 4; k > 0; --k) {
      const size_t at = rng() % 5 == 0 ? rng() % std::min<size_t>(size, 80) : rng() % size;
      bytes[at] = rng() % 2 ? uint8_t(rng()) : uint8_t(bytes[at] ^ 1 << rng() % 8);
    }
    // Exactly as much memory as a reader may touch.
    const std::unique_ptr<uint8_t[]> exact(new uint8_t[bytes.size()]);
    std::memcpy(exact.get(), bytes.data(), bytes.size());
    std::string first;
    for (const Level& level : levels()) {
      packed::ImageDecoder decoder(level.decode);
      hr_coefficient_rows rows{};
      hr_error error{};
      std::string result = "ok";
      if (decoder.open({exact.get(), size}, width, height, planes, {}, {0, 0, height, width}, rows, &error) !=
          HR_OK) {
        result = error.text;
      } else {
        uint64_t sum = 0;
        for (uint32_t unit = 0; unit * 2 < decoder.view().grid.mcus_high && result == "ok"; ++unit) {
          if (decoder.unit(unit, rows, &error) != HR_OK) result = error.text;
          for (uint32_t c = 0; result == "ok" && c < decoder.view().grid.components; ++c) {
            for (uint32_t x = 0; x < decoder.view().grid.component[c].blocks_wide; ++x) {
              const hr_block_row& row = rows.rows[c][0];
              sum = sum * 31 + row.masks[x] + uint16_t(row.dc[x]);
              for (int g = 0; g < 4; ++g) {
                if (row.masks[x] >> (16 * g) & 0xFFFF)
                  sum = sum * 31 + uint16_t(rows.values[row.offsets[4 * x + uint32_t(g)]]);
              }
            }
          }
        }
        if (result == "ok") result += std::to_string(sum);
      }
      if (first.empty()) first = result;
      EXPECT_EQ(result, first) << level.name;
    }
    ++(first.starts_with("ok") ? passed : failed);
  }
  EXPECT_GT(failed, 300);
  EXPECT_GT(passed, 100);
}

TEST(PackedPhotos, FilesComeBackByteForByte) {
#ifdef HEADRACE_SHARED_DIR
  const std::filesystem::path folder = std::filesystem::path(HEADRACE_SHARED_DIR) / "photos" / "train";
#else
  const std::filesystem::path folder;
#endif
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "there are no shared photos";
  size_t source = 0, packed_size = 0, files = 0;
  ImagePacker packer;
  JpegRebuilder rebuilder;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".jpg") continue;
    const Bytes jpeg = read_file(entry.path());
    CoefficientImage image;
    JpegRecipe recipe;
    bool exact = false;
    ASSERT_TRUE(read_coefficients(jpeg, kDefaultDecodeLimits, image).ok()) << entry.path();
    ASSERT_TRUE(make_jpeg_recipe(jpeg, image, recipe, exact).ok()) << entry.path();
    EXPECT_TRUE(exact) << entry.path();
    std::vector<uint8_t> bytes;
    ASSERT_TRUE(packer.pack(image, &recipe, exact, PackEffort::fast, bytes).ok()) << entry.path();
    source += jpeg.size();
    packed_size += bytes.size();
    ++files;
    bytes.resize(bytes.size() + 64);
    const auto state = rebuilder.rebuild(image_bytes(bytes), {});
    ASSERT_TRUE(state.ok()) << entry.path() << " " << state.status().to_string();
    EXPECT_EQ(*state, RecipeState::byte_exact);
    EXPECT_EQ(Bytes(rebuilder.jpeg().begin(), rebuilder.jpeg().end()), jpeg) << entry.path();
  }
  EXPECT_GE(files, 240u);
  EXPECT_LT(double(packed_size), 0.93 * double(source));
}

}  // namespace
}  // namespace headrace::testing
