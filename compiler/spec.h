// The JSON pipeline description as typed data: what the user wrote, checked key by key, with defaults
// filled in. parse_spec() reports every problem of the text at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "headrace/program.h"
#include "headrace/status.h"
#include "headrace/types.h"

namespace headrace {

/// Resampling filters. `bilinear` is antialiased (Pillow, torchvision), `bilinear_point` is not.
enum class Filter : uint8_t { bilinear, bilinear_point, area, nearest };

struct Size2 {
  int64_t height = 0;
  int64_t width = 0;
};

namespace spec {

struct Field {
  std::string field;
  std::optional<int64_t> length;  ///< fields of kind bytes: bytes of a row, zero-padded
};
/// How large an image is decoded: whole, or at 4, 2 or 1 of 8 where the resize that follows leaves no more.
enum class IdctScale : uint8_t { none, automatic };
struct Decode {
  std::string field;
  IdctScale idct_scale = IdctScale::none;
};
struct Crop { int64_t top = 0, left = 0; Size2 size; };
struct CenterCrop { Size2 size; };
struct RandomCrop { Size2 size; };
struct RandomResizedCrop {
  Size2 size;
  std::pair<double, double> scale{0.08, 1.0};
  std::pair<double, double> ratio{3.0 / 4.0, 4.0 / 3.0};
  Filter filter = Filter::bilinear;
};
struct Resize {
  std::optional<Size2> size;          ///< exactly one of size and short_side is set
  std::optional<int64_t> short_side;
  Filter filter = Filter::bilinear;
};
struct Flip {
  bool horizontal = true;
  std::optional<double> p;  ///< probability; none: always flipped
};
struct Normalize {
  std::vector<double> mean, std;  ///< one value per channel
  int range = 1;                  ///< mean and std refer to values in [0, range]: 1 or 255
};
struct Convert {
  DType dtype = DType::f32;
  std::optional<double> scale;
};
struct Map {
  std::string expr;            ///< canonical text (ir/expr.h)
  std::optional<DType> dtype;  ///< u8 or f32; none: the image's own
};
struct Call {
  std::string symbol, library;
  bool by_row = false;
  DType in = DType::u8, out = DType::u8;  ///< u8 or f32
};
struct OneHot { std::optional<int64_t> classes; };  ///< none: as many as the dataset names; known when fields are
struct LabelSmoothing { double epsilon = 0; };
struct SetLayout { Layout layout = Layout::nhwc; };

using OpParams = std::variant<Field, Decode, Crop, CenterCrop, RandomCrop, RandomResizedCrop, Resize, Flip,
                              Normalize, Convert, Map, Call, OneHot, LabelSmoothing, SetLayout>;

struct Op {
  std::string name;     ///< as written ("random_horizontal_flip")
  std::string pointer;  ///< JSON pointer of the element in the outputs list (for errors)
  std::string rng_id;   ///< what random draws are keyed by: the pointer, or that of the shared op
  OpParams params;
};

struct Output {
  std::string name;
  std::vector<Op> ops;
};

/// "mixup", or "cutmix" if it cuts.
struct Mix {
  bool cuts = false;
  double alpha = 1;                  ///< of the beta distribution of the share
  double p = 1;                      ///< probability, for each batch
  std::vector<std::string> outputs;  ///< images and vectors
  std::string pointer;               ///< JSON pointer; also what its random draws are keyed by
};

/// An element of "batch": one operation, or several, of which one is chosen for each batch.
struct BatchStep {
  std::string pointer;
  std::vector<Mix> ops;
  std::vector<double> weights;  ///< one for each, if this is a "random_choice", else empty
};

struct LoaderDefaults {
  std::optional<std::string> order;  ///< "sequential", "random", "quasi_random"
  std::optional<std::string> tail;   ///< "drop", "pad", "wrap"
  std::optional<uint64_t> window_bytes;
};

struct Spec {
  Numerics numerics = Numerics::fast;
  LoaderDefaults loader;
  std::vector<Output> outputs;  ///< in the order of the text
  std::vector<BatchStep> batch;
};

}  // namespace spec

/// Parses and checks a spec. Without `fields`, field names and kinds are not checked against data.
Expected<spec::Spec> parse_spec(std::string_view json, const std::vector<ProgramField>* fields = nullptr);

}  // namespace headrace
