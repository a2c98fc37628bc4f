// Runs programs on samples held in memory, for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "headrace/pipeline.h"

namespace headrace::testing {

/// An image field's content. `bytes` is padded as a dataset would pad it.
struct TestImage {
  std::vector<uint8_t> bytes;
  size_t size = 0;
  uint32_t width = 0, height = 0, encoding = HR_ENCODING_RGB;
  uint64_t planes = 0;  ///< HR_PLANES_*
};

/// Pixels that exercise rounding: noise, flat areas, extremes and gradients, by seed.
TestImage random_rgb(uint32_t width, uint32_t height, uint64_t seed);

/// The same kind of pixels as a JPEG (libjpeg, given quality and sampling factors of the first component).
TestImage random_jpeg(uint32_t width, uint32_t height, uint64_t seed, int quality, int h_samp, int v_samp);

/// A grayscale JPEG.
TestImage random_gray_jpeg(uint32_t width, uint32_t height, uint64_t seed, int quality);

struct RunResult {
  hr_result code = HR_OK;
  std::string problem;                       ///< memory that was touched and must not be; empty if none was
  std::string error;                         ///< hr_error::text
  int64_t args[6] = {};
  std::vector<std::vector<uint8_t>> outputs;
  bool operator==(const RunResult&) const = default;
};

/// plan() and run() of one sample. Image fields get the image, integer fields `label` (the field "class" the rest of it
/// divided by 24), f64 fields a number near it, bytes fields a short text. Every buffer is exact in size, aligned no more
/// than abi.h asks for and lies between pages that cannot be touched, against one of them at its start or its end
/// by turns: which depends on the buffer and the sample's key alone.
RunResult run_sample(const Program& program, const TestImage& image, const hr_key& key, int64_t label = 7);

/// The same for tests: a `problem` is a failure.
RunResult run_program(const Program& program, const TestImage& image, const hr_key& key, int64_t label = 7);

/// The bytes field of a sample: its length depends on the key.
std::string sample_text(const hr_key& key);

/// The values of integer and f64 fields; an f64 by its bits.
int64_t sample_value(const ProgramField& field, int64_t label);

/// A short account of how two results differ; empty if they do not.
std::string difference(const RunResult& a, const RunResult& b);

}  // namespace headrace::testing
