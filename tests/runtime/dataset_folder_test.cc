#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataset_testing.h"
#include "runtime/dataset/folder_source.h"

namespace headrace::testing {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

Names keys(const FolderListing& listing) {
  Names out;
  for (const SourceFile& f : listing.files) out.push_back(std::to_string(f.label) + " " + f.key);
  return out;
}

TEST(FolderSource, ClassesAndFilesAreSortedBytewise) {
  const TempDir dir;
  for (const char* name :
       {"b/z.jpg", "b/a.JPEG", "Z/1.jpg", "a/n/x.jpg", "a/n.jpg", "a/n-1.jpg", "\xc3\xa4/u.jpg"}) {
    write_text(dir / name, "x");
  }
  fs::create_directory(dir / "empty");
  for (const std::string& root : {dir.path(), dir.path() + "/"}) {
    const auto listing = list_folder(root);
    ASSERT_TRUE(listing.ok()) << listing.status().to_string();
    EXPECT_EQ(listing->classes, (Names{"Z", "a", "b", "empty", "\xc3\xa4"}));
    EXPECT_EQ(keys(*listing), (Names{"0 Z/1.jpg", "1 a/n-1.jpg", "1 a/n.jpg", "1 a/n/x.jpg", "2 b/a.JPEG",
                                     "2 b/z.jpg", "4 \xc3\xa4/u.jpg"}));
    EXPECT_EQ(listing->files[0].path, dir / "Z/1.jpg");
    EXPECT_TRUE(listing->problems.ok());
  }
}

TEST(FolderSource, HiddenAndOtherFiles) {
  const TempDir dir;
  write_text(dir / "a/1.jpg", "x");
  write_text(dir / "a/.DS_Store", "x");
  write_text(dir / "a/.thumbs/1.jpg", "x");
  write_text(dir / ".git/config", "x");
  write_text(dir / ".hidden", "x");
  write_text(dir / "a/notes.txt", "some text");
  write_text(dir / "a/empty", "");
  write_bytes(dir / "a/really_a_jpeg", make_jpeg(8, 8));
  write_bytes(dir / "a/image.dat", png_start());
  ASSERT_EQ(::mkfifo((dir / "a/pipe.jpg").c_str(), 0600), 0);
  const auto listing = list_folder(dir.path());
  ASSERT_TRUE(listing.ok()) << listing.status().to_string();
  EXPECT_EQ(listing->hidden, 4u);
  EXPECT_EQ(listing->other_files, (Names{"a/empty", "a/notes.txt", "a/pipe.jpg"}));
  EXPECT_EQ(keys(*listing), (Names{"0 a/1.jpg", "0 a/image.dat", "0 a/really_a_jpeg"}));
}

TEST(FolderSource, LinksAreFollowed) {
  const TempDir dir, elsewhere;
  write_text(elsewhere / "photo.jpg", "x");
  write_text(elsewhere / "more/2.jpg", "x");
  fs::create_directory(dir / "a");
  fs::create_symlink(elsewhere / "photo.jpg", dir / "a/linked.jpg");
  fs::create_symlink(elsewhere / "more", dir / "a/more");
  fs::create_symlink(elsewhere / "more", dir / "b");
  fs::create_symlink(elsewhere / "none.jpg", dir / "a/dangling.jpg");
  fs::create_symlink("..", dir / "a/up");
  const auto listing = list_folder(dir.path());
  ASSERT_TRUE(listing.ok()) << listing.status().to_string();
  EXPECT_EQ(keys(*listing), (Names{"0 a/linked.jpg", "0 a/more/2.jpg", "0 a/up/b/2.jpg", "1 b/2.jpg"}));
  EXPECT_EQ(listing->problems.to_string(),
            "error[import.unreadable] " + dir / "a/dangling.jpg" + ": is a link that leads nowhere\n" +
                "error[import.unreadable] " + dir / "a/up/a" + ": is a link to a folder that contains it");
}

TEST(FolderSource, UnreadableFolder) {
  const TempDir dir;
  write_text(dir / "a/1.jpg", "x");
  write_text(dir / "a/secret.bin", "x");
  write_text(dir / "b/1.jpg", "x");
  fs::permissions(dir.path(), fs::perms::all);
  fs::permissions(dir / "a/secret.bin", fs::perms::none);
  fs::permissions(dir / "b", fs::perms::none);
  Expected<FolderListing> listing = FolderListing();
  {
    const AsOrdinaryUser user;
    listing = list_folder(dir.path());
  }
  fs::permissions(dir / "b", fs::perms::owner_all);
  ASSERT_TRUE(listing.ok()) << listing.status().to_string();
  EXPECT_EQ(keys(*listing), Names{"0 a/1.jpg"});
  EXPECT_EQ(listing->problems.to_string(),
            "error[import.unreadable] " + dir / "a/secret.bin" + ": cannot be opened: Permission denied\n" +
                "error[import.unreadable] " + dir / "b" + ": cannot be listed: Permission denied");
}

TEST(FolderSource, TooDeep) {
  const TempDir dir;
  std::string path = "a";
  for (int i = 0; i < 70; ++i) path += "/d";
  write_text(dir / (path + "/1.jpg"), "x");
  const auto listing = list_folder(dir.path());
  ASSERT_TRUE(listing.ok());
  EXPECT_TRUE(listing->files.empty());
  ASSERT_EQ(listing->problems.errors().size(), 1u);
  EXPECT_EQ(listing->problems.errors()[0].message, "is nested more than 64 folders deep");
}

TEST(FolderSource, FoldersThatCannotBeImported) {
  const TempDir dir;
  const auto error = [](const std::string& path) { return list_folder(path).status().to_string(); };
  EXPECT_EQ(error(""), "error[import.source] the name of the source folder is empty");
  EXPECT_EQ(error(dir / "none"), "error[import.source] " + dir / "none" + ": does not exist");
  EXPECT_EQ(error(dir.path()), "error[import.source] " + dir.path() +
                                   ": has no subfolders; one subfolder per class is expected");
  write_text(dir / "file", "x");
  EXPECT_EQ(error(dir / "file"), "error[import.source] " + dir / "file" +
                                     ": is not a folder; a folder with one subfolder per class is expected");
  EXPECT_EQ(error(dir.path()),
            "error[import.layout] " + dir.path() +
                ": has 1 file beside its class folders; every image belongs into the subfolder of "
                "its class: file");
  for (int i = 10; i < 22; ++i) write_text(dir / (std::to_string(i) + ".jpg"), "x");
  fs::remove(dir / "file");
  EXPECT_EQ(error(dir.path()),
            "error[import.layout] " + dir.path() +
                ": has 12 files beside its class folders; every image belongs into the subfolder of its "
                "class: 10.jpg, "
                "11.jpg, 12.jpg, 13.jpg, 14.jpg, 15.jpg, 16.jpg, 17.jpg, 18.jpg, 19.jpg and 2 more");
}

TEST(FolderSource, NoImages) {
  const TempDir dir;
  fs::create_directory(dir / "a");
  EXPECT_EQ(list_folder(dir.path()).status().to_string(),
            "error[import.source] " + dir.path() + ": has no images in its 1 class folder");
  write_text(dir / "b/readme.md", "text");
  EXPECT_EQ(list_folder(dir.path()).status().to_string(),
            "error[import.source] " + dir.path() +
                ": has no images in its 2 class folders; 1 other file: b/readme.md");
  write_text(dir / "b/todo.txt", "text");
  EXPECT_EQ(list_folder(dir.path()).status().to_string(),
            "error[import.source] " + dir.path() +
                ": has no images in its 2 class folders; 2 other files: b/readme.md, b/todo.txt");
}

TEST(FolderSource, StopsWhenCancelled) {
  const TempDir dir;
  for (const char* name : {"a/1.jpg", "a/2.jpg", "a/sub/3.jpg", "b/4.jpg"}) write_text(dir / name, "x");
  int asked = 0;
  const auto never = [&] { return ++asked < 0; };
  ASSERT_TRUE(list_folder(dir.path(), never).ok());
  const int questions = asked;
  EXPECT_GE(questions, 8) << "at every entry that is seen";
  for (int stop = 1; stop <= questions; ++stop) {
    asked = 0;
    EXPECT_EQ(list_folder(dir.path(), [&] { return ++asked == stop; }).status().to_string(),
              "error[import.cancelled] " + dir.path() + ": was not listed: the import was cancelled");
    EXPECT_EQ(asked, stop) << "nothing is looked at any more";
  }
}

}  // namespace
}  // namespace headrace::testing
