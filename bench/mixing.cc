// Micro-benchmarks of the batch part: mixing one pair of rows that lie in the second-level cache, beside a
// copy of a row, and what is drawn for a batch, which every call draws anew.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "headrace/abi.h"
#include "headrace/isa.h"
#include "headrace/pipeline.h"

namespace headrace {
namespace {

constexpr const char* kMixup = R"({"op": "mixup", "alpha": 0.2, "outputs": ["image", "label"]})";
constexpr const char* kCutmix = R"({"op": "cutmix", "alpha": 1, "outputs": ["image", "label"]})";

struct FreeAligned {
  void operator()(uint8_t* p) const { ::operator delete[](p, std::align_val_t(HR_BUFFER_ALIGNMENT)); }
};
using Buffer = std::unique_ptr<uint8_t[], FreeAligned>;

Buffer zeros(size_t bytes) {
  Buffer b(static_cast<uint8_t*>(::operator new[](bytes, std::align_val_t(HR_BUFFER_ALIGNMENT))));
  std::memset(b.get(), 0, bytes);
  return b;
}

/// A program that mixes, with two rows of each of its outputs.
class Pair {
 public:
  Pair(const std::string& dtype, const std::string& op, const std::string& level, benchmark::State& state) {
    const std::string convert =
        dtype == "u8" ? "" : R"({"op": "convert", "scale": 1, "dtype": ")" + dtype + "\"},";
    const std::string spec = R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"},
        {"op": "resize", "size": [224, 224]}, )" +
                             convert + R"({"op": "layout", "layout": "NCHW"}],
        "label": [{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 1000}]},
        "batch": [)" + op + "]}";
    CompileOptions options;
    options.isa = parse_isa(level);
    options.threads = 1;
    auto program = compile(spec, nullptr, options);
    if (!program.ok()) {
      state.SkipWithError(program.status().to_string().c_str());
      return;
    }
    program_ = *program;
    for (const ProgramOutput& o : program_->info().outputs) {
      rows_.push_back(zeros(2 * o.sample_bytes));
      outputs_.push_back(rows_.back().get());
    }
  }

  explicit operator bool() const { return program_ != nullptr; }
  size_t row_bytes() const { return program_->info().outputs[0].sample_bytes; }

  /// Batch `number`, its one pair or none.
  void mix(uint64_t number, uint64_t pairs) {
    hr_batch_frame frame{HR_ABI_VERSION, 0, {1, 2, number}, 2, 0, pairs, mask_, outputs_.data(), &error_};
    program_->batch(frame);
  }

 private:
  std::shared_ptr<const Program> program_;
  std::vector<Buffer> rows_;
  std::vector<uint8_t*> outputs_;
  const uint8_t mask_[2] = {1, 1};
  hr_error error_ = {};
};

// Bytes: both rows of the image, read and written.
void mix_pair(benchmark::State& state, const std::string& dtype, const std::string& op,
              const std::string& level) {
  Pair pair(dtype, op, level, state);
  if (!pair) return;
  for (auto _ : state) pair.mix(7, 1);
  state.SetBytesProcessed(int64_t(state.iterations()) * int64_t(4 * pair.row_bytes()));
}

void draw(benchmark::State& state, const std::string& op, const std::string& level) {
  Pair pair("f16", op, level, state);
  if (!pair) return;
  uint64_t number = 0;
  for (auto _ : state) pair.mix(number++, 0);
}

// Bytes: a row of f16, read and written.
void copy_row(benchmark::State& state) {
  constexpr size_t bytes = 224 * 224 * 3 * 2;
  const Buffer from = zeros(bytes), to = zeros(bytes);
  for (auto _ : state) {
    std::memcpy(to.get(), from.get(), bytes);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(int64_t(state.iterations()) * int64_t(2 * bytes));
}

void register_all() {
  const std::string choice =
      R"({"op": "random_choice", "ops": [)" + std::string(kMixup) + ", " + kCutmix + "]}";
  benchmark::RegisterBenchmark("copy_row", copy_row);
  for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4}) {
    if (!isa_supported(isa)) continue;
    const std::string level(isa_name(isa));
    for (const char* dtype : {"u8", "f16", "bf16", "f32"}) {
      benchmark::RegisterBenchmark(("mixup/" + std::string(dtype) + "/" + level).c_str(), mix_pair, dtype,
                                   kMixup, level);
    }
    benchmark::RegisterBenchmark(("cutmix/f16/" + level).c_str(), mix_pair, "f16", kCutmix, level);
    benchmark::RegisterBenchmark(("draw/mixup/" + level).c_str(), draw, kMixup, level);
    benchmark::RegisterBenchmark(("draw/cutmix/" + level).c_str(), draw, kCutmix, level);
    benchmark::RegisterBenchmark(("draw/random_choice/" + level).c_str(), draw, choice, level);
  }
}

}  // namespace
}  // namespace headrace

int main(int argc, char** argv) {
  headrace::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
