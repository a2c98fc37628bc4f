// An 8-bit RGB image in memory: made of what a pipeline puts out, and written as a PNG file.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace {

/// Row-major, R G B, 8 bits each: height x width x 3.
struct RgbImage {
  uint32_t width = 0, height = 0;
  std::vector<uint8_t> pixels;
};

/// Error: "sheet.image" (the size contradicts the pixels); `where` is the place it names.
Status check_image(const RgbImage& image, const std::string& where);

/// How an output's values become pixels of 0..255 again: value * gain + offset per channel, rounded to
/// nearest and clamped.
struct PixelScale {
  std::array<double, 3> gain = {1, 1, 1};
  std::array<double, 3> offset = {0, 0, 0};
};

/// One sample of an image output (any dtype, any layout, three channels) as RGB.
/// Error: "sheet.not_an_image".
Expected<RgbImage> to_rgb8(const ProgramOutput& output, const uint8_t* sample, const PixelScale& scale = {});

/// Writes a PNG file, complete or not at all, in place of one of the same name. Errors: "sheet.image",
/// "sheet.png", "data.io".
Status write_png(const std::string& path, const RgbImage& image);

}  // namespace headrace
