// How long it takes to open a dataset of many samples and to know its first sample in each order, and what
// memory that takes beside the index. Makes its files (images of one pixel, labels, keys) where it is told
// to.
//
//     headrace_bench_open FOLDER [SAMPLES]
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/loader.h"
#include "runtime/loader/sequence.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const Status& status) {
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  std::exit(1);
}

struct Kind {
  const char* name;
  bool images, keys;
};
constexpr std::array kKinds = {Kind{"labels", false, false}, Kind{"images, labels, keys", true, true}};

void write(const std::string& path, const Kind& kind, uint64_t samples) {
  Schema schema;
  if (kind.images) schema.fields.push_back({"image", FieldKind::image, {}});
  schema.fields.push_back({"label", FieldKind::i64, {}});
  if (kind.keys) schema.fields.push_back({"key", FieldKind::bytes, {}});
  auto writer = DatasetWriter::create(path, schema, {.page_size = 1 << 20});
  if (!writer.ok()) fail(writer.status());
  const std::array<uint8_t, 3> pixel = {1, 2, 3};
  std::vector<FieldValue> values;
  for (uint64_t s = 0; s < samples; ++s) {
    values.clear();
    const std::string key = "train/n" + std::to_string(s % 1000) + "/" + std::to_string(s) + ".JPEG";
    if (kind.images) values.push_back(FieldValue::image(pixel, HR_ENCODING_RGB, 1, 1));
    values.push_back(FieldValue::integer(int64_t(s % 1000)));
    if (kind.keys) values.push_back(FieldValue::bytes(key));
    if (const Status added = (*writer)->add(values); !added.ok()) fail(added);
  }
  if (const Status finished = (*writer)->finish(); !finished.ok()) fail(finished);
}

/// Memory of the process that is no file's, in bytes.
uint64_t anonymous_memory() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("RssAnon:", 0) == 0) return std::strtoull(line.c_str() + 8, nullptr, 10) * 1024;
  }
  return 0;
}

struct Figures {
  double open_ms, first_ms;
  uint64_t beside;  ///< bytes of memory, the mapped index not counted
};

Figures measure(const std::string& path, Order order) {
  const uint64_t before = anonymous_memory();
  const Clock::time_point start = Clock::now();
  auto dataset = Dataset::open(path);
  if (!dataset.ok()) fail(dataset.status());
  const Clock::time_point opened = Clock::now();
  LoaderOptions options;
  options.order = order;
  options.batch_size = 256;
  auto plan = SequencePlan::create(*dataset, options);
  if (!plan.ok()) fail(plan.status());
  auto epoch = (*plan)->epoch(0);
  if (!epoch.ok()) fail(epoch.status());
  volatile uint64_t first = (*epoch)->at(0).sample;
  (void)first;
  const Clock::time_point end = Clock::now();
  const auto ms = [](auto d) { return std::chrono::duration<double, std::milli>(d).count(); };
  return {ms(opened - start), ms(end - opened), anonymous_memory() - before};
}

void report(const std::string& path, const Kind& kind, uint64_t samples) {
  if (::access(path.c_str(), R_OK) != 0) write(path, kind, samples);
  for (const auto& [order, name] :
       {std::pair{Order::sequential, "sequential"}, std::pair{Order::random, "random"},
        std::pair{Order::quasi_random, "quasi-random"}}) {
    std::vector<Figures> runs;
    for (int r = 0; r < 5; ++r) runs.push_back(measure(path, order));
    std::sort(runs.begin(), runs.end(), [](const Figures& a, const Figures& b) {
      return a.open_ms + a.first_ms < b.open_ms + b.first_ms;
    });
    const Figures& median = runs[runs.size() / 2];
    std::printf(
        "%-22s %-13s open %6.1f ms, first sample %5.1f ms more, %5.1f MB beside the index (slowest %.1f "
        "ms)\n",
        kind.name, name, median.open_ms, median.first_ms, double(median.beside) / 1e6,
        runs.back().open_ms + runs.back().first_ms);
  }
}

}  // namespace
}  // namespace headrace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: headrace_bench_open FOLDER [SAMPLES]\n");
    return 2;
  }
  const uint64_t samples = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000;
  for (const headrace::Kind& kind : headrace::kKinds) {
    const std::string name = kind.images ? "images" : "labels";
    headrace::report(std::string(argv[1]) + "/" + name + "-" + std::to_string(samples) + ".hrd", kind,
                     samples);
  }
  return 0;
}
