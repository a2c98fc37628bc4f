#include <gtest/gtest.h>
#include <png.h>

#include <nlohmann/json.hpp>

#include "cli_testing.h"

namespace headrace {
namespace {

using nlohmann::json;
using testing::headrace;
using testing::Outcome;
using testing::TempDir;

TEST(CliInfo, DescribesAndVerifiesAFile) {
  const TempDir dir;
  const std::string data = testing::make_dataset(dir);
  const Outcome text = headrace({"info", data});
  ASSERT_EQ(text.code, 0) << text.err;
  for (const std::string& part :
       {data + ": 12 samples\n", std::string("\n  image         image, 12 packed ("),
        std::string("\n  label         i64, 2 named values: cat 6, dog 6\n"),
        std::string("\n  order         shuffled with seed 0\n"),
        std::string("\n  written by    headrace " HEADRACE_VERSION ", format version "),
        std::string("\n  verified      every byte, in ")}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\n" << text.out;
  }

  const Outcome machine = headrace({"info", data, "--json"});
  ASSERT_EQ(machine.code, 0) << machine.err;
  const json j = json::parse(machine.out);
  EXPECT_EQ(j["samples"], 12);
  EXPECT_EQ(j["path"], data);
  EXPECT_EQ(j["verified"], true);
  EXPECT_EQ(j["damage"], json::array());
  EXPECT_EQ(j["shuffle_seed"], 0);
  ASSERT_EQ(j["fields"].size(), 3u);
  EXPECT_EQ(j["fields"][0]["payloads"]["packed"]["samples"], 12);
  EXPECT_EQ(j["fields"][0]["width"]["min"], 40);
  EXPECT_EQ(j["fields"][1]["value_names"], json({"cat", "dog"}));
  EXPECT_EQ(j["fields"][1]["value_counts"], json({6, 6}));
}

TEST(CliInfo, ListsDamageInJsonToo) {
  const TempDir dir;
  const std::string data = testing::make_dataset(dir);
  testing::Bytes bytes = testing::read_bytes(data);
  bytes[13000] ^= 1;
  testing::write_bytes(data, bytes);
  const Outcome o = headrace({"info", data, "--json"});
  EXPECT_EQ(o.code, 1);
  const json j = json::parse(o.out);
  EXPECT_EQ(j["verified"], false);
  ASSERT_EQ(j["damage"].size(), 1u);
  EXPECT_EQ(j["damage"][0]["code"], "data.page");
}

#ifdef HEADRACE_WITH_JIT
TEST(CliExport, WritesTheFilesBack) {
  const TempDir dir;
  const std::string data = testing::make_dataset(dir);
  const Outcome o = headrace({"export", data, "--out", dir / "back"});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.out.find((dir / "back") + ": 12 files, "), 0u) << o.out;
  EXPECT_NE(o.out.find(": 0 stored as they were, 12 packed and restored byte for byte; "), std::string::npos)
      << o.out;
  for (int i = 0; i < 12; ++i) {
    const std::string name = std::string(i % 2 == 0 ? "/cat/" : "/dog/") + std::to_string(100 + i) + ".jpg";
    EXPECT_EQ(testing::read_bytes(dir / "back" + name), testing::read_bytes(dir / "photos" + name)) << name;
  }
  const Outcome again = headrace({"export", data, "--out", dir / "back"});
  EXPECT_EQ(again.code, 1);
  EXPECT_EQ(again.err.find("error[data.exists] " + (dir / "back")), 0u) << again.err;
  EXPECT_EQ(headrace({"export", data, "--out", dir / "back", "--overwrite"}).code, 0);
}

TEST(CliView, DrawsASheet) {
  const TempDir dir;
  const std::string data = testing::make_dataset(dir), spec = testing::make_spec(dir, 64);
  const Outcome o = headrace({"view", spec, data, "-o", dir / "s.png", "--count", "6"});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(o.out, (dir / "s.png") + ": 6 images of output \"image\"\n");
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  ASSERT_EQ(png_image_begin_read_from_file(&png, (dir / "s.png").c_str()), 1) << png.message;
  // Four columns of 64-pixel images at twice their size.
  EXPECT_EQ(png.width, 24u + 4 * 128 + 3 * 14 + 24);
  png_image_free(&png);

  // More than there are: all of them.
  EXPECT_EQ(headrace({"view", spec, data, "-o", dir / "s.png", "--count", "100"}).out,
            (dir / "s.png") + ": 12 images of output \"image\"\n");
}

TEST(CliView, NeedsAnImage) {
  const TempDir dir;
  const std::string data = testing::make_dataset(dir, {}, 1), spec = dir / "label.json";
  testing::write_text(spec, R"({"headrace": 1, "outputs": {"label": [{"op": "field", "field": "label"}]}})");
  const Outcome o = headrace({"view", spec, data, "-o", dir / "s.png"});
  EXPECT_EQ(o.code, 1);
  EXPECT_EQ(o.err, "error[view.no_image] " + spec + ": has no image among its outputs\n");
}

TEST(CliBench, ReportsRatesAgainstTheBaseline) {
  const TempDir dir;
  const std::string data = testing::make_dataset(dir, {"--encoding", "jpeg"}),
                    spec = testing::make_spec(dir, 8), rgb = dir / "rgb.hrd";
  ASSERT_EQ(headrace({"write", dir / "photos", "-o", rgb, "--encoding", "rgb"}).code, 0);
  const Outcome o = headrace({"bench", spec, rgb, data, "--json", "--rounds", "2", "--threads", "1"});
  ASSERT_EQ(o.code, 0) << o.err;
  const json j = json::parse(o.out);
  EXPECT_EQ(j["rounds"], 2);
  EXPECT_EQ(j["machine"]["threads"], 1);
  EXPECT_FALSE(j["machine"]["cpu"].get<std::string>().empty());
  EXPECT_EQ(j["numerics"], "fast");
  const double baseline = j["baseline"]["images_per_second"];
  EXPECT_GT(baseline, 0);
  EXPECT_EQ(j["baseline"]["file"], data);
  EXPECT_EQ(j["baseline"]["images"], 12);
  EXPECT_EQ(j["baseline"]["rebuilt"], 0);
  ASSERT_EQ(j["runs"].size(), 2u);
  EXPECT_EQ(j["runs"][0]["encoding"], "rgb");
  EXPECT_EQ(j["runs"][0]["file"], rgb);
  EXPECT_EQ(j["runs"][1]["encoding"], "jpeg");
  for (const json& run : j["runs"]) {
    const double rate = run["images_per_second"];
    EXPECT_GT(rate, 0);
    EXPECT_NEAR(run["ratio"].get<double>(), rate / baseline, 0.01 * rate / baseline + 0.001);
    for (const char* key :
         {"bytes_per_image", "epoch_images_per_second", "first_batch_ms", "compile_ms", "peak_rss_mb"}) {
      EXPECT_GT(run[key].get<double>(), 0) << key;
    }
    EXPECT_GE(run["first_batch_ms"].get<double>(), run["compile_ms"].get<double>());
  }
}

TEST(CliBench, RebuildsJpegsForTheBaseline) {
  const TempDir dir;
  const std::string packed = testing::make_dataset(dir), spec = testing::make_spec(dir, 8),
                    rgb = dir / "rgb.hrd", stripped = dir / "stripped.hrd";
  ASSERT_EQ(headrace({"write", dir / "photos", "-o", rgb, "--encoding", "rgb"}).code, 0);
  ASSERT_EQ(headrace({"write", dir / "photos", "-o", stripped, "--strip"}).code, 0);
  const Outcome machine =
      headrace({"bench", spec, rgb, stripped, packed, "--json", "--rounds", "1", "--threads", "2"});
  ASSERT_EQ(machine.code, 0) << machine.err;
  const json j = json::parse(machine.out);
  EXPECT_GT(j["baseline"]["images_per_second"].get<double>(), 0);
  EXPECT_EQ(j["baseline"]["file"], packed);
  EXPECT_EQ(j["baseline"]["images"], 12);
  EXPECT_EQ(j["baseline"]["rebuilt"], 12);
  for (const json& run : j["runs"]) EXPECT_GT(run["ratio"].get<double>(), 0);
  const Outcome text = headrace({"bench", spec, packed, "--rounds", "1", "--threads", "1"});
  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("libjpeg-turbo, plain full decode of 12 JPEGs rebuilt from " + packed + ": "),
            std::string::npos)
      << text.out;
  EXPECT_EQ(text.err.find("warning:"), std::string::npos) << text.err;

  const Outcome none = headrace({"bench", spec, stripped, "--rounds", "1", "--threads", "1"});
  EXPECT_EQ(none.code, 0);
  EXPECT_EQ(none.err.find(
                "warning: no file has JPEGs, or packed images to rebuild them from, so there is no baseline "
                "and no ratio\n"),
            0u)
      << none.err;
}

TEST(CliBench, HasNoRatioWithoutJpegs) {
  const TempDir dir;
  const std::string data = testing::make_dataset(dir, {"--encoding", "rgb"}, 2),
                    spec = testing::make_spec(dir, 8);
  const Outcome machine = headrace({"bench", spec, data, "--json", "--rounds", "1"});
  ASSERT_EQ(machine.code, 0) << machine.err;
  const json j = json::parse(machine.out);
  EXPECT_EQ(j["baseline"], nullptr);
  EXPECT_EQ(j["runs"][0]["ratio"], nullptr);
  EXPECT_EQ(
      machine.err.find("warning: no file has JPEGs, or packed images to rebuild them from, so there is no "
                       "baseline and no ratio\n"),
      0u)
      << machine.err;
  const Outcome text = headrace({"bench", spec, data, "--rounds", "1"});
  EXPECT_EQ(text.code, 0);
  EXPECT_NE(text.out.find("medians of 1 round\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("\n" + data + "  rgb "), std::string::npos) << text.out;
}
#endif

TEST(CliDoctor, SaysWhatAReportNeeds) {
  const Outcome o = headrace({"doctor"});
  EXPECT_EQ(o.code, 0) << o.err;
  for (const char* label : {"headrace ", "code generator ", "libjpeg-turbo ", "zstd ", "xxHash ", "libpng ",
                            "kernel ", "cpu ", "isa ", "cache ", "cpus ", "cgroup ", "memory ", "page size ",
                            "huge pages ", "decoder         self test passed\n"}) {
    EXPECT_NE(("\n" + o.out).find("\n" + std::string(label)), std::string::npos) << label << "\n" << o.out;
  }
  EXPECT_NE(o.out.find("x86-64-v4-vbmi2 "), std::string::npos) << o.out;
}

}  // namespace
}  // namespace headrace
