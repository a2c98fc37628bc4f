#include "ir/graph_interp.h"

namespace headrace::graph {

ImageValue one_hot_vector(int64_t label, int64_t classes) {
  ImageValue v;
  v.elem = Elem::f32;
  v.height = v.channels = 1;
  v.width = classes;
  v.floats.assign(size_t(classes), 0.0f);
  v.floats[size_t(label)] = 1.0f;
  return v;
}

void smoothing_constants(double epsilon, int64_t classes, double& scale, double& bias) {
  scale = double(float(1.0 - epsilon));
  bias = double(float(epsilon / double(classes)));
}

ImageValue smooth_vector(const ImageValue& in, double epsilon, int64_t classes) {
  double scale = 1, bias = 0;
  smoothing_constants(epsilon, classes, scale, bias);
  return affine_image(in, {scale}, {bias});
}

}  // namespace headrace::graph
