// What becomes of samples that cannot be made, and of pairs that are mixed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <set>

#include "loader_testing.h"

namespace headrace::testing {
namespace {

bool is_bad(uint64_t sample) { return sample % 7 == 3; }

std::shared_ptr<FakeProgram> failing_program(std::function<bool(uint64_t)> bad = is_bad) {
  auto program = std::make_shared<FakeProgram>();
  program->on_run = [bad](const hr_run_frame& f) -> hr_result {
    constexpr auto sample_of = FakeProgram::sample_of;
    dawdle(sample_of(f));
    if (!bad(sample_of(f))) return HR_OK;
    std::memset(f.outputs[0], 0xEE, FakeProgram::kNoiseBytes);  // half done
    std::snprintf(f.error->text, sizeof f.error->text, "damaged");
    return HR_E_DECODE;
  };
  return program;
}

LoaderOptions options_of(OnError policy, unsigned threads, uint64_t world = 1, uint64_t rank = 0) {
  LoaderOptions o;
  o.batch_size = 12 / world;
  o.world_size = world;
  o.rank = rank;
  o.threads = threads;
  o.on_error = policy;
  o.seed = 9;
  o.tail = Tail::pad;
  return o;
}

struct Seen {
  Epoch epoch;
  std::vector<SampleReport> reports;
};

Seen run(const std::shared_ptr<FakeProgram>& program, const LoaderOptions& options) {
  const std::unique_ptr<Loader> loader = make_loader(std::make_shared<FakeDataset>(100), program, options);
  Seen seen;
  seen.epoch = run_epoch(*loader, 1);
  seen.reports = loader->take_reports();
  EXPECT_EQ(loader->stats().failed_samples, seen.reports.size());
  EXPECT_TRUE(loader->take_reports().empty());
  return seen;
}

TEST(LoaderPolicy, SkippingPutsOthersInTheirPlaces) {
  const Seen seen = run(failing_program(), options_of(OnError::skip, 3));
  ASSERT_TRUE(seen.epoch.status.ok()) << seen.epoch.status.to_string();
  ASSERT_EQ(seen.epoch.ids.size(), 100u);
  ASSERT_EQ(seen.reports.size(), 14u);
  uint64_t last = 0;
  for (const SampleReport& r : seen.reports) {
    EXPECT_EQ(r.epoch, 1u);
    EXPECT_TRUE(is_bad(r.sample));
    EXPECT_EQ(r.key, "k/" + std::to_string(r.sample));
    EXPECT_EQ(to_string(r.error), "error[sample.decode] fake.hrd: sample " + std::to_string(r.sample) +
                                      " (key \"k/" + std::to_string(r.sample) + "\"): damaged");
    EXPECT_TRUE(r.replaced);
    const uint64_t at = r.global_batch * 12 + r.row;
    EXPECT_GE(at, last) << "in the epoch's order";
    last = at;
    EXPECT_EQ(seen.epoch.sample_ids[at], r.substitute);
    EXPECT_FALSE(is_bad(r.substitute));
  }
  std::set<uint64_t> replaced;
  for (const SampleReport& r : seen.reports) replaced.insert(r.global_batch * 12 + r.row);
  for (uint64_t i = 0; i < 100; ++i) {
    const uint64_t sample = seen.epoch.sample_ids[i];
    // Substitutes may recur, so that their random numbers are the position's.
    const uint64_t drawn_for = replaced.count(i) != 0 ? uint64_t{1} << 63 | i : sample;
    const auto expected = FakeProgram::expected_noise({9, 1, drawn_for}, sample);
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), &seen.epoch.noise[i * expected.size()])) << i;
  }
  for (const unsigned threads : {1u, 2u, 7u}) {
    const Seen again = run(failing_program(), options_of(OnError::skip, threads));
    EXPECT_TRUE(again.epoch == seen.epoch) << "the substitutes are a pure function";
  }
}

TEST(LoaderPolicy, SubstitutesDoNotDependOnTheWorld) {
  const Seen alone = run(failing_program(), options_of(OnError::skip, 2));
  std::vector<uint64_t> ids(100);
  for (uint64_t rank = 0; rank < 4; ++rank) {
    const Seen share = run(failing_program(), options_of(OnError::skip, 2, 4, rank));
    uint64_t at = 0;
    for (size_t batch = 0; batch < share.epoch.batch_samples.size(); ++batch) {
      for (uint64_t i = 0; i < share.epoch.batch_samples[batch]; ++i)
        ids.at(batch * 12 + i * 4 + rank) = share.epoch.sample_ids[at++];
    }
  }
  EXPECT_EQ(ids, alone.epoch.sample_ids);
}

TEST(LoaderPolicy, SubstitutedRowsAreZerosAndMasked) {
  const std::unique_ptr<Loader> loader =
      make_loader(std::make_shared<FakeDataset>(100), failing_program(), options_of(OnError::substitute, 3));
  ASSERT_TRUE(loader->start_epoch(0).ok());
  uint64_t zero_rows = 0;
  for (;;) {
    const Expected<Batch> batch = loader->next();
    ASSERT_TRUE(batch.ok()) << batch.status().to_string();
    if (!batch.value()) break;
    const Batch& b = batch.value();
    for (uint64_t i = 0; i < b.rows(); ++i) {
      const bool good = i < b.samples() && !is_bad(b.sample_ids()[i]);
      ASSERT_EQ(b.mask()[i], good ? 1 : 0);
      const uint8_t* noise = b.output(0) + i * FakeProgram::kNoiseBytes;
      ASSERT_EQ(std::all_of(noise, noise + FakeProgram::kNoiseBytes, [](uint8_t x) { return x == 0; }),
                !good);
      zero_rows += i < b.samples() && !good;
    }
  }
  const std::vector<SampleReport> reports = loader->take_reports();
  EXPECT_EQ(zero_rows, 14u);
  ASSERT_EQ(reports.size(), 14u);
  EXPECT_FALSE(reports.front().replaced);
}

TEST(LoaderPolicy, SkippingGivesUpWhereNothingCanBeMade) {
  const Seen seen = run(failing_program([](uint64_t) { return true; }), options_of(OnError::skip, 2));
  EXPECT_TRUE(seen.epoch.ids.empty());
  const std::string text = seen.epoch.status.to_string();
  EXPECT_TRUE(text.ends_with("): damaged; 16 other samples were tried in its place, and failed too")) << text;
  EXPECT_TRUE(seen.reports.empty());
}

TEST(LoaderPolicy, RaisingIsTheDefault) {
  LoaderOptions options = options_of(LoaderOptions{}.on_error, 2);
  options.order = Order::sequential;
  const Seen seen = run(failing_program(), options);
  EXPECT_EQ(seen.epoch.status.to_string(), "error[sample.decode] fake.hrd: sample 3 (key \"k/3\"): damaged");
}

/// Exchanges the two rows of each pair.
class SwappingProgram : public FakeProgram {
 public:
  explicit SwappingProgram(const FakeProgram& base) : FakeProgram(base) { info_.mixes = true; }

  hr_result batch(hr_batch_frame& f) const override {
    if (f.abi_version != HR_ABI_VERSION || f.key.seed != 9) return fail(f);
    if (f.begin >= f.end || f.end > f.rows / 2) return fail(f);
    for (uint64_t i = f.begin; i < f.end; ++i) {
      const uint64_t partner = i + f.rows / 2;
      if (f.mask[i] == 0 || f.mask[partner] == 0) continue;
      const std::array<size_t, 2> bytes = {kNoiseBytes, 8};
      for (size_t k = 0; k < 2; ++k) {
        std::swap_ranges(f.outputs[k] + i * bytes[k], f.outputs[k] + (i + 1) * bytes[k],
                         f.outputs[k] + partner * bytes[k]);
      }
    }
    return HR_OK;
  }

 private:
  static hr_result fail(hr_batch_frame& f) {
    std::snprintf(f.error->text, sizeof f.error->text, "a bad batch frame");
    return HR_E_INTERNAL;
  }
};

TEST(LoaderPolicy, EveryPairIsMixedOnce) {
  const Seen plain = run(failing_program(), options_of(OnError::substitute, 2));
  for (const unsigned threads : {1u, 4u}) {
    const Seen mixed =
        run(std::make_shared<SwappingProgram>(*failing_program()), options_of(OnError::substitute, threads));
    ASSERT_TRUE(mixed.epoch.status.ok()) << mixed.epoch.status.to_string();
    ASSERT_EQ(mixed.epoch.ids.size(), 100u);
    for (uint64_t i = 0; i < 100; ++i) {
      const uint64_t batch = i / 12 * 12;
      const uint64_t partner = batch + (i - batch + 6) % 12;
      const bool both =
          partner < 100 && !is_bad(plain.epoch.sample_ids[i]) && !is_bad(plain.epoch.sample_ids[partner]);
      ASSERT_EQ(mixed.epoch.ids[i], plain.epoch.ids[both ? partner : i]) << i;
    }
  }
}

TEST(LoaderPolicy, PairsAreTheSameForEveryWorld) {
  const auto program = std::make_shared<SwappingProgram>(*failing_program());
  const Seen alone = run(program, options_of(OnError::skip, 2));
  std::vector<int64_t> ids(100);
  for (uint64_t rank = 0; rank < 3; ++rank) {
    const Seen share = run(program, options_of(OnError::skip, 2, 3, rank));
    uint64_t at = 0;
    for (size_t batch = 0; batch < share.epoch.batch_samples.size(); ++batch) {
      for (uint64_t i = 0; i < share.epoch.batch_samples[batch]; ++i)
        ids.at(batch * 12 + i * 3 + rank) = share.epoch.ids[at++];
    }
  }
  EXPECT_EQ(ids, alone.epoch.ids);
}

TEST(LoaderPolicy, MixingNeedsAnEvenBatch) {
  LoaderOptions options = options_of(OnError::raise, 1);
  options.batch_size = 7;
  const auto program = std::make_shared<SwappingProgram>(FakeProgram());
  EXPECT_EQ(
      Loader::create(std::make_shared<FakeDataset>(100), program, options).status().to_string(),
      "error[loader.batch_size] the pipeline mixes pairs of samples, for which a batch needs an even number "
      "of rows, not 7");
}

}  // namespace
}  // namespace headrace::testing
