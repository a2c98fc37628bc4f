// Philox4x32-10 against the known answers of its authors' Random123 library, and the draws made from it.
#include "headrace/philox.h"

#include <gtest/gtest.h>

namespace headrace::philox {
namespace {

TEST(Philox, KnownAnswers) {
  EXPECT_EQ(block({0, 0, 0, 0}, 0, 0), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(block({~0u, ~0u, ~0u, ~0u}, ~0u, ~0u), (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(block({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, OpHashIsFnv1a) {
  EXPECT_EQ(op_hash(""), 0xcbf29ce484222325u);
  EXPECT_EQ(op_hash("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(op_hash("foobar"), 0x85944171f73967e8u);
}

// The words of a draw are the block of the documented counter under the documented key.
TEST(Philox, DrawIsTheDocumentedBlock) {
  const uint64_t hash = op_hash("/outputs/image/1"), seed = 0x0123456789abcdefu;
  const Block k = block({uint32_t(hash), uint32_t(hash >> 32), 0x68726B79, 0}, 0x89abcdef, 0x01234567);
  const uint64_t key = op_key(seed, hash);
  EXPECT_EQ(key, uint64_t{k[1]} << 32 | k[0]);
  EXPECT_EQ(draw(key, 5, 0x700000009, 16), block({16, 5, 9, 7}, k[0], k[1]));
  EXPECT_EQ(draw(key, 0x100000005, 3, 0), draw(key, 5, 3, 0)) << "the epoch counts modulo 2^32";
}

TEST(Philox, EveryInputChangesTheDraw) {
  const uint64_t key = op_key(1, op_hash("/outputs/x/1"));
  const Block base = draw(key, 0, 0, 0);
  EXPECT_NE(draw(op_key(2, op_hash("/outputs/x/1")), 0, 0, 0), base);
  EXPECT_NE(draw(op_key(uint64_t{1} << 32 | 1, op_hash("/outputs/x/1")), 0, 0, 0), base);
  EXPECT_NE(draw(op_key(1, op_hash("/outputs/x/2")), 0, 0, 0), base);
  EXPECT_NE(draw(key, 1, 0, 0), base);
  EXPECT_NE(draw(key, 0, 1, 0), base);
  EXPECT_NE(draw(key, 0, uint64_t{1} << 32, 0), base);
  EXPECT_NE(draw(key, 0, 0, 1), base);
}

TEST(Philox, UniformIsInRange) {
  EXPECT_EQ(uniform(0, 0), 0.0);
  EXPECT_EQ(uniform(0, 63), 0.0) << "the lower six bits are not used";
  EXPECT_EQ(uniform(31, 0), 0.0) << "the lower five bits are not used";
  EXPECT_EQ(uniform(0, 64), 0x1p-53);
  EXPECT_EQ(uniform(32, 0), 0x1p-27);
  EXPECT_EQ(uniform(0x80000000, 0), 0.5);
  EXPECT_EQ(uniform(~0u, ~0u), 1.0 - 0x1p-53);
  double sum = 0;
  for (uint32_t i = 0; i < 10000; ++i) {
    const Block b = block({i, 0, 0, 0}, 1, 2);
    const double u = uniform(b[0], b[1]);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.01);  // four standard deviations
}

TEST(Philox, BelowIsInRange) {
  EXPECT_EQ(below(~0u, 1), 0u);
  EXPECT_EQ(below(0, 7), 0u);
  EXPECT_EQ(below(~0u, 7), 6u);
  EXPECT_EQ(below(0x80000000, 7), 3u);
  EXPECT_EQ(below(~0u, uint64_t{1} << 32), ~0u);
  EXPECT_EQ(below(12345, uint64_t{1} << 32), 12345u);
  int counts[5] = {};
  for (uint32_t i = 0; i < 10000; ++i) ++counts[below(block({i, 0, 0, 0}, 3, 4)[0], 5)];
  for (int c : counts) EXPECT_NEAR(c, 2000, 160);  // four standard deviations
}

}  // namespace
}  // namespace headrace::philox
