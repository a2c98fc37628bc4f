// What tests of a pipeline's meaning share: the graph interpreter, files of every kind, photographs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/jpeg_coefficients.h"
#include "tests/compiler/program_testing.h"
#include "tests/kernels/jpeg_testing.h"

namespace headrace::testing {

/// A pipeline of one image by the graph interpreter: a decode with the keys `decode` (`, "key": value`), then
/// `ops`. One that is refused is a test failure and gives null.
std::shared_ptr<const Program> interpreted(const std::string& ops, Numerics numerics,
                                           const std::string& decode = "");

/// Ops after which pixels are f32 from 0 to 1, in planes.
inline constexpr const char* kToFloat =
    R"(, {"op": "normalize", "mean": [0, 0, 0], "std": [1, 1, 1]}, {"op": "layout", "layout": "NCHW"})";

/// A JPEG file as it is.
TestImage file_image(const Bytes& jpeg, uint32_t width, uint32_t height);

/// How a file's planes are sampled: factors of the first component.
struct JpegKind {
  const char* name;
  const char* space;
  int h, v;
};
inline constexpr JpegKind kJpegKinds[] = {{"gray", "gray", 1, 1}, {"444", "YCbCr", 1, 1},
                                          {"422", "YCbCr", 2, 1}, {"420", "YCbCr", 2, 2},
                                          {"440", "YCbCr", 1, 2}, {"RGB", "RGB", 1, 1}};

/// A file of a kind; at a contrast of 0.3 no colour is out of range.
Bytes make_file(const JpegKind& kind, uint32_t width, uint32_t height, double contrast = 1);

struct NamedImage {
  std::string name;
  TestImage image;
};

/// Every `step`-th file of a folder and those below it, packed, if it is a JPEG that `wanted` takes; none if
/// there is no such folder.
std::vector<NamedImage> packed_photos(const std::string& folder, size_t step,
                                      const std::function<bool(const CoefficientImage&)>& wanted);

}  // namespace headrace::testing
