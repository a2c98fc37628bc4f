// Writes the entropy-coded data of a JPEG's scans from its coefficients, as the file's own headers ask for
// it.
#pragma once

#include <array>
#include <cstdint>

#include "headrace/status.h"
#include "kernels/jpeg_bit_writer.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/jpeg_fill_bits.h"
#include "kernels/jpeg_segments.h"

namespace headrace::jpeg {

/// More scans than this are refused; it bounds the work a header can ask for.
inline constexpr int kMaxRecipeScans = 500;

/// Encodes the scans of one file, in order.
class ScanEncoder {
 public:
  explicit ScanEncoder(const CoefficientImage& image);

  /// Appends the data of the scan that `state` stands at to `sink`, with restart markers, up to the last
  /// filled byte. Errors ("packed.recipe"): a scan that may not come here, a coefficient without a code, a
  /// full sink.
  Status encode(const CodingState& state, FillBits& fill, ByteSink& sink);

  /// Whether a component's padding blocks are in the data of any scan.
  bool padding_coded(uint32_t component) const { return padding_coded_[component]; }
  /// Ok if each component was in a scan.
  Status complete() const;

 private:
  Status admit(const CodingState& state);

  const CoefficientImage& image_;
  int scans_ = 0;
  std::array<bool, 3> padding_coded_{};
  /// Of each coefficient in zigzag order: how many low bits the scans so far left out, -1 if none held it.
  std::array<std::array<int8_t, 64>, 3> known_{};
};

/// Ok if the image's blocks are as many as its size and sampling ask for, and `frame` describes the same
/// image; frame sizes are not looked at. A gray image is coded as 1x1 whatever factors the frame states.
Status check_image(const CoefficientImage& image);
Status check_frame(const FrameHeader& frame, const CoefficientImage& image);

}  // namespace headrace::jpeg
