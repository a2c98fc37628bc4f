// Filters and subsets: which samples they leave, in which order, and what is wrong with them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "runtime/loader/selection_filter.h"
#include "sequence_testing.h"

namespace headrace {
namespace {

using testing::samples;
using testing::TableDataset;

constexpr uint64_t kN = 30;

class SelectionTest : public ::testing::Test {
 protected:
  SelectionTest() {
    std::vector<int64_t> labels;
    std::vector<double> scores;
    std::vector<std::pair<uint32_t, uint32_t>> sizes;
    for (uint64_t s = 0; s < kN; ++s) {
      labels.push_back(int64_t(s % 5));
      scores.push_back(s == 7 ? std::nan("") : double(s) / 4 - 2);
      sizes.emplace_back(10 + s, 100 - s);
    }
    dataset->add_integers("label", labels, {"cat", "dog", "a \"b\\", "dog", "owl"});
    dataset->add_reals("score", scores);
    dataset->add_images("image", sizes);
    dataset->add_bytes("key");
    dataset->add_integers("number", {labels.rbegin(), labels.rend()});
    options.order = Order::sequential;
    options.batch_size = 1;
  }

  std::string error() { return SequencePlan::create(dataset, options).status().to_string(); }
  std::string filter_error(const std::string& filter) {
    options.selection.filter = filter;
    return error();
  }
  std::vector<uint64_t> selected() {
    const Expected<std::unique_ptr<SequencePlan>> plan = SequencePlan::create(dataset, options);
    EXPECT_TRUE(plan.ok()) << plan.status().to_string();
    return plan.ok() ? samples(**(*plan)->epoch(0)) : std::vector<uint64_t>();
  }
  std::vector<uint64_t> filtered(const std::string& filter) {
    options.selection.filter = filter;
    return selected();
  }
  static std::vector<uint64_t> those(const std::function<bool(uint64_t)>& holds) {
    std::vector<uint64_t> list;
    for (uint64_t s = 0; s < kN; ++s) {
      if (holds(s)) list.push_back(s);
    }
    return list;
  }

  std::shared_ptr<TableDataset> dataset = std::make_shared<TableDataset>(kN);
  LoaderOptions options;
};

TEST_F(SelectionTest, FiltersCompareIntegers) {
  EXPECT_EQ(filtered("label == 3"), those([](uint64_t s) { return s % 5 == 3; }));
  EXPECT_EQ(filtered("label!=3"), those([](uint64_t s) { return s % 5 != 3; }));
  EXPECT_EQ(filtered("label < 3"), those([](uint64_t s) { return s % 5 < 3; }));
  EXPECT_EQ(filtered("label <= 3"), those([](uint64_t s) { return s % 5 <= 3; }));
  EXPECT_EQ(filtered(" label>3 "), those([](uint64_t s) { return s % 5 > 3; }));
  EXPECT_EQ(filtered("label >= 3"), those([](uint64_t s) { return s % 5 >= 3; }));
  EXPECT_EQ(filtered("label in [4, 0,0]"), those([](uint64_t s) { return s % 5 == 4 || s % 5 == 0; }));
  EXPECT_EQ(filtered("label > -9223372036854775808").size(), kN);
  EXPECT_EQ(filter_error("label == -1"),
            "error[loader.selection] table.hrd: none of the dataset's 30 samples is selected");
}

TEST_F(SelectionTest, FiltersCompareNames) {
  EXPECT_EQ(filtered("label == \"cat\""), those([](uint64_t s) { return s % 5 == 0; }));
  EXPECT_EQ(filtered("label != \"cat\""), those([](uint64_t s) { return s % 5 != 0; }));
  EXPECT_EQ(filtered(R"(label == "a \"b\\")"), those([](uint64_t s) { return s % 5 == 2; }));
  EXPECT_EQ(filtered("label in [\"owl\",\"cat\", 2]"),
            those([](uint64_t s) { return s % 2 == s % 2 && (s % 5) % 2 == 0; }));
  EXPECT_EQ(filtered("label == \"dog\""), those([](uint64_t s) { return s % 5 == 1 || s % 5 == 3; }))
      << "two values have this name";
  EXPECT_EQ(filtered("label != \"dog\""), those([](uint64_t s) { return s % 5 != 1 && s % 5 != 3; }));
}

TEST_F(SelectionTest, FiltersCompareRealNumbers) {
  const auto score = [](uint64_t s) { return s == 7 ? std::nan("") : double(s) / 4 - 2; };
  EXPECT_EQ(filtered("score == 1.5"), those([&](uint64_t s) { return score(s) == 1.5; }));
  EXPECT_EQ(filtered("score != 1.5"), those([&](uint64_t s) { return score(s) != 1.5; }));
  EXPECT_EQ(filtered("score < -25e-2"), those([&](uint64_t s) { return score(s) < -0.25; }));
  EXPECT_EQ(filtered("score <= 0"), those([&](uint64_t s) { return score(s) <= 0; }));
  EXPECT_EQ(filtered("score > -100"), those([](uint64_t s) { return s != 7; }));
  EXPECT_EQ(filtered("score >= 2"), those([&](uint64_t s) { return score(s) >= 2; }));
  EXPECT_EQ(filtered("score in [-2, 0, 5]"), those([&](uint64_t s) { return s == 0 || s == 8 || s == 28; }));
  EXPECT_EQ(filtered("score in [-1]"), those([](uint64_t s) { return s == 4; }));
}

TEST_F(SelectionTest, FiltersCompareImageSizesAndJoin) {
  EXPECT_EQ(filtered("image.width >= 20"), those([](uint64_t s) { return s >= 10; }));
  EXPECT_EQ(filtered("image.height == 99"), those([](uint64_t s) { return s == 1; }));
  EXPECT_EQ(filtered("image.width>=20&&image.height>80 && label != \"owl\""),
            those([](uint64_t s) { return s >= 10 && s < 20 && s % 5 != 4; }));
  EXPECT_EQ(filtered("image.width >= 0").size(), kN);
}

TEST_F(SelectionTest, FilterErrorsNameTheCharacterAndWhatWasExpected) {
  const auto message = [&](const std::string& filter) {
    const std::string text = filter_error(filter),
                      start = "error[loader.selection] table.hrd: filter, character ";
    EXPECT_EQ(text.substr(0, start.size()), start);
    return text.substr(std::min(text.size(), start.size()));
  };
  const std::string can = "; it can compare label, score, image.width, image.height, number";
  EXPECT_EQ(message(" "), "2: expected a field, found its end");
  EXPECT_EQ(message("&& label == 1"), "1: expected a field, found \"&& label == 1\"");
  EXPECT_EQ(message("labels == 1"), "1: the dataset has no field \"labels\"" + can);
  EXPECT_EQ(message("label == 1 && size > 2"), "15: the dataset has no field \"size\"" + can);
  EXPECT_EQ(message("image > 2"), "1: \"image\" is nothing that can be compared" + can);
  EXPECT_EQ(message("image.depth > 2"), "1: \"image.depth\" is nothing that can be compared" + can);
  EXPECT_EQ(message("label.width > 2"), "1: \"label.width\" does not exist: \"label\" is a number" + can);
  EXPECT_EQ(message("key == 1"), "1: \"key\" holds bytes, which cannot be compared" + can);
  EXPECT_EQ(message("label = 1"), "7: expected ==, !=, <, <=, >, >= or in, found \"= 1\"");
  EXPECT_EQ(message("label"), "6: expected ==, !=, <, <=, >, >= or in, found its end");
  EXPECT_EQ(message("label within [1]"), "7: expected ==, !=, <, <=, >, >= or in, found \"within [1]\"");
  EXPECT_EQ(message("label == "), "10: expected a whole number or a name in quotes, found its end");
  EXPECT_EQ(message("label == cat"), "10: expected a whole number or a name in quotes, found \"cat\"");
  EXPECT_EQ(message("label < 2.5"), "9: expected a whole number, found \"2.5\"");
  EXPECT_EQ(message("number == 1x"), "11: expected a whole number, found \"1x\"");
  EXPECT_EQ(message("number == 9223372036854775808"),
            "11: expected a whole number, found \"9223372036854775808\"");
  EXPECT_EQ(message("score < x"), "9: expected a number, found \"x\"");
  EXPECT_EQ(message("score == nan"), "10: expected a number, found \"nan\"");
  EXPECT_EQ(message("score == 1e999"), "10: expected a number, found \"1e999\"");
  EXPECT_EQ(message("score == \"cat\""),
            "10: expected a number, found \"cat\": only whole numbers have names");
  EXPECT_EQ(message("image.width == \"cat\""),
            "16: expected a number, found \"cat\": only whole numbers have names");
  EXPECT_EQ(message("number == \"cat\""),
            "11: expected a number, found \"cat\": the values of \"number\" have no names");
  EXPECT_EQ(message("label >= \"cat\""), "10: names have no order: compare them with ==, != or in");
  EXPECT_EQ(message("label == \"cow\""),
            "10: no value of \"label\" is named \"cow\"; the names are \"cat\", \"dog\", \"a \"b\\\", "
            "\"dog\", \"owl\"");
  EXPECT_EQ(message("label == \"cat"), "10: this text does not end; expected another '\"'");
  EXPECT_EQ(message("label == \"cat\\"), "10: this text does not end; expected another '\"'");
  EXPECT_EQ(message("label in 3"), "10: expected \"[\" and a list of values, found \"3\"");
  EXPECT_EQ(message("label in []"), "11: expected a whole number or a name in quotes, found \"]\"");
  EXPECT_EQ(message("label in [1 2]"), "13: expected \",\" or \"]\", found \"2]\"");
  EXPECT_EQ(message("label in [1,2"), "14: expected \",\" or \"]\", found its end");
  EXPECT_EQ(message("label == 1 || label == 2"), "12: expected \"&&\" or the end, found \"|| label == 2\"");
  EXPECT_EQ(message("label == 1 & label == 2"), "12: expected \"&&\" or the end, found \"& label == 2\"");
  EXPECT_EQ(message("label == 1 \x1b[31m and so on and on"),
            "12: expected \"&&\" or the end, found \"\\x1b[31m and so on and \" ...");
  EXPECT_EQ(filter_error(std::string((1u << 20) + 1, ' ')),
            "error[loader.selection] table.hrd: the filter has 1048577 bytes, more than the 1048576 allowed");
}

TEST_F(SelectionTest, FilterOfMetadataThatCannotBeReadFails) {
  dataset->broken = 4;
  EXPECT_EQ(filter_error("label == 1"), "error[data.record] table.hrd: broken");
}

TEST_F(SelectionTest, DamagedFiltersNeverDoAnythingElse) {
  // Whatever stands in the text, it is read or refused; a refusal has one error with this code.
  const std::string good = R"(label in ["cat", 3] && score >= -1.5e1 && image.width != 12 && number<=7)";
  uint64_t state = 1, refused = 0;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33; };
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (uint64_t changes = 1 + next() % 3; changes != 0; --changes) {
      const uint64_t at = next() % text.size();
      switch (next() % 3) {
        case 0:
          text[at] = char(next());
          break;
        case 1:
          text.erase(at, 1 + next() % 5);
          break;
        default:
          text.insert(at, good.substr(next() % good.size(), next() % 8));
      }
      if (text.empty()) text = " ";
    }
    const Expected<SampleFilter> filter = SampleFilter::parse(text, dataset->schema(), "here");
    std::vector<hr_field> fields(dataset->schema().fields.size());
    if (filter.ok()) {
      (void)filter->accepts(fields);
      continue;
    }
    ++refused;
    ASSERT_EQ(filter.status().errors().size(), 1u);
    ASSERT_EQ(filter.status().code(), "loader.selection") << text;
  }
  EXPECT_GT(refused, 10'000u);
  EXPECT_LT(refused, 20'000u);
}

// --- subsets ---

TEST_F(SelectionTest, SubsetsKeepTheirOrderWhenReadSequentially) {
  options.selection.subset = {9, 2, 29, 0};
  EXPECT_EQ(selected(), options.selection.subset);
  options.selection.filter = "label == 4";
  EXPECT_EQ(selected(), (std::vector<uint64_t>{9, 29}));
}

TEST_F(SelectionTest, OtherOrdersTakeASubsetAsASet) {
  for (const Order order : {Order::random, Order::quasi_random}) {
    options.order = order;
    options.selection.subset = {9, 2, 29, 0, 15};
    const std::vector<uint64_t> one = selected();
    options.selection.subset = {0, 2, 9, 15, 29};
    EXPECT_EQ(selected(), one);
    std::vector<uint64_t> sorted = one;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, options.selection.subset);
  }
}

TEST_F(SelectionTest, SelectingEverythingIsSelectingNothing) {
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    options.order = order;
    options.selection = {};
    const uint64_t key = (*SequencePlan::create(dataset, options))->key();
    const std::vector<uint64_t> list = selected();
    options.selection.filter = "label >= 0";
    EXPECT_EQ(selected(), list);
    EXPECT_EQ((*SequencePlan::create(dataset, options))->key(), key);
    options.selection.filter = "label != 2";
    EXPECT_NE((*SequencePlan::create(dataset, options))->key(), key);
  }
}

TEST_F(SelectionTest, KeysDependOnTheSamplesNotOnTheWords) {
  options.selection.filter = "label == \"cat\"";
  const uint64_t key = (*SequencePlan::create(dataset, options))->key();
  options.selection.filter = "label<=0&&label>=0";
  EXPECT_EQ((*SequencePlan::create(dataset, options))->key(), key);
  options.selection.filter = "label == 1";
  EXPECT_NE((*SequencePlan::create(dataset, options))->key(), key);
}

TEST_F(SelectionTest, SubstitutesAreSelectedToo) {
  options.selection.filter = "label == 3";
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    options.order = order;
    const auto sequence = *(*SequencePlan::create(dataset, options))->epoch(0);
    for (uint32_t attempt = 0; attempt < 20; ++attempt)
      EXPECT_EQ(sequence->substitute(2, attempt).sample % 5, 3u);
  }
}

TEST_F(SelectionTest, BatchesLargerThanTheSelectionAreErrors) {
  options.selection.filter = "label == 3";
  options.batch_size = 7;
  EXPECT_EQ(error(),
            "error[loader.batch_size] table.hrd: batch size 7 is larger than the 6 samples selected, and the "
            "tail policy "
            "\"drop\" leaves out the only, partial batch: use a batch size of at most 6, or the policy "
            "\"pad\" or \"wrap\"");
}

TEST_F(SelectionTest, SubsetErrorsNameTheEntry) {
  options.selection.subset = {1, 2, 30};
  EXPECT_EQ(
      error(),
      "error[loader.selection] table.hrd: entry 2 of the subset is sample 30, but the dataset has only 30");
  options.selection.subset = {1, 2, 3, 2, 1};
  EXPECT_EQ(error(),
            "error[loader.selection] table.hrd: entry 3 of the subset is sample 2, which it names before");
}

}  // namespace
}  // namespace headrace
