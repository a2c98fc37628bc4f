// The text form of graphs: print and parse agree, and no text, however damaged, does harm.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ir/graph_batch.h"
#include "ir/graph_interp.h"
#include "ir/graph_ops.h"
#include "tests/ir/graph_testing.h"
#include "tests/ir/text_testing.h"

namespace headrace::graph {
namespace {

using ir_testing::Dice;
using ir_testing::graph_texts;

TEST(GraphText, PrintAndParseAgree) {
  for (const std::string& text : graph_texts()) {
    const auto g = parse(text);
    ASSERT_TRUE(g.ok()) << g.status().to_string();
    EXPECT_EQ(print(*g), text);
    const auto again = parse(print(*g));
    ASSERT_TRUE(again.ok());
    EXPECT_TRUE(*again == *g);
  }
}

TEST(GraphText, TheTextsHoldEveryOpAndType) {
  std::set<Op> ops;
  std::set<Kind> kinds;
  std::set<Elem> elems;
  std::set<Layout> layouts;
  for (const std::string& text : graph_texts()) {
    const auto g = parse(text);
    ASSERT_TRUE(g.ok()) << g.status().to_string();
    std::vector<Node> nodes = g->nodes;
    nodes.insert(nodes.end(), g->batch.nodes.begin(), g->batch.nodes.end());
    for (const Node& n : nodes) {
      ops.insert(n.op);
      kinds.insert(n.type.kind);
      if (n.type.kind == Kind::image) elems.insert(n.type.elem);
      if (n.type.kind == Kind::tensor) layouts.insert(n.type.layout);
    }
  }
  for (size_t i = 0; i < op_count(); ++i) EXPECT_EQ(ops.count(Op(i)), 1u) << op_name(Op(i));
  EXPECT_EQ(kinds.size(), size_t(Kind::vector_pair) + 1);
  EXPECT_EQ(elems.size(), 5u);
  EXPECT_EQ(layouts.size(), 3u);
}

// Spaces, comments and value names are free; the printed form is not.
TEST(GraphText, FreeFormIsRead) {
  const auto g = parse(R"(graph exact{ ; a comment with "quotes" and }
    %the_record=record:record %x=field %the_record{name="n",kind="i64"}:i64
    %y.2=convert %x{dtype="i64"}:scalar<i64> output"o"%y.2})");
  ASSERT_TRUE(g.ok()) << g.status().to_string();
  EXPECT_EQ(print(*g), R"(graph exact {
  %0 = record : record
  %1 = field %0 {kind="i64", name="n"} : i64
  %2 = convert %1 {dtype="i64"} : scalar<i64>
  output "o" %2
}
)");
}

TEST(GraphText, RealsComeBackExactly) {
  for (double v : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 4.9406564584124654e-320}) {
    Graph g;
    const ValueId record = g.add(Op::record, {}, {}, {});
    Type flag;
    flag.kind = Kind::boolean;
    g.add(Op::random_bool, {}, {{"p", v}, {"rng", std::string("\x01\x7f\"\\\t\xc3\xa9")}}, flag);
    const std::string text = print(g);
    const size_t node = text.find("{p=") + 3;
    EXPECT_EQ(std::strtod(text.c_str() + node, nullptr), v);
    EXPECT_NE(text.find("rng=\"\\x01\\x7f\\\"\\\\\\x09\xc3\xa9\""), std::string::npos) << text;
    EXPECT_EQ(record, 0u);
  }
}

TEST(GraphText, EveryBadTextGivesItsExactErrors) {
  ir_testing::check_error_table("graph_errors.txt", 100, [](const std::string& text) {
    // Table texts that begin with '%' are the nodes of a graph whose record is %0 and whose output is %out.
    return parse(text[0] == '%' ? "graph fast {\n%0 = record : record\n" + text + "}\n" : text)
        .status()
        .to_string();
  });
}

hr_result no_pixels(void*, const hr_field&, const CodedPart&, uint8_t*, hr_error*) {
  return HR_E_DECODE;
}

// Evaluates the sizes, rectangles and flags of whatever a text says.
void plan(const Graph& g) {
  const std::vector<std::string> names = {"image", "label", "score", "key", "a \"quoted\" \\ name\n"};
  std::vector<hr_field> fields(names.size());
  for (hr_field& f : fields) {
    f.width = 80;
    f.height = 60;
  }
  for (const Node& n : g.nodes) {
    if (n.op == Op::field && std::find(names.begin(), names.end(), n.text_attr("name")) == names.end())
      return;
  }
  hr_error error{};
  Env env;
  env.fields = fields;
  env.field_names = names;
  env.decode = no_pixels;
  env.error = &error;
  std::vector<Value> values;
  (void)evaluate_geometry(g, env, values);
}

// Mixes a pair of rows of whatever outputs a text says, in memory of their exact size.
void mix(const Graph& g) {
  std::vector<std::vector<uint8_t>> rows;
  std::vector<uint8_t*> outputs;
  for (const Output& o : g.outputs) {
    const Type& t = g[o.value].type;
    const bool tensor = t.kind == Kind::tensor;
    const int64_t unit = tensor || t.kind == Kind::vector ? (t.elem == Elem::u8 ? 1 : t.elem == Elem::f32 ? 4 : 2) : 8;
    const int64_t count = tensor ? t.height * t.width * t.channels : t.kind == Kind::scalar ? 1 : t.width;
    if (count > int64_t{1} << 20) return;
    rows.emplace_back(size_t(2 * count * unit));
    outputs.push_back(rows.back().data());
  }
  const uint8_t mask[] = {1, 1};
  hr_error error{};
  for (uint64_t n = 0; n < 4; ++n) {
    const hr_batch_frame frame{HR_ABI_VERSION, 0, {1, 2, n}, 2, 0, 1, mask, outputs.data(), &error};
    EXPECT_EQ(evaluate_batch(g, frame), HR_OK);
  }
}

TEST(GraphText, DamagedTextsAreReadOrRefused) {
  Dice dice(1);
  size_t read = 0;
  for (int i = 0; i < 30000; ++i) {
    const auto& texts = graph_texts();
    const std::string text =
        ir_testing::damaged(texts[dice.below(texts.size())], texts[dice.below(texts.size())], dice);
    const auto g = parse(text);
    if (!g.ok()) {
      ASSERT_FALSE(g.status().ok());
      continue;
    }
    ++read;
    const std::string printed = print(*g);
    const auto again = parse(printed);
    ASSERT_TRUE(again.ok()) << printed << again.status().to_string();
    ASSERT_EQ(print(*again), printed);
    plan(*g);
    if (read % 8 == 0) mix(*g);
  }
  EXPECT_GT(read, 1000u) << "the damage leaves too little to test";
}

TEST(GraphText, LongChainsOfRectanglesAreRead) {
  std::string text =
      "graph fast {\n%0 = record : record\n%1 = field %0 {kind=\"image\", name=\"x\"} : coded\n"
      "%2 = const_size {height=8, width=9} : size\n%3 = full_rect %2 : rect\n";
  int id = 3;
  for (; id < 200000; ++id) {
    text += "%" + std::to_string(id + 1) + " = compose_rect %3, %" + std::to_string(id) + " : rect\n";
  }
  text += "%d = decode %1, %" + std::to_string(id) +
          " : image<u8, 8 9 3>\n%l = layout %d {layout=\"NHWC\"} : "
          "tensor<u8, 8 9 3, NHWC>\noutput \"x\" %l\n}\n";
  const auto g = parse(text);
  EXPECT_TRUE(g.ok()) << g.status().to_string();
}

}  // namespace
}  // namespace headrace::graph
