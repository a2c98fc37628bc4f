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
  std::string error;                         ///< hr_error::text
  int64_t args[6] = {};
  std::vector<std::vector<uint8_t>> outputs;
  bool operator==(const RunResult&) const = default;
};

/// plan() and run() of one sample. Image fields get the image, integer fields `label` (the field "class" the rest of it divided by 24), f64 fields a number near
/// it, bytes fields a short text. Scratch and outputs are exact in size and surrounded by guard bytes that are
/// checked.
RunResult run_program(const Program& program, const TestImage& image, const hr_key& key, int64_t label = 7);

/// A short account of how two results differ; empty if they do not.
std::string difference(const RunResult& a, const RunResult& b);

}  // namespace headrace::testing
