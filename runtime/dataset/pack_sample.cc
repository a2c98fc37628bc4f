#include "runtime/dataset/pack_sample.h"

#include <array>
#include <utility>

#include "headrace/planes.h"
#include "kernels/planes.h"

namespace headrace {
namespace {

/// More memory for coefficients than this is not kept from image to image.
constexpr size_t kKeptBytes = 32u << 20;

void keep(PackedSample& sample, uint32_t kept, std::string reason) {
  sample.kept = kept;
  sample.reason = std::move(reason);
}

/// Ok if `status` says no more than that the image cannot be packed; the sample is kept then.
Status kept_for(const Status& status, PackedSample& sample) {
  // A whole JPEG can hold coefficients that no encoder's tables have codes for.
  if (status.code() != "packed.unsupported" && status.code() != "packed.recipe") return status;
  keep(sample, HR_KEPT_OTHER, status.errors().front().message);
  return {};
}

}  // namespace

Status SamplePacker::read(std::span<const uint8_t> jpeg, const DecodeLimits& limits, PackedSample& sample,
                          uint64_t& warnings) {
  sample = {};
  uint32_t kept = HR_KEPT_OTHER;
  if (const Status st = read_coefficients(jpeg, limits, image_, &kept); !st.ok()) {
    if (st.code() != "packed.unsupported") return st;
    keep(sample, kept, st.errors().front().message);
    return {};
  }
  warnings += image_.warnings;
  sample.planes = coefficient_planes(image_);
  return {};
}

void SamplePacker::drop_large() {
  size_t bytes = 0;
  for (const CoefficientComponent& c : image_.components)
    bytes += c.blocks.capacity() * sizeof(CoefficientBlock);
  if (bytes <= kKeptBytes) return;
  image_ = {};
  packer_ = {};
}

Status SamplePacker::pack_image(std::span<const uint8_t> jpeg, const Options& options, PackedSample& sample,
                                std::vector<uint8_t>& payload) {
  JpegRecipe recipe;
  if (!options.strip) {
    if (const Status st = make_jpeg_recipe(jpeg, image_, recipe, sample.byte_exact); !st.ok()) {
      return kept_for(st, sample);
    }
    if (!sample.byte_exact && options.byte_exact) {
      keep(sample, HR_KEPT_NOT_EXACT, "its bytes do not follow from its coefficients");
      return {};
    }
  }
  const JpegRecipe* const kept_recipe = options.strip ? nullptr : &recipe;
  if (const Status st = packer_.pack(image_, kept_recipe, sample.byte_exact, options.effort, payload);
      !st.ok()) {
    return kept_for(st, sample);
  }
  if (payload.size() >= jpeg.size()) keep(sample, HR_KEPT_LARGER, "it is smaller as a JPEG");
  return {};
}

Status SamplePacker::pack(std::span<const uint8_t> jpeg, const DecodeLimits& limits, const Options& options,
                          PackedSample& sample, std::vector<uint8_t>& payload, uint64_t& warnings) {
  HR_RETURN_IF_ERROR(read(jpeg, limits, sample, warnings));
  if (sample.kept != 0) return {};
  Status packed = pack_image(jpeg, options, sample, payload);
  drop_large();
  return packed;
}

Status SamplePacker::to_planes(std::span<const uint8_t> jpeg, const DecodeLimits& limits,
                               PackedSample& sample, std::vector<uint8_t>& payload, uint64_t& warnings) {
  HR_RETURN_IF_ERROR(read(jpeg, limits, sample, warnings));
  if (sample.kept != 0) return {};
  PlaneLayout layout;
  if (!plane_layout(sample.planes, layout)) return {"packed.internal", "", "an unknown kind of planes"};
  payload.resize(plane_bytes(layout, image_.width, image_.height));
  std::array<uint8_t*, 3> planes{};
  uint8_t* at = payload.data();
  for (int c = 0; c < layout.components; ++c) {
    planes[size_t(c)] = at;
    at += plane_width(layout, c, image_.width) * plane_height(layout, c, image_.height);
  }
  decode_planes(image_, planes.data());
  drop_large();
  return {};
}

}  // namespace headrace
