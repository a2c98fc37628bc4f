// docs/spec.md and examples/ against the front end: what they show is what it reads and says.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "compiler/spec.h"
#include "compiler/spec/batch.h"
#include "compiler/spec/ops.h"
#include "tests/compiler/spec_testing.h"

namespace headrace {
namespace {

using spec_testing::dump;
using spec_testing::read_source_file;

/// The blocks of a Markdown text fenced as json, and of headings' own sections the titles.
std::vector<std::string> json_blocks(const std::string& text) {
  std::vector<std::string> blocks;
  const std::string open = "```json\n", close = "```";
  for (size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    const size_t end = text.find(close, at);
    blocks.push_back(text.substr(at, end - at));
    at = end;
  }
  return blocks;
}

TEST(SpecDocs, EveryExampleParses) {
  const std::string docs = read_source_file("docs/spec.md");
  const auto blocks = json_blocks(docs);
  ASSERT_GE(blocks.size(), spec::op_names().size());
  for (const std::string& block : blocks) {
    // A list of ops is an output; a whole text begins with "{".
    const std::string text = block[0] == '[' ? spec_testing::with_ops(block) : block;
    const auto result = parse_spec(text, &spec_testing::sample_fields());
    EXPECT_TRUE(result.ok()) << text << result.status().to_string();
  }
}

TEST(SpecDocs, EveryOpHasASectionAndAnExample) {
  const std::string docs = read_source_file("docs/spec.md");
  std::string examples;
  for (const std::string& block : json_blocks(docs)) examples += block;
  std::vector<std::string_view> ops(spec::op_names().begin(), spec::op_names().end());
  ops.insert(ops.end(), spec::batch_op_names().begin(), spec::batch_op_names().end());
  for (const std::string_view op : ops) {
    EXPECT_NE(docs.find("### " + std::string(op) + "\n"), std::string::npos) << op;
    EXPECT_NE(examples.find("\"op\": \"" + std::string(op) + "\""), std::string::npos) << op;
  }
}

std::set<std::string> codes_in(const std::string& text, const std::string& pattern) {
  std::set<std::string> codes;
  const std::regex regex(pattern);
  for (auto it = std::sregex_iterator(text.begin(), text.end(), regex); it != std::sregex_iterator(); ++it) {
    codes.insert((*it)[1]);
  }
  return codes;
}

TEST(SpecDocs, TheCodeTableIsComplete) {
  const auto documented = codes_in(read_source_file("docs/spec.md"), "\\| `(spec\\.[a-z_]+)` \\|");
  std::set<std::string> used;
  for (const char* file :
       {"batch", "json_tree", "labels", "object_reader", "ops", "filter", "parse", "sequence", "shared", "user_ops", "values"}) {
    used.merge(
        codes_in(read_source_file("compiler/spec/" + std::string(file) + ".cc"), "\"(spec\\.[a-z_]+)\""));
  }
  used.merge(codes_in(read_source_file("compiler/spec/reporter.h"), "\"(spec\\.[a-z_]+)\""));
  EXPECT_GT(used.size(), 10u);
  EXPECT_EQ(documented, used);
}

TEST(SpecDocs, TrainingExample) {
  const auto spec = parse_spec(read_source_file("examples/imagenet_train.json"));
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  const std::string text = dump(spec.value());
  EXPECT_EQ(text,
            R"(numerics=fast order=random tail=drop
image:
  decode at /outputs/image/0 rng /outputs/image/0 | Decode image
  random_resized_crop at /outputs/image/1 rng /outputs/image/1 | RandomResizedCrop size=224x224 scale=0.080000000000000002..1 ratio=0.75..1.3333333333333333 filter=bilinear
  random_horizontal_flip at /outputs/image/2 rng /outputs/image/2 | Flip horizontal p=0.5
  normalize at /outputs/image/3 rng /outputs/image/3 | Normalize range=1 mean=0.48499999999999999,0.45600000000000002,0.40600000000000003, std=0.22900000000000001,0.224,0.22500000000000001,
  convert at /outputs/image/4 rng /outputs/image/4 | Convert f32
  layout at /outputs/image/5 rng /outputs/image/5 | SetLayout NCHW
label:
  field at /outputs/label/0 rng /outputs/label/0 | Field label
  convert at /outputs/label/1 rng /outputs/label/1 | Convert i64
)");

  // The f16 example differs in its dtype alone.
  const auto f16 = parse_spec(read_source_file("examples/imagenet_train_f16.json"));
  ASSERT_TRUE(f16.ok()) << f16.status().to_string();
  std::string expected = text;
  expected.replace(expected.find("Convert f32"), 11, "Convert f16");
  EXPECT_EQ(dump(f16.value()), expected);
}

TEST(SpecDocs, MixingExample) {
  // As the f16 training example, but for its label and what is done to batches.
  const auto spec = parse_spec(read_source_file("examples/imagenet_mixup.json"), &spec_testing::sample_fields());
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  const std::string text = dump(spec.value());
  EXPECT_EQ(text.substr(text.find("label:\n")), R"(label:
  field at /outputs/label/0 rng /outputs/label/0 | Field label
  one_hot at /outputs/label/1 rng /outputs/label/1 | OneHot classes=1000
  label_smoothing at /outputs/label/2 rng /outputs/label/2 | LabelSmoothing epsilon=0.10000000000000001
batch at /batch/0:
  mixup at /batch/0/ops/0 alpha=0.20000000000000001 p=1 weight=1 image label
  cutmix at /batch/0/ops/1 alpha=1 p=1 weight=1 image label
)");
}

TEST(SpecDocs, EvaluationExample) {
  const auto spec = parse_spec(read_source_file("examples/imagenet_eval.json"));
  ASSERT_TRUE(spec.ok()) << spec.status().to_string();
  EXPECT_EQ(dump(spec.value()),
            R"(numerics=exact order=sequential tail=pad
image:
  decode at /outputs/image/0 rng /outputs/image/0 | Decode image
  resize at /outputs/image/1 rng /outputs/image/1 | Resize short_side=256 filter=bilinear
  center_crop at /outputs/image/2 rng /outputs/image/2 | CenterCrop size=224x224
  normalize at /outputs/image/3 rng /outputs/image/3 | Normalize range=1 mean=0.48499999999999999,0.45600000000000002,0.40600000000000003, std=0.22900000000000001,0.224,0.22500000000000001,
  convert at /outputs/image/4 rng /outputs/image/4 | Convert f32
  layout at /outputs/image/5 rng /outputs/image/5 | SetLayout NCHW
label:
  field at /outputs/label/0 rng /outputs/label/0 | Field label
  convert at /outputs/label/1 rng /outputs/label/1 | Convert i64
)");
}

}  // namespace
}  // namespace headrace
