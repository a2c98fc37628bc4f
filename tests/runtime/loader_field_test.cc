// Errors of samples name the field that is to blame, also where a pipeline reads several of a kind.
#include <gtest/gtest.h>

#include <cstdio>

#include "dataset_testing.h"
#include "runtime/loader/failed_field.h"

namespace headrace::testing {
namespace {

/// One sample with two images and two byte strings, in memory.
class OneSample : public Dataset {
 public:
  OneSample() {
    set(0, make_jpeg(32, 24, 3, 1), HR_ENCODING_JPEG);
    set(1, make_jpeg(32, 24, 1, 2), HR_ENCODING_JPEG);
    set(2, Bytes(10), HR_ENCODING_NONE);
    set(3, Bytes(20), HR_ENCODING_NONE);
  }

  void set(size_t field, const Bytes& bytes, uint32_t encoding) {
    data_[field] = bytes;
    encodings_[field] = encoding;
  }

  uint64_t size() const override { return 1; }
  const Schema& schema() const override { return schema_; }
  const std::string& path() const override { return path_; }
  uint64_t file_bytes() const override { return 1; }
  std::optional<size_t> field_index(std::string_view name) const override {
    for (size_t i = 0; i < schema_.fields.size(); ++i) {
      if (schema_.fields[i].name == name) return i;
    }
    return std::nullopt;
  }
  Status metadata(uint64_t sample, std::span<hr_field> out) const override { return read(sample, out); }
  Status read(uint64_t, std::span<hr_field> out) const override {
    if (fails) return {"data.page", path_, "is damaged"};
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = {};
      out[i].data = data_[i].data();
      out[i].size = data_[i].size();
      out[i].encoding = encodings_[i];
    }
    return {};
  }
  uint64_t page_of(uint64_t) const override { return 0; }
  uint64_t page_count() const override { return 1; }
  uint64_t page_size() const override { return 1; }
  std::string fingerprint() const override { return std::string(32, '0'); }
  uint32_t encodings() const override { return ~0u; }
  std::string key(uint64_t) const override { return "k"; }

  bool fails = false;

 private:
  const std::string path_ = "one.hrd";
  const Schema schema_ = {{{"image", FieldKind::image, {}},
                           {"mask", FieldKind::image, {}},
                           {"name", FieldKind::bytes, {}},
                           {"text", FieldKind::bytes, {}}}};
  Bytes data_[4];
  uint32_t encodings_[4] = {};
};

// In another order than the dataset's.
const std::vector<ProgramField> kFields = {{"text", FieldKind::bytes},
                                           {"name", FieldKind::bytes},
                                           {"mask", FieldKind::image},
                                           {"image", FieldKind::image}};

SampleFailure failure_of(hr_result result, int64_t arg0 = 0, int64_t arg1 = 0, const char* text = "") {
  SampleFailure failure;
  failure.result = result;
  failure.error.args[0] = arg0;
  failure.error.args[1] = arg1;
  std::snprintf(failure.error.text, sizeof failure.error.text, "%s", text);
  return failure;
}

std::string error_of(const Dataset& dataset, const SampleFailure& failure,
                     std::span<const ProgramField> fields = kFields) {
  return sample_error(dataset, fields, failure).to_string();
}

TEST(LoaderField, DamagedImages) {
  const std::string start = "error[sample.decode] one.hrd: sample 0 (key \"k\")";
  const SampleFailure failure = failure_of(HR_E_DECODE, 0, 0, "premature end of JPEG data");
  OneSample sample;
  EXPECT_EQ(error_of(sample, failure),
            start + ", one of the fields \"mask\", \"image\": premature end of JPEG data")
      << "neither is damaged";
  for (const size_t field : {0, 1}) {
    OneSample damaged;
    Bytes half = make_jpeg(32, 24);
    half.resize(half.size() / 2);
    damaged.set(field, half, HR_ENCODING_JPEG);
    EXPECT_EQ(error_of(damaged, failure),
              start + ", field \"" + (field == 0 ? "image" : "mask") + "\": premature end of JPEG data");
  }
  sample.set(1, Bytes(32 * 24 * 3), HR_ENCODING_RGB);
  EXPECT_EQ(error_of(sample, failure).find(start + ", one of"), 0u)
      << "the raw one cannot be, nor the whole one";
  EXPECT_EQ(error_of(sample, failure, std::span(kFields).subspan(1, 2)),
            start + ", field \"mask\": premature end of JPEG data")
      << "the only one that is read";
  EXPECT_EQ(error_of(sample, failure, {}), start + ": premature end of JPEG data");
}

TEST(LoaderField, EncodingsAndSizes) {
  OneSample sample;
  sample.set(1, Bytes(100), HR_ENCODING_RGB);
  EXPECT_EQ(
      error_of(sample, failure_of(HR_E_ENCODING, HR_ENCODING_RGB, 1 << HR_ENCODING_JPEG)),
      "error[sample.encoding] one.hrd: sample 0 (key \"k\"), field \"mask\": the image is stored as rgb; the "
      "pipeline was compiled for jpeg");
  EXPECT_EQ(error_of(sample, failure_of(HR_E_SHORT, 100, 300)),
            "error[sample.short] one.hrd: sample 0 (key \"k\"), field \"mask\": the image has 100 bytes, "
            "fewer than the "
            "300 its size asks for");
  EXPECT_EQ(error_of(sample, failure_of(HR_E_LIMIT, 20, 16)),
            "error[sample.limit] one.hrd: sample 0 (key \"k\"), field \"text\": the value has 20 bytes, more "
            "than the "
            "16 of its row in the batch; give a larger \"length\"");
  EXPECT_NE(error_of(sample, failure_of(HR_E_LIMIT, 10, 8)).find(", field \"name\": the value has 10 bytes"),
            std::string::npos);
  sample.set(2, Bytes(20), HR_ENCODING_NONE);
  EXPECT_NE(error_of(sample, failure_of(HR_E_LIMIT, 20, 16)).find(", one of the fields \"text\", \"name\": "),
            std::string::npos);
}

TEST(LoaderField, LimitsAreThoseOfTheLoader) {
  OneSample sample;
  sample.set(1, make_jpeg(8, 8), HR_ENCODING_JPEG);
  SampleFailure failure = failure_of(HR_E_LIMIT, 0, 0, "768 pixels, the limit is 100");
  EXPECT_EQ(failed_fields(sample, kFields, failure), (std::vector<size_t>{2, 3})) << "neither is too large";
  failure.limits.max_pixels = 100;
  EXPECT_EQ(failed_fields(sample, kFields, failure), std::vector<size_t>{3}) << "the image of 32 x 24";
}

TEST(LoaderField, Labels) {
  const OneSample sample;
  const std::vector<ProgramField> fields = {{"image", FieldKind::image}, {"label", FieldKind::i64}};
  EXPECT_EQ(error_of(sample, failure_of(HR_E_LABEL, -1, 10), fields),
            "error[sample.label] one.hrd: sample 0 (key \"k\"), field \"label\": the value -1 is none of the 10 "
            "classes of \"one_hot\", which are 0 to 9");
}

TEST(LoaderField, CropsNameTheOnlyImageOrAll) {
  const OneSample sample;
  EXPECT_NE(error_of(sample, failure_of(HR_E_CROP_OUTSIDE))
                .find(", one of the fields \"mask\", \"image\": the crop"),
            std::string::npos);
  EXPECT_NE(error_of(sample, failure_of(HR_E_CROP_OUTSIDE), std::span(kFields).subspan(3))
                .find(", field \"image\": the crop"),
            std::string::npos);
}

TEST(LoaderField, FailuresOfTheProgramNameNone) {
  const OneSample sample;
  EXPECT_EQ(error_of(sample, failure_of(HR_E_INTERNAL, 0, 0, "a defect")),
            "error[internal] one.hrd: sample 0 (key \"k\"): a defect");
  SampleFailure memory = failure_of(HR_E_DECODE);
  memory.cause = SampleFailure::Cause::memory;
  EXPECT_EQ(error_of(sample, memory), "error[sample.memory] one.hrd: sample 0 (key \"k\"): out of memory");
}

TEST(LoaderField, SamplesThatCannotBeReadAgainLeaveItOpen) {
  OneSample sample;
  sample.fails = true;
  EXPECT_EQ(failed_fields(sample, kFields, failure_of(HR_E_DECODE)), (std::vector<size_t>{2, 3}));
}

}  // namespace
}  // namespace headrace::testing
