#include "runtime/loader/rgb_image.h"

#include <png.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "headrace/counted.h"
#include "runtime/platform/atomic_file.h"

namespace headrace {
namespace {

float half_to_float(uint16_t h) {
  const uint32_t exponent = h >> 10 & 31, fraction = h & 0x3FF;
  const float sign = (h & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction == 0 ? sign * HUGE_VALF : std::nanf("");
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25);
}

template <class T>
T load(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

double element(DType dtype, const uint8_t* at) {
  switch (dtype) {
    case DType::u8:
      return *at;
    case DType::f16:
      return half_to_float(load<uint16_t>(at));
    case DType::bf16:
      return std::bit_cast<float>(uint32_t{load<uint16_t>(at)} << 16);
    case DType::f32:
      return load<float>(at);
    case DType::i64:
      return static_cast<double>(load<int64_t>(at));
  }
  return 0;
}

uint8_t to_u8(double v) {
  if (!(v > 0)) return 0;  // NaN too
  return static_cast<uint8_t>(std::lround(std::min(v, 255.0)));
}

}  // namespace

Status check_image(const RgbImage& image, const std::string& where) {
  if (image.width != 0 && image.height != 0 &&
      image.pixels.size() == size_t{image.width} * image.height * 3) {
    return {};
  }
  return {"sheet.image", where,
          "an image of " + std::to_string(image.width) + " x " + std::to_string(image.height) +
              " pixels has " + counted(image.pixels.size(), "byte")};
}

Expected<RgbImage> to_rgb8(const ProgramOutput& output, const uint8_t* sample, const PixelScale& scale) {
  const bool planar = output.layout == Layout::nchw || output.layout == Layout::channels_last;
  const size_t y = planar ? 1 : 0, x = planar ? 2 : 1, c = planar ? 0 : 2;
  if (output.layout == Layout::none || output.shape.size() != 3 || output.strides.size() != 3 ||
      output.shape[c] != 3) {
    return Status("sheet.not_an_image", "",
                  "output \"" + output.name + "\" is not an image of three channels");
  }
  RgbImage image;
  image.height = static_cast<uint32_t>(output.shape[y]);
  image.width = static_cast<uint32_t>(output.shape[x]);
  image.pixels.resize(size_t{image.width} * image.height * 3);
  uint8_t* to = image.pixels.data();
  for (int64_t row = 0; row < output.shape[y]; ++row) {
    for (int64_t col = 0; col < output.shape[x]; ++col) {
      for (int64_t channel = 0; channel < 3; ++channel) {
        const int64_t at = row * output.strides[y] + col * output.strides[x] + channel * output.strides[c];
        const double v = element(output.dtype, sample + static_cast<size_t>(at) * dtype_size(output.dtype));
        const auto i = static_cast<size_t>(channel);
        *to++ = to_u8(v * scale.gain[i] + scale.offset[i]);
      }
    }
  }
  return image;
}

Status write_png(const std::string& path, const RgbImage& image) {
  HR_RETURN_IF_ERROR(check_image(image, path));
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = image.width;
  png.height = image.height;
  png.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<uint8_t> bytes(size);
  if (png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) == 0) {
    const Status failed("sheet.png", path, "cannot be encoded: " + std::string(png.message));
    png_image_free(&png);
    return failed;
  }
  bytes.resize(size);
  HR_ASSIGN_OR_RETURN(const auto file, platform::AtomicFile::create(path, true));
  HR_RETURN_IF_ERROR(file->write_at(0, bytes));
  return file->publish();
}

}  // namespace headrace
