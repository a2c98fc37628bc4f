#include "tests/ladder/stored_samples.h"

#include <algorithm>
#include <utility>

#include "headrace/loader.h"
#include "headrace/planes.h"
#include "tests/compiler/random_spec.h"

namespace headrace::ladder {
namespace {

using testing::RunResult;

// Keys of samples that are in no dataset.
constexpr uint64_t kUnstored = 1'000'000;

uint32_t channels_of(const testing::SampleRecipe& r, const testing::TestImage& image) {
  PlaneLayout layout;
  const bool planes = image.encoding == HR_ENCODING_PACKED || image.encoding == HR_ENCODING_YCC;
  if (planes && plane_layout(image.planes, layout)) return uint32_t(layout.components);
  return r.kind == "jpeg gray" ? 1 : 3;
}

Schema schema() {
  Schema s;
  for (const ProgramField& f : testing::random_spec_fields()) s.fields.push_back({f.name, f.kind, {}});
  return s;
}

Status add(DatasetWriter& writer, const testing::SampleRecipe& recipe, const Sample& sample) {
  const std::string text = testing::sample_text(sample.key);
  std::vector<FieldValue> values;
  for (const ProgramField& f : testing::random_spec_fields()) {
    const testing::TestImage& image = sample.image;
    if (f.kind == FieldKind::image) {
      values.push_back(FieldValue::image({image.bytes.data(), image.size}, image.encoding, image.width,
                                         image.height, channels_of(recipe, image), uint32_t(image.planes)));
    } else if (f.kind == FieldKind::bytes) {
      values.push_back(FieldValue::bytes(text));
    } else {
      values.push_back(FieldValue::integer(testing::sample_value(f, sample.label)));
    }
  }
  return writer.add(values);
}

}  // namespace

Expected<StoredSamples> StoredSamples::create(const LadderCase& c, const std::string& folder) {
  StoredSamples stored;
  stored.path_ = folder + "/samples.hrd";
  HR_ASSIGN_OR_RETURN(stored.writer_, DatasetWriter::create(stored.path_, schema(),
                                                            {.page_size = 64 << 10, .overwrite = true}));
  std::vector<Sample> others;
  for (const testing::SampleRecipe& recipe : c.samples) {
    Sample s;
    s.name = testing::describe(recipe);
    s.image = testing::make_image(recipe);
    s.label = recipe.label;
    s.damaged = testing::is_damaged(recipe);
    s.key = {c.seed, c.epoch, stored.all_.size()};
    s.stored = add(*stored.writer_, recipe, s).ok();
    if (s.stored) {
      stored.all_.push_back(std::move(s));
    } else {
      s.key.sample = kUnstored + others.size();
      others.push_back(std::move(s));
    }
  }
  std::move(others.begin(), others.end(), std::back_inserter(stored.all_));
  return stored;
}

Expected<std::shared_ptr<const Dataset>> StoredSamples::dataset() {
  const bool any = std::any_of(all_.begin(), all_.end(), [](const Sample& s) { return s.stored; });
  if (!any || dataset_) return dataset_;
  HR_RETURN_IF_ERROR(writer_->finish());
  HR_ASSIGN_OR_RETURN(dataset_, Dataset::open(path_));
  return dataset_;
}

namespace {

// What a batch must hold: a row for each sample, zeros where there is none or it failed, and then mixed.
struct ExpectedBatch {
  std::vector<uint8_t> mask;
  std::vector<std::vector<uint8_t>> outputs;
};

ExpectedBatch expected_batch(const Program& reference, const std::vector<RunResult>& results, size_t stored,
                             const LadderCase& c, uint64_t index) {
  const ProgramInfo& info = reference.info();
  ExpectedBatch batch;
  batch.mask.assign(c.batch_size, 0);
  for (const ProgramOutput& o : info.outputs) batch.outputs.emplace_back(c.batch_size * o.sample_bytes, 0);
  for (uint64_t row = 0; row < c.batch_size; ++row) {
    const uint64_t sample = index * c.batch_size + row;
    if (sample >= stored || results[sample].code != HR_OK) continue;
    batch.mask[row] = 1;
    for (size_t o = 0; o < batch.outputs.size(); ++o)
      std::copy(results[sample].outputs[o].begin(), results[sample].outputs[o].end(),
                batch.outputs[o].begin() + std::ptrdiff_t(row * info.outputs[o].sample_bytes));
  }
  if (!info.mixes) return batch;
  std::vector<uint8_t*> outputs;
  for (auto& o : batch.outputs) outputs.push_back(o.data());
  hr_error error{};
  hr_batch_frame frame{
      HR_ABI_VERSION, 0,     {c.seed, c.epoch, index}, c.batch_size, 0, c.batch_size / 2, batch.mask.data(),
      outputs.data(), &error};
  (void)reference.batch(frame);
  return batch;
}

std::string compare_batch(const Batch& got, const ExpectedBatch& wanted, const ProgramInfo& info) {
  const std::string place = "batch " + std::to_string(got.index());
  if (got.rows() != wanted.mask.size()) return place + " has " + std::to_string(got.rows()) + " rows";
  for (uint64_t row = 0; row < got.rows(); ++row) {
    if (got.mask()[row] != wanted.mask[row])
      return place + ", row " + std::to_string(row) +
             (wanted.mask[row] ? " failed and must not" : " must fail and did not");
  }
  for (size_t o = 0; o < info.outputs.size(); ++o) {
    const auto [x, y] = std::mismatch(wanted.outputs[o].begin(), wanted.outputs[o].end(), got.output(o));
    if (x == wanted.outputs[o].end()) continue;
    const auto at = size_t(x - wanted.outputs[o].begin()), bytes = info.outputs[o].sample_bytes;
    return place + ", output \"" + info.outputs[o].name + "\", row " + std::to_string(at / bytes) +
           ", byte " + std::to_string(at % bytes) + ": " + std::to_string(*x) + " and " + std::to_string(*y);
  }
  return "";
}

}  // namespace

std::string compare_loader(const std::shared_ptr<const Dataset>& dataset,
                           const std::shared_ptr<const Program>& program, const Program& reference,
                           const std::vector<Sample>& samples, const std::vector<RunResult>& results,
                           const LadderCase& c, unsigned threads) {
  LoaderOptions options;
  options.batch_size = c.batch_size;
  options.threads = threads;
  options.seed = c.seed;
  options.order = Order::sequential;
  options.tail = Tail::pad;
  options.on_error = OnError::substitute;
  auto loader = Loader::create(dataset, program, options);
  if (!loader.ok()) return loader.status().to_string();
  if (const Status s = (*loader)->start_epoch(c.epoch); !s.ok()) return s.to_string();
  const auto stored =
      size_t(std::count_if(samples.begin(), samples.end(), [](const Sample& s) { return s.stored; }));
  uint64_t batches = 0;
  for (;; ++batches) {
    auto batch = (*loader)->next();
    if (!batch.ok()) return batch.status().to_string();
    if (!*batch) break;
    const ExpectedBatch wanted = expected_batch(reference, results, stored, c, batches);
    if (std::string d = compare_batch(*batch, wanted, reference.info()); !d.empty()) return d;
  }
  const uint64_t expected = (stored + c.batch_size - 1) / c.batch_size;
  return batches == expected ? ""
                             : std::to_string(batches) + " batches, expected " + std::to_string(expected);
}

}  // namespace headrace::ladder
