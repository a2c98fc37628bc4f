// The reduced inverse DCTs against their definition, written as libjpeg documents it, for every input.
#include "kernels/idct_reduced.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace headrace::testing {
namespace {

using Block = std::array<int16_t, 64>;
using Line = std::array<int64_t, 8>;

int64_t wrapped(int64_t v) { return int32_t(uint32_t(uint64_t(v))); }

// One dimension: the outputs of side 4 or 2, sums modulo 2^32, descaled half up.
std::vector<int64_t> line(const Line& in, int side, int descale) {
  std::vector<std::pair<int64_t, int64_t>> parts;  // even and odd
  if (side == 4) {
    const int64_t even = 15137 * in[2] - 6270 * in[6], dc = in[0] << 14;
    parts = {{dc + even, 20995 * in[1] + 7373 * in[3] - 4926 * in[5] - 4176 * in[7]},
             {dc - even, 8697 * in[1] - 17799 * in[3] + 11893 * in[5] - 1730 * in[7]}};
  } else {
    parts = {{in[0] << 15, 29692 * in[1] - 10426 * in[3] + 6967 * in[5] - 5906 * in[7]}};
  }
  std::vector<int64_t> out(static_cast<size_t>(side));
  const int64_t half = int64_t{1} << (descale - 1);
  for (size_t k = 0; k < parts.size(); ++k) {
    out[k] = wrapped(parts[k].first + parts[k].second + half) >> descale;
    out[out.size() - 1 - k] = wrapped(parts[k].first - parts[k].second + half) >> descale;
  }
  return out;
}

std::vector<uint8_t> by_definition(const Block& block, int side) {
  if (side == 1) return {uint8_t(std::clamp((block[0] + 4) >> 3, -128, 127) + 128)};
  const int columns = side == 4 ? 12 : 13, rows = side == 4 ? 19 : 20;
  std::vector<Line> middle(static_cast<size_t>(side));
  for (size_t u = 0; u < 8; ++u) {
    Line column{};
    for (size_t v = 0; v < 8; ++v) column[v] = block[8 * v + u];
    const std::vector<int64_t> out = line(column, side, columns);
    for (size_t y = 0; y < out.size(); ++y) middle[y][u] = std::clamp<int64_t>(out[y], -32768, 32767);
  }
  std::vector<uint8_t> samples;
  for (const Line& row : middle) {
    for (const int64_t v : line(row, side, rows))
      samples.push_back(uint8_t(std::clamp<int64_t>(v, -128, 127) + 128));
  }
  return samples;
}

std::vector<uint8_t> transform(const Block& block, int side) {
  std::vector<uint8_t> out(static_cast<size_t>(side * side));
  idct_reduced(block.data(), side, out.data(), side);
  return out;
}

TEST(IdctReduced, IsAsDefinedForEveryInput) {
  std::mt19937 rng(3);
  for (int round = 0; round < 40000; ++round) {
    Block block{};
    const int largest = std::array{3, 60, 900, 8000, 32767}[round % 5];
    const unsigned density = 1 + rng() % 64;
    for (int16_t& v : block) {
      if (rng() % 64 < density)
        v = int16_t(std::clamp<int>(int(rng() % unsigned(2 * largest + 2)) - largest - 1, -32768, 32767));
    }
    for (const int side : {4, 2, 1}) ASSERT_EQ(transform(block, side), by_definition(block, side)) << round;
  }
}

TEST(IdctReduced, Extremes) {
  for (const int side : {4, 2, 1}) {
    for (const int16_t v : {int16_t(-32768), int16_t(32767)}) {
      Block block;
      block.fill(v);
      EXPECT_EQ(transform(block, side), by_definition(block, side));
      for (size_t i = 0; i < 64; ++i) {
        block = {};
        block[i] = v;
        EXPECT_EQ(transform(block, side), by_definition(block, side)) << i;
        block.fill(v);
        block[i] = int16_t(~v);
        EXPECT_EQ(transform(block, side), by_definition(block, side)) << i;
      }
    }
  }
}

TEST(IdctReduced, OfTheDcAloneIsFlat) {
  for (int dc = -32768; dc <= 32767; dc += dc < -9000 || dc > 9000 ? 37 : 1) {
    Block block{};
    block[0] = int16_t(dc);
    const uint8_t flat = by_definition(block, 1)[0];
    for (const int side : {4, 2, 1})
      ASSERT_EQ(transform(block, side), std::vector<uint8_t>(size_t(side * side), flat)) << dc;
  }
}

TEST(IdctReduced, WritesRowsOfItsSide) {
  Block block{};
  block[0] = 80;
  for (const size_t side : {4u, 2u, 1u}) {
    std::array<uint8_t, 4 * 11> out;
    out.fill(7);
    idct_reduced(block.data(), int(side), out.data(), 11);
    for (size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], i % 11 < side && i / 11 < side ? 138 : 7);
  }
}

}  // namespace
}  // namespace headrace::testing
