// The batch part of a graph on rows in memory, and vectors of labels.
#include "ir/graph_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "ir/graph_interp.h"
#include "ir/mixing.h"

namespace headrace::graph {
namespace {

constexpr const char* kSample = R"(graph exact {
  %0 = record : record
  %1 = field %0 {kind="i64", name="label"} : i64
  %2 = one_hot %1 {classes=5} : vector<f32, 5>
  %3 = field %0 {kind="image", name="image"} : coded
  %4 = const_size {height=4, width=6} : size
  %5 = decode %3 : image<u8, ? ? 3>
  %6 = resize %5, %4 {filter="area"} : image<u8, 4 6 3>
  %7 = layout %6 {layout="NCHW"} : tensor<u8, 4 6 3, NCHW>
  output "other" %2
  output "image" %7
  output "label" %2
}
)";

constexpr size_t kImage = 4 * 6 * 3, kLabel = 5;

Graph with_batch(const std::string& batch) {
  auto g = parse(kSample + batch);
  EXPECT_TRUE(g.ok()) << g.status().to_string();
  return g.ok() ? *g : Graph();
}

const char* const kMixup = R"(batch {
  %0 = pair {output="image"} : tensor_pair<u8, 4 6 3, NCHW>
  %1 = pair {output="label"} : vector_pair<f32, 5>
  %2 = random_bool {p=0.5, rng="/batch/0"} : bool
  %3 = random_beta {alpha=1.0, rng="/batch/0"} : f64
  %4 = blend %0, %3, %2 : tensor_pair<u8, 4 6 3, NCHW>
  %5 = blend %1, %3, %2 : vector_pair<f32, 5>
  output "image" %4
  output "label" %5
}
)";
const char* const kCutmix = R"(batch {
  %0 = pair {output="image"} : tensor_pair<u8, 4 6 3, NCHW>
  %1 = pair {output="label"} : vector_pair<f32, 5>
  %2 = const_bool {value=1} : bool
  %3 = random_beta {alpha=1.0, rng="/batch/0"} : f64
  %4 = cut_rect %3 {height=4, rng="/batch/0", width=6} : rect
  %5 = cut_share %4 : f64
  %6 = exchange %0, %4, %2 : tensor_pair<u8, 4 6 3, NCHW>
  %7 = blend %1, %5, %2 : vector_pair<f32, 5>
  output "image" %6
  output "label" %7
}
)";

/// Rows of the outputs "other", "image" and "label".
struct Rows {
  explicit Rows(size_t rows)
      : mask(rows, 1), other(rows * kLabel, 0.5f), image(rows * kImage), label(rows * kLabel) {
    for (size_t i = 0; i < image.size(); ++i) image[i] = uint8_t(i * 37 % 251);
    for (size_t r = 0; r < rows; ++r) label[r * kLabel + r % kLabel] = 1;
  }

  void mix(const Graph& g, const hr_key& key, uint64_t begin, uint64_t end) {
    uint8_t* const outputs[] = {reinterpret_cast<uint8_t*>(other.data()), image.data(),
                                reinterpret_cast<uint8_t*>(label.data())};
    hr_error error{};
    const hr_batch_frame frame{HR_ABI_VERSION, 0, key, mask.size(), begin, end, mask.data(), outputs, &error};
    EXPECT_EQ(evaluate_batch(g, frame), HR_OK);
  }
  void mix(const Graph& g, const hr_key& key) { mix(g, key, 0, mask.size() / 2); }

  bool operator==(const Rows&) const = default;

  std::vector<uint8_t> mask;
  std::vector<float> other;
  std::vector<uint8_t> image;
  std::vector<float> label;
};

TEST(Batch, MixupBlendsRowsHalfABatchApartByOneShare) {
  const Graph g = with_batch(kMixup);
  int mixed = 0;
  for (uint64_t n = 0; n < 50; ++n) {
    const hr_key key{3, 1, n};
    const Rows before(6);
    Rows rows = before;
    rows.mix(g, key);
    EXPECT_EQ(rows.other, before.other);
    if (!geometry::random_bool(0.5, key, "/batch/0")) {
      EXPECT_TRUE(rows == before);
      continue;
    }
    ++mixed;
    const double share = mixing::random_beta(1, key, "/batch/0");
    for (size_t i = 0; i < rows.image.size(); ++i) {
      const size_t partner = (i + 3 * kImage) % (6 * kImage);
      EXPECT_NEAR(rows.image[i], share * before.image[i] + (1 - share) * before.image[partner], 0.5001);
    }
    for (size_t i = 0; i < rows.label.size(); ++i) {
      const size_t partner = (i + 3 * kLabel) % (6 * kLabel);
      EXPECT_NEAR(rows.label[i], share * before.label[i] + (1 - share) * before.label[partner], 1e-6);
    }
  }
  EXPECT_GT(mixed, 10);
  EXPECT_LT(mixed, 40);
}

TEST(Batch, CutmixTakesTheBoxFromThePartnerAndItsShareOfTheLabel) {
  const Graph g = with_batch(kCutmix);
  size_t taken = 0;
  for (uint64_t n = 0; n < 50; ++n) {
    const hr_key key{3, 1, n};
    const Rows before(4);
    Rows rows = before;
    rows.mix(g, key);
    const geometry::Rect box =
        mixing::cut_rect(mixing::random_beta(1, key, "/batch/0"), 4, 6, key, "/batch/0");
    for (size_t i = 0; i < rows.image.size(); ++i) {
      const int64_t y = int64_t(i % 24 / 6), x = int64_t(i % 6);
      const bool inside =
          y >= box.top && y < box.top + box.height && x >= box.left && x < box.left + box.width;
      EXPECT_EQ(rows.image[i], before.image[inside ? (i + 2 * kImage) % (4 * kImage) : i]);
      taken += inside;
    }
    const double share = 1 - double(box.height * box.width) / 24;
    for (size_t i = 0; i < rows.label.size(); ++i) {
      const size_t partner = (i + 2 * kLabel) % (4 * kLabel);
      EXPECT_NEAR(rows.label[i], share * before.label[i] + (1 - share) * before.label[partner], 1e-6);
    }
  }
  EXPECT_GT(taken, 500u);
}

TEST(Batch, PairsOfWhichOneIsMaskedStayAsTheyAre) {
  const Graph g = with_batch(kCutmix);
  for (const size_t masked : {1u, 4u}) {  // of pair 1, the first and the second
    const Rows before(6);
    Rows rows = before, all = before;
    rows.mask[masked] = 0;
    rows.mix(g, {3, 1, 8});
    all.mix(g, {3, 1, 8});
    ASSERT_FALSE(all == before);
    for (size_t r = 0; r < 6; ++r) {
      const Rows& expected = r % 3 == 1 ? before : all;
      EXPECT_TRUE(
          std::equal(&rows.image[r * kImage], &rows.image[r * kImage] + kImage, &expected.image[r * kImage]))
          << r;
      EXPECT_TRUE(
          std::equal(&rows.label[r * kLabel], &rows.label[r * kLabel] + kLabel, &expected.label[r * kLabel]))
          << r;
    }
  }
}

TEST(Batch, PairsCanBeMixedOneByOne) {
  for (const char* batch : {kMixup, kCutmix}) {
    const Graph g = with_batch(batch);
    for (uint64_t n = 0; n < 10; ++n) {
      Rows at_once(8), one_by_one(8);
      at_once.mix(g, {3, 1, n});
      for (const uint64_t i : {2u, 0u, 3u, 1u}) one_by_one.mix(g, {3, 1, n}, i, i + 1);
      EXPECT_TRUE(at_once == one_by_one);
    }
  }
}

// Row i of rank r of W is row i W + r of the global batch.
TEST(Batch, RanksMixAsOneProcessDoes) {
  constexpr size_t kRows = 24;
  for (const char* batch : {kMixup, kCutmix}) {
    const Graph g = with_batch(batch);
    int changed = 0;
    for (uint64_t n = 0; n < 40; ++n) {
      const size_t world = std::array<size_t, 5>{2, 3, 4, 6, 12}[n % 5];
      const Rows before(kRows);
      Rows whole = before, gathered = before;
      for (size_t rank = 0; rank < world; ++rank) {
        Rows part(kRows / world);
        for (size_t i = 0; i < kRows / world; ++i) {
          std::copy_n(&before.image[(i * world + rank) * kImage], kImage, &part.image[i * kImage]);
          std::copy_n(&before.label[(i * world + rank) * kLabel], kLabel, &part.label[i * kLabel]);
        }
        part.mix(g, {3, 1, n});
        for (size_t i = 0; i < kRows / world; ++i) {
          std::copy_n(&part.image[i * kImage], kImage, &gathered.image[(i * world + rank) * kImage]);
          std::copy_n(&part.label[i * kLabel], kLabel, &gathered.label[(i * world + rank) * kLabel]);
        }
      }
      whole.mix(g, {3, 1, n});
      EXPECT_TRUE(gathered == whole) << world;
      changed += !(whole == before);
    }
    EXPECT_GT(changed, 10);
  }
}

// Runs a graph of vectors only on a label.
hr_result run_label(const std::string& nodes, int64_t label, std::vector<uint8_t>& out, hr_error& error) {
  const auto g =
      parse("graph exact {\n%0 = record : record\n%1 = field %0 {kind=\"i64\", name=\"label\"} : i64\n" +
            nodes + "}\n");
  EXPECT_TRUE(g.ok()) << g.status().to_string();
  hr_field field{};
  field.value = label;
  const std::string name = "label";
  Env env;
  env.fields = {&field, 1};
  env.field_names = {&name, 1};
  env.error = &error;
  uint8_t* const outputs[] = {out.data()};
  return evaluate(*g, env, outputs);
}

TEST(Vector, OneHotAndSmoothing) {
  hr_error error{};
  std::vector<uint8_t> bytes(20);
  auto floats = [&] {
    std::vector<float> v(5);
    std::memcpy(v.data(), bytes.data(), 20);
    return v;
  };
  ASSERT_EQ(run_label("%2 = one_hot %1 {classes=5} : vector<f32, 5>\noutput \"x\" %2\n", 3, bytes, error),
            HR_OK);
  EXPECT_EQ(floats(), (std::vector<float>{0, 0, 0, 1, 0}));
  const std::string smooth =
      "%2 = one_hot %1 {classes=5} : vector<f32, 5>\n"
      "%3 = label_smoothing %2 {epsilon=0.1} : vector<f32, 5>\n";
  ASSERT_EQ(run_label(smooth + "output \"x\" %3\n", 0, bytes, error), HR_OK);
  // (1 - 0.1) * 1 + 0.1 / 5 and 0.1 / 5.
  EXPECT_EQ(floats(), (std::vector<float>{0.9f + 0.02f, 0.02f, 0.02f, 0.02f, 0.02f}));
  ASSERT_EQ(run_label(smooth + "%4 = convert %3 {dtype=\"f16\"} : vector<f16, 5>\noutput \"x\" %4\n", 1,
                      bytes, error),
            HR_OK);
  uint16_t halves[5];
  std::memcpy(halves, bytes.data(), sizeof halves);
  EXPECT_EQ(halves[0], 0x251F);  // 0.02 = 1.28 * 2^-6; .28 * 1024 = 286.7
  EXPECT_EQ(halves[1], 0x3B5C);  // 0.92 = 1.84 * 2^-1; .84 * 1024 = 860.2
  EXPECT_EQ(halves[4], 0x251F);
}

TEST(Vector, LabelsWithoutAClassAreNamed) {
  for (const int64_t label : {int64_t{5}, int64_t{-1}, INT64_MAX, INT64_MIN}) {
    hr_error error{};
    std::vector<uint8_t> bytes(20);
    EXPECT_EQ(
        run_label("%2 = one_hot %1 {classes=5} : vector<f32, 5>\noutput \"x\" %2\n", label, bytes, error),
        HR_E_LABEL);
    EXPECT_EQ(error.code, HR_E_LABEL);
    EXPECT_EQ(error.args[0], label);
    EXPECT_EQ(error.args[1], 5);
  }
}

}  // namespace
}  // namespace headrace::graph
