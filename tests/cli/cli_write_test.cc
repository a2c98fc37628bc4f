#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "cli_testing.h"
#include "headrace/dataset.h"

namespace headrace {
namespace {

namespace fs = std::filesystem;
using testing::Args;
using testing::headrace;
using testing::Outcome;
using testing::read_bytes;
using testing::TempDir;

TEST(CliWrite, SaysWhatItWroteAndThreadsDoNotMatter) {
  const TempDir dir;
  testing::make_photos(dir / "photos");
  for (const std::string threads : {"1", "2", "4"}) {
    const Outcome o =
        headrace({"write", dir / "photos", "-o", dir / (threads + ".hrd"), "--threads", threads});
    EXPECT_EQ(o.code, 0) << o.err;
    EXPECT_EQ(o.out.find((dir / (threads + ".hrd")) + ": 12 samples in 2 classes, packed; "), 0u) << o.out;
    EXPECT_NE(o.out.find(" images/s\n"), std::string::npos) << o.out;
    EXPECT_EQ(read_bytes(dir / (threads + ".hrd")), read_bytes(dir / "1.hrd"));
  }
}

TEST(CliWrite, OptionsReachTheFile) {
  const TempDir dir;
  testing::make_photos(dir / "photos");
  const Outcome o = headrace({"write", dir / "photos", "-o", dir / "d.hrd", "--encoding", "rgb", "--max-side",
                              "20", "--page-size", "64KiB", "--no-shuffle"});
  ASSERT_EQ(o.code, 0) << o.err;
  const auto dataset = Dataset::open(dir / "d.hrd");
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ((*dataset)->page_size(), 65536u);
  EXPECT_EQ((*dataset)->key(0), "cat/100.jpg");
  std::vector<hr_field> fields(3);
  for (uint64_t i = 0; i < 12; ++i) {
    ASSERT_TRUE((*dataset)->metadata(i, fields).ok());
    EXPECT_EQ(std::max(fields[0].width, fields[0].height), 20u);
    EXPECT_EQ(fields[0].encoding, uint32_t{HR_ENCODING_RGB});
  }
  ASSERT_EQ(headrace({"write", dir / "photos", "-o", dir / "s.hrd", "--shuffle-seed", "5"}).code, 0);
  ASSERT_EQ(headrace({"write", dir / "photos", "-o", dir / "t.hrd"}).code, 0);
  EXPECT_NE(read_bytes(dir / "s.hrd"), read_bytes(dir / "t.hrd"));
}

TEST(CliWrite, ListsEveryBadFileAndWritesNothing) {
  const TempDir dir;
  testing::make_photos(dir / "photos", 2);
  testing::write_bytes(dir / "photos/cat/a.png", testing::png_start());
  testing::write_bytes(dir / "photos/dog/b.jpg", {});
  testing::write_bytes(dir / "photos/dog/c.jpg", testing::with_orientation(testing::make_jpeg(20, 20), 6));
  testing::write_text(dir / "photos/dog/notes.txt", "not an image");
  const std::string cat = dir / "photos/cat/a.png", dog = dir / "photos/dog/b.jpg";

  const Outcome raised = headrace({"write", dir / "photos", "-o", dir / "d.hrd"});
  EXPECT_EQ(raised.code, 1);
  EXPECT_EQ(raised.out, "");
  EXPECT_EQ(raised.err, "error[import.unsupported] " + cat +
                            ": is a PNG image, which is not supported yet (JPEG is)\n" +
                            "error[import.damaged] " + dog + ": is empty\n" +
                            "nothing was written: 2 errors; --on-error skip leaves bad files out\n");
  EXPECT_EQ(dir.names(), std::vector<std::string>{"photos"});

  const Outcome skipped = headrace({"write", dir / "photos", "-o", dir / "d.hrd", "--on-error", "skip"});
  EXPECT_EQ(skipped.code, 0);
  EXPECT_EQ(skipped.err,
            "warning: skipped " + cat + ": is a PNG image, which is not supported yet (JPEG is)\n" +
                "warning: skipped " + dog + ": is empty\n" +
                "warning: 2 files skipped, 1 of them images of a kind that is not supported yet\n"
                "warning: 1 file left out, being no images: dog/notes.txt\n"
                "warning: 1 image with an EXIF orientation tag stored unturned\n");
  EXPECT_EQ(skipped.out.find((dir / "d.hrd") + ": 5 samples in 2 classes, packed; "), 0u) << skipped.out;
}

TEST(CliWrite, OneBadFileIsExplainedLikeMany) {
  const TempDir dir;
  testing::make_photos(dir / "photos", 1);
  testing::write_bytes(dir / "photos/dog/b.jpg", {});
  const std::string problem = (dir / "photos/dog/b.jpg") + ": is empty\n";
  const Outcome raised = headrace({"write", dir / "photos", "-o", dir / "d.hrd"});
  EXPECT_EQ(raised.code, 1);
  EXPECT_EQ(raised.err, "error[import.damaged] " + problem +
                            "nothing was written: 1 error; --on-error skip leaves bad files out\n");
  const Outcome skipped = headrace({"write", dir / "photos", "-o", dir / "d.hrd", "--on-error", "skip"});
  EXPECT_EQ(skipped.code, 0);
  EXPECT_EQ(skipped.err, "warning: skipped " + problem + "warning: 1 file skipped\n");
}

TEST(CliWrite, PageSizesInWordsAndDigits) {
  const TempDir dir;
  testing::make_photos(dir / "photos", 1);
  for (const std::string size : {"131072", "128KiB", "128kb", "128 K"}) {
    const Outcome o =
        headrace({"write", dir / "photos", "-o", dir / "d.hrd", "--page-size", size, "--overwrite"});
    ASSERT_EQ(o.code, 0) << o.err;
    EXPECT_EQ((*Dataset::open(dir / "d.hrd"))->page_size(), 131072u) << size;
  }
}

TEST(CliWrite, KeepsAnExistingFileUnlessAskedTo) {
  const TempDir dir;
  testing::make_photos(dir / "photos", 1);
  testing::write_text(dir / "d.hrd", "mine");
  const Outcome refused = headrace({"write", dir / "photos", "-o", dir / "d.hrd"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_EQ(refused.err, "error[data.exists] " + (dir / "d.hrd") +
                             ": already exists; choose another name or replace it by --overwrite\n");
  EXPECT_EQ(testing::read_text(dir / "d.hrd"), "mine");
  EXPECT_EQ(headrace({"write", dir / "photos", "-o", dir / "d.hrd", "--overwrite"}).code, 0);
  EXPECT_TRUE(Dataset::open(dir / "d.hrd").ok());
}

class CliWriteInterrupt : public ::testing::TestWithParam<int> {};

TEST_P(CliWriteInterrupt, LeavesNothingBehind) {
  const TempDir dir;
  // Enough work to outlast the signal's way by far.
  testing::write_bytes(dir / "photos/c/0.jpg", testing::make_jpeg(2000, 1500));
  for (int i = 1; i < 400; ++i) {
    fs::create_hard_link(dir / "photos/c/0.jpg", dir / ("photos/c/" + std::to_string(i) + ".jpg"));
  }
  fs::create_directory(dir / "out");
  const Outcome o =
      headrace({"write", dir / "photos", "-o", dir / "out/d.hrd", "--encoding", "rgb"},
               [&](pid_t pid, const std::string&) {
                 testing::wait_until([&] { return !fs::is_empty(dir / "out"); }, "a temporary file");
                 ::kill(pid, GetParam());
               });
  EXPECT_EQ(o.code, 130) << o.err;
  EXPECT_EQ(o.out, "");
  EXPECT_NE(o.err.find("error[import.cancelled] " + (dir / "out/d.hrd") +
                       ": was not written: the import was cancelled\n"),
            std::string::npos)
      << o.err;
  EXPECT_TRUE(fs::is_empty(dir / "out"));
}

INSTANTIATE_TEST_SUITE_P(Signals, CliWriteInterrupt, ::testing::Values(SIGINT, SIGTERM));

}  // namespace
}  // namespace headrace
