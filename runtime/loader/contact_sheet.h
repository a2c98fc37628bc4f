// Images of a batch on one sheet, as a PNG file, so that a person can look at what a pipeline makes.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "headrace/status.h"
#include "runtime/loader/rgb_image.h"

namespace headrace {

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

/// compose_contact_sheet(), then write_png().
Status write_contact_sheet(const std::string& path, std::span<const SheetCell> cells,
                           const SheetOptions& options = {});

}  // namespace headrace
