#include <utility>

#include "ir/expr.h"
#include "ir/graph_interp.h"
#include "ir/numeric.h"

namespace headrace::graph {

ImageValue map_image(const ImageValue& in, const std::string& text, Elem to) {
  const Expected<expr::Expr> e = expr::parse(text);  // the verifier has read it before
  ImageValue out;
  out.elem = to;
  out.height = in.height;
  out.width = in.width;
  out.channels = in.channels;
  const size_t channels = size_t(in.channels), n = size_t(in.height * in.width) * channels;
  if (to == Elem::u8)
    out.ints.resize(n);
  else
    out.floats.resize(n);
  std::vector<float> work;
  expr::Pixel pixel;
  for (size_t first = 0; first < n; first += channels) {
    for (size_t c = 0; c < channels; ++c)
      pixel.rgb[c] = in.ints.empty() ? in.floats[first + c] : float(in.ints[first + c]);
    for (size_t c = 0; c < channels; ++c) {
      pixel.channel = int(c);
      const float value = expr::evaluate(*e, pixel, work);
      if (to == Elem::u8)
        out.ints[first + c] = num::f32_to_u8(value);
      else
        out.floats[first + c] = num::one_nan(value);
    }
  }
  return out;
}

}  // namespace headrace::graph
