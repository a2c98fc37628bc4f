#include "runtime/loader/sample_error.h"

#include <cstring>
#include <string>

#include "headrace/counted.h"
#include "runtime/loader/failed_field.h"

namespace headrace {
namespace {

struct Description {
  std::string code;
  std::string text;
};

std::string number(int64_t v) { return std::to_string(v); }

/// "a", "a or b", "a, b or c" of the encodings in a bit set.
std::string encodings_text(int64_t set) {
  std::string text;
  for (int64_t bit = 0; bit < 63; ++bit) {
    if ((set >> bit & 1) == 0) continue;
    set &= ~(int64_t{1} << bit);
    if (!text.empty()) text += set == 0 ? " or " : ", ";
    text += encoding_name(bit);
  }
  return text.empty() ? "none" : text;
}

std::string crop_text(const int64_t* a) {
  return "the crop of " + number(a[2]) + "x" + number(a[3]) + " at (" + number(a[0]) + ", " + number(a[1]) +
         ") does not fit the image of " + number(a[4]) + "x" + number(a[5]) + "; resize first";
}

Description describe(hr_result result, const hr_error& error) {
  const int64_t* const a = error.args;
  // The program's text, with a terminator whatever the program did.
  const std::string own(error.text, strnlen(error.text, sizeof error.text));
  const auto own_or = [&](const std::string& text) { return own.empty() ? text : own; };
  switch (result) {
    case HR_E_DECODE:
      return {"sample.decode", own_or("the image cannot be decoded")};
    case HR_E_CROP_OUTSIDE:
      return {"sample.crop_outside", own_or(crop_text(a))};
    case HR_E_ENCODING:
      return {"sample.encoding", own_or("the image is stored as " + encoding_name(a[0]) +
                                        "; the pipeline was compiled for " + encodings_text(a[1]))};
    case HR_E_LIMIT:
      return {"sample.limit",
              own_or("the value has " + counted(static_cast<uint64_t>(a[0]), "byte") + ", more than the " +
                     number(a[1]) + " of its row in the batch; give a larger \"length\"")};
    case HR_E_LABEL:
      return {"sample.label", own_or("the value " + number(a[0]) + " is none of the " + number(a[1]) +
                                     " classes of \"one_hot\", which are 0 to " + number(a[1] - 1))};
    case HR_E_ABI:
      return {"loader.abi", own_or("the pipeline was called with version " + number(a[0]) +
                                   " of the interface and was compiled for version " + number(a[1]))};
    case HR_E_SHORT:
      return {"sample.short", own_or("the image has " + counted(static_cast<uint64_t>(a[0]), "byte") +
                                     ", fewer than the " + number(a[1]) + " its size asks for")};
    case HR_E_ALIGNMENT:
      return {"sample.alignment", own_or("the memory of output " + number(a[0]) + " must be aligned to " +
                                         counted(static_cast<uint64_t>(a[1]), "byte"))};
    case HR_E_USER:
      return {"sample.call", own_or("a function that the pipeline calls returned " + number(a[0]))};
    case HR_E_INTERNAL:
      return {"internal", own_or("the pipeline failed without saying why")};
    default:
      return {"internal", own_or("the pipeline failed with the unknown result " + number(result))};
  }
}

}  // namespace

std::string encoding_name(int64_t encoding) {
  switch (encoding) {
    case HR_ENCODING_NONE:
      return "none";
    case HR_ENCODING_JPEG:
      return "jpeg";
    case HR_ENCODING_RGB:
      return "rgb";
    default:
      return "encoding " + number(encoding);
  }
}

Status sample_error(const Dataset& dataset, std::span<const ProgramField> fields,
                    const SampleFailure& failure) {
  if (failure.substitutes != 0) {
    SampleFailure first = failure;
    first.substitutes = 0;
    Diagnostic d = sample_error(dataset, fields, first).errors().front();
    d.message +=
        "; " + std::to_string(failure.substitutes) + " other samples were tried in its place, and failed too";
    return {d.code, d.where, d.message};
  }
  Description d;
  std::string field;
  switch (failure.cause) {
    case SampleFailure::Cause::dataset:
      return failure.status;  // names file, sample and key itself
    case SampleFailure::Cause::program:
      d = describe(failure.result, failure.error);
      field = failed_field_text(dataset, fields, failure);
      break;
    case SampleFailure::Cause::memory:
      d = {"sample.memory", failure.bytes == 0
                                ? "out of memory"
                                : "needs " + std::to_string(failure.bytes) +
                                      " bytes of scratch memory, which the system does not give"};
      break;
  }
  if (d.code == "loader.abi") return {d.code, dataset.path(), d.text};  // true of every sample
  std::string name = "sample " + std::to_string(failure.sample);
  const std::string key = dataset.key(failure.sample);
  if (key != "#" + std::to_string(failure.sample)) name += " (key \"" + key + "\")";
  return {d.code, dataset.path(), name + field + ": " + d.text};
}

}  // namespace headrace
