// What is known of a dataset when a pipeline is compiled for it. Less code is made for less.
#pragma once

namespace headrace {

struct Facts {
  bool packed = true;  ///< it may hold images as packed coefficients (HR_ENCODING_PACKED)
  bool ycc = true;     ///< it may hold images as component planes (HR_ENCODING_YCC)
};

}  // namespace headrace
