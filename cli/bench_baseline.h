// What pipelines are measured against: libjpeg-turbo's plain full decode of the same images.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/limits.h"
#include "headrace/status.h"
#include "kernels/jpeg_decode.h"

namespace headrace::cli {

/// The images of a dataset by libjpeg-turbo alone, full size, all of them once per pass. Packed images are
/// made into the JPEGs they came from first, in memory.
class BaselineBench {
 public:
  /// Takes the images of `field`, which are JPEGs or packed, and decodes each once, so that a damaged one is
  /// an error here. Error "bench.stripped": a packed image whose JPEG is gone.
  static Expected<std::unique_ptr<BaselineBench>> create(std::shared_ptr<const Dataset> dataset, size_t field,
                                                         unsigned threads, const DecodeLimits& limits);

  /// Images per second over as many passes as fill `min_seconds`, at least one.
  Expected<double> round(double min_seconds);

  const Dataset& dataset() const { return *dataset_; }
  uint64_t images() const {
    return images_.size();
  }  ///< fewer than in the dataset where they would take too much
  uint64_t rebuilt() const { return rebuilt_.size(); }       ///< of them, from packed images
  uint64_t rebuilt_bytes() const { return rebuilt_bytes_; }  ///< memory they take

 private:
  BaselineBench() = default;
  Status take_images(size_t field, const DecodeLimits& limits);
  Status pass();

  std::shared_ptr<const Dataset> dataset_;  ///< keeps the images mapped
  std::vector<std::vector<uint8_t>> rebuilt_;
  uint64_t rebuilt_bytes_ = 0;
  std::vector<std::span<const uint8_t>> images_;
  std::vector<BaselineDecoder> decoders_;  ///< one per thread, buffers kept from pass to pass
};

}  // namespace headrace::cli
