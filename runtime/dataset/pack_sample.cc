#include "runtime/dataset/pack_sample.h"

#include <array>
#include <string_view>
#include <utility>

#include "headrace/planes.h"
#include "kernels/decoder.h"
#include "kernels/planes.h"

namespace headrace {
namespace {

/// What read_coefficients() says of a JPEG that is not packed, as a number to keep.
uint32_t kept_for(std::string_view reason) {
  if (reason.find("CMYK") != std::string_view::npos || reason.find("YCCK") != std::string_view::npos) return HR_KEPT_CMYK;
  if (reason.find("arithmetic") != std::string_view::npos) return HR_KEPT_ARITHMETIC;
  if (reason.find("subsampling") != std::string_view::npos || reason.find("sampling") != std::string_view::npos) return HR_KEPT_SAMPLING;
  if (reason.find("incomplete") != std::string_view::npos) return HR_KEPT_INCOMPLETE;
  return HR_KEPT_OTHER;
}

void keep(PackedSample& sample, uint32_t kept, std::string reason) {
  sample.kept = kept;
  sample.reason = std::move(reason);
}

}  // namespace

Status SamplePacker::read(std::span<const uint8_t> jpeg, const hr_decode_limits& limits, PackedSample& sample, uint64_t& warnings) {
  sample = {};
  if (Status st = read_coefficients(jpeg, limits, image_); !st.ok()) {
    if (st.code() != "packed.unsupported") return st;
    keep(sample, kept_for(st.errors().front().message), st.errors().front().message);
    return {};
  }
  warnings += image_.warnings;
  sample.planes = coefficient_planes(image_);
  return {};
}

Status SamplePacker::pack(std::span<const uint8_t> jpeg, const hr_decode_limits& limits, const Options& options,
                          PackedSample& sample, std::vector<uint8_t>& payload, uint64_t& warnings) {
  HR_RETURN_IF_ERROR(read(jpeg, limits, sample, warnings));
  if (sample.kept != 0) return {};
  JpegRecipe recipe;
  if (!options.strip) {
    HR_RETURN_IF_ERROR(make_jpeg_recipe(jpeg, image_, recipe, sample.byte_exact));
    if (!sample.byte_exact && options.byte_exact) {
      keep(sample, HR_KEPT_NOT_EXACT, "its bytes do not follow from its coefficients");
      return {};
    }
  }
  if (const Status st = packer_.pack(image_, options.strip ? nullptr : &recipe, sample.byte_exact, options.effort, payload); !st.ok()) {
    if (st.code() != "packed.unsupported") return st;
    keep(sample, HR_KEPT_OTHER, st.errors().front().message);
    return {};
  }
  if (payload.size() >= jpeg.size()) keep(sample, HR_KEPT_LARGER, "it is smaller as a JPEG");
  return {};
}

Status SamplePacker::to_planes(std::span<const uint8_t> jpeg, const hr_decode_limits& limits, PackedSample& sample,
                               std::vector<uint8_t>& payload, uint64_t& warnings) {
  HR_RETURN_IF_ERROR(read(jpeg, limits, sample, warnings));
  if (sample.kept != 0) return {};
  std::vector<uint8_t> packed;
  HR_RETURN_IF_ERROR(packer_.pack(image_, nullptr, false, PackEffort::fast, packed));
  hr_field field{};
  field.encoding = HR_ENCODING_PACKED;
  field.size = packed.size();
  packed.resize(packed.size() + 64);  // readers look a little beyond
  field.data = packed.data();
  field.width = image_.width;
  field.height = image_.height;
  field.channels = uint32_t(image_.components.size());
  field.planes = sample.planes;

  PlaneLayout layout;
  if (!plane_layout(sample.planes, layout)) return {"packed.internal", "", "an unknown kind of planes"};
  payload.resize(plane_bytes(layout, image_.width, image_.height));
  std::array<uint8_t*, 3> planes{};
  uint8_t* at = payload.data();
  for (int c = 0; c < layout.components; ++c) {
    planes[size_t(c)] = at;
    at += plane_width(layout, c, image_.width) * plane_height(layout, c, image_.height);
  }
  const std::unique_ptr<void, void (*)(void*)> decoder(hr_decoder_create(&limits), hr_decoder_destroy);
  if (!decoder) return {"decode.memory", "", "there is no memory for a decoder"};
  hr_error error{};
  if (read_planes(decoder.get(), field, {0, 0, image_.height, image_.width}, planes.data(), &error) != HR_OK) {
    return {"packed.internal", "", std::string("planes: ") + error.text};
  }
  return {};
}

}  // namespace headrace
