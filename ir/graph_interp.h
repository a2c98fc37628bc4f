// The graph interpreter: plain loops, one op at a time. It is the meaning of the language; every other
// way of running a pipeline must give its exact bytes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "headrace/abi.h"
#include "headrace/scaled.h"
#include "ir/geometry.h"
#include "ir/graph.h"
#include "ir/resample_passes.h"

namespace headrace::graph {

/// A rectangle of a coded image that is decoded at a scale (headrace/scaled.h).
struct CodedPart {
  geometry::Rect rect;
  int scale = kWholeScale;
};

/// Decodes a part of a coded image to RGB rows (dst: height x width x 3 bytes, dense).
using DecodeFn = hr_result (*)(void* context, const hr_field& field, const CodedPart& part, uint8_t* dst,
                               hr_error* error);

/// Fills the component planes of a field that is stored as planes, planes[c] being dense and of the size planes.h says
/// of the scaled image. Only the samples from which pixels of the part are made (chroma: with its upsampling) need
/// be filled.
using PlanesFn = hr_result (*)(void* context, const hr_field& field, const CodedPart& part, uint8_t* const* planes,
                               hr_error* error);

/// A user's function on a whole image, rows being dense.
struct UserCall {
  size_t function = 0;  ///< of calls_of(graph)
  const void* in = nullptr;
  void* out = nullptr;
  int64_t rows = 0, cols = 0;
  int64_t kind = 0;  ///< HR_CALL_* flags
  uint64_t op = 0;   ///< hash of the op's id
};
using CallFn = hr_result (*)(void* context, const UserCall& call, const hr_key& key, hr_error* error);

/// Everything an evaluation takes from outside.
struct Env {
  std::span<const hr_field> fields;
  std::span<const std::string> field_names;  ///< name of each element of `fields`
  hr_key key{};
  DecodeFn decode = nullptr;
  PlanesFn planes = nullptr;  ///< used by resample {planes=1} only
  void* decode_context = nullptr;
  CallFn call = nullptr;  ///< used by call only
  void* call_context = nullptr;
  hr_error* error = nullptr;
};

/// Pixels [height][width][channels]. u8 and q6 are held in `ints`, the float types in `floats` (f16 and
/// bf16 already rounded).
struct ImageValue {
  Elem elem = Elem::u8;
  int64_t height = 0, width = 0, channels = 3;
  std::vector<int16_t> ints;
  std::vector<float> floats;
};

struct TensorValue { std::vector<uint8_t> bytes; };

using Value = std::variant<std::monostate, const hr_field*, int64_t, double, bool, geometry::Size, geometry::Rect,
                           ImageValue, TensorValue>;

/// Evaluates the geometry only (what plan() does): sizes, rectangles, booleans. Image nodes stay empty.
hr_result evaluate_geometry(const Graph& graph, const Env& env, std::vector<Value>& values);

/// Evaluates everything and copies each output's bytes to outputs[i].
hr_result evaluate(const Graph& graph, const Env& env, std::span<uint8_t* const> outputs);

/// What of an image is resized.
struct ImageBox {
  resample::Box across, down;
};

/// Image ops (graph_interp_image.cc).
ImageValue crop_image(const ImageValue& in, const geometry::Rect& r);
ImageValue flip_image(const ImageValue& in, bool horizontal, bool vertical);
/// Resizes u8 pixels; `window` of the resized image is computed.
ImageValue resize_image(const ImageValue& in, geometry::Size size, const geometry::Rect& window, bool pre_h, bool pre_v,
                        bool post_h, bool post_v, const std::string& filter, const std::string& arith,
                        const ImageBox& box = {});
/// The tables of resizing an image of size `in`; `window` of the resized image is computed.
resample::Axes image_axes(geometry::Size in, geometry::Size size, const geometry::Rect& window, bool pre_h, bool pre_v,
                          bool post_h, bool post_v, const std::string& filter, resample::Arith arith,
                          const ImageBox& box = {});
ImageValue affine_image(const ImageValue& in, const std::vector<double>& scale, const std::vector<double>& bias);
ImageValue convert_image(const ImageValue& in, Elem to);
/// The expression for every channel of every pixel (graph_interp_map.cc); of f32 results every NaN is num::kNanBits.
ImageValue map_image(const ImageValue& in, const std::string& expr, Elem to);
TensorValue layout_image(const ImageValue& in, Layout layout);

/// What a user's function makes of an image (graph_interp_call.cc); `call` is a node of the graph.
hr_result call_image(const Graph& graph, const Node& call, const ImageValue& in, const Env& env, ImageValue& out);

/// Vectors (graph_interp_vector.cc) are held as images of one row and one channel. The label is below `classes`.
ImageValue one_hot_vector(int64_t label, int64_t classes);
ImageValue smooth_vector(const ImageValue& in, double epsilon, int64_t classes);
/// f32(1 - epsilon) and f32(epsilon / classes).
void smoothing_constants(double epsilon, int64_t classes, double& scale, double& bias);

/// Resizes a rectangle of an image of size `image` in its component planes (Y, or Y Cb Cr) and converts the result to RGB
/// (graph_interp_planes.cc). `luma` are the q14 tables of the rectangle. The result is q6.
ImageValue resize_planes(std::span<const std::vector<uint8_t>> planes, const PlaneLayout& layout, geometry::Size image,
                         const geometry::Rect& rect, const resample::Axes& luma);

/// One q6 pixel of Y, Cb, Cr to R, G, B.
std::array<int16_t, 3> ycc_to_rgb_q6(int16_t y, int16_t cb, int16_t cr);

/// scale and bias (f32) of normalize: f32(1 / (k std)), f32(-mean / std); k is 255 for u8 pixels and
/// mean and std in [0, 1], else 1.
void normalize_constants(const std::vector<double>& mean, const std::vector<double>& std, int64_t range, Elem elem,
                         std::vector<double>& scale, std::vector<double>& bias);

}  // namespace headrace::graph
