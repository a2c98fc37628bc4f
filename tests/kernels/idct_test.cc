// The inverse DCT against its definition, step by step, and against libjpeg-turbo on coefficients that it
// does not overflow on.
#include "kernels/idct.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "jpeg_testing.h"
#include "kernels/jpeg_library.h"

namespace headrace::testing {
namespace {

using Block = std::array<int16_t, 64>;
using Samples = std::array<uint8_t, 64>;

// One line of eight as the header defines it: libjpeg's rotations, without a limit on sums.
std::array<int, 8> line(const std::array<int, 8>& in, int descale) {
  const auto product = [](int64_t a, int64_t b) { return a * b; };
  const int64_t e0 = product(int64_t{in[0]} + in[4], 8192), e1 = product(int64_t{in[0]} - in[4], 8192);
  const int64_t z1 = product(int64_t{in[2]} + in[6], 4433);
  const int64_t e2 = z1 - product(in[6], 15137), e3 = z1 + product(in[2], 6270);
  const int64_t sum73 = int64_t{in[7]} + in[3], sum51 = int64_t{in[5]} + in[1];
  const int64_t z5 = product(sum73 + sum51, 9633);
  const int64_t z3 = z5 - product(sum73, 16069), z4 = z5 - product(sum51, 3196);
  const int64_t z71 = product(int64_t{in[7]} + in[1], -7373), z53 = product(int64_t{in[5]} + in[3], -20995);
  const int64_t odd[4] = {product(in[1], 12299) + z71 + z4, product(in[3], 25172) + z53 + z3,
                          product(in[5], 16819) + z53 + z4, product(in[7], 2446) + z71 + z3};
  const int64_t even[4] = {e0 + e3, e1 + e2, e1 - e2, e0 - e3};
  std::array<int, 8> out{};
  for (size_t i = 0; i < 4; ++i) {
    const auto descaled = [&](int64_t v) {
      EXPECT_LT(std::abs(v), int64_t{1} << 31);
      return int((v + (int64_t{1} << (descale - 1))) >> descale);
    };
    out[i] = std::clamp(descaled(even[i] + odd[i]), -32768, 32767);
    out[7 - i] = std::clamp(descaled(even[i] - odd[i]), -32768, 32767);
  }
  return out;
}

Samples by_definition(const Block& block) {
  int middle[8][8];
  for (size_t u = 0; u < 8; ++u) {
    std::array<int, 8> column{};
    for (size_t v = 0; v < 8; ++v) column[v] = block[8 * v + u];
    column = line(column, 11);
    for (size_t v = 0; v < 8; ++v) middle[v][u] = column[v];
  }
  Samples out{};
  for (size_t y = 0; y < 8; ++y) {
    std::array<int, 8> row{};
    std::copy_n(middle[y], 8, row.begin());
    row = line(row, 18);
    for (size_t x = 0; x < 8; ++x) out[8 * y + x] = uint8_t(std::clamp(row[x], -128, 127) + 128);
  }
  return out;
}

Samples transform(const Block& block) {
  Samples out{};
  idct_islow(block.data(), out.data(), 8);
  return out;
}

TEST(Idct, IsAsDefinedForEveryInput) {
  std::mt19937 rng(3);
  for (int round = 0; round < 40000; ++round) {
    Block block{};
    const int largest = std::array{3, 60, 900, 8000, 32767}[round % 5];
    const unsigned density = 1 + rng() % 64;
    for (int16_t& v : block) {
      if (rng() % 64 < density)
        v = int16_t(std::clamp<int>(int(rng() % unsigned(2 * largest + 2)) - largest - 1, -32768, 32767));
    }
    ASSERT_EQ(transform(block), by_definition(block)) << round;
  }
}

TEST(Idct, Extremes) {
  for (const int16_t v : {int16_t(-32768), int16_t(32767)}) {
    Block block;
    block.fill(v);
    EXPECT_EQ(transform(block), by_definition(block));
    for (size_t i = 0; i < 64; ++i) {
      block = {};
      block[i] = v;
      EXPECT_EQ(transform(block), by_definition(block)) << i;
      block.fill(v);
      block[i] = int16_t(~v);
      EXPECT_EQ(transform(block), by_definition(block)) << i;
    }
  }
}

TEST(Idct, OfTheDcAloneIsFlat) {
  for (int dc = -32768; dc <= 32767; dc += dc < -9000 || dc > 9000 ? 37 : 1) {
    Block block{};
    block[0] = int16_t(dc);
    Samples flat;
    flat.fill(idct_flat(int16_t(dc)));
    ASSERT_EQ(transform(block), flat) << dc;
  }
}

TEST(Idct, WritesRowsOfEight) {
  Block block{};
  block[0] = 80;
  std::array<uint8_t, 8 * 11> out;
  out.fill(7);
  idct_islow(block.data(), out.data(), 11);
  for (size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], i % 11 < 8 ? 138 : 7);
}

// A gray JPEG of 16 x 16 blocks with these coefficients and quantisation steps of 1.
Bytes write_blocks(const std::vector<Block>& blocks) {
  jpeg_compress_struct cinfo = {};
  jpeg_error_mgr errors = {};
  cinfo.err = jpeg_std_error(&errors);
  jpeg_create_compress(&cinfo);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&cinfo, &bytes, &size);
  cinfo.image_width = cinfo.image_height = 128;
  cinfo.input_components = 1;
  cinfo.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&cinfo);
  jpeg_set_quality(&cinfo, 100, TRUE);
  cinfo.optimize_coding = TRUE;
  jvirt_barray_ptr array =
      (*cinfo.mem->request_virt_barray)(reinterpret_cast<j_common_ptr>(&cinfo), JPOOL_IMAGE, TRUE, 16, 16, 1);
  jpeg_write_coefficients(&cinfo, &array);
  for (JDIMENSION y = 0; y < 16; ++y) {
    JBLOCKROW row =
        (*cinfo.mem->access_virt_barray)(reinterpret_cast<j_common_ptr>(&cinfo), array, y, 1, TRUE)[0];
    for (size_t x = 0; x < 16; ++x) std::memcpy(row[x], blocks[16 * y + x].data(), sizeof(Block));
  }
  jpeg_finish_compress(&cinfo);
  Bytes jpeg(bytes, bytes + size);
  jpeg_destroy_compress(&cinfo);
  std::free(bytes);
  return jpeg;
}

// As large as the documented bound admits.
TEST(Idct, EqualsLibjpegWhereNothingOverflows) {
  std::mt19937 rng(5);
  for (int round = 0; round < 60; ++round) {
    std::vector<Block> blocks(256);
    for (Block& block : blocks) {
      block = {};
      int left = 2100;
      const unsigned tries = 1 + rng() % 80;
      for (unsigned t = 0; t < tries; ++t) {
        const size_t i = rng() % 3 == 0 ? rng() % 64 : (rng() % 4) * 8 + rng() % 4;
        const int size = std::min<int>(left, int(rng() % (t == 0 ? 1000 : 300)));
        if (block[i] != 0) continue;
        block[i] = int16_t(rng() % 2 == 0 ? size : -size);
        left -= size;
      }
    }
    const Pixels full = full_decode(write_blocks(blocks));
    ASSERT_EQ(full.width, 128u);
    for (size_t b = 0; b < 256; ++b) {
      const Samples samples = transform(blocks[b]);
      for (size_t i = 0; i < 64; ++i) {
        const size_t y = b / 16 * 8 + i / 8, x = b % 16 * 8 + i % 8;
        ASSERT_EQ(samples[i], full.rgb[(y * 128 + x) * 3]) << "block " << b << " sample " << i;
      }
    }
  }
}

}  // namespace
}  // namespace headrace::testing
