// In exact numerics the pixels of a crop are those of libjpeg-turbo's full decode, through the whole
// pipeline.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "ir/geometry.h"
#include "kernels/jpeg_info.h"
#include "tests/compiler/engines.h"
#include "tests/kernels/jpeg_testing.h"

namespace headrace::testing {
namespace {

TestImage as_image(const Bytes& jpeg) {
  TestImage image;
  const auto info = jpeg_info(jpeg);
  EXPECT_TRUE(info.ok()) << info.status().to_string();
  if (!info.ok()) return image;
  image.width = info->width;
  image.height = info->height;
  image.encoding = HR_ENCODING_JPEG;
  image.size = jpeg.size();
  image.bytes = jpeg;
  image.bytes.resize(jpeg.size() + HR_BUFFER_ALIGNMENT, 0);
  return image;
}

class CropPipeline {
 public:
  CropPipeline(int64_t height, int64_t width) : height_(height), width_(width) {
    const std::string json =
        R"({"headrace": 1, "numerics": "exact", "outputs": {"image": [{"op": "decode", "field": "image"},
        {"op": "random_crop", "size": [)" +
        std::to_string(height) + ", " + std::to_string(width) + "]}]}}";
    std::vector<EngineChoice> engines{{"", {256}}};
    if (!runnable_levels().empty()) engines.push_back({runnable_levels().back(), {256}});
    auto made = PipelineMaker().make(json, {{"image", FieldKind::image}}, engines);
    EXPECT_TRUE(made.ok()) << made.status().to_string();
    if (made.ok()) pipeline_ = std::move(*made);
  }

  // Crops at a few places; each must equal the same place of `full` on every engine.
  void check(const TestImage& image, const Pixels& full, const std::string& name) const {
    ASSERT_EQ(full.width, image.width) << name;
    for (uint64_t k = 0; k < 4; ++k) {
      const hr_key key{k, 0, 100 + k};
      const geometry::Rect rect =
          geometry::random_crop_rect({image.height, image.width}, height_, width_, key, "/outputs/image/1");
      std::vector<uint8_t> expected;
      for (int64_t y = 0; y < height_; ++y) {
        const auto row = full.rgb.begin() + ((rect.top + y) * int64_t(full.width) + rect.left) * 3;
        expected.insert(expected.end(), row, row + width_ * 3);
      }
      RunResult result;
      EXPECT_EQ(compare_engines(pipeline_, image, key, 0, true, result), "") << name;
      ASSERT_EQ(result.outputs.size(), 1u) << name << ": " << result.error;
      EXPECT_TRUE(result.outputs[0] == expected) << name << ": crop at row " << rect.top << ", column "
                                                 << rect.left << " differs from the full decode";
    }
  }

 private:
  int64_t height_, width_;
  Pipeline pipeline_;
};

std::vector<JpegSpec> jpeg_specs() {
  std::vector<JpegSpec> specs;
  const std::array<int, 4> two{2, 1, 1, 2}, one{1, 1, 1, 1};
  for (const auto& [w, h] : {std::pair<uint32_t, uint32_t>{64, 48}, {97, 71}, {131, 33}}) {
    for (const auto& [horizontal, vertical] : {std::pair{two, two}, {two, one}, {one, one}, {one, two}}) {
      for (const Scans scans : {Scans::sequential, Scans::progressive}) {
        JpegSpec s;
        s.width = w;
        s.height = h;
        s.h = horizontal;
        s.v = vertical;
        s.scans = scans;
        s.seed = w + uint32_t(specs.size());
        specs.push_back(s);
      }
    }
    for (const char* space : {"gray", "RGB", "CMYK", "YCCK"}) {
      JpegSpec s;
      s.width = w;
      s.height = h;
      s.space = space;
      specs.push_back(s);
    }
  }
  return specs;
}

TEST(DecodeExact, CropsEqualAFullDecodeOfGeneratedFiles) {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {33, 64}, {17, 30}}) {
    const CropPipeline pipeline(height, width);
    for (const JpegSpec& spec : jpeg_specs()) {
      const Bytes jpeg = make_jpeg(spec);
      pipeline.check(as_image(jpeg), full_decode(jpeg), describe(spec));
    }
  }
}

TEST(DecodeExact, WholeImagesEqualAFullDecode) {
  const CropPipeline pipeline(48, 64);
  for (const JpegSpec& spec : jpeg_specs()) {
    if (spec.width != 64) continue;
    const Bytes jpeg = make_jpeg(spec);
    pipeline.check(as_image(jpeg), full_decode(jpeg), describe(spec));
  }
}

TEST(DecodeExact, CropsEqualAFullDecodeOfPhotos) {
  const std::string folder = HEADRACE_SHARED_DIR "/photos/train";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << folder << " is not there; generated files are tested above";
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  const CropPipeline pipeline(90, 111);
  size_t checked = 0;
  for (size_t i = 0; i < paths.size(); i += 20) {
    const Bytes jpeg = read_file(paths[i]);
    const TestImage image = as_image(jpeg);
    if (image.height < 90 || image.width < 111) continue;
    pipeline.check(image, full_decode(jpeg), paths[i]);
    ++checked;
  }
  EXPECT_GT(checked, 0u);
}

}  // namespace
}  // namespace headrace::testing
