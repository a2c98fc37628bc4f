// Whether two coefficient images show the same.
#pragma once

#include <string>

#include "kernels/jpeg_coefficients.h"

namespace headrace::fuzz {

/// The first difference in size, colour, sampling, quantisation or a block that shows pixels; "" if none.
std::string first_difference(const CoefficientImage& a, const CoefficientImage& b);

}  // namespace headrace::fuzz
