// What the compiler is said to have fused, and what not, around calls of functions: the exact words.
#include "compiler/explain/fusion.h"

#include <gtest/gtest.h>

#include "compiler/explain/html_writer.h"
#include "compiler/explain/stage_roles.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/front_end.h"

namespace headrace {
namespace {

// Nothing is measured: what a sample costs plays no part.
Explanation fusion_of(const std::string& outputs) {
  const std::string spec = R"({"headrace": 1, "outputs": {)" + outputs + "}}";
  Explanation e;
  auto front = front_end(spec, nullptr, {});
  EXPECT_TRUE(front.ok()) << front.status().to_string();
  if (!front.ok()) return e;
  EXPECT_TRUE(passes::run(front->graph).ok());
  const Schedule schedule;
  const auto lowered = lower(front->graph, schedule);
  EXPECT_TRUE(lowered.ok()) << lowered.status().to_string();
  if (!lowered.ok()) return e;
  explain_fusion(spec, front->graph, *lowered, explaining::FunctionTable(lowered->module), schedule, e);
  e.plain_ns = e.timed_ns = 1;
  return e;
}

std::string call(const std::string& symbol, const std::string& per, const std::string& out = "u8") {
  return R"({"op": "call", "symbol": ")" + symbol + R"(", "library": "filters.so", "per": ")" + per +
         R"(", "out": ")" + out + R"("})";
}

const std::string kDecode = R"({"op": "decode", "field": "image"}, )";
const std::string kResize = R"({"op": "resize", "size": [16, 24]})";

std::vector<std::string> fates(const Explanation& e) {
  std::vector<std::string> list;
  for (const ExplainedOp& op : e.ops) list.push_back(op.fate);
  return list;
}

// "where: why" of those that are no kernel's.
std::vector<std::string> seams(const Explanation& e) {
  std::vector<std::string> list;
  for (const ExplainedSeam& s : e.seams) {
    if (s.callee.empty() || s.callee == explaining::kUserCall) list.push_back(s.where + ": " + s.why);
  }
  return list;
}

std::string part_of(const std::string& text, const std::string& from, const std::string& to) {
  const size_t begin = text.find(from), end = text.find(to);
  return begin < end && end != std::string::npos ? text.substr(begin, end - begin) : text;
}

using Lines = std::vector<std::string>;
const std::string kWhy =
    ": a C function that was compiled elsewhere: the compiler does not see what it does. The nest ";

TEST(Fusion, ACallStandsBetweenTwoNests) {
  const Explanation e =
      fusion_of("\"image\": [" + kDecode + kResize + ", " + call("soften", "image", "f32") +
                R"(, {"op": "normalize", "mean": [0.5, 0.5, 0.5], "std": [0.2, 0.2, 0.2]}])");
  EXPECT_EQ(
      fates(e),
      (Lines{"fused into the nest \"scratch0\" as %7 resample, %8 convert",
             "fused into the nest \"scratch0\" as %7 resample, %8 convert; decided in plan(), before "
             "any data is read: %4 const_size",
             "not fused: calls soften of filters.so (%10 call) for the whole image, and leaves an image for "
             "the nest \"image\"",
             "fused into the nest \"image\" as %12 affine, %13 layout"}));
  EXPECT_EQ(
      seams(e),
      (Lines{"@run calls soften of filters.so (%10)" + kWhy +
             "\"scratch0\" writes an image to scratch memory for it; what it leaves there is read by the "
             "nest \"image\""}));
  EXPECT_EQ(part_of(explanation_text(e), "  nest", "\nWhat did not fuse"),
            "  nest \"scratch0\": %7 resample %8 convert %9 strips\n"
            "      one loop nest, strip by strip: its image is kept in scratch memory, for a function\n"
            "  nest \"image\": %11 resample %12 affine %13 layout %14 strips\n"
            "      one loop nest, strip by strip, of the image that a function has left in scratch memory: "
            "no other is "
            "written to memory before the output\n");
  for (const ExplainedConstant& c : e.constants) {
    EXPECT_EQ(c.value.find("filters.so"), std::string::npos) << c.name << " is in no code";
    if (c.from == "%11") {
      EXPECT_EQ(c.name + ": " + c.value, "filter: none: pixels are copied");
    }
  }
}

// The nest between two calls copies an image; a crop behind a call needs no copy.
TEST(Fusion, CallsInARow) {
  const Explanation e = fusion_of("\"image\": [" + kDecode + call("soften", "row") + ", " +
                                  call("invert", "row") + R"(, {"op": "center_crop", "size": [8, 9]}])");
  EXPECT_EQ(
      fates(e),
      (Lines{
          "fused into the nest \"scratch0\" as part of %5 resample",
          "not fused: calls soften of filters.so (%7 call) for each row, and leaves an image for the nest "
          "\"scratch1\"",
          "not fused: calls invert of filters.so (%10 call) for each row, and leaves an image for the nest "
          "\"image\"",
          "fused into the nest \"image\" as %14 resample, %15 layout; decided in plan(), before any data is "
          "read: %2 image_size, %11 center_crop_rect"}));
  EXPECT_EQ(seams(e),
            (Lines{"@run calls soften of filters.so (%7)" + kWhy +
                       "\"scratch0\" writes an image to scratch memory for it; what it leaves there is read "
                       "by the nest \"scratch1\"",
                   "@run calls invert of filters.so (%10)" + kWhy +
                       "\"scratch1\" writes an image to scratch memory for it; what it leaves there is read "
                       "by the nest \"image\""}));
}

// The decode is one value for both outputs, but each is told of its own nest.
TEST(Fusion, OutputsThatShareADecodeAreToldApart) {
  const std::string map = R"({"op": "map", "expr": "255 - x"}, )";
  const Explanation e = fusion_of("\"called\": [" + kDecode + call("soften", "row") + ", " + kResize + "], " +
                                  "\"mapped\": [" + kDecode + map + kResize + "]");
  EXPECT_EQ(
      fates(e),
      (Lines{"fused into the nest \"scratch0\" as part of %5 resample",
             "not fused: calls soften of filters.so (%7 call) for each row, and leaves an image for the nest "
             "\"called\"",
             "fused into the nest \"called\" as %10 resample, %11 convert, %12 layout; decided in plan(), "
             "before "
             "any data is read: %8 const_size",
             "fused into the nest \"scratch2\" as part of %5 resample",
             "fused into the nest \"scratch2\" as part of %14 map",
             "fused into the nest \"mapped\" as %16 resample, %17 convert, %18 layout; decided in plan(), "
             "before "
             "any data is read: %8 const_size"}));
  EXPECT_EQ(
      seams(e),
      (Lines{"scratch2 -> mapped: a map before a resize: the resize takes each pixel several times, in an "
             "order of its own, so the image between them is computed once and kept in scratch memory",
             "@run calls soften of filters.so (%7)" + kWhy +
                 "\"scratch0\" writes an image to scratch memory for it; what it leaves there is read by the "
                 "nest \"called\""}));
  EXPECT_EQ(part_of(explanation_text(e), "  nest \"scratch2\"", "\nWhat did not fuse"),
            "  nest \"scratch2\": %5 resample %14 map %15 strips\n"
            "      one loop nest, strip by strip: its image is kept in scratch memory, for another nest\n"
            "  nest \"mapped\": %16 resample %17 convert %18 layout %19 strips\n"
            "      one loop nest, strip by strip, of the image that another nest has left in scratch memory: "
            "no other "
            "is written to memory before the output\n");
}

TEST(Fusion, NestsThatShareACopyHaveStagesOfTheirOwn) {
  const std::string map = R"({"op": "map", "expr": "255 - x"}, )";
  const Explanation e = fusion_of("\"called\": [" + kDecode + call("soften", "row") + ", " + kResize + "], " +
                                  "\"mapped\": [" + kDecode + map + kResize + "]");
  ASSERT_EQ(e.nests.size(), 4u);
  EXPECT_EQ(e.nests[0].stages, (Lines{"copy_scratch0"}));
  EXPECT_EQ(e.nests[2].stages, (Lines{"copy_scratch2"}));
}

TEST(Fusion, TwoResizesDoNotJoin) {
  const Explanation e = fusion_of("\"image\": [" + kDecode + kResize +
                                  R"(, {"op": "resize", "size": [8, 8], "filter": "nearest"}])");
  EXPECT_EQ(seams(e),
            (Lines{"scratch0 -> image: two resizes do not join: the second reads rows of the first in an "
                   "order of its own, so the image between them is kept in scratch memory"}));
}

// Boxes bear the functions' names, and say that the time is that of all.
TEST(Fusion, ThePictureNamesFunctions) {
  Explanation e = fusion_of("\"image\": [" + kDecode + kResize + ", " + call("soften", "image") + ", " +
                            call("invert", "row") + "]");
  ExplainedStage kernel;
  kernel.name = explaining::kUserCall;
  kernel.generated = false;
  kernel.calls = 2;
  kernel.ns = 0.5;
  for (uint32_t id = 0; id < e.nodes.size(); ++id) {
    if (e.nodes[id].op == "call") kernel.nodes.push_back(id);
  }
  ASSERT_EQ(kernel.nodes.size(), 2u);
  e.stages.push_back(kernel);
  const std::string html = explaining::html_graph(e);
  for (const char* box : {">soften</text>", ">invert</text>", "50.0 %, all calls"})
    EXPECT_NE(html.find(box), std::string::npos) << box;
  EXPECT_EQ(html.find("hr_user_call"), std::string::npos);
}

}  // namespace
}  // namespace headrace
