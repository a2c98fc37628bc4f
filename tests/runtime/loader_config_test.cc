// What Loader::create() refuses, in which words, and what loader_warnings() warns of.
#include "runtime/loader/loader_config.h"

#include <gtest/gtest.h>

#include "loader_testing.h"

namespace headrace::testing {
namespace {

class LoaderConfigTest : public ::testing::Test {
 protected:
  std::string error() const {
    const Expected<std::unique_ptr<Loader>> loader = Loader::create(dataset_, program_, options_);
    EXPECT_FALSE(loader.ok());
    return loader.status().to_string();
  }

  std::shared_ptr<FakeDataset> dataset_ = std::make_shared<FakeDataset>(240);
  std::shared_ptr<FakeProgram> program_ = std::make_shared<FakeProgram>();
  LoaderOptions options_;
};

TEST_F(LoaderConfigTest, BatchLargerThanTheDataset) {
  options_.batch_size = 512;
  EXPECT_EQ(error(),
            "error[loader.batch_size] fake.hrd: batch size 512 is larger than the dataset's 240 samples, and "
            "the tail policy \"drop\" leaves out the only, partial batch: use a batch size of at most 240, "
            "or the policy \"pad\" or \"wrap\"");
  options_.limit = 100;
  EXPECT_EQ(error(),
            "error[loader.batch_size] fake.hrd: batch size 512 is larger than the limit of 100 samples, and "
            "the tail policy \"drop\" leaves out the only, partial batch: use a batch size of at most 100, "
            "or the policy \"pad\" or \"wrap\"");
  options_.tail = Tail::pad;
  EXPECT_TRUE(Loader::create(dataset_, program_, options_).ok());
  options_.tail = Tail::drop;
  options_.limit = 0;
  options_.batch_size = 240;
  EXPECT_TRUE(Loader::create(dataset_, program_, options_).ok());
}

TEST_F(LoaderConfigTest, ImpossibleNumbers) {
  options_.batch_size = 0;
  EXPECT_EQ(error(), "error[loader.batch_size] the batch size must be at least 1");
  options_.batch_size = 1;
  options_.threads = 1025;
  EXPECT_EQ(error(), "error[loader.threads] 1025 threads are more than the 1024 allowed");
  options_.threads = 1;
  options_.ring_slots = 5000;
  EXPECT_EQ(error(), "error[loader.ring_slots] 5000 ring slots are more than the 1024 allowed");
  options_.ring_slots = 0;
  program_->info_.outputs[0].sample_bytes = SIZE_MAX / 2;
  options_.batch_size = 3;
  EXPECT_EQ(error(),
            "error[loader.batch_size] a batch of 3 samples of 9223372036854775807 bytes (output \"noise\") "
            "is larger "
            "than any memory");
  program_->info_.outputs[0].sample_bytes = size_t{1} << 47;
  EXPECT_EQ(error(),
            "error[loader.batch_size] a batch of 3 samples of 140737488355328 bytes (output \"noise\") is "
            "larger than "
            "any memory");
  program_->info_.outputs[0].sample_bytes = 0;
  EXPECT_EQ(error(), "error[loader.program] the pipeline's output \"noise\" is empty");
  program_->info_.outputs.clear();
  EXPECT_EQ(error(), "error[loader.program] the pipeline has no outputs");
}

TEST_F(LoaderConfigTest, HugeBatchSizesAreRefused) {
  options_.batch_size = UINT64_MAX;
  options_.tail = Tail::pad;
  EXPECT_EQ(
      error(),
      "error[loader.batch_size] a batch of 18446744073709551615 samples of 100 bytes (output \"noise\") "
      "is larger than any memory\n"
      "error[loader.batch_size] fake.hrd: a global batch of 1 x 18446744073709551615 samples is larger "
      "than any memory");
}

TEST_F(LoaderConfigTest, MemoryForBuffersIsABudget) {
  program_->info_.outputs[0].sample_bytes = 4096 - 8;
  program_->info_.outputs.resize(1);
  options_.batch_size = 16;  // 64 KiB a buffer
  options_.ring_bytes = 65'000;
  EXPECT_EQ(error(),
            "error[loader.ring_bytes] ring_bytes is 65000, less than 1 batch buffer of 65536 bytes takes");
  options_.ring_slots = 3;
  options_.ring_bytes = 140'000;
  EXPECT_EQ(error(),
            "error[loader.ring_bytes] ring_bytes is 140000, less than 3 batch buffers of 65536 bytes take");
  options_.ring_slots = 0;
  const Expected<LoaderConfig> config = make_loader_config(*dataset_, *program_, options_);
  ASSERT_TRUE(config.ok()) << config.status().to_string();
  EXPECT_EQ(config.value().ring.slots, 2u) << "the default ring becomes smaller";
  EXPECT_EQ(config.value().ring.most, 2u);
}

TEST_F(LoaderConfigTest, EmptyDatasets) {
  dataset_ = std::make_shared<FakeDataset>(0);
  EXPECT_EQ(error(), "error[loader.empty] fake.hrd: the dataset has no samples");
}

TEST_F(LoaderConfigTest, MissingArguments) {
  EXPECT_EQ(Loader::create(nullptr, program_, options_).status().to_string(),
            "error[loader.dataset] no dataset was given");
  EXPECT_EQ(Loader::create(dataset_, nullptr, options_).status().to_string(),
            "error[loader.program] no program was given");
}

TEST_F(LoaderConfigTest, FieldsAreChecked) {
  program_->info_.fields = {
      {"image", FieldKind::image}, {"label", FieldKind::f64}, {"data", FieldKind::bytes}};
  options_.batch_size = 241;
  EXPECT_EQ(
      error(),
      "error[loader.field] fake.hrd: the pipeline reads the field \"image\" (image), which the file does not "
      "have; its fields are: label (i64), data (bytes), key (bytes)\n"
      "error[loader.field] fake.hrd: the pipeline reads the field \"label\" (f64), which the file holds as "
      "i64; "
      "its fields are: label (i64), data (bytes), key (bytes)\n"
      "error[loader.batch_size] fake.hrd: batch size 241 is larger than the dataset's 240 samples, and the "
      "tail policy \"drop\" leaves out the only, partial batch: use a batch size of at most 240, or the "
      "policy \"pad\" or \"wrap\"");
}

TEST_F(LoaderConfigTest, ProgramsOfAnotherAbiAreRefused) {
  options_.batch_size = 1;
  program_->on_plan = [](hr_plan_frame& f) {
    f.error->args[0] = f.abi_version;
    f.error->args[1] = 99;
    return hr_result{HR_E_ABI};
  };
  EXPECT_EQ(error(), "error[loader.abi] fake.hrd: the pipeline was called with version " +
                         std::to_string(HR_ABI_VERSION) +
                         " of the interface and was "
                         "compiled for "
                         "version 99");
  // Whatever else is wrong with the first sample is for the epoch that reaches it.
  program_->on_plan = [](hr_plan_frame&) { return hr_result{HR_E_DECODE}; };
  EXPECT_TRUE(Loader::create(dataset_, program_, options_).ok());
}

TEST_F(LoaderConfigTest, MemoryThatCannotBeHad) {
  program_->info_.outputs[0].sample_bytes = size_t{1} << 47;
  options_.batch_size = 1;
  options_.threads = 1;
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options_);
  ASSERT_TRUE(loader->start_epoch(0).ok());
  EXPECT_EQ(loader->next().status().to_string(),
            "error[loader.memory] a batch buffer: 140737488359424 bytes of memory cannot be allocated: "
            "Cannot allocate "
            "memory");
}

TEST_F(LoaderConfigTest, DefaultRingIsBoundedInBytes) {
  const auto slots = [&](size_t sample_bytes) {
    program_->info_.outputs[0].sample_bytes = sample_bytes;
    const Expected<LoaderConfig> config = make_loader_config(*dataset_, *program_, options_);
    return config.ok() ? config->ring.slots : 0;
  };
  options_.batch_size = 128;
  EXPECT_EQ(slots(1000), 3u);
  EXPECT_EQ(slots((size_t{192} << 20) / 3 / 128 - 64), 3u);
  EXPECT_EQ(slots((size_t{192} << 20) / 3 / 128 + 1), 2u);
  options_.ring_slots = 7;
  EXPECT_EQ(slots(size_t{1} << 20), 7u);
}

TEST_F(LoaderConfigTest, ThreadsDefaultToWhatTheProcessMayUse) {
  options_.batch_size = 1;
  const std::unique_ptr<Loader> loader = make_loader(dataset_, program_, options_);
  EXPECT_GE(loader->threads(), 1u);
  options_.threads = 5;
  EXPECT_EQ(make_loader(dataset_, program_, options_)->threads(), 5u);
}

TEST(LoaderWarnings, SequentialOrderOverSortedLabels) {
  FakeDataset dataset(30);
  LoaderOptions options;
  options.order = Order::sequential;
  EXPECT_EQ(
      loader_warnings(dataset, options),
      (std::vector<std::string>{"fake.hrd: the samples are sorted by label and the order is sequential, so a "
                                "batch holds one class or "
                                "a few; for training, use the order random or write the dataset shuffled"}));
  options.order = Order::random;
  EXPECT_TRUE(loader_warnings(dataset, options).empty());
  options.order = Order::sequential;
  dataset.labels[29] = 0;
  EXPECT_TRUE(loader_warnings(dataset, options).empty()) << "not sorted to the last sample";
  dataset.labels.assign(30, 4);
  EXPECT_TRUE(loader_warnings(dataset, options).empty()) << "one class only";
  EXPECT_TRUE(loader_warnings(FakeDataset(0), options).empty());
}

TEST(LoaderWarnings, OnlyAnIntegerFieldNamedLabelCounts) {
  class Unlabelled : public FakeDataset {
   public:
    using FakeDataset::FakeDataset;
    std::optional<size_t> field_index(std::string_view) const override { return std::nullopt; }
  };
  class Bytes : public FakeDataset {
   public:
    using FakeDataset::FakeDataset;
    std::optional<size_t> field_index(std::string_view) const override { return 1; }
  };
  LoaderOptions options;
  options.order = Order::sequential;
  EXPECT_TRUE(loader_warnings(Unlabelled(30), options).empty());
  EXPECT_TRUE(loader_warnings(Bytes(30), options).empty());
}

}  // namespace
}  // namespace headrace::testing
