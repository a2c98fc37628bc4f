#include "kernels/jpeg_coefficients.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <new>
#include <string>

#include "kernels/jpeg_info.h"
#include "kernels/jpeg_session.h"

namespace headrace {
namespace {

using jpeg::Session;

/// Why a JPEG is not packed; HR_KEPT_AS_ASKED: it can be.
struct Reason {
  uint32_t kept = HR_KEPT_AS_ASKED;
  std::string text;
};

std::string factors(const jpeg_component_info& c) {
  return std::to_string(c.h_samp_factor) + "x" + std::to_string(c.v_samp_factor);
}

/// What the frame header says against it.
Reason unpackable_frame(const jpeg_decompress_struct& cinfo) {
  if (cinfo.arith_code) return {HR_KEPT_ARITHMETIC, "arithmetic coding"};
  if (cinfo.num_components == 4) {
    return {HR_KEPT_CMYK, cinfo.jpeg_color_space == JCS_YCCK ? "YCCK" : "CMYK"};
  }
  if (cinfo.num_components == 1) return {};
  const jpeg_component_info* c = cinfo.comp_info;
  if (c[0].component_id == c[1].component_id || c[0].component_id == c[2].component_id ||
      c[1].component_id == c[2].component_id) {
    return {HR_KEPT_OTHER, "components of the same id"};
  }
  const bool chroma_1x1 = std::all_of(c + 1, c + 3, [](const jpeg_component_info& chroma) {
    return chroma.h_samp_factor == 1 && chroma.v_samp_factor == 1;
  });
  if (chroma_1x1 && c[0].h_samp_factor <= 2 && c[0].v_samp_factor <= 2) {
    const bool full = c[0].h_samp_factor == 1 && c[0].v_samp_factor == 1;
    if (cinfo.jpeg_color_space != JCS_RGB || full) return {};
    return {HR_KEPT_SAMPLING, "RGB with subsampling"};
  }
  if (chroma_1x1 && c[0].h_samp_factor == 4 && c[0].v_samp_factor == 1) {
    return {HR_KEPT_SAMPLING, "4:1:1 subsampling"};
  }
  return {HR_KEPT_SAMPLING,
          "sampling factors " + factors(c[0]) + ", " + factors(c[1]) + ", " + factors(c[2])};
}

/// What scans that were read to the end leave out that matters, or what their tables hold that does not fit.
Reason unpackable_scans(const jpeg_decompress_struct& cinfo) {
  constexpr int kSmoothedFrom = 9;  // the last coefficient in zigzag order whose absence makes libjpeg smooth
  for (int i = 0; i < cinfo.num_components; ++i) {
    const JQUANT_TBL* const quant = cinfo.comp_info[i].quant_table;
    if (!quant) return {HR_KEPT_OTHER, "a component without a scan"};
    if (std::any_of(std::begin(quant->quantval), std::end(quant->quantval),
                    [](uint16_t step) { return step > INT16_MAX; })) {
      return {HR_KEPT_OTHER, "quantisation steps above 32767"};
    }
    if (!cinfo.coef_bits) continue;
    const int* known = cinfo.coef_bits[i];
    if (known[0] < 0) return {HR_KEPT_OTHER, "a component without a scan"};
    if (std::any_of(known + 1, known + 1 + kSmoothedFrom, [](int bits) { return bits != 0; })) {
      return {HR_KEPT_INCOMPLETE, "incomplete progressive scans"};
    }
  }
  return {};
}

CoefficientColor color_of(const jpeg_decompress_struct& cinfo) {
  switch (cinfo.jpeg_color_space) {
    case JCS_GRAYSCALE:
      return CoefficientColor::gray;
    case JCS_RGB:
      return CoefficientColor::rgb;
    default:
      return CoefficientColor::ycbcr;
  }
}

/// Sets all of `image` but the blocks' values.
void describe(const jpeg_decompress_struct& cinfo, CoefficientImage& image) {
  const bool gray = cinfo.num_components == 1;
  image.width = cinfo.image_width;
  image.height = cinfo.image_height;
  image.color = color_of(cinfo);
  image.h_max = static_cast<uint8_t>(gray ? 1 : cinfo.max_h_samp_factor);
  image.v_max = static_cast<uint8_t>(gray ? 1 : cinfo.max_v_samp_factor);
  image.components.resize(static_cast<size_t>(cinfo.num_components));
  for (int i = 0; i < cinfo.num_components; ++i) {
    const jpeg_component_info& from = cinfo.comp_info[i];
    CoefficientComponent& to = image.components[i];
    to.id = static_cast<uint8_t>(from.component_id);
    to.h_samp = static_cast<uint8_t>(gray ? 1 : from.h_samp_factor);
    to.v_samp = static_cast<uint8_t>(gray ? 1 : from.v_samp_factor);
    to.blocks_wide = from.width_in_blocks;
    to.blocks_high = from.height_in_blocks;
    to.padded_wide = (to.blocks_wide + to.h_samp - 1) / to.h_samp * to.h_samp;
    to.padded_high = (to.blocks_high + to.v_samp - 1) / to.v_samp * to.v_samp;
    std::copy_n(from.quant_table->quantval, to.quant.size(), to.quant.begin());
    to.blocks.resize(size_t{to.padded_wide} * to.padded_high);
  }
}

/// Inside guarded() only.
void copy_blocks(Session& session, jvirt_barray_ptr* arrays, CoefficientImage& image) {
  static_assert(sizeof(JBLOCK) == sizeof(CoefficientBlock));
  const auto common = reinterpret_cast<j_common_ptr>(&session.cinfo());
  for (size_t i = 0; i < image.components.size(); ++i) {
    CoefficientComponent& c = image.components[i];
    for (uint32_t row = 0; row < c.padded_high; ++row) {
      JBLOCKARRAY from = common->mem->access_virt_barray(common, arrays[i], row, 1, FALSE);
      std::memcpy(&c.blocks[size_t{row} * c.padded_wide], from[0], size_t{c.padded_wide} * sizeof(JBLOCK));
    }
  }
}

/// A whole file of a kind that is not packed; one that is damaged too says that instead.
Status unpackable(std::span<const uint8_t> data, const DecodeLimits& limits, Reason reason, uint32_t* kept) {
  JpegInfo info;
  uint64_t warnings = 0;
  HR_RETURN_IF_ERROR(jpeg_check(data, limits, info, warnings));
  if (kept) *kept = reason.kept;
  return Status("packed.unsupported", "", std::move(reason.text));
}

Status read(std::span<const uint8_t> data, const DecodeLimits& limits, CoefficientImage& image,
            uint32_t* kept) {
  const auto session = std::make_unique<Session>(limits);
  const auto failure = [&] { return jpeg::status_of(session->failure()); };
  if (!session->guarded([&] { session->read_header(data, Session::Purpose::check); })) return failure();
  Reason reason = unpackable_frame(session->cinfo());
  if (reason.kept != HR_KEPT_AS_ASKED) return unpackable(data, limits, std::move(reason), kept);
  jvirt_barray_ptr* arrays = nullptr;
  if (!session->guarded([&] {
        session->require_memory(2 * jpeg::coefficient_bytes(session->cinfo()));
        arrays = session->read_coefficients();
      })) {
    return failure();
  }
  reason = unpackable_scans(session->cinfo());
  if (reason.kept != HR_KEPT_AS_ASKED) return unpackable(data, limits, std::move(reason), kept);
  describe(session->cinfo(), image);
  if (!session->guarded([&] { copy_blocks(*session, arrays, image); })) return failure();
  image.warnings = session->warnings();
  return {};
}

}  // namespace

Status read_coefficients(std::span<const uint8_t> data, const DecodeLimits& limits, CoefficientImage& image,
                         uint32_t* kept) try {
  return read(data, limits, image, kept);
} catch (const std::bad_alloc&) {
  return Status("decode.limit", "", "out of memory while decoding");
}

}  // namespace headrace
