#include "runtime/dataset/folder_source.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "headrace/counted.h"
#include "kernels/jpeg_info.h"
#include "runtime/dataset/printable.h"
#include "runtime/platform/file_io.h"

namespace headrace {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxDepth = 64;
constexpr size_t kNamedAtMost = 10;
constexpr size_t kSniffBytes = 64;

constexpr std::array<std::string_view, 16> kImageExtensions = {"jpg",  "jpeg", "jpe",  "jfif", "jif", "png",
                                                               "webp", "gif",  "bmp",  "dib",  "tif", "tiff",
                                                               "avif", "heic", "heif", "jxl"};

bool has_image_extension(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(name.substr(dot + 1));
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(kImageExtensions.begin(), kImageExtensions.end(), extension) != kImageExtensions.end();
}

class Lister {
 public:
  Lister(FolderListing& out, const std::function<bool()>& cancelled) : out_(out), cancelled_(cancelled) {}

  /// From then on nothing more is looked at.
  bool cancelled() { return stopped_ = stopped_ || cancelled_(); }

  struct Entry {
    std::string name;
    fs::file_status status;  ///< of what a link points to
  };

  /// The visible entries of a folder, sorted bytewise by name.
  bool entries(const std::string& path, std::vector<Entry>& out) {
    std::error_code error;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      if (cancelled()) return false;
      Entry e;
      e.name = it->path().filename().string();
      if (e.name.front() == '.') {
        ++out_.hidden;
        continue;
      }
      // A link that leads nowhere has no status; it is reported where it is used.
      std::error_code ignored;
      e.status = it->status(ignored);
      out.push_back(std::move(e));
    }
    if (error) {
      unreadable(path, "cannot be listed: " + platform::errno_text(error.value()));
      return false;
    }
    std::sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return true;
  }

  /// Adds a folder's files and those of its subfolders under one label.
  void add_folder(const std::string& path, const std::string& key, uint32_t label,
                  std::vector<std::string>& above) {
    std::error_code error;
    const std::string real = fs::canonical(path, error).string();
    if (error) return unreadable(path, "cannot be examined: " + platform::errno_text(error.value()));
    if (std::find(above.begin(), above.end(), real) != above.end()) {
      return unreadable(path, "is a link to a folder that contains it");
    }
    if (above.size() >= kMaxDepth) return unreadable(path, "is nested more than 64 folders deep");
    std::vector<Entry> found;
    if (!entries(path, found)) return;
    above.push_back(real);
    for (const Entry& e : found) {
      if (cancelled()) break;
      add_entry(path + "/" + e.name, key + "/" + e.name, e, label, above);
    }
    above.pop_back();
  }

 private:
  void unreadable(const std::string& path, const std::string& what) {
    out_.problems.add("import.unreadable", printable(path), what);
  }

  void add_entry(const std::string& path, const std::string& key, const Entry& e, uint32_t label,
                 std::vector<std::string>& above) {
    switch (e.status.type()) {
      case fs::file_type::directory:
        return add_folder(path, key, label, above);
      case fs::file_type::regular:
        break;
      case fs::file_type::none:
      case fs::file_type::not_found:
        return unreadable(path, "is a link that leads nowhere");
      default:
        out_.other_files.push_back(key);
        return;  // devices and pipes are not opened
    }
    if (!has_image_extension(e.name)) {
      std::vector<uint8_t> start;
      if (const Status read = platform::read_prefix(path, kSniffBytes, "import.unreadable", start);
          !read.ok()) {
        return unreadable(path, read.errors().front().message);
      }
      if (sniff(start) == SourceKind::unknown) {
        out_.other_files.push_back(key);
        return;
      }
    }
    out_.files.push_back({path, key, label});
  }

  FolderListing& out_;
  const std::function<bool()>& cancelled_;
  bool stopped_ = false;
};

Status cancelled_status(const std::string& root) {
  return {"import.cancelled", root, "was not listed: the import was cancelled"};
}

std::string name_some(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kNamedAtMost; ++i)
    text += (i == 0 ? "" : ", ") + printable(names[i]);
  if (names.size() > kNamedAtMost) text += " and " + std::to_string(names.size() - kNamedAtMost) + " more";
  return text;
}

}  // namespace

Expected<FolderListing> list_folder(const std::string& root, const std::function<bool()>& cancelled) {
  if (root.empty()) return Status("import.source", "", "the name of the source folder is empty");
  std::error_code error;
  const fs::file_status status = fs::status(root, error);
  if (status.type() == fs::file_type::not_found) return Status("import.source", root, "does not exist");
  if (error)
    return Status("import.source", root, "cannot be examined: " + platform::errno_text(error.value()));
  if (status.type() != fs::file_type::directory) {
    return Status("import.source", root,
                  "is not a folder; a folder with one subfolder per class is expected");
  }

  FolderListing listing;
  Lister lister(listing, cancelled);
  std::vector<Lister::Entry> top;
  if (!lister.entries(root, top)) {
    if (lister.cancelled()) return cancelled_status(root);
    return Status("import.source", root, listing.problems.errors().front().message);
  }
  std::vector<std::string> stray;
  for (const Lister::Entry& e : top) {
    if (e.status.type() == fs::file_type::directory) {
      listing.classes.push_back(e.name);
    } else {
      stray.push_back(e.name);
    }
  }
  if (!stray.empty()) {
    return Status("import.layout", root,
                  "has " + counted(stray.size(), "file") +
                      " beside its class folders; every image belongs into the subfolder of its class: " +
                      name_some(stray));
  }
  if (listing.classes.empty()) {
    return Status("import.source", root, "has no subfolders; one subfolder per class is expected");
  }
  const std::string base = root.back() == '/' ? root : root + "/";
  for (size_t label = 0; label < listing.classes.size(); ++label) {
    const std::string& name = listing.classes[label];
    std::vector<std::string> above;
    const size_t first = listing.files.size();
    lister.add_folder(base + name, name, static_cast<uint32_t>(label), above);
    if (lister.cancelled()) return cancelled_status(root);
    // Within a class the whole key decides, so that the order does not depend on how folders nest.
    std::sort(listing.files.begin() + static_cast<ptrdiff_t>(first), listing.files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.key < b.key; });
  }
  std::sort(listing.other_files.begin(), listing.other_files.end());
  if (listing.files.empty() && listing.problems.ok()) {
    std::string message = "has no images in its " + std::to_string(listing.classes.size()) + " class folder" +
                          (listing.classes.size() == 1 ? "" : "s");
    if (!listing.other_files.empty()) {
      message += "; " + std::to_string(listing.other_files.size()) +
                 (listing.other_files.size() == 1 ? " other file: " : " other files: ") +
                 name_some(listing.other_files);
    }
    return Status("import.source", root, message);
  }
  return listing;
}

}  // namespace headrace
