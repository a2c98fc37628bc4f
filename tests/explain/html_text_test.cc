// Text from outside in a page, and the page of an explanation made by hand.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "compiler/explain/html_writer.h"
#include "headrace/explain.h"

namespace headrace {
namespace {

using explaining::escaped;

TEST(Escaped, LeavesNoMarkup) {
  EXPECT_EQ(escaped("a < b && c > \"d\" 'e'"), "a &lt; b &amp;&amp; c &gt; &quot;d&quot; &#39;e&#39;");
  EXPECT_EQ(escaped("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80"), "\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(escaped("two\nlines\tand a tab"), "two\nlines\tand a tab");
}

TEST(Escaped, ReplacesWhatIsNoText) {
  constexpr const char* kBad = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped(std::string_view("\0", 1)), kBad);
  EXPECT_EQ(escaped("\x1B[31m"), std::string(kBad) + "[31m");
  EXPECT_EQ(escaped("\x7F"), kBad);
  EXPECT_EQ(escaped("\xFF"), kBad);                          // no UTF-8
  EXPECT_EQ(escaped("\xC3"), kBad);                          // cut off
  EXPECT_EQ(escaped("\xC0\xBC"), std::string(kBad) + kBad);  // an overlong "<"
  EXPECT_EQ(escaped("\xE0\x80\xBC"), std::string(kBad) + kBad + kBad);
  EXPECT_EQ(escaped("\xED\xA0\x80"), std::string(kBad) + kBad + kBad);  // a surrogate
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), std::string(kBad) + kBad + kBad + kBad);
}

// Every text in it would close a tag or open a script, if it could.
Explanation hostile() {
  constexpr const char* kText = "</style></script><script>alert(1)</script>\"'<img src=x onerror=y>";
  Explanation e;
  e.generator = e.isa = e.numerics = e.cpu = e.clock = e.data = e.encodings = kText;
  e.samples = 1;
  e.plain_ns = e.timed_ns = 1000;
  e.ops.push_back({kText, kText, kText, {0}, kText});
  e.nodes.push_back({kText, kText, {}, {kText}});
  e.nests.push_back({kText, {0}, {kText}});
  e.seams.push_back({kText, kText, kText, false});
  e.constants.push_back({kText, kText, kText});
  ExplainedStage stage;
  stage.name = stage.what = stage.floor_by = kText;
  stage.kind = StageKind::store;
  stage.nodes = {0};
  stage.calls = stage.ns = stage.floor_ns = 500;
  stage.first_line = 1;
  stage.line_count = 2;
  stage.code = {{1, false, kText}, {0, false, kText}, {2, true, kText}};
  e.stages.push_back(stage);
  e.memory.push_back({kText, kText, 1, 2});
  e.loop_text = std::string(kText) + "\n" + kText + "\n";
  return e;
}

TEST(Page, HoldsNoMarkupFromOutside) {
  const std::string html = explanation_html(hostile(), "</title><script>alert(1)</script>");
  EXPECT_EQ(html.find("alert(1)</script>"), std::string::npos);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find("</style></script>"), std::string::npos);
  size_t scripts = 0;
  for (size_t at = 0; (at = html.find("<script", at)) != std::string::npos; ++at) ++scripts;
  EXPECT_EQ(scripts, 1u);  // the page's own
  EXPECT_NE(html.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
}

TEST(Page, NeedsNothingElse) {
  const std::string html = explanation_html(hostile(), "title");
  for (const char* fetches :
       {"src=\"", "http:", "https:", "@import", "url(", "<link", "<iframe", "fetch(", "import("}) {
    EXPECT_EQ(html.find(fetches), std::string::npos) << fetches;
  }
  EXPECT_TRUE(html.starts_with("<!doctype html>\n"));
}

// Links lead to places that are there, and no two places have one name.
TEST(Page, LinksAreWhole) {
  const std::string html = explanation_html(hostile(), "title");
  std::set<std::string> ids;
  const std::regex id(" id=\"([^\"]*)\""), href("href=\"#([^\"]*)\"");
  for (std::sregex_iterator i(html.begin(), html.end(), id), end; i != end; ++i)
    EXPECT_TRUE(ids.insert((*i)[1]).second) << (*i)[1];
  size_t links = 0;
  for (std::sregex_iterator i(html.begin(), html.end(), href), end; i != end; ++i, ++links)
    EXPECT_TRUE(ids.contains((*i)[1])) << (*i)[1];
  EXPECT_EQ(links, 4u);  // the stage, its two lines, and the block of the first
}

TEST(Text, NamesWhatDidNotFuse) {
  Explanation e = hostile();
  e.seams[0] = {"@run calls f", "it was compiled elsewhere", "f", false};
  EXPECT_NE(
      explanation_text(e).find("  @run calls f (not for these samples)\n      it was compiled elsewhere\n"),
      std::string::npos);
}

}  // namespace
}  // namespace headrace
