#include "runtime/dataset/info.h"

#include <algorithm>

#include "runtime/dataset/fingerprint.h"
#include "runtime/dataset/mapped_dataset.h"
#include "runtime/dataset/printable.h"

namespace headrace {
namespace {

void widen(DatasetSummary::Extent& e, uint32_t value, uint64_t seen) {
  e.min = seen == 0 ? value : std::min(e.min, value);
  e.max = std::max(e.max, value);
  e.mean += value;  // a sum until the end
}

void count_value(DatasetSummary::Field& field, const hr_field& value, uint64_t sample) {
  switch (field.kind) {
    case FieldKind::i64:
      if (field.value_names.empty()) return;
      if (value.value >= 0 && static_cast<uint64_t>(value.value) < field.value_counts.size()) {
        ++field.value_counts[static_cast<size_t>(value.value)];
      } else {
        ++field.other_values;
      }
      return;
    case FieldKind::f64:
      return;
    case FieldKind::image:
      widen(field.width, value.width, sample);
      widen(field.height, value.height, sample);
      break;
    case FieldKind::bytes:
      break;
  }
  DatasetSummary::Payloads& p =
      field.payloads[field.kind == FieldKind::bytes ? "bytes" : encoding_name(value.encoding)];
  ++p.samples;
  p.bytes += value.size;
}

/// What only the file itself knows.
void add_file_facts(const MappedDataset& d, DatasetSummary& s) {
  const format::Header& h = d.header();
  uint64_t pages = 0, in_pages = 0;
  for (uint64_t p = 0; p < d.page_count(); ++p) pages += d.index().page(p).bytes;
  for (size_t f = 0; f < s.fields.size(); ++f) {
    if (d.index().layout.fields[f].storage != format::Storage::page) continue;
    for (const auto& [name, payloads] : s.fields[f].payloads) in_pages += payloads.bytes;
  }
  for (size_t f = 0; f < s.fields.size(); ++f) {
    if (s.fields[f].kind != FieldKind::image) continue;
    for (uint64_t i = 0; i < s.samples; ++i) {
      const auto e = format::load<format::ImageEntry>(d.index().row(i), d.index().layout.fields[f].offset);
      if (e.encoding == HR_ENCODING_JPEG && e.aux != HR_KEPT_AS_ASKED) ++s.fields[f].kept[kept_reason(e.aux)];
    }
  }
  s.index_bytes = s.file_bytes - pages;
  s.page_overhead = pages - in_pages;
  if ((h.flags & format::kFlagShuffled) != 0) s.shuffle_seed = h.shuffle_seed;
  s.fingerprint = fingerprint_text(h.fingerprint);
  s.writer = printable(std::string(h.writer.begin(), std::find(h.writer.begin(), h.writer.end(), '\0')));
  s.format_version = h.version;
  s.generation = h.generation;
  for (size_t i = 0; i < d.header_copies().size(); ++i) {
    if (d.header_copies()[i] != HeaderCopyState::good) {
      s.notes.push_back("header copy " + std::to_string(i) + " is damaged; the other one is used");
    }
  }
}

}  // namespace

std::string encoding_name(uint32_t encoding) {
  switch (encoding) {
    case HR_ENCODING_JPEG:
      return "jpeg";
    case HR_ENCODING_RGB:
      return "rgb";
    case HR_ENCODING_PACKED:
      return "packed";
    case HR_ENCODING_YCC:
      return "ycc";
    default:
      return "encoding " + std::to_string(encoding);
  }
}

std::string kept_reason(uint64_t kept) {
  switch (kept) {
    case HR_KEPT_CMYK: return "CMYK";
    case HR_KEPT_ARITHMETIC: return "arithmetic coding";
    case HR_KEPT_SAMPLING: return "its chroma sampling";
    case HR_KEPT_INCOMPLETE: return "incomplete progressive scans";
    case HR_KEPT_OTHER: return "of a kind that is not packed";
    case HR_KEPT_NOT_EXACT: return "not byte-exact";
    case HR_KEPT_LARGER: return "smaller as a JPEG";
    default: return "";
  }
}

DatasetSummary summarize(const Dataset& dataset) {
  DatasetSummary s;
  s.path = dataset.path();
  s.samples = dataset.size();
  s.page_size = dataset.page_size();
  s.pages = dataset.page_count();
  s.file_bytes = dataset.file_bytes();
  for (const Schema::Field& f : dataset.schema().fields) {
    DatasetSummary::Field field;
    field.name = f.name;
    field.kind = f.kind;
    field.value_names = f.value_names;
    field.value_counts.resize(f.value_names.size());
    s.fields.push_back(std::move(field));
  }
  std::vector<hr_field> values(s.fields.size());
  for (uint64_t i = 0; i < s.samples; ++i) {
    if (!dataset.metadata(i, values).ok()) break;  // cannot fail for samples that exist
    for (size_t f = 0; f < values.size(); ++f) count_value(s.fields[f], values[f], i);
  }
  for (DatasetSummary::Field& f : s.fields) {
    if (s.samples != 0) {
      f.width.mean /= static_cast<double>(s.samples);
      f.height.mean /= static_cast<double>(s.samples);
    }
    for (const auto& [name, payloads] : f.payloads) s.payload_bytes += payloads.bytes;
  }
  if (const auto* mapped = dynamic_cast<const MappedDataset*>(&dataset)) add_file_facts(*mapped, s);
  return s;
}

}  // namespace headrace
