// The digest: XXH3-128 of the outputs' bytes, sample by sample, whatever the batches.
#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstdio>
#include <cstring>

#include "headrace/digest.h"
#include "loader_testing.h"

namespace headrace::testing {
namespace {

struct Result {
  std::string hex;
  uint64_t bytes = 0, samples = 0;
};

Result digest_of(uint64_t batch_size, unsigned threads, uint64_t seed = 7, uint64_t limit = 0) {
  LoaderOptions options;
  options.batch_size = batch_size;
  options.threads = threads;
  options.seed = seed;
  options.limit = limit;
  options.tail = Tail::pad;
  const auto program = std::make_shared<FakeProgram>();
  const std::unique_ptr<Loader> loader = make_loader(std::make_shared<FakeDataset>(101), program, options);
  Digest digest;
  for (uint64_t epoch = 0; epoch < 2; ++epoch) {
    EXPECT_TRUE(loader->start_epoch(epoch).ok());
    for (;;) {
      const Expected<Batch> batch = loader->next();
      if (!batch.ok() || !*batch) break;
      digest.add(*batch, program->info());
    }
  }
  return {digest.hex(), digest.bytes(), digest.samples()};
}

TEST(LoaderDigest, IsTheHashOfEverySamplesOutputsInOrder) {
  LoaderOptions options;
  options.batch_size = 13;
  options.threads = 3;
  options.seed = 7;
  options.tail = Tail::pad;
  const std::unique_ptr<Loader> loader =
      make_loader(std::make_shared<FakeDataset>(101), std::make_shared<FakeProgram>(), options);
  std::vector<uint8_t> stream;
  for (uint64_t epoch = 0; epoch < 2; ++epoch) {
    for (const uint64_t sample : run_epoch(*loader, epoch).sample_ids) {
      const std::vector<uint8_t> noise = FakeProgram::expected_noise(7, epoch, sample);
      stream.insert(stream.end(), noise.begin(), noise.end());
      const auto* id = reinterpret_cast<const uint8_t*>(&sample);
      stream.insert(stream.end(), id, id + 8);
    }
  }
  const XXH128_hash_t hash = XXH3_128bits(stream.data(), stream.size());
  char expected[33];
  std::snprintf(expected, sizeof expected, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  const Result result = digest_of(13, 3);
  EXPECT_EQ(result.hex, expected);
  EXPECT_EQ(result.bytes, stream.size());
  EXPECT_EQ(result.samples, 202u);
}

TEST(LoaderDigest, DoesNotDependOnBatchesOrThreads) {
  const Result reference = digest_of(101, 1);
  for (const uint64_t batch_size : {1u, 7u, 64u, 200u}) {
    for (const unsigned threads : {1u, 2u, 4u}) EXPECT_EQ(digest_of(batch_size, threads).hex, reference.hex);
  }
  EXPECT_NE(digest_of(101, 1, 8).hex, reference.hex);
  EXPECT_NE(digest_of(101, 1, 7, 100).hex, reference.hex);
}

TEST(LoaderDigest, OfNothing) {
  const Digest digest;
  EXPECT_EQ(digest.hex(), "99aa06d3014798d86001c324468d497f");  // XXH3-128 of the empty string
  EXPECT_EQ(digest.bytes(), 0u);
  EXPECT_EQ(digest.samples(), 0u);
}

}  // namespace
}  // namespace headrace::testing
