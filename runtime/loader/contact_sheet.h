// Images of a batch on one sheet, as a PNG file, so that a person can look at what a pipeline makes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
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

/// How an output's values become pixels of 0..255 again: value * gain + offset per channel, rounded to
/// nearest and clamped.
struct PixelScale {
  std::array<double, 3> gain = {1, 1, 1};
  std::array<double, 3> offset = {0, 0, 0};
};

/// One sample of an image output (any dtype, any layout, three channels) as RGB.
/// Error: "sheet.not_an_image".
Expected<RgbImage> to_rgb8(const ProgramOutput& output, const uint8_t* sample, const PixelScale& scale = {});

struct SheetCell {
  RgbImage image;
  std::string caption;  ///< one line below the image, cut to its width; all but ASCII becomes "?"
};

struct SheetOptions {
  std::string title;        ///< a line above the images; may be empty
  uint32_t columns = 0;     ///< 0: as many as make the sheet a little wider than high
  uint32_t max_side = 256;  ///< pixels; larger images are reduced by a whole factor, small ones enlarged
};

/// Cells from left to right and top to bottom on white. Error: "sheet.empty", "sheet.image" (sizes that
/// contradict the pixels), "sheet.too_large".
Expected<RgbImage> compose_contact_sheet(std::span<const SheetCell> cells, const SheetOptions& options = {});

/// Writes a PNG file, complete or not at all, in place of one of the same name. Errors: "sheet.image",
/// "sheet.png", "data.io".
Status write_png(const std::string& path, const RgbImage& image);

/// compose_contact_sheet(), then write_png().
Status write_contact_sheet(const std::string& path, std::span<const SheetCell> cells,
                           const SheetOptions& options = {});

}  // namespace headrace
