// Values of the optimised graph say which operations of the spec they come from.
#include <gtest/gtest.h>

#include "compiler/frontend/build_graph.h"
#include "compiler/passes/pass.h"
#include "compiler/spec.h"

namespace headrace {
namespace {

using graph::Op;

graph::Graph optimised(const std::string& ops, const char* numerics = "fast") {
  const std::string text = std::string(R"({"headrace": 1, "numerics": ")") + numerics +
                           R"(", "outputs": {"image": [)" + ops + "]}}";
  const auto spec = parse_spec(text);
  EXPECT_TRUE(spec.ok()) << spec.status().to_string();
  auto graph = build_graph(*spec);
  EXPECT_TRUE(graph.ok()) << graph.status().to_string();
  const Status run = passes::run(*graph);
  EXPECT_TRUE(run.ok()) << run.to_string();
  return std::move(*graph);
}

// The numbers of the operations, joined: "0 1 2".
std::string origins(const graph::Graph& g, Op op) {
  std::string text;
  for (const graph::Node& n : g.nodes) {
    if (n.op != op) continue;
    if (!text.empty()) text += " | ";
    std::string numbers;
    for (const std::string& pointer : n.origins.pointers) {
      EXPECT_TRUE(pointer.starts_with("/outputs/image/")) << pointer;
      numbers += (numbers.empty() ? "" : " ") + pointer.substr(15);
    }
    text += numbers;
  }
  return text;
}

constexpr const char* kTrain =
    R"({"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [32, 32]},
  {"op": "random_horizontal_flip"}, {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]},
  {"op": "convert", "dtype": "f16"}, {"op": "layout", "layout": "NCHW"})";

TEST(Origins, AreKeptThroughThePasses) {
  for (const char* numerics : {"fast", "exact"}) {
    const graph::Graph g = optimised(kTrain, numerics);
    EXPECT_EQ(origins(g, Op::resample), "0 1 2") << numerics;
    EXPECT_EQ(origins(g, Op::affine), "3") << numerics;
    EXPECT_EQ(origins(g, Op::convert), "4") << numerics;
    EXPECT_EQ(origins(g, Op::layout), "5") << numerics;
    EXPECT_EQ(origins(g, Op::strips), "5") << numerics;
    EXPECT_EQ(origins(g, Op::random_resized_crop_rect), "1") << numerics;
    EXPECT_EQ(origins(g, Op::random_bool), "2") << numerics;
  }
}

TEST(Origins, OfWhatIsMovedStayWithIt) {
  // The flip is written after normalize, and moved before it.
  const graph::Graph g = optimised(R"({"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
    {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}, {"op": "horizontal_flip"}, {"op": "center_crop", "size": [16, 16]})");
  EXPECT_EQ(origins(g, Op::resample), "0 1 3 4");
  EXPECT_EQ(origins(g, Op::affine), "2");
  EXPECT_EQ(origins(g, Op::center_crop_rect), "4");
}

TEST(Origins, OfWhatIsJoinedAreJoined) {
  const graph::Graph g = optimised(R"({"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
    {"op": "convert", "dtype": "f32", "scale": 0.5}, {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]})");
  EXPECT_EQ(origins(g, Op::affine), "2 3");
}

TEST(Origins, OfAnImageThatIsDecodedAtAScale) {
  const graph::Graph g = optimised(
      R"({"op": "decode", "field": "image", "idct_scale": "auto"}, {"op": "center_crop", "size": [64, 64]},
    {"op": "resize", "size": [16, 16]})");
  EXPECT_EQ(origins(g, Op::resample), "0 1 2");
}

TEST(Origins, AreNoPartOfAGraphsMeaning) {
  graph::Graph a = optimised(kTrain), b = a;
  for (graph::Node& n : b.nodes) n.origins.pointers.clear();
  EXPECT_EQ(a, b);
  EXPECT_EQ(graph::print(a), graph::print(b));
}

}  // namespace
}  // namespace headrace
