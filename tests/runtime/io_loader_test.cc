// Whole loaders on every engine: the same batches, and the same error where the file becomes shorter.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "headrace/loader.h"
#include "headrace/program.h"
#include "io_testing.h"
#include "loader_testing.h"

namespace headrace::testing {
namespace {

uint64_t sum_of(const uint8_t* data, uint64_t size) {
  uint64_t sum = size;
  for (uint64_t i = 0; i < size; ++i) sum = sum * 31 + data[i];
  return sum;
}

/// Output "sum": a checksum of the sample's bytes.
class SumProgram final : public Program {
 public:
  SumProgram() {
    info_.fields = {{"data", FieldKind::bytes}};
    info_.outputs = {{"sum", DType::i64, Layout::none, {}, {}, 8}};
    info_.engine = "test";
    info_.key = "0123456789abcdef";
  }
  const ProgramInfo& info() const override { return info_; }
  hr_result plan(hr_plan_frame& frame) const override {
    frame.scratch_bytes = 0;
    frame.ranges[0] = {0, frame.fields[0].size};
    return HR_OK;
  }
  hr_result run(hr_run_frame& frame) const override {
    if (on_run) on_run();
    const uint64_t sum = sum_of(frame.fields[0].data, frame.fields[0].size);
    std::memcpy(frame.outputs[0], &sum, sizeof sum);
    return HR_OK;
  }

  std::function<void()> on_run;

 private:
  ProgramInfo info_;
};

/// The sums of an epoch by position; the error that ended it.
struct Sums {
  std::vector<uint64_t> sums, samples;
  std::string error;
};

Sums run(Loader& loader, uint64_t epoch) {
  Sums result;
  result.error = loader.start_epoch(epoch).to_string();
  while (result.error.empty()) {
    const Expected<Batch> batch = loader.next();
    if (!batch.ok()) result.error = batch.status().to_string();
    if (!batch.ok() || !*batch) break;
    for (uint64_t row = 0; row < batch->samples(); ++row) {
      uint64_t sum = 0;
      std::memcpy(&sum, batch->output(0) + row * 8, 8);
      result.sums.push_back(sum);
      result.samples.push_back(batch->sample_ids()[row]);
    }
  }
  return result;
}

class IoLoaderTest : public ::testing::TestWithParam<IoEngineKind> {
 protected:
  LoaderOptions options(Order order) const {
    LoaderOptions o;
    o.batch_size = 16;
    o.threads = 3;
    o.order = order;
    o.window_bytes = 4 * kPage;
    o.io = {.engine = GetParam(), .memory_bytes = 20 * kPage, .threads = 2};
    return o;
  }
  TempDir dir_;
  std::shared_ptr<SumProgram> program_ = std::make_shared<SumProgram>();
};

TEST_P(IoLoaderTest, DeliversTheFilesBytes) {
  const TestData d = make_data(dir_ / "d.hrd", 320);
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    auto loader = Loader::create(d.dataset, program_, options(order));
    ASSERT_TRUE(loader.ok()) << loader.status().to_string();
    for (uint64_t epoch = 0; epoch < 3; ++epoch) {
      const Sums sums = run(**loader, epoch);
      EXPECT_EQ(sums.error, "");
      ASSERT_EQ(sums.sums.size(), 320u);
      for (size_t i = 0; i < sums.sums.size(); ++i) {
        const Bytes& data = d.data[sums.samples[i]];
        ASSERT_EQ(sums.sums[i], sum_of(data.data(), data.size())) << order_name(order) << " " << i;
      }
    }
    EXPECT_EQ((*loader)->stats().io.engine, GetParam());
  }
}

TEST_P(IoLoaderTest, NoBatchHasBytesOfATruncatedFile) {
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    const TestData d = make_data(dir_ / std::string(order_name(order)), 320, [](uint64_t) { return 9000; });
    const uint64_t before = d.dataset->file_bytes();
    std::atomic<int> runs = 0;
    program_->on_run = [&] {
      if (++runs == 70) {
        EXPECT_EQ(::truncate(d.path.c_str(), 100'000), 0);
      }
    };
    auto loader = Loader::create(d.dataset, program_, options(order));
    ASSERT_TRUE(loader.ok()) << loader.status().to_string();
    const Sums sums = run(**loader, 0);
    EXPECT_EQ(sums.error, "error[data.io] " + d.path + ": became shorter while in use (100000 bytes, " +
                              std::to_string(before) + " when it was opened)");
    for (size_t i = 0; i < sums.sums.size(); ++i) {
      const Bytes& data = d.data[sums.samples[i]];
      ASSERT_EQ(sums.sums[i], sum_of(data.data(), data.size())) << order_name(order) << " " << i;
    }
    program_->on_run = nullptr;
    EXPECT_EQ(run(**loader, 1).error, sums.error) << "for good";
  }
}

TEST(IoLoader, ADatasetThatIsNoFileIsReadSampleBySample) {
  const auto fake = std::make_shared<FakeDataset>(100);
  for (const IoEngineKind kind : {IoEngineKind::automatic, IoEngineKind::mmap}) {
    const auto e = make_io_engine(fake, {.engine = kind});
    ASSERT_TRUE(e.ok());
    EXPECT_EQ((*e)->stats().engine, IoEngineKind::mmap);
    EXPECT_EQ((*e)->stats().why, "the dataset is no file of its own");
    const ListSequence order = random_order(100, 1);
    ASSERT_TRUE((*e)->start_epoch(order, 0, 8).ok());
    const auto lease = (*e)->make_lease();
    std::vector<hr_field> fields(3), expected(3);
    for (uint64_t p = 0; p < 100; ++p) {
      ASSERT_TRUE((*e)->acquire(p, order.sample_at(p), fields, *lease).ok());
      ASSERT_TRUE(fake->read(order.sample_at(p), expected).ok());
      EXPECT_EQ(fields[1].data, expected[1].data);
      EXPECT_TRUE((*e)->release(*lease).ok());
    }
    (*e)->stop_epoch();
    EXPECT_EQ((*e)->acquire(0, 0, fields, *lease).to_string(),
              "error[io.stopped] fake.hrd: the epoch was stopped");
  }
  EXPECT_EQ(
      make_io_engine(fake, {.engine = IoEngineKind::pread}).status().to_string(),
      "error[io.unsupported] fake.hrd: is no dataset file of its own, so the engine pread cannot read it; "
      "use auto");
}

INSTANTIATE_TEST_SUITE_P(Engines, IoLoaderTest,
                         ::testing::Values(IoEngineKind::mmap, IoEngineKind::pread, IoEngineKind::direct),
                         [](const auto& c) { return std::string(io_engine_name(c.param)); });

}  // namespace
}  // namespace headrace::testing
