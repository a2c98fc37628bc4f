#include "tests/ir/graph_testing.h"

namespace headrace::ir_testing {

const std::vector<std::string>& graph_texts() {
  static const std::vector<std::string> texts = {
      // As the front end writes it.
      R"(graph exact {
  %0 = record : record
  %1 = field %0 {kind="image", name="image"} : coded
  %2 = decode %1 : image<u8, ? ? 3>
  %3 = image_size %2 : size
  %4 = random_resized_crop_rect %3 {ratio=[0.75, 1.3333333333333333], rng="/outputs/image/1", scale=[0.08, 1.0]} : rect
  %5 = crop %2, %4 : image<u8, ? ? 3>
  %6 = const_size {height=224, width=192} : size
  %7 = resize %5, %6 {filter="bilinear"} : image<u8, 224 192 3>
  %8 = random_bool {p=0.5, rng="/outputs/image/2"} : bool
  %9 = const_bool {value=0} : bool
  %10 = flip %7, %8, %9 : image<u8, 224 192 3>
  %11 = normalize %10 {mean=[0.485, 0.456, 0.406], range=1, std=[0.229, 0.224, 0.225]} : image<f32, 224 192 3>
  %12 = convert %11 {dtype="f16"} : image<f16, 224 192 3>
  %13 = layout %12 {layout="NCHW"} : tensor<f16, 224 192 3, NCHW>
  %14 = field %0 {kind="i64", name="label"} : i64
  %15 = convert %14 {dtype="i64"} : scalar<i64>
  %16 = convert %14 {dtype="f32"} : scalar<f32>
  %17 = field %0 {kind="f64", name="score"} : f64
  %18 = convert %17 {dtype="f32"} : scalar<f32>
  %19 = field %0 {kind="bytes", name="key"} : bytes
  %20 = pad_bytes %19 {length=64} : row<64>
  %21 = one_hot %14 {classes=10} : vector<f32, 10>
  %22 = label_smoothing %21 {epsilon=0.1} : vector<f32, 10>
  %23 = convert %22 {dtype="bf16"} : vector<bf16, 10>
  output "image" %13
  output "label" %15
  output "label_f32" %16
  output "score" %18
  output "key" %20
  output "class" %23
}
batch {
  %0 = pair {output="image"} : tensor_pair<f16, 224 192 3, NCHW>
  %1 = pair {output="class"} : vector_pair<bf16, 10>
  %2 = random_bool {p=0.9, rng="/batch/0"} : bool
  %3 = random_interval {high=0.5, low=0.25, rng="/batch/0"} : bool
  %4 = and %2, %3 : bool
  %5 = const_bool {value=1} : bool
  %6 = random_beta {alpha=0.2, rng="/batch/0"} : f64
  %7 = blend %0, %6, %4 : tensor_pair<f16, 224 192 3, NCHW>
  %8 = blend %1, %6, %4 : vector_pair<bf16, 10>
  %9 = cut_rect %6 {height=224, rng="/batch/1", width=192} : rect
  %10 = cut_share %9 : f64
  %11 = exchange %7, %9, %5 : tensor_pair<f16, 224 192 3, NCHW>
  %12 = blend %8, %10, %5 : vector_pair<bf16, 10>
  output "class" %12
  output "image" %11
}
)",
      // After the passes.
      R"(graph fast {
  %0 = record : record
  %1 = field %0 {kind="image", name="a \"quoted\" \\ name\x0a"} : coded
  %2 = image_size %1 : size
  %3 = short_side_size %2 {short_side=64} : size
  %4 = full_rect %2 : rect
  %5 = center_crop_rect %3 {height=32, width=48} : rect
  %6 = const_bool {value=0} : bool
  %7 = const_bool {value=1} : bool
  %8 = random_bool {p=1.0, rng="/shared/flip"} : bool
  %9 = xor %7, %8 : bool
  %10 = resample %1, %4, %3, %5, %6, %6, %9, %6 {arith="q14", filter="area", planes=0} : image<q6, 32 48 3>
  %11 = affine %10 {bias=[-0.5, inf, 1.3552527156068805e-20], scale=[0.015625, -2.0, 3.0]} : image<f32, 32 48 3>
  %12 = convert %11 {dtype="bf16"} : image<bf16, 32 48 3>
  %13 = layout %12 {layout="channels_last"} : tensor<bf16, 32 48 3, channels_last>
  %14 = strips %13 : tensor<bf16, 32 48 3, channels_last>
  %15 = convert %10 {dtype="u8"} : image<u8, 32 48 3>
  %16 = strips %15 : image<u8, 32 48 3>
  %17 = const_size {height=8, width=8} : size
  %18 = rect_size %5 : size
  %19 = full_rect %18 : rect
  %20 = const_rect %18 {height=20, left=1, top=0, width=30} : rect
  %21 = mirror_rect %20, %18, %8, %6 : rect
  %22 = rect_size %21 : size
  %23 = random_crop_rect %22 {height=16, rng="/outputs/b/4", width=17} : rect
  %24 = compose_rect %21, %23 : rect
  %25 = full_rect %17 : rect
  %26 = resample %16, %24, %17, %25, %6, %8, %6, %6 {arith="pillow8", filter="nearest", planes=0} : image<u8, 8 8 3>
  %27 = layout %26 {layout="NHWC"} : tensor<u8, 8 8 3, NHWC>
  %28 = resample %16, %24, %22, %23, %6, %6, %6, %7 {arith="copy", filter="none", planes=0} : image<u8, 16 17 3>
  %29 = affine %28 {bias=[0.0, 0.0, 0.0], scale=[1.0, 1.0, 1.0]} : image<f32, 16 17 3>
  %30 = layout %29 {layout="NCHW"} : tensor<f32, 16 17 3, NCHW>
  %31 = decode %1, %5 : image<u8, 32 48 3>
  %32 = resize %31, %17 {filter="bilinear_point"} : image<u8, 8 8 3>
  %33 = layout %32 {layout="NCHW"} : tensor<u8, 8 8 3, NCHW>
  %34 = resample %1, %4, %3, %5, %6, %6, %6, %6 {arith="q14", filter="bilinear", planes=1} : image<q6, 32 48 3>
  %35 = convert %34 {dtype="u8"} : image<u8, 32 48 3>
  %36 = layout %35 {layout="NHWC"} : tensor<u8, 32 48 3, NHWC>
  %37 = idct_scale %1, %4, %17 : scale
  %38 = resample %1, %4, %17, %25, %6, %8, %6, %6, %37 {arith="pillow8", filter="area", planes=0} : image<u8, 8 8 3>
  %39 = layout %38 {layout="NHWC"} : tensor<u8, 8 8 3, NHWC>
  %40 = map %28 {dtype="f32", expr="select(x < 128, x, 255 - x) / 2"} : image<f32, 16 17 3>
  %41 = strips %40 : image<f32, 16 17 3>
  %42 = call %41 {dtype="f32", library="filters.so", per="image", rng="/outputs/g/3", symbol="sharpen"} : image<f32, 16 17 3>
  %43 = const_size {height=16, width=17} : size
  %44 = full_rect %43 : rect
  %45 = resample %42, %44, %43, %44, %6, %6, %6, %7 {arith="copy", filter="none", planes=0} : image<f32, 16 17 3>
  %46 = layout %45 {layout="NHWC"} : tensor<f32, 16 17 3, NHWC>
  output "a" %14
  output "b" %27
  output "c" %30
  output "d" %33
  output "e" %36
  output "f" %39
  output "g" %46
}
)",
  };
  return texts;
}

}  // namespace headrace::ir_testing
