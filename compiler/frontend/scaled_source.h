// A decode whose size is left to the compiler ("idct_scale": "auto"): it has no pixels before the resize that
// follows, which says how many are needed.
#pragma once

#include <string>

#include "ir/graph.h"

namespace headrace {

/// Collects what stands between such a decode and the first resize, crops and flips, as one rectangle of the
/// coded image and two flags.
class ScaledSource {
 public:
  ScaledSource(graph::Graph& graph, graph::ValueId coded);

  /// Size of the image at this point, in pixels of the whole image.
  graph::ValueId size() const;

  void crop(graph::ValueId rect);
  void flip(graph::ValueId horizontal, graph::ValueId vertical);

  /// The image resized: a resample with the scale that rectangle and size call for.
  graph::ValueId resize(graph::ValueId size, const std::string& filter) const;

 private:
  graph::Graph& graph_;
  graph::ValueId coded_, rect_, mirror_h_, mirror_v_;
};

}  // namespace headrace
