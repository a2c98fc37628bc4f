#include "loader_testing.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

namespace headrace::testing {
namespace {

// Program fields: the dataset's "data" and "label", in this order.
constexpr size_t kData = 0;
constexpr size_t kLabel = 1;

uint64_t mix(uint64_t x) {
  x = (x ^ x >> 31) * 0x7fb5d329728ea185ull;
  x = (x ^ x >> 27) * 0x81dadef4bc2dd44dull;
  return x ^ x >> 33;
}

uint8_t data_byte(uint64_t sample, uint64_t i) { return static_cast<uint8_t>(mix(sample * 1000 + i)); }
uint64_t data_size(uint64_t sample) { return 1 + sample % 50; }
uint64_t scratch_bytes(uint64_t sample) { return (sample * 7919) % 20000; }

hr_result broken(hr_error* error, const char* what) {
  std::snprintf(error->text, sizeof error->text, "the loader broke a promise: %s", what);
  return HR_E_INTERNAL;
}

uint8_t noise_byte(const hr_key& key, size_t i, const uint8_t* data, uint64_t size) {
  return static_cast<uint8_t>(mix(key.seed * 3 + mix(key.epoch * 5 + mix(key.sample + 7 * i))) ^
                              data[i % size]);
}

}  // namespace

FakeDataset::FakeDataset(uint64_t samples, uint64_t samples_per_page) {
  schema_.fields = {
      {"label", FieldKind::i64, {}}, {"data", FieldKind::bytes, {}}, {"key", FieldKind::bytes, {}}};
  for (uint64_t s = 0; s < samples; ++s) {
    std::vector<uint8_t> bytes(data_size(s) + HR_BUFFER_ALIGNMENT);
    for (uint64_t i = 0; i < data_size(s); ++i) bytes[i] = data_byte(s, i);
    data_.push_back(std::move(bytes));
    pages.push_back(s / samples_per_page);
    labels.push_back(static_cast<int64_t>(s / 10));
  }
}

std::optional<size_t> FakeDataset::field_index(std::string_view name) const {
  for (size_t i = 0; i < schema_.fields.size(); ++i) {
    if (schema_.fields[i].name == name) return i;
  }
  return std::nullopt;
}

Status FakeDataset::metadata(uint64_t sample, std::span<hr_field> out) const {
  if (sample >= size() || out.size() != 3) return {"data.range", path_, "bad call"};
  if (on_metadata) HR_RETURN_IF_ERROR(on_metadata(sample));
  out[0] = out[1] = out[2] = {};
  out[0].value = labels[sample];
  out[1].size = data_size(sample);
  out[1].width = static_cast<uint32_t>(sample);
  out[2].size = key(sample).size();
  return {};
}

Status FakeDataset::read(uint64_t sample, std::span<hr_field> out) const {
  if (sample >= size() || out.size() != 3) return {"data.range", path_, "bad call"};
  if (on_read) HR_RETURN_IF_ERROR(on_read(sample));
  out[0] = out[1] = out[2] = {};
  out[0].value = labels[sample];
  out[1].size = data_size(sample);
  out[1].width = static_cast<uint32_t>(sample);
  out[1].data = data_[sample].data();
  return {};
}

FakeProgram::FakeProgram() {
  info_.fields = {{"data", FieldKind::bytes}, {"label", FieldKind::i64}};
  info_.outputs.resize(2);
  info_.outputs[0] = {"noise", DType::u8, Layout::none, {kNoiseBytes}, {1}, kNoiseBytes};
  info_.outputs[1] = {"id", DType::i64, Layout::none, {}, {}, 8};
  info_.slot_count = 2;
  info_.engine = "fake";
}

hr_result FakeProgram::plan(hr_plan_frame& f) const {
  if (on_plan) return on_plan(f);
  if (f.abi_version != HR_ABI_VERSION || f.field_count != 2) return broken(f.error, "plan's frame");
  if (f.fields[kData].data != nullptr) return broken(f.error, "no data in plan()");
  const uint64_t sample = f.fields[kData].width;
  if (f.fields[kData].size != data_size(sample)) return broken(f.error, "the order of fields");
  f.slots[0] = static_cast<int64_t>(sample) * 3;
  f.slots[1] = -1;
  f.ranges[1] = {0, 0};
  f.scratch_bytes = scratch_bytes(sample);
  return HR_OK;
}

hr_result FakeProgram::run(hr_run_frame& f) const {
  if (on_run) {
    if (const hr_result result = on_run(f); result != HR_OK) return result;
  }
  if (f.abi_version != HR_ABI_VERSION || f.field_count != 2) return broken(f.error, "run's frame");
  const uint64_t sample = sample_of(f);
  if (f.slots[0] != static_cast<int64_t>(sample) * 3 || f.slots[1] != -1) return broken(f.error, "slots");
  if (f.scratch_bytes < scratch_bytes(sample)) return broken(f.error, "scratch_bytes");
  if (reinterpret_cast<uintptr_t>(f.scratch) % HR_BUFFER_ALIGNMENT != 0)
    return broken(f.error, "scratch alignment");
  if (f.decoder == nullptr) return broken(f.error, "a decoder");
  if (f.scratch_bytes != 0) std::memset(f.scratch, 0xA5, f.scratch_bytes);
  const hr_field& data = f.fields[kData];
  if (data.data == nullptr || data.size != data_size(sample)) return broken(f.error, "data in run()");
  for (size_t i = 0; i < kNoiseBytes; ++i) f.outputs[0][i] = noise_byte(f.key, i, data.data, data.size);
  const auto id = static_cast<int64_t>(sample);
  std::memcpy(f.outputs[1], &id, sizeof id);
  return HR_OK;
}

std::vector<uint8_t> FakeProgram::expected_noise(const hr_key& key, uint64_t sample) {
  std::vector<uint8_t> data(data_size(sample));
  for (uint64_t i = 0; i < data.size(); ++i) data[i] = data_byte(sample, i);
  std::vector<uint8_t> noise(kNoiseBytes);
  for (size_t i = 0; i < kNoiseBytes; ++i) noise[i] = noise_byte(key, i, data.data(), data.size());
  return noise;
}

void append(const Batch& batch, Epoch& epoch) {
  const uint64_t n = batch.samples();
  epoch.batch_samples.push_back(n);
  epoch.noise.insert(epoch.noise.end(), batch.output(0), batch.output(0) + n * FakeProgram::kNoiseBytes);
  for (uint64_t i = 0; i < n; ++i) {
    int64_t id = 0;
    std::memcpy(&id, batch.output(1) + i * 8, 8);
    epoch.ids.push_back(id);
  }
  epoch.sample_ids.insert(epoch.sample_ids.end(), batch.sample_ids().begin(), batch.sample_ids().end());
}

Epoch run_epoch(Loader& loader, uint64_t epoch) {
  Epoch result;
  result.status = loader.start_epoch(epoch);
  while (result.status.ok()) {
    Expected<Batch> batch = loader.next();
    if (!batch.ok()) {
      result.status = batch.status();
      break;
    }
    if (!*batch) break;
    append(*batch, result);
  }
  return result;
}

std::unique_ptr<Loader> make_loader(std::shared_ptr<const Dataset> dataset,
                                    std::shared_ptr<const Program> program, const LoaderOptions& options) {
  Expected<std::unique_ptr<Loader>> loader = Loader::create(std::move(dataset), std::move(program), options);
  EXPECT_TRUE(loader.ok()) << loader.status().to_string();
  return loader.ok() ? std::move(*loader) : nullptr;
}

void dawdle(uint64_t value) {
  if (mix(value) % 4 == 0) std::this_thread::sleep_for(std::chrono::microseconds(mix(value) / 4 % 300));
}

}  // namespace headrace::testing
