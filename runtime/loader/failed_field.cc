#include "runtime/loader/failed_field.h"

#include <optional>
#include <utility>

#include "kernels/jpeg_info.h"

namespace headrace {
namespace {

/// The kind of the field a failure is about.
std::optional<FieldKind> kind_of(const SampleFailure& failure) {
  switch (failure.result) {
    case HR_E_DECODE:
    case HR_E_CROP_OUTSIDE:
    case HR_E_ENCODING:
    case HR_E_SHORT:
      return FieldKind::image;
    case HR_E_LABEL:
      return FieldKind::i64;
    case HR_E_LIMIT:  // decoders say what was too large, programs leave it to the numbers
      return failure.error.text[0] != 0 ? FieldKind::image : FieldKind::bytes;
    default:
      return std::nullopt;
  }
}

bool is_whole(const hr_field& field, const DecodeLimits& limits) {
  JpegInfo info;
  uint64_t warnings = 0;
  return jpeg_check({field.data, static_cast<size_t>(field.size)}, limits, info, warnings).ok();
}

/// Whether a field's value explains the failure.
bool explains(const hr_field& field, const SampleFailure& failure) {
  const int64_t found = failure.error.args[0];
  const bool jpeg = field.encoding == HR_ENCODING_JPEG;
  switch (failure.result) {
    case HR_E_DECODE:
      return jpeg && !is_whole(field, failure.limits);
    case HR_E_ENCODING:
      return field.encoding == found;
    case HR_E_SHORT:
      return !jpeg && std::cmp_equal(field.size, found);
    case HR_E_LABEL:
      return field.value == found;
    case HR_E_LIMIT:
      return failure.error.text[0] != 0 ? jpeg && !is_whole(field, failure.limits)
                                        : std::cmp_equal(field.size, found);
    default:
      return true;  // the size in HR_E_CROP_OUTSIDE need not be the stored one
  }
}

}  // namespace

std::vector<size_t> failed_fields(const Dataset& dataset, std::span<const ProgramField> fields,
                                  const SampleFailure& failure) {
  std::vector<size_t> found;
  const std::optional<FieldKind> kind = kind_of(failure);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].kind == kind) found.push_back(i);
  }
  std::vector<hr_field> values(dataset.schema().fields.size());
  if (found.size() < 2 || !dataset.read(failure.sample, values).ok()) return found;
  std::vector<size_t> explaining;
  for (const size_t i : found) {
    const std::optional<size_t> index = dataset.field_index(fields[i].name);
    if (index && explains(values[*index], failure)) explaining.push_back(i);
  }
  return explaining.empty() ? found : explaining;
}

std::string failed_field_text(const Dataset& dataset, std::span<const ProgramField> fields,
                              const SampleFailure& failure) {
  const std::vector<size_t> found = failed_fields(dataset, fields, failure);
  std::string text;
  for (const size_t i : found) {
    text += text.empty() ? (found.size() == 1 ? ", field " : ", one of the fields ") : ", ";
    text += "\"" + fields[i].name + "\"";
  }
  return text;
}

}  // namespace headrace
