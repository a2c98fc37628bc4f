// Micro-benchmarks: one sample through the example pipelines without JPEG decoding, the time to compile them,
// and the weight tables of a resize.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "headrace/abi.h"
#include "headrace/philox.h"
#include "headrace/pipeline.h"
#include "ir/resample_table.h"
#include "kernels/decoder.h"

namespace headrace {
namespace {

constexpr uint32_t kWidth = 500, kHeight = 375;

struct FreeAligned {
  void operator()(uint8_t* p) const { ::operator delete[](p, std::align_val_t(HR_BUFFER_ALIGNMENT)); }
};
using Buffer = std::unique_ptr<uint8_t[], FreeAligned>;

Buffer allocate(size_t bytes) {
  return Buffer(static_cast<uint8_t*>(::operator new[](bytes, std::align_val_t(HR_BUFFER_ALIGNMENT))));
}

struct FreeDecoder {
  void operator()(void* decoder) const { hr_decoder_destroy(decoder); }
};

std::string example(const std::string& name) {
  std::ifstream file(std::string(HEADRACE_SOURCE_DIR "/examples/") + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// An RGB image of noise, with the readable bytes behind it that a dataset gives.
Buffer noise_image() {
  constexpr size_t bytes = size_t{kWidth} * kHeight * 3;
  Buffer pixels = allocate(bytes + HR_BUFFER_ALIGNMENT);
  for (size_t i = 0; i < bytes + HR_BUFFER_ALIGNMENT; ++i) {
    pixels[i] = static_cast<uint8_t>(philox::draw(1, 0, i, 0)[0]);
  }
  return pixels;
}

/// Everything one thread needs to run a program on one sample.
class Runner {
 public:
  explicit Runner(std::shared_ptr<const Program> program)
      : program_(std::move(program)),
        image_(noise_image()),
        decoder_(hr_decoder_create(nullptr)),
        slots_(program_->info().slot_count),
        ranges_(program_->info().fields.size()) {
    for (const ProgramField& f : program_->info().fields) {
      hr_field field = {};
      if (f.kind == FieldKind::image) {
        field.data = image_.get();
        field.size = uint64_t{kWidth} * kHeight * 3;
        field.width = kWidth;
        field.height = kHeight;
        field.encoding = HR_ENCODING_RGB;
        field.channels = 3;
      }
      fields_.push_back(field);
    }
    for (const ProgramOutput& output : program_->info().outputs) {
      buffers_.push_back(allocate(output.sample_bytes + HR_BUFFER_ALIGNMENT));
      outputs_.push_back(buffers_.back().get());
    }
  }

  /// Plans and runs sample number `sample`; HR_OK or what failed.
  hr_result run(uint64_t sample) {
    hr_error error = {};
    hr_plan_frame plan = {};
    plan.abi_version = HR_ABI_VERSION;
    plan.field_count = static_cast<uint32_t>(fields_.size());
    plan.fields = fields_.data();
    plan.key = {0, 0, sample};
    plan.slots = slots_.data();
    plan.ranges = ranges_.data();
    plan.error = &error;
    if (const hr_result result = program_->plan(plan); result != HR_OK) return result;
    if (plan.scratch_bytes > scratch_bytes_) {
      scratch_bytes_ = plan.scratch_bytes;
      scratch_ = allocate(scratch_bytes_);
    }
    hr_run_frame frame = {};
    frame.abi_version = HR_ABI_VERSION;
    frame.field_count = plan.field_count;
    frame.fields = fields_.data();
    frame.key = plan.key;
    frame.slots = slots_.data();
    frame.scratch = scratch_.get();
    frame.scratch_bytes = scratch_bytes_;
    frame.outputs = outputs_.data();
    frame.decoder = decoder_.get();
    frame.error = &error;
    return program_->run(frame);
  }

 private:
  std::shared_ptr<const Program> program_;
  Buffer image_, scratch_;
  size_t scratch_bytes_ = 0;
  std::unique_ptr<void, FreeDecoder> decoder_;
  std::vector<hr_field> fields_;
  std::vector<int64_t> slots_;
  std::vector<hr_byte_range> ranges_;
  std::vector<Buffer> buffers_;
  std::vector<uint8_t*> outputs_;
};

/// One 500 x 375 RGB image: crop, resize, flip, normalise, store. A new crop each iteration.
void sample_rgb(benchmark::State& state, const char* spec, Isa isa) {
  CompileOptions options;
  options.isa = isa;
  const auto program = compile(example(spec), nullptr, options);
  if (!program.ok()) return state.SkipWithError(program.status().to_string().c_str());
  Runner runner(*program);
  uint64_t sample = 0;
  for (auto _ : state) {
    if (runner.run(sample++) != HR_OK) return state.SkipWithError("the pipeline failed");
  }
  state.SetItemsProcessed(state.iterations());
}

/// JSON text to code that is ready to run.
void compile_spec(benchmark::State& state, const char* spec, Engine engine) {
  const std::string text = example(spec);
  CompileOptions options;
  options.engine = engine;
  options.threads = 1;
  for (auto _ : state) {
    const auto program = compile(text, nullptr, options);
    if (!program.ok()) return state.SkipWithError(program.status().to_string().c_str());
    benchmark::DoNotOptimize(*program);
  }
}

/// JSON text to the graph after all passes.
void optimise_graph(benchmark::State& state, const char* spec) {
  const std::string text = example(spec);
  for (auto _ : state) {
    const auto graph = inspect(text, nullptr, Stage::graph_opt);
    if (!graph.ok()) return state.SkipWithError(graph.status().to_string().c_str());
    benchmark::DoNotOptimize(*graph);
  }
}

/// The reference's weight table of one axis: state.range(0) source pixels to 224.
void weight_table(benchmark::State& state, resample::Arith arith) {
  resample::Axis axis;
  axis.src = state.range(0);
  axis.dst = axis.count = 224;
  for (auto _ : state) {
    const resample::Table table = resample::build_table(axis, arith);
    benchmark::DoNotOptimize(table.weight.data());
  }
}

void register_all() {
  for (const char* spec : {"imagenet_train.json", "imagenet_train_f16.json", "imagenet_eval.json"}) {
    const std::string name = spec;
    if (!code_generator().empty()) {
      for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2}) {
        if (!isa_supported(isa)) continue;
        benchmark::RegisterBenchmark(("sample_rgb/" + name + "/" + std::string(isa_name(isa))).c_str(),
                                     sample_rgb, spec, isa);
      }
      benchmark::RegisterBenchmark(("compile/" + name).c_str(), compile_spec, spec, Engine::jit)
          ->Unit(benchmark::kMillisecond);
    }
    benchmark::RegisterBenchmark(("optimise_graph/" + name).c_str(), optimise_graph, spec)
        ->Unit(benchmark::kMicrosecond);
  }
  for (const auto& [name, arith] : {std::pair{"weight_table/pillow8", resample::Arith::pillow8},
                                    std::pair{"weight_table/q14", resample::Arith::q14}}) {
    benchmark::RegisterBenchmark(name, weight_table, arith)->Arg(112)->Arg(375)->Arg(4000);
  }
}

}  // namespace
}  // namespace headrace

int main(int argc, char** argv) {
  headrace::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
