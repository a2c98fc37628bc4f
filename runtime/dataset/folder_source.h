// A folder with one subfolder per class, as a list of image files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "headrace/status.h"

namespace headrace {

struct SourceFile {
  std::string path;  ///< to open it
  std::string key;   ///< relative to the folder, "class/sub/name.jpg"
  uint32_t label = 0;
};

struct FolderListing {
  std::vector<std::string> classes;      ///< names of the subfolders, sorted bytewise; label = index
  std::vector<SourceFile> files;         ///< by class, then by key, bytewise
  std::vector<std::string> other_files;  ///< keys of files that are no images, by name and content
  uint64_t hidden = 0;                   ///< files and folders whose name starts with a dot; not looked into
  Status problems;                       ///< "import.unreadable": files and folders that cannot be examined
};

/// Lists `root`. A file counts as an image by its extension or, without a known one, by its first bytes.
/// Subfolders of classes are searched; links to files and folders are followed. Errors: "import.source"
/// (no such folder, no class folders, no images), "import.layout" (files beside the class folders),
/// "import.cancelled": `cancelled`, which is asked before every entry, said yes.
Expected<FolderListing> list_folder(
    const std::string& root, const std::function<bool()>& cancelled = [] { return false; });

}  // namespace headrace
