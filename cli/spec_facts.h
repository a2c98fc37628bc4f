// What a picture of a batch needs to know from the spec's text, beyond what the compiled program says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/loader/contact_sheet.h"

namespace headrace::cli {

/// How an image output's values become 0..255 again: undoes `normalize` and the `scale` of `convert`. No
/// change where the spec has neither. `spec_json` must be a valid spec.
PixelScale pixel_scale(std::string_view spec_json, std::string_view output);

/// The dataset field that an output passes on by `field`; none for images.
std::optional<std::string> source_field(std::string_view spec_json, std::string_view output);

}  // namespace headrace::cli
