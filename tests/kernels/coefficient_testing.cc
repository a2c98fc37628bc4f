#include "coefficient_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "kernels/jpeg_library.h"
#include "kernels/packed/packed_image.h"

namespace headrace::testing {

CoefficientImage coefficients_of(std::span<const uint8_t> jpeg) {
  CoefficientImage image;
  const Status status = read_coefficients(jpeg, kDefaultDecodeLimits, image);
  EXPECT_TRUE(status.ok()) << status.to_string();
  if (!status.ok()) return {};
  return image;
}

CoefficientRowsOf::CoefficientRowsOf(const CoefficientImage& image) : image_(image) {
  EXPECT_TRUE(plane_layout(coefficient_planes(image), layout_));
  for (size_t c = 0; c < image.components.size(); ++c) {
    for (size_t i = 0; i < 64; ++i) quant_[c][i] = int16_t(image.components[c].quant[kTileOrder[i]]);
  }
}

hr_coefficient_rows CoefficientRowsOf::open(const PixelRect& rect) {
  rect_ = rect;
  next_ = 0;
  hr_coefficient_rows out{};
  for (size_t c = 0; c < 3; ++c) out.quant[c] = quant_[c].data();
  return out;
}

void CoefficientRowsOf::fill(const CoefficientComponent& component, uint32_t block_row, int64_t first,
                             int64_t last, Row& row) {
  const auto blocks = size_t{component.blocks_wide};
  row = {std::vector<uint64_t>(blocks, ~uint64_t{1}), std::vector<uint32_t>(4 * blocks, 0x40000000),
         std::vector<int16_t>(blocks, -31111)};
  for (int64_t b = first; b <= last; ++b) {
    const auto at = size_t(b);
    const CoefficientBlock& block = component.block(block_row, uint32_t(b));
    uint64_t mask = 0;
    for (size_t i = 0; i < 64; ++i) {
      if (i % 16 == 0) row.offsets[4 * at + i / 16] = uint32_t(values_.size());
      if (i == 0 || block[kTileOrder[i]] == 0) continue;
      mask |= uint64_t{1} << i;
      values_.push_back(block[kTileOrder[i]]);
    }
    row.masks[at] = mask;
    row.dc[at] = block[0];
  }
}

hr_result CoefficientRowsOf::unit(int64_t unit, hr_coefficient_rows& out, hr_error* error) {
  const int64_t margin = layout_.v_max == 2 ? 1 : 0, unit_rows = 16 * layout_.v_max;
  EXPECT_GE(unit, std::max(next_, (int64_t{rect_.top} - margin) / unit_rows));
  EXPECT_LE(unit, std::min<int64_t>(rect_.top + rect_.rows - 1 + margin, image_.height - 1) / unit_rows);
  next_ = unit + 1;
  if (unit == fails_at) {
    error->code = HR_E_DECODE;
    std::snprintf(error->text, sizeof error->text, "unit %d", int(unit));
    return HR_E_DECODE;
  }
  values_.clear();
  for (int c = 0; c < layout_.components; ++c) {
    const CoefficientComponent& component = image_.components[size_t(c)];
    const bool halved = c > 0 && layout_.h_max == 2;
    const int64_t right = int64_t{rect_.left} + rect_.cols - 1;
    const int64_t begin = halved ? std::max<int64_t>(int64_t{rect_.left} / 2 - 1, 0) : rect_.left;
    const int64_t end = halved ? std::min(right / 2 + 1, plane_width(layout_, c, image_.width) - 1) : right;
    const uint32_t count = c == 0 ? uint32_t(2 * layout_.v_max) : 2;
    for (uint32_t r = 0; r < count; ++r) {
      Row& row = rows_[size_t(c)][r];
      fill(component, std::min(uint32_t(unit) * count + r, component.blocks_high - 1), begin / 8, end / 8,
           row);
      out.rows[c][r] = {row.masks.data(), row.offsets.data(), row.dc.data()};
    }
  }
  values_.resize(values_.size() + 32);
  out.values = values_.data();
  return HR_OK;
}

std::vector<uint8_t> raw_planes(std::span<const uint8_t> jpeg, const PlaneLayout& layout) {
  jpeg_decompress_struct cinfo = {};
  jpeg_error_mgr errors = {};
  cinfo.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&cinfo);
  jpeg_mem_src(&cinfo, jpeg.data(), static_cast<unsigned long>(jpeg.size()));
  jpeg_read_header(&cinfo, TRUE);
  cinfo.raw_data_out = TRUE;
  cinfo.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&cinfo);
  std::array<std::vector<uint8_t>, 3> padded;  // rows of whole blocks
  std::array<size_t, 3> stride{};
  const auto mcu_rows = int64_t{cinfo.max_v_samp_factor} * 8;
  for (int c = 0; c < layout.components; ++c) {
    stride[size_t(c)] = size_t{cinfo.comp_info[c].width_in_blocks + 8} * 8;
    padded[size_t(c)].resize(stride[size_t(c)] * (size_t{cinfo.comp_info[c].height_in_blocks} + 8) * 8);
  }
  for (int64_t mcu_row = 0; cinfo.output_scanline < cinfo.output_height; ++mcu_row) {
    std::array<std::array<JSAMPROW, 16>, 3> rows{};
    std::array<JSAMPARRAY, 3> arrays{};
    for (int c = 0; c < layout.components; ++c) {
      const int64_t count = int64_t{cinfo.comp_info[c].v_samp_factor} * 8;
      for (int64_t r = 0; r < count; ++r) {
        rows[size_t(c)][size_t(r)] = &padded[size_t(c)][size_t(mcu_row * count + r) * stride[size_t(c)]];
      }
      arrays[size_t(c)] = rows[size_t(c)].data();
    }
    jpeg_read_raw_data(&cinfo, arrays.data(), JDIMENSION(mcu_rows));
  }
  std::vector<uint8_t> planes;
  for (int c = 0; c < layout.components; ++c) {
    const int64_t width = plane_width(layout, c, cinfo.output_width);
    for (int64_t y = 0; y < plane_height(layout, c, cinfo.output_height); ++y) {
      const auto row = padded[size_t(c)].begin() + y * int64_t(stride[size_t(c)]);
      planes.insert(planes.end(), row, row + width);
    }
  }
  jpeg_abort_decompress(&cinfo);
  jpeg_destroy_decompress(&cinfo);
  return planes;
}

}  // namespace headrace::testing
