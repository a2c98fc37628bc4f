// Samples that are stored as planes: packed coefficients and raw components.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/jpeg_coefficients.h"
#include "tests/compiler/program_testing.h"

namespace headrace::testing {

/// A JPEG file as packed coefficients. A file that is not packed is a test failure and gives an empty image.
TestImage packed_image(std::span<const uint8_t> jpeg);

TestImage packed_image(const CoefficientImage& coefficients);

/// The component planes of packed coefficients, as they are decoded.
TestImage ycc_image(const TestImage& packed);

}  // namespace headrace::testing
