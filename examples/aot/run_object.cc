// Runs a pipeline that was compiled ahead of time over a dataset, without a compiler in the process.
//
//   run_object OBJECT.so FILE.hrd [THREADS [BATCH_SIZE [EPOCHS]]]
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "headrace/aot.h"
#include "headrace/dataset.h"
#include "headrace/digest.h"
#include "headrace/loader.h"

namespace {

using Clock = std::chrono::steady_clock;

/// Stops the program if a call failed, and says why.
template <class T>
T check(headrace::Expected<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.status().to_string().c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

void check(const headrace::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  std::exit(1);
}

uint64_t argument(int argc, char** argv, int i, uint64_t otherwise) {
  return i < argc ? std::strtoull(argv[i], nullptr, 10) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const Clock::time_point start = Clock::now();
  if (argc < 3 || argc > 6) {
    std::fprintf(stderr, "usage: run_object OBJECT.so FILE.hrd [THREADS [BATCH_SIZE [EPOCHS]]]\n");
    return 2;
  }
  // The object says which pipeline it is, and how its spec wants it to be read.
  const headrace::ObjectInfo object = check(headrace::read_object(argv[1]));
  const auto program = check(headrace::load_object(argv[1]));
  const auto dataset = check(headrace::Dataset::open(argv[2]));
  headrace::LoaderOptions options = check(headrace::object_loader_options(object));
  options.threads = static_cast<unsigned>(argument(argc, argv, 3, 0));
  options.batch_size = argument(argc, argv, 4, 32);
  const auto loader = check(headrace::Loader::create(dataset, program, options));

  headrace::Digest digest;
  double first_ms = 0;
  for (uint64_t epoch = 0; epoch < argument(argc, argv, 5, 1); ++epoch) {
    check(loader->start_epoch(epoch));
    // batch.output(i) is ready for the device; it is valid as long as `batch`.
    while (const headrace::Batch batch = check(loader->next())) {
      if (first_ms == 0) first_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
      digest.add(batch, program->info());
    }
  }
  std::printf("pipeline %s, level %s, %llu samples\nfirst batch after %.1f ms\ndigest %s\n", object.name.c_str(),
              program->info().isa.c_str(), static_cast<unsigned long long>(digest.samples()), first_ms,
              digest.hex().c_str());
}
