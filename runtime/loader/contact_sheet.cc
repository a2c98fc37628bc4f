#include "runtime/loader/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include "runtime/loader/sheet_canvas.h"

namespace headrace {
namespace {

// Pixels of the sheet.
constexpr uint32_t kMargin = 24, kGap = 14, kCaptionGap = 6, kTitleGap = 10;
constexpr uint32_t kTitleZoom = 2, kCaptionZoom = 2;
constexpr uint32_t kEnlargeBelow = 128;  ///< images with a smaller long side are enlarged up to this
constexpr uint64_t kMaxSheetPixels = 1u << 28;

constexpr Canvas::Color kInk = {48, 48, 48}, kFrame = {205, 205, 205};

ImageFit fit(uint32_t side, uint32_t max_side) {
  ImageFit f;
  f.shrink = std::max(1u, (side + max_side - 1) / max_side);
  f.zoom = std::max(1u, std::min(kEnlargeBelow, max_side) / side);
  return f;
}

/// Everything on the sheet in pixels.
struct SheetPlan {
  uint32_t columns = 1, rows = 1;
  uint32_t cell_width = 0, cell_height = 0;  ///< of the images
  uint32_t top = kMargin;                    ///< of the first row
  uint32_t caption_zoom = 0;                 ///< 0: no cell has a caption

  uint32_t row_height() const {
    return cell_height + (caption_zoom == 0 ? 0 : kCaptionGap + kLineHeight * caption_zoom);
  }
  uint64_t width() const { return 2 * kMargin + uint64_t{columns} * (cell_width + kGap) - kGap; }
  uint64_t height() const { return top + kMargin + uint64_t{rows} * (row_height() + kGap) - kGap; }
};

SheetPlan make_plan(std::span<const SheetCell> cells, const std::vector<std::string>& captions,
                    const SheetOptions& options) {
  SheetPlan plan;
  for (const SheetCell& cell : cells) {
    const ImageFit f = fit(std::max(cell.image.width, cell.image.height), options.max_side);
    plan.cell_width = std::max(plan.cell_width, f(cell.image.width));
    plan.cell_height = std::max(plan.cell_height, f(cell.image.height));
  }
  size_t longest = 0;
  for (const std::string& caption : captions) longest = std::max(longest, caption.size());
  if (longest > 0)
    plan.caption_zoom = text_width(longest, kCaptionZoom) <= plan.cell_width ? kCaptionZoom : 1;
  if (!options.title.empty()) plan.top += kLineHeight * kTitleZoom + kTitleGap;

  const auto count = static_cast<uint32_t>(cells.size());
  const double wider = 1.6 * (plan.row_height() + kGap) / (plan.cell_width + kGap);
  plan.columns =
      options.columns != 0 ? options.columns : static_cast<uint32_t>(std::ceil(std::sqrt(count * wider)));
  plan.columns = std::clamp(plan.columns, 1u, count);
  plan.rows = (count + plan.columns - 1) / plan.columns;
  return plan;
}

}  // namespace

Expected<RgbImage> compose_contact_sheet(std::span<const SheetCell> cells, const SheetOptions& options) {
  if (cells.empty() || options.max_side == 0) return Status("sheet.empty", "", "there is no image to show");
  std::vector<std::string> captions;
  for (const SheetCell& cell : cells) {
    HR_RETURN_IF_ERROR(check_image(cell.image, "cell " + std::to_string(captions.size())));
    captions.push_back(to_ascii(cell.caption));
  }
  const SheetPlan plan = make_plan(cells, captions, options);
  if (plan.width() * plan.height() > kMaxSheetPixels) {
    return Status("sheet.too_large", "",
                  "a sheet of " + std::to_string(plan.width()) + " x " + std::to_string(plan.height()) +
                      " pixels would be too large; show fewer images");
  }
  Canvas canvas(static_cast<uint32_t>(plan.width()), static_cast<uint32_t>(plan.height()));
  if (!options.title.empty()) {
    const auto room = static_cast<uint32_t>(plan.width()) - 2 * kMargin;
    const std::string title = to_ascii(options.title);
    const uint32_t zoom = text_width(title.size(), kTitleZoom) <= room ? kTitleZoom : 1;
    canvas.text(kMargin, kMargin + kGlyphHeight * (kTitleZoom - zoom), zoom, cut_text(title, room, zoom),
                kInk);
  }
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto column = static_cast<uint32_t>(i) % plan.columns,
               row = static_cast<uint32_t>(i) / plan.columns;
    const uint32_t x = kMargin + column * (plan.cell_width + kGap);
    const uint32_t y = plan.top + row * (plan.row_height() + kGap);
    const RgbImage& image = cells[i].image;
    const ImageFit f = fit(std::max(image.width, image.height), options.max_side);
    canvas.fill(x - 1, y - 1, f(image.width) + 2, f(image.height) + 2, kFrame);
    canvas.image(x, y, image, f);
    if (plan.caption_zoom == 0) continue;
    canvas.text(x, y + plan.cell_height + kCaptionGap, plan.caption_zoom,
                cut_text(captions[i], plan.cell_width, plan.caption_zoom), kInk);
  }
  return canvas.take();
}

Status write_contact_sheet(const std::string& path, std::span<const SheetCell> cells,
                           const SheetOptions& options) {
  HR_ASSIGN_OR_RETURN(const RgbImage sheet, compose_contact_sheet(cells, options));
  return write_png(path, sheet);
}

}  // namespace headrace
