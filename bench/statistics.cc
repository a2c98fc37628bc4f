// What looking inside costs: reading the clock, counting the stages of a sample, keeping a trace of it, and
// timing the decoder, over the images of a dataset file.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/pipeline.h"
#include "headrace/planes.h"
#include "kernels/coefficient_rows.h"
#include "kernels/decoder.h"
#include "runtime/loader/stage_clock.h"
#include "runtime/loader/trace.h"
#include "runtime/platform/buffer.h"
#include "runtime/platform/tick_clock.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeDecoder {
  void operator()(void* decoder) const { hr_decoder_destroy(decoder); }
};
using Decoder = std::unique_ptr<void, FreeDecoder>;

template <class Work>
double seconds(Work&& work) {
  const Clock::time_point start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Nanoseconds of one call: the least of some rounds, as other programs only ever add to it.
template <class Call>
double nanoseconds_of(Call&& call) {
  constexpr int kRounds = 50, kCalls = 10'000;
  double best = 1e9;
  for (int r = 0; r < kRounds; ++r) {
    best = std::min(best, seconds([&] {
                      for (int i = 0; i < kCalls; ++i) call();
                    }));
  }
  return best / kCalls * 1e9;
}

/// Six laps, as a worker makes them for a sample.
void sample(StageClock& clock, uint64_t number) {
  clock.begin_sample({0, number / 256, number});
  clock.lap(WorkStage::plan);
  clock.lap(WorkStage::io_wait);
  clock.lap(WorkStage::run);
  clock.end_sample();
}

/// Decodes all of an image; false if it cannot be.
bool decode(void* decoder, const hr_field& f, std::vector<uint8_t>& rows) {
  hr_error error = {};
  const int64_t width = f.width, height = f.height;
  if (f.encoding == HR_ENCODING_PACKED) {
    PlaneLayout layout;
    hr_coefficient_rows out = {};
    if (!plane_layout(f.planes, layout)) return false;
    if (hr_packed_open(decoder, f.data, int64_t(f.size), width, height, int64_t(f.planes), 0, 0, height,
                       width, &out, &error) != HR_OK)
      return false;
    const int64_t unit_rows = 16 * layout.v_max;
    for (int64_t u = 0; u * unit_rows < height; ++u) {
      if (hr_packed_unit(decoder, u, &out, &error) != HR_OK) return false;
    }
    return true;
  }
  int64_t window[2] = {};
  if (hr_image_open(decoder, f.data, int64_t(f.size), width, height, f.encoding, int64_t(f.planes), 0, 0,
                    height, width, window, &error) != HR_OK)
    return false;
  constexpr int64_t kStrip = 16;
  rows.resize(std::max(rows.size(), size_t(window[1] * kStrip)));
  for (int64_t y = 0; y < height; y += kStrip) {
    if (hr_image_rows(decoder, rows.data(), window[1], std::min(kStrip, height - y), &error) != HR_OK)
      return false;
  }
  return hr_image_close(decoder, &error) == HR_OK;
}

/// The images of a dataset file, read ahead.
struct Images {
  std::shared_ptr<const Dataset> dataset;
  size_t image = 0;                           ///< the field they are
  std::vector<std::vector<hr_field>> fields;  ///< of each sample, in the schema's order
};

Expected<Images> read_images(const char* path) {
  Images images;
  HR_ASSIGN_OR_RETURN(images.dataset, Dataset::open(path));
  const std::vector<Schema::Field>& schema = images.dataset->schema().fields;
  while (images.image < schema.size() && schema[images.image].kind != FieldKind::image) ++images.image;
  if (images.image == schema.size()) return Status("bench.field", path, "no field with images");
  std::vector<hr_field> fields(schema.size());
  for (uint64_t i = 0; i < std::min<uint64_t>(images.dataset->size(), 500); ++i) {
    HR_RETURN_IF_ERROR(images.dataset->read(i, fields));
    images.fields.push_back(fields);
  }
  return images;
}

/// What is compared: names, and what prepares a pass over the images in that way.
struct Way {
  const char* name;
  std::function<void()> prepare;
};

/// Ways alternate, pass by pass; of each the fastest pass counts, as other programs only ever add to it.
void compare(const char* what, size_t images, const std::vector<Way>& ways,
             const std::function<void()>& pass) {
  constexpr int kPasses = 60;
  std::vector<double> best(ways.size(), 1e9);
  for (int p = 0; p < kPasses; ++p) {
    for (size_t w = 0; w < ways.size(); ++w) {
      ways[w].prepare();
      best[w] = std::min(best[w], seconds(pass));
    }
  }
  for (size_t w = 0; w < ways.size(); ++w) {
    std::printf("%s, %s: %.3f us an image, %+.2f %%\n", what, ways[w].name,
                best[w] / static_cast<double>(images) * 1e6, 100 * (best[w] / best[0] - 1));
  }
}

void bench_decoder(const Images& images, const platform::TickClock& clock) {
  const Decoder decoder(hr_decoder_create(nullptr));
  std::vector<uint8_t> rows;
  compare("decoding", images.fields.size(),
          {{"untimed", [&] { hr_decoder_set_clock(decoder.get(), nullptr); }},
           {"timed", [&] { hr_decoder_set_clock(decoder.get(), clock.source()); }}},
          [&] {
            for (const std::vector<hr_field>& f : images.fields) {
              if (!decode(decoder.get(), f[images.image], rows)) std::exit(1);
            }
          });
}

/// Everything one thread needs to run a program, as a loader's worker has it.
class Runner {
 public:
  Runner(const Program& program, const Dataset& dataset)
      : program_(program),
        decoder_(hr_decoder_create(nullptr)),
        slots_(program.info().slot_count),
        ranges_(program.info().fields.size()),
        fields_(program.info().fields.size()) {
    for (const ProgramField& f : program.info().fields)
      in_file_.push_back(dataset.field_index(f.name).value_or(0));
    for (const ProgramOutput& o : program.info().outputs) {
      Expected<platform::Buffer> buffer = platform::Buffer::allocate(o.sample_bytes);
      if (!buffer.ok()) std::exit(1);
      outputs_.push_back(buffer->data());
      buffers_.push_back(std::move(*buffer));
    }
  }

  bool run(const std::vector<hr_field>& fields, uint64_t sample, StageClock* clock) {
    if (clock != nullptr) clock->begin_sample({0, 0, sample});
    for (size_t i = 0; i < fields_.size(); ++i) fields_[i] = fields[in_file_[i]];
    hr_error error = {};
    hr_plan_frame plan = {};
    plan.abi_version = HR_ABI_VERSION;
    plan.field_count = static_cast<uint32_t>(fields_.size());
    plan.fields = fields_.data();
    plan.key = {0, 0, sample};
    plan.slots = slots_.data();
    plan.ranges = ranges_.data();
    plan.error = &error;
    if (program_.plan(plan) != HR_OK) return false;
    if (plan.scratch_bytes > scratch_.size()) {
      Expected<platform::Buffer> larger = platform::Buffer::allocate(2 * plan.scratch_bytes);
      if (!larger.ok()) return false;
      scratch_ = std::move(*larger);
    }
    if (clock != nullptr) {
      clock->lap(WorkStage::plan);
      clock->lap(WorkStage::io_wait);
    }
    hr_run_frame frame = {};
    frame.abi_version = HR_ABI_VERSION;
    frame.field_count = plan.field_count;
    frame.fields = fields_.data();
    frame.key = plan.key;
    frame.slots = slots_.data();
    frame.scratch = scratch_.data();
    frame.scratch_bytes = plan.scratch_bytes;
    frame.outputs = outputs_.data();
    frame.decoder = decoder_.get();
    frame.error = &error;
    const bool ok = program_.run(frame) == HR_OK;
    if (clock != nullptr) {
      clock->lap(WorkStage::run);
      clock->end_sample();
    }
    return ok;
  }

  void* decoder() const { return decoder_.get(); }

 private:
  const Program& program_;
  const Decoder decoder_;
  platform::Buffer scratch_;
  std::vector<int64_t> slots_;
  std::vector<hr_byte_range> ranges_;
  std::vector<hr_field> fields_;
  std::vector<size_t> in_file_;
  std::vector<platform::Buffer> buffers_;
  std::vector<uint8_t*> outputs_;
};

Status bench_pipeline(const char* spec, const Images& images, const platform::TickClock& clock) {
  std::ifstream file(spec);
  std::stringstream text;
  text << file.rdbuf();
  HR_ASSIGN_OR_RETURN(const std::shared_ptr<const Program> program,
                      compile(text.str(), images.dataset.get(), CompileOptions{}));
  Runner runner(*program, *images.dataset);
  TraceRecorder recorder(clock, {});
  HR_ASSIGN_OR_RETURN(TraceTrack* const track, recorder.track("worker"));
  StageClock counted(clock, runner.decoder(), nullptr), traced(clock, runner.decoder(), track);
  StageClock* stages = nullptr;
  const auto use = [&](StageClock* which) {
    return [&, which] {
      stages = which;
      hr_decoder_set_clock(runner.decoder(), which != nullptr ? clock.source() : nullptr);
    };
  };
  compare("the pipeline", images.fields.size(),
          {{"alone", use(nullptr)},
           {"with statistics", use(&counted)},
           {"with statistics and trace", use(&traced)}},
          [&] {
            for (size_t i = 0; i < images.fields.size(); ++i) {
              if (!runner.run(images.fields[i], i, stages)) std::exit(1);
            }
          });
  return {};
}

int run(int argc, char** argv) {
  const platform::TickClock clock;
  const Decoder decoder(hr_decoder_create(nullptr));
  if (!decoder) return 1;
  volatile uint64_t sink = 0;
  std::printf("reading the clock (%s): %.1f ns\n", clock.name(), nanoseconds_of([&] { sink = clock.now(); }));
  std::printf("reading std::chrono::steady_clock: %.1f ns\n",
              nanoseconds_of([&] { sink = static_cast<uint64_t>(Clock::now().time_since_epoch().count()); }));
  uint64_t number = 0;
  StageClock stages(clock, decoder.get(), nullptr);
  std::printf("statistics of a sample: %.1f ns\n", nanoseconds_of([&] { sample(stages, number++); }));
  TraceRecorder recorder(clock, {});
  const Expected<TraceTrack*> track = recorder.track("worker");
  if (!track.ok()) return 1;
  StageClock traced(clock, decoder.get(), *track);
  std::printf("statistics and trace of a sample: %.1f ns\n",
              nanoseconds_of([&] { sample(traced, number++); }));
  for (int i = 2; i < argc; ++i) {
    const Expected<Images> images = read_images(argv[i]);
    Status status = images.status();
    if (status.ok()) {
      std::printf("%s:\n", argv[i]);
      bench_decoder(*images, clock);
      status = bench_pipeline(argv[1], *images, clock);
    }
    if (!status.ok()) return std::fprintf(stderr, "%s\n", status.to_string().c_str()), 1;
  }
  return 0;
}

}  // namespace
}  // namespace headrace

int main(int argc, char** argv) { return headrace::run(argc, argv); }
