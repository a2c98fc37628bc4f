#include <gtest/gtest.h>

#include "cli/repeated_dataset.h"
#include "cli/spec_facts.h"
#include "dataset_testing.h"

namespace headrace::cli {
namespace {

using testing::TempDir;

std::string spec_with(const std::string& ops) {
  return R"({"headrace": 1, "outputs": {"image": [{"op": "decode", "field": "image"})" + ops +
         R"(], "label": [{"op": "field", "field": "class_id"}, {"op": "convert", "dtype": "i64"}]}})";
}

TEST(PixelScale, UndoesWhatTheSpecDoes) {
  const PixelScale none = pixel_scale(spec_with(""), "image");
  EXPECT_EQ(none.gain, (std::array<double, 3>{1, 1, 1}));
  EXPECT_EQ(none.offset[1], 0);

  // (p / 255 - mean) / std: p = v * 255 std + 255 mean.
  const PixelScale unit = pixel_scale(
      spec_with(
          R"(, {"op": "normalize", "mean": [0.1, 0.2, 0.3], "std": [0.5, 0.25, 0.2]}, {"op": "convert", "dtype": "f16"})"),
      "image");
  EXPECT_DOUBLE_EQ(unit.gain[0], 127.5);
  EXPECT_DOUBLE_EQ(unit.offset[0], 25.5);
  EXPECT_DOUBLE_EQ(unit.gain[2], 51);
  EXPECT_DOUBLE_EQ(unit.offset[2], 76.5);

  const PixelScale bytes = pixel_scale(
      spec_with(R"(, {"op": "normalize", "mean": [100, 110, 120], "std": [50, 60, 70], "range": [0, 255]})"),
      "image");
  EXPECT_DOUBLE_EQ(bytes.gain[1], 60);
  EXPECT_DOUBLE_EQ(bytes.offset[1], 110);

  // Scaled first: (p / 128 - mean) / std.
  const PixelScale scaled = pixel_scale(
      spec_with(
          R"(, {"op": "convert", "dtype": "f32", "scale": 0.0078125}, {"op": "normalize", "mean": [1, 1, 1], "std": [0.5, 0.5, 0.5]})"),
      "image");
  EXPECT_DOUBLE_EQ(scaled.gain[0], 64);
  EXPECT_DOUBLE_EQ(scaled.offset[0], 128);
}

TEST(SourceField, IsThatOfTheFieldOp) {
  EXPECT_EQ(source_field(spec_with(""), "label"), "class_id");
  EXPECT_EQ(source_field(spec_with(""), "image"), std::nullopt);
  EXPECT_EQ(source_field(spec_with(""), "none"), std::nullopt);
  EXPECT_EQ(source_field("not json", "label"), std::nullopt);
}

TEST(RepeatedDataset, HasEverySampleSeveralTimes) {
  const TempDir dir;
  ASSERT_TRUE(testing::write_images(dir / "d.hrd", 5, 100, 100, {.page_size = 65536}).ok());
  const auto base = Dataset::open(dir / "d.hrd");
  ASSERT_TRUE(base.ok());
  EXPECT_EQ(RepeatedDataset::copies_for(**base, 1), 1u);
  EXPECT_EQ(RepeatedDataset::copies_for(**base, 10), 2u);
  EXPECT_EQ(RepeatedDataset::copies_for(**base, 11), 3u);
  const RepeatedDataset repeated(*base, 3);
  EXPECT_EQ(repeated.size(), 15u);
  EXPECT_EQ(repeated.page_count(), 3 * (*base)->page_count());
  EXPECT_GT((*base)->page_count(), 1u);
  EXPECT_EQ(repeated.field_index("label"), 1u);
  std::vector<hr_field> mine(3), theirs(3);
  uint64_t last_page = 0;
  for (uint64_t i = 0; i < 15; ++i) {
    ASSERT_TRUE(repeated.read(i, mine).ok());
    ASSERT_TRUE((*base)->read(i % 5, theirs).ok());
    EXPECT_EQ(mine[0].data, theirs[0].data);
    ASSERT_TRUE(repeated.metadata(i, mine).ok());
    EXPECT_EQ(mine[1].value, theirs[1].value);
    EXPECT_EQ(repeated.key(i), (*base)->key(i % 5));
    EXPECT_GE(repeated.page_of(i), last_page);
    EXPECT_EQ(repeated.page_of(i) % (*base)->page_count(), (*base)->page_of(i % 5));
    last_page = repeated.page_of(i);
  }
  EXPECT_EQ(last_page, repeated.page_count() - 1);
  EXPECT_FALSE(repeated.read(15, mine).ok());
  EXPECT_FALSE(repeated.metadata(15, mine).ok());
}

}  // namespace
}  // namespace headrace::cli
