#include "python/src/sample_packer.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <utility>

#include "runtime/platform/topology.h"

namespace headrace::python {
namespace {

constexpr size_t kGroupPerThread = 16;
constexpr uint64_t kGroupBytes = 64u << 20;

/// Memory is bounded by the size of a group.
const Reserve kAnyMemory = [](uint64_t) { return true; };

uint64_t size_of(const SampleValue& value) {
  if (const auto* file = std::get_if<ImageFile>(&value)) return file->bytes.size();
  if (const auto* pixels = std::get_if<ImagePixels>(&value)) return pixels->bytes.size();
  return 0;
}

}  // namespace

Expected<std::unique_ptr<SamplePackingWriter>> SamplePackingWriter::create(const std::string& path,
                                                                           Schema schema,
                                                                           const ImportOptions& options) {
  unsigned threads = options.threads;
  if (threads == 0) {
    HR_ASSIGN_OR_RETURN(threads, platform::default_threads());
  }
  HR_ASSIGN_OR_RETURN(
      std::unique_ptr<DatasetWriter> writer,
      DatasetWriter::create(path, schema, {.page_size = options.page_size, .overwrite = options.overwrite}));
  return std::unique_ptr<SamplePackingWriter>(
      new SamplePackingWriter(std::move(schema), options, threads, std::move(writer)));
}

SamplePackingWriter::SamplePackingWriter(Schema schema, const ImportOptions& options, unsigned threads,
                                         std::unique_ptr<DatasetWriter> writer)
    : schema_(std::move(schema)), options_(options), writer_(std::move(writer)) {
  for (unsigned i = 0; i < threads; ++i) importers_.push_back(std::make_unique<SampleImporter>(options_));
}

SamplePackingWriter::~SamplePackingWriter() {
  for (std::future<void>& packer : packers_) packer.wait();
}

std::string SamplePackingWriter::place(uint64_t number, size_t field) const {
  return "sample " + std::to_string(number) + ", field \"" + schema_.fields[field].name + "\"";
}

void SamplePackingWriter::pack(Item& item, SampleImporter& importer) const {
  for (size_t i = 0; i < item.values.size(); ++i) {
    auto* file = std::get_if<ImageFile>(&item.values[i]);
    if (file == nullptr) continue;
    item.images.push_back(importer.import_bytes(std::move(file->bytes), place(item.number, i), kAnyMemory));
  }
}

/// Packs what was collected, in the background; the group before has been written.
void SamplePackingWriter::start_group() {
  packing_ = std::exchange(collected_, {});
  collected_bytes_ = 0;
  const auto next = std::make_shared<std::atomic<size_t>>(0);
  const size_t threads = std::min(importers_.size(), packing_.size());
  for (size_t t = 0; t < threads; ++t) {
    const auto work = [this, next, t] {
      for (size_t i = next->fetch_add(1); i < packing_.size(); i = next->fetch_add(1)) {
        pack(packing_[i], *importers_[t]);
      }
    };
    try {
      packers_.push_back(std::async(std::launch::async, work));
    } catch (const std::system_error&) {  // no further thread: those there are do the work, or wait() does
      packers_.push_back(std::async(std::launch::deferred, work));
      return;
    }
  }
}

Status SamplePackingWriter::write_item(const Item& item, bool& skipped) {
  std::vector<FieldValue> values;
  auto image = item.images.begin();
  for (const SampleValue& value : item.values) {
    if (const auto* integer = std::get_if<int64_t>(&value)) {
      values.push_back(FieldValue::integer(*integer));
    } else if (const auto* real = std::get_if<double>(&value)) {
      values.push_back(FieldValue::real(*real));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      values.push_back(FieldValue::bytes(std::string_view(*text)));
    } else if (const auto* pixels = std::get_if<ImagePixels>(&value)) {
      values.push_back(FieldValue::image(pixels->bytes, HR_ENCODING_RGB, pixels->width, pixels->height));
      source_bytes_ += pixels->bytes.size();
    } else {
      const ImportedSample& s = *image++;
      if (!s.problem.ok()) {
        skipped = options_.on_error == ImportOptions::OnError::skip;
        return s.problem;
      }
      values.push_back(FieldValue::image(s.payload, s.encoding, s.width, s.height, s.channels, s.detail));
      source_bytes_ += s.source_bytes;
    }
  }
  return writer_->add(values);
}

/// Waits for the group that is being packed and writes it.
Status SamplePackingWriter::write_group() {
  for (std::future<void>& packer : packers_) packer.get();
  packers_.clear();
  for (const Item& item : packing_) {
    bool skipped = false;
    const Status status = write_item(item, skipped);
    if (skipped) {
      ++skipped_;
      continue;
    }
    if (!status.ok()) return status;
    ++written_;
  }
  packing_.clear();
  return {};
}

Status SamplePackingWriter::add(Sample sample) {
  for (const SampleValue& value : sample) collected_bytes_ += size_of(value);
  collected_.push_back({added_++, std::move(sample), {}});
  if (collected_.size() < importers_.size() * kGroupPerThread && collected_bytes_ < kGroupBytes) return {};
  HR_RETURN_IF_ERROR(write_group());
  start_group();
  return {};
}

Status SamplePackingWriter::finish() {
  HR_RETURN_IF_ERROR(write_group());
  start_group();
  HR_RETURN_IF_ERROR(write_group());
  return writer_->finish();
}

}  // namespace headrace::python
