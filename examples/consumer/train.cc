// Compiles a pipeline for a dataset and iterates its batches, as a training loop would.
//
//   train FILE.hrd [THREADS]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "headrace/dataset.h"
#include "headrace/digest.h"
#include "headrace/loader.h"
#include "headrace/pipeline.h"

namespace {

constexpr const char* kSpec = R"({
  "headrace": 1,
  "outputs": {
    "image": [{"op": "decode", "field": "image"},
              {"op": "random_resized_crop", "size": [32, 32]},
              {"op": "random_horizontal_flip", "p": 0.5},
              {"op": "normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
              {"op": "layout", "layout": "NCHW"}],
    "label": [{"op": "field", "field": "label"}]}})";

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

/// The sum of a batch's labels: output 1 is one i64 per sample.
int64_t sum_of_labels(const headrace::Batch& batch) {
  int64_t sum = 0;
  for (uint64_t i = 0; i < batch.samples(); ++i) {
    int64_t label = 0;
    std::memcpy(&label, batch.output(1) + i * sizeof label, sizeof label);
    sum += label;
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: train FILE.hrd [THREADS]\n");
    return 2;
  }
  const auto dataset = check(headrace::Dataset::open(argv[1]));

  headrace::CompileOptions compile_options;
  if (headrace::code_generator().empty()) {  // built without LLVM: slow, but to the same bytes
    compile_options.engine = headrace::Engine::interp;
  }
  const auto program = check(headrace::compile(kSpec, dataset.get(), compile_options));

  headrace::LoaderOptions options;
  options.batch_size = 5;
  options.threads = argc == 3 ? static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)) : 0;
  options.seed = 7;
  options.tail = headrace::Tail::pad;
  const auto loader = check(headrace::Loader::create(dataset, program, options));

  headrace::Digest digest;
  for (uint64_t epoch = 0; epoch < 2; ++epoch) {
    check(loader->start_epoch(epoch));
    uint64_t batches = 0, samples = 0;
    int64_t labels = 0;
    while (const headrace::Batch batch = check(loader->next())) {
      // batch.output(0) is f32 [samples, 3, 32, 32], ready for the device; it is valid as long as `batch`.
      digest.add(batch, program->info());
      labels += sum_of_labels(batch);
      samples += batch.samples();
      ++batches;
    }
    std::printf("epoch %llu: %llu batches, %llu samples, sum of labels %lld\n",
                static_cast<unsigned long long>(epoch), static_cast<unsigned long long>(batches),
                static_cast<unsigned long long>(samples), static_cast<long long>(labels));
  }
  std::printf("digest %s\n", digest.hex().c_str());
}
