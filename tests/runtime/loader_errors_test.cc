// Samples that fail: which one is reported, when, with what words, and what works afterwards.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <new>
#include <set>
#include <stdexcept>
#include <thread>

#include "loader_testing.h"
#include "runtime/loader/order.h"
#include "runtime/loader/sample_error.h"

namespace headrace::testing {
namespace {

hr_result decode_error(const hr_run_frame& f, const char* text) {
  std::snprintf(f.error->text, sizeof f.error->text, "%s", text);
  return f.error->code = HR_E_DECODE;
}

LoaderOptions options_of(unsigned threads, uint64_t batch_size, Order order = Order::sequential) {
  LoaderOptions options;
  options.threads = threads;
  options.batch_size = batch_size;
  options.order = order;
  options.tail = Tail::pad;
  return options;
}

/// The error of an epoch in which sample 17 fails as given.
template <class Program>
std::string error_of(std::shared_ptr<FakeDataset> dataset, Program program) {
  const std::unique_ptr<Loader> loader = make_loader(dataset, program, options_of(2, 8));
  const Epoch epoch = run_epoch(*loader, 0);
  EXPECT_EQ(epoch.batch_samples.size(), 2u) << "batches before the failing one are delivered";
  return epoch.status.to_string();
}

std::string error_of(std::function<hr_result(const hr_run_frame&)> fail) {
  auto program = std::make_shared<FakeProgram>();
  program->on_run = [fail](const hr_run_frame& f) { return f.key.sample == 17 ? fail(f) : HR_OK; };
  return error_of(std::make_shared<FakeDataset>(40), program);
}

TEST(LoaderErrors, NameFileSampleKeyAndCause) {
  EXPECT_EQ(error_of([](const hr_run_frame& f) { return decode_error(f, "premature end of JPEG data"); }),
            "error[sample.decode] fake.hrd: sample 17 (key \"k/17\"): premature end of JPEG data");
  EXPECT_EQ(error_of([](const hr_run_frame& f) {
              f.error->args[0] = 30'000;
              f.error->args[1] = 20'000;
              return HR_E_LIMIT;
            }),
            "error[sample.limit] fake.hrd: sample 17 (key \"k/17\"), field \"data\": the value has 30000 "
            "bytes, more "
            "than the 20000 of its row in the batch; give a larger \"length\"");
  EXPECT_EQ(error_of([](const hr_run_frame& f) {
              f.error->args[0] = HR_ENCODING_RGB;
              f.error->args[1] = 1 << HR_ENCODING_JPEG;
              return HR_E_ENCODING;
            }),
            "error[sample.encoding] fake.hrd: sample 17 (key \"k/17\"): the image is stored as rgb; the "
            "pipeline was "
            "compiled for jpeg");
  EXPECT_EQ(
      error_of([](const hr_run_frame& f) {
        f.error->args[0] = 9;
        f.error->args[1] = 1 << HR_ENCODING_JPEG | 1 << HR_ENCODING_RGB | 1 << 5;
        return HR_E_ENCODING;
      }),
      "error[sample.encoding] fake.hrd: sample 17 (key \"k/17\"): the image is stored as encoding 9; the "
      "pipeline was compiled for jpeg, rgb or encoding 5");
  EXPECT_EQ(error_of([](const hr_run_frame&) { return HR_E_INTERNAL; }),
            "error[internal] fake.hrd: sample 17 (key \"k/17\"): the pipeline failed without saying why");
  EXPECT_EQ(
      error_of([](const hr_run_frame&) { return hr_result{77}; }),
      "error[internal] fake.hrd: sample 17 (key \"k/17\"): the pipeline failed with the unknown result 77");
}

TEST(LoaderErrors, TextsWithoutTerminatorEnd) {
  const std::string error = error_of([](const hr_run_frame& f) {
    for (char& c : f.error->text) c = 'x';
    return HR_E_DECODE;
  });
  EXPECT_EQ(error,
            "error[sample.decode] fake.hrd: sample 17 (key \"k/17\"): " + std::string(HR_ERROR_TEXT, 'x'));
}

TEST(LoaderErrors, PlanFailsLikeRun) {
  auto program = std::make_shared<FakeProgram>();
  auto plain = std::make_shared<FakeProgram>();
  program->on_plan = [plain](hr_plan_frame& f) {
    if (f.key.sample != 17) return plain->plan(f);
    const int64_t args[] = {0, 0, 224, 224, 200, 180};
    std::copy(std::begin(args), std::end(args), f.error->args);
    return hr_result{HR_E_CROP_OUTSIDE};
  };
  EXPECT_EQ(error_of(std::make_shared<FakeDataset>(40), program),
            "error[sample.crop_outside] fake.hrd: sample 17 (key \"k/17\"): the crop of 224x224 at (0, 0) "
            "does not fit "
            "the image of 200x180; resize first");
}

TEST(LoaderErrors, DatasetsSpeakForThemselves) {
  auto dataset = std::make_shared<FakeDataset>(40);
  dataset->on_read = [](uint64_t s) {
    return s == 17 ? Status("data.page", "fake.hrd", "sample 17 (k/17) cannot be read: page 2 is damaged")
                   : Status();
  };
  const std::string expected =
      "error[data.page] fake.hrd: sample 17 (k/17) cannot be read: page 2 is damaged";
  EXPECT_EQ(error_of(dataset, std::make_shared<FakeProgram>()), expected);
  std::swap(dataset->on_read, dataset->on_metadata);
  EXPECT_EQ(error_of(dataset, std::make_shared<FakeProgram>()), expected);
}

TEST(LoaderErrors, ScratchThatCannotBeHad) {
  auto program = std::make_shared<FakeProgram>();
  auto plain = std::make_shared<FakeProgram>();
  for (const uint64_t bytes : {uint64_t{1} << 60, UINT64_MAX}) {
    program->on_plan = [plain, bytes](hr_plan_frame& f) {
      const hr_result result = plain->plan(f);
      if (f.key.sample == 17) f.scratch_bytes = bytes;
      return result;
    };
    EXPECT_EQ(error_of(std::make_shared<FakeDataset>(40), program),
              "error[sample.memory] fake.hrd: sample 17 (key \"k/17\"): needs " + std::to_string(bytes) +
                  " bytes of scratch memory, which the system does not give");
  }
}

TEST(LoaderErrors, ExceptionsBecomeErrors) {
  EXPECT_EQ(error_of([](const hr_run_frame&) -> hr_result { throw std::bad_alloc(); }),
            "error[sample.memory] fake.hrd: sample 17 (key \"k/17\"): out of memory");
  EXPECT_EQ(error_of([](const hr_run_frame&) -> hr_result { throw std::runtime_error("a defect"); }),
            "error[internal] fake.hrd: sample 17 (key \"k/17\"): a defect");
  EXPECT_EQ(error_of([](const hr_run_frame&) -> hr_result { throw 42; }),
            "error[internal] fake.hrd: sample 17 (key \"k/17\"): an exception of unknown type");
}

TEST(LoaderErrors, SamplesWithoutKeyAreNumbers) {
  class Keyless : public FakeDataset {
   public:
    using FakeDataset::FakeDataset;
    std::string key(uint64_t sample) const override { return "#" + std::to_string(sample); }
  };
  const Keyless dataset(3);
  SampleFailure failure;
  failure.sample = 2;
  failure.result = HR_E_DECODE;
  EXPECT_EQ(sample_error(dataset, {}, failure).to_string(),
            "error[sample.decode] fake.hrd: sample 2: the image cannot be decoded");
}

TEST(LoaderErrors, TheFirstPositionIsReportedWhoeverIsFirst) {
  constexpr uint64_t kSamples = 300;
  const std::set<uint64_t> bad = {5, 6, 40, 41, 42, 150, 151, 152, 299};
  auto program = std::make_shared<FakeProgram>();
  program->on_run = [&bad](const hr_run_frame& f) {
    // Bad samples fail fast and good ones are slow, so that later failures come first.
    if (bad.count(f.key.sample) != 0) return decode_error(f, "bad");
    dawdle(f.key.sample);
    return hr_result{HR_OK};
  };
  for (const Order order : {Order::sequential, Order::random}) {
    for (const uint64_t epoch : {0u, 1u, 2u}) {
      const OrderPlan plan =
          order == Order::random ? OrderPlan::random(kSamples, 0, epoch) : OrderPlan::sequential(kSamples);
      uint64_t first = 0;
      while (bad.count(plan.at(first)) == 0) ++first;
      const std::string sample = std::to_string(plan.at(first));
      for (const unsigned threads : {1u, 2u, 4u, 7u}) {
        for (const uint64_t batch_size : {1u, 10u, 300u}) {
          const std::unique_ptr<Loader> loader = make_loader(std::make_shared<FakeDataset>(kSamples), program,
                                                             options_of(threads, batch_size, order));
          const Epoch result = run_epoch(*loader, epoch);
          ASSERT_EQ(result.status.to_string(),
                    "error[sample.decode] fake.hrd: sample " + sample + " (key \"k/" + sample + "\"): bad");
          ASSERT_EQ(result.ids.size(), first / batch_size * batch_size)
              << "all batches before it, none after";
        }
      }
    }
  }
}

TEST(LoaderErrors, LaterFailuresDoNotReplaceEarlierOnes) {
  std::atomic<int> inside = 0;
  auto program = std::make_shared<FakeProgram>();
  program->on_run = [&inside](const hr_run_frame& f) {
    ++inside;
    while (inside < 2) std::this_thread::yield();
    // Sample 1 fails when sample 0 has long been noted.
    if (f.key.sample == 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return decode_error(f, "bad");
  };
  const std::unique_ptr<Loader> loader =
      make_loader(std::make_shared<FakeDataset>(2), program, options_of(2, 2));
  EXPECT_EQ(run_epoch(*loader, 0).status.to_string(),
            "error[sample.decode] fake.hrd: sample 0 (key \"k/0\"): bad");
}

TEST(LoaderErrors, EarlierSamplesAreRunAfterLaterFailures) {
  auto program = std::make_shared<FakeProgram>();
  program->on_run = [](const hr_run_frame& f) {
    return f.key.sample < 2 ? hr_result{HR_OK} : decode_error(f, "bad");
  };
  // With one buffer both workers wait for the second batch and start it in either order.
  LoaderOptions options = options_of(2, 2);
  options.ring_slots = 1;
  const std::unique_ptr<Loader> loader = make_loader(std::make_shared<FakeDataset>(4), program, options);
  for (uint64_t epoch = 0; epoch < 2000; ++epoch) {
    ASSERT_EQ(run_epoch(*loader, epoch).status.to_string(),
              "error[sample.decode] fake.hrd: sample 2 (key \"k/2\"): bad");
  }
}

TEST(LoaderErrors, AreRaisedOnceAndTheLoaderWorksOn) {
  auto program = std::make_shared<FakeProgram>();
  program->on_run = [](const hr_run_frame& f) {
    return f.key.epoch == 0 && f.key.sample == 25 ? decode_error(f, "bad") : hr_result{HR_OK};
  };
  const std::unique_ptr<Loader> loader =
      make_loader(std::make_shared<FakeDataset>(100), program, options_of(3, 10));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(run_epoch(*loader, 0).status.code(), "sample.decode");
    for (int i = 0; i < 2; ++i) {
      const Expected<Batch> after = loader->next();
      ASSERT_TRUE(after.ok()) << after.status().to_string();
      EXPECT_FALSE(*after) << "the epoch is over";
    }
    const Epoch good = run_epoch(*loader, 1);
    EXPECT_TRUE(good.status.ok()) << good.status.to_string();
    EXPECT_EQ(good.ids.size(), 100u);
  }
}

TEST(LoaderErrors, NextNeedsAnEpoch) {
  const std::unique_ptr<Loader> loader =
      make_loader(std::make_shared<FakeDataset>(100), std::make_shared<FakeProgram>(), options_of(1, 10));
  EXPECT_EQ(loader->next().status().to_string(), "error[loader.epoch] fake.hrd: no epoch was started");
}

}  // namespace
}  // namespace headrace::testing
