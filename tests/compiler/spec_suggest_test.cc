#include <gtest/gtest.h>

#include <array>

#include "compiler/spec/suggest.h"

namespace headrace::spec {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"op", "size", "short_side", "filter", "antialias", "p"};

TEST(Suggest, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("size", "size"), 0u);
  EXPECT_EQ(edit_distance("sise", "size"), 1u);
  EXPECT_EQ(edit_distance("siz", "size"), 1u);
  EXPECT_EQ(edit_distance("sizze", "size"), 1u);
  EXPECT_EQ(edit_distance("szie", "size"), 1u) << "a swap of neighbours is one edit";
  EXPECT_EQ(edit_distance("ca", "abc"), 3u) << "no letter is edited twice";
  EXPECT_EQ(edit_distance("NHWC", "nhwc"), 0u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Suggest, FindsTheNearestWithinTheLimit) {
  EXPECT_EQ(nearest("szie", kNames), "size");
  EXPECT_EQ(nearest("Filter", kNames), "filter");
  EXPECT_EQ(nearest("anti_alias", kNames), "antialias");
  EXPECT_EQ(nearest("shortside", kNames), "short_side");
  EXPECT_EQ(nearest("shrtsid", kNames), std::nullopt) << "three edits";
  EXPECT_EQ(nearest("sz", kNames), std::nullopt) << "half of a short name is no slip";
  EXPECT_EQ(nearest("q", kNames), std::nullopt);
  EXPECT_EQ(nearest("", kNames), std::nullopt);
  EXPECT_EQ(nearest(std::string(100000, 's'), kNames), std::nullopt);
}

TEST(Suggest, OfEquallyNearOnesTheFirst) {
  constexpr std::array<std::string_view, 2> kPair = {"f32", "f16"};
  EXPECT_EQ(nearest("f36", kPair), "f32");
}

TEST(Suggest, HintNamesTheNearestOrAll) {
  EXPECT_EQ(hint("sise", kNames), "; did you mean \"size\"?");
  constexpr std::array<std::string_view, 2> kTwo = {"op", "size"};
  EXPECT_EQ(hint("colour", kTwo), "; expected \"op\" or \"size\"");
  EXPECT_EQ(hint("colour", {}), "");
}

}  // namespace
}  // namespace headrace::spec
