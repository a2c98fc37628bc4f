// Who may hold what for how long: kept batches, early ends, many epochs, several loaders, fork().
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "loader_testing.h"

namespace headrace::testing {
namespace {

LoaderOptions options_of(unsigned threads, uint64_t batch_size, unsigned ring_slots = 0) {
  LoaderOptions options;
  options.threads = threads;
  options.batch_size = batch_size;
  options.ring_slots = ring_slots;
  return options;
}

std::shared_ptr<FakeProgram> slow_program() {
  auto program = std::make_shared<FakeProgram>();
  program->on_run = [](const hr_run_frame& f) {
    dawdle(f.key.sample);
    return HR_OK;
  };
  return program;
}

std::unique_ptr<Loader> slow_loader(const LoaderOptions& options) {
  return make_loader(std::make_shared<FakeDataset>(200), slow_program(), options);
}

Batch next(Loader& loader) {
  Expected<Batch> batch = loader.next();
  EXPECT_TRUE(batch.ok()) << batch.status().to_string();
  return batch.ok() ? std::move(*batch) : Batch();
}

Epoch content(const std::vector<Batch>& batches) {
  Epoch epoch;
  for (const Batch& b : batches) append(b, epoch);
  return epoch;
}

TEST(LoaderLifetime, KeptBatchesStayAsTheyAre) {
  const std::unique_ptr<Loader> loader = slow_loader(options_of(3, 20, 3));
  const Epoch expected = run_epoch(*loader, 0);
  ASSERT_TRUE(loader->start_epoch(0).ok());
  std::vector<Batch> held;
  for (int i = 0; i < 10; ++i) held.push_back(next(*loader));  // more than the ring has
  EXPECT_FALSE(next(*loader));
  EXPECT_TRUE(content(held) == expected);
  run_epoch(*loader, 1);
  EXPECT_TRUE(content(held) == expected) << "overwritten by a later epoch";
}

TEST(LoaderLifetime, HoldingTooManyIsAnErrorThatPasses) {
  const std::unique_ptr<Loader> loader = slow_loader(options_of(2, 10, 2));
  const Epoch expected = run_epoch(*loader, 0);
  ASSERT_TRUE(loader->start_epoch(0).ok());
  std::vector<Batch> held;
  for (int i = 0; i < 8; ++i) held.push_back(next(*loader));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(
        loader->next().status().to_string(),
        "error[loader.held] all 8 batch buffers that may exist are held (65.5 kB); release batches before "
        "asking for the next one, or raise ring_bytes");
  }
  Epoch seen = content(held);
  held.clear();
  while (Batch b = next(*loader)) append(b, seen);
  EXPECT_TRUE(seen == expected) << "the epoch goes on where it was";
}

TEST(LoaderLifetime, BatchesOutliveTheLoader) {
  std::unique_ptr<Loader> loader = slow_loader(options_of(3, 20));
  const Epoch expected = run_epoch(*loader, 0);
  ASSERT_TRUE(loader->start_epoch(0).ok());
  std::vector<Batch> held;
  for (int i = 0; i < 10; ++i) held.push_back(next(*loader));
  loader.reset();
  EXPECT_TRUE(content(held) == expected);
  Batch moved = std::move(held.front());
  held.clear();
  EXPECT_EQ(moved.samples(), 20u);
  moved = Batch();
  EXPECT_FALSE(moved);
}

TEST(LoaderLifetime, BatchesMoveAndReleaseOnAnyThread) {
  const std::unique_ptr<Loader> loader = slow_loader(options_of(3, 5, 2));
  const Epoch expected = run_epoch(*loader, 0);
  std::mutex mutex;
  std::vector<Batch> queue;
  Epoch seen;
  std::atomic<bool> done = false;
  std::thread consumer([&] {
    for (;;) {
      const bool last = done.load();
      std::vector<Batch> batches;
      {
        const std::lock_guard lock(mutex);
        batches.swap(queue);
      }
      for (const Batch& b : batches) append(b, seen);
      if (last && batches.empty()) return;
      std::this_thread::yield();
    }
  });
  ASSERT_TRUE(loader->start_epoch(0).ok());
  for (;;) {
    Expected<Batch> batch = loader->next();
    if (!batch.ok()) {
      ASSERT_EQ(batch.status().code(), "loader.held");  // the other thread is behind
      std::this_thread::yield();
      continue;
    }
    if (!*batch) break;
    const std::lock_guard lock(mutex);
    queue.push_back(std::move(*batch));
  }
  done = true;
  consumer.join();
  EXPECT_TRUE(seen == expected);
}

TEST(LoaderLifetime, EpochsMayEndEarly) {
  const std::unique_ptr<Loader> loader = slow_loader(options_of(4, 10));
  const Epoch expected = run_epoch(*loader, 7);
  for (uint64_t taken = 0; taken < 20; ++taken) {
    ASSERT_TRUE(loader->start_epoch(taken).ok());
    Batch kept;
    for (uint64_t i = 0; i < taken; ++i) kept = next(*loader);
  }
  EXPECT_TRUE(run_epoch(*loader, 7) == expected);
}

TEST(LoaderLifetime, LoadersMayGoAtAnyTime) {
  for (int taken = -1; taken < 12; ++taken) {
    const std::unique_ptr<Loader> loader = slow_loader(options_of(1 + unsigned(taken + 1) % 5, 20, 2));
    if (taken < 0) continue;
    ASSERT_TRUE(loader->start_epoch(0).ok());
    for (int i = 0; i < taken; ++i) next(*loader);
  }
}

TEST(LoaderLifetime, LoadersDoNotDisturbEachOther) {
  const std::unique_ptr<Loader> a = slow_loader(options_of(3, 20));
  const std::unique_ptr<Loader> b = slow_loader(options_of(2, 7));
  const Epoch expected_a = run_epoch(*a, 0);
  const Epoch expected_b = run_epoch(*b, 1);
  ASSERT_TRUE(a->start_epoch(0).ok());
  ASSERT_TRUE(b->start_epoch(1).ok());
  Epoch seen_a, seen_b;
  for (bool more = true; more;) {
    more = false;
    if (Batch batch = next(*a)) more = true, append(batch, seen_a);
    if (Batch batch = next(*b)) more = true, append(batch, seen_b);
  }
  EXPECT_TRUE(seen_a == expected_a);
  EXPECT_TRUE(seen_b == expected_b);
}

size_t entries(const char* folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

uint64_t resident_bytes() {
  uint64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * uint64_t(::sysconf(_SC_PAGESIZE));
}

/// Of all writable private mappings. (Their number says little: the kernel merges neighbours.)
uint64_t writable_bytes() {
  std::ifstream maps("/proc/self/maps");
  uint64_t sum = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char access[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access) == 3 && access[1] == 'w')
      sum += end - begin;
  }
  return sum;
}

TEST(LoaderLifetime, NothingPilesUp) {
  const auto dataset = std::make_shared<FakeDataset>(200);
  const auto program = std::make_shared<FakeProgram>();
  program->info_.outputs[0].sample_bytes = 200'000;  // 4 MB a buffer, so that one lost per epoch shows
  uint64_t resident = 0, writable = 0, fds = 0, threads = 0;
  for (uint64_t round = 0; round < 20; ++round) {
    const std::unique_ptr<Loader> loader = make_loader(dataset, program, options_of(4, 20, 2));
    for (uint64_t epoch = 0; epoch < 10; ++epoch) {
      ASSERT_TRUE(loader->start_epoch(epoch).ok());
      std::vector<Batch> held;  // makes the ring grow
      for (uint64_t i = 0; i < epoch % 8; ++i) held.push_back(next(*loader));
      if (epoch % 3 == 0) continue;
      held.clear();
      while (next(*loader)) {
      }
    }
    if (round == 4) {
      resident = resident_bytes();
      writable = writable_bytes();
      fds = entries("/proc/self/fd");
      threads = entries("/proc/self/task");
    }
    if (round > 4) {
      ASSERT_EQ(entries("/proc/self/fd"), fds);
      ASSERT_EQ(entries("/proc/self/task"), threads);
    }
  }
  EXPECT_LE(writable_bytes(), writable + (100u << 20)) << "150 epochs";
  EXPECT_LE(resident_bytes(), resident + (32u << 20));
}

TEST(LoaderLifetime, BuffersBeyondTheRingAreFreed) {
  const auto program = std::make_shared<FakeProgram>();
  program->info_.outputs[0].sample_bytes = 1'000'000;  // 20 MB a buffer
  const std::unique_ptr<Loader> loader =
      make_loader(std::make_shared<FakeDataset>(200), program, options_of(2, 20, 2));
  ASSERT_TRUE(loader->start_epoch(0).ok());
  std::vector<Batch> held;
  for (int i = 0; i < 8; ++i) held.push_back(next(*loader));
  const uint64_t all_held = writable_bytes();
  held.clear();
  // Of 160 MB, two buffers may be free and two in use by workers.
  EXPECT_LE(writable_bytes() + 70'000'000, all_held);
}

TEST(LoaderLifetime, ReleasedBuffersAreUsedAtOnce) {
  std::atomic<int> runs = 0;
  const auto program = std::make_shared<FakeProgram>();
  program->on_run = [&runs](const hr_run_frame&) {
    ++runs;
    return HR_OK;
  };
  const std::unique_ptr<Loader> loader =
      make_loader(std::make_shared<FakeDataset>(200), program, options_of(2, 20, 1));
  ASSERT_TRUE(loader->start_epoch(0).ok());
  Batch batch = next(*loader);
  EXPECT_EQ(runs, 20) << "the only buffer is held";
  batch = Batch();
  for (int i = 0; i < 2000 && runs < 40; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(runs, 40) << "the next batch is made while the caller is busy";
}

TEST(LoaderLifetime, WorkersTakeNoSignals) {
  // A worker that took the signal would run the handler; the masks say that none can.
  const std::unique_ptr<Loader> loader = slow_loader(options_of(3, 20));
  int blocked = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("SigBlk:", 0) != 0) continue;
      blocked += (std::stoull(line.substr(7), nullptr, 16) & (uint64_t{1} << (SIGINT - 1))) != 0;
    }
  }
  EXPECT_GE(blocked, 3);
  sigset_t mine;
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_EQ(sigismember(&mine, SIGINT), 0) << "the caller's mask is as it was";
}

// In a forked process the loader says what is wrong, and neither it nor its batches hang when they go.
TEST(LoaderLifetime, ForkedProcessesAreTold) {
  std::unique_ptr<Loader> loader = slow_loader(options_of(3, 10, 2));
  ASSERT_TRUE(loader->start_epoch(0).ok());
  Batch batch = next(*loader);
  const std::vector<uint64_t> ids(batch.sample_ids().begin(), batch.sample_ids().end());
  const std::string expected =
      "error[loader.fork] fake.hrd: the loader belongs to process " + std::to_string(::getpid()) +
      ", of which this process is a fork without its worker threads; create the loader after "
      "fork()";
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::alarm(20);
      if (loader->next().status().to_string() != expected) ::_exit(1);
      if (loader->start_epoch(1).to_string() != expected) ::_exit(2);
      if (!std::equal(ids.begin(), ids.end(), batch.sample_ids().begin())) ::_exit(3);
      batch = Batch();
      loader.reset();
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
    ASSERT_EQ(WEXITSTATUS(status), 0);
    if (!next(*loader)) {
      ASSERT_TRUE(loader->start_epoch(0).ok());
    }
  }
  EXPECT_TRUE(std::equal(ids.begin(), ids.end(), batch.sample_ids().begin()));
}

}  // namespace
}  // namespace headrace::testing
