#include "tests/compiler/meaning_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/compiler/plane_images.h"

namespace headrace::testing {

std::shared_ptr<const Program> interpreted(const std::string& ops, Numerics numerics,
                                           const std::string& decode) {
  const std::string json = R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image")" +
                           decode + "}, " + ops + "]}}";
  CompileOptions options;
  options.numerics = numerics;
  options.engine = Engine::interp;
  auto program = compile(json, nullptr, options);
  EXPECT_TRUE(program.ok()) << json << program.status().to_string();
  return program.ok() ? *program : nullptr;
}

TestImage file_image(const Bytes& jpeg, uint32_t width, uint32_t height) {
  TestImage image{jpeg, jpeg.size(), width, height, HR_ENCODING_JPEG};
  image.bytes.resize(jpeg.size() + HR_BUFFER_ALIGNMENT, 0);
  return image;
}

Bytes make_file(const JpegKind& kind, uint32_t width, uint32_t height, double contrast) {
  return make_jpeg({.width = width,
                    .height = height,
                    .space = kind.space,
                    .h = {kind.h, 1, 1, 1},
                    .v = {kind.v, 1, 1, 1},
                    .quality = 90,
                    .seed = width + height,
                    .contrast = contrast});
}

std::vector<NamedImage> packed_photos(const std::string& folder, size_t step,
                                      const std::function<bool(const CoefficientImage&)>& wanted) {
  std::vector<NamedImage> images;
  if (!std::filesystem::exists(folder)) return images;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (size_t i = 0; i < paths.size(); i += step) {
    const Bytes jpeg = read_file(paths[i]);
    CoefficientImage image;
    if (!read_coefficients(jpeg, kDefaultDecodeLimits, image).ok() || !wanted(image)) continue;
    images.push_back({std::filesystem::path(paths[i]).filename(), packed_image(jpeg)});
  }
  return images;
}

}  // namespace headrace::testing
