// Writing a dataset file from a folder of images, on several threads, with the same bytes for any number.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/limits.h"
#include "headrace/status.h"

namespace headrace {

struct ImportProgress {
  uint64_t done = 0, total = 0;  ///< files
  uint64_t source_bytes = 0;     ///< of the files done
  double seconds = 0;
};

struct ImportOptions {
  enum class Encoding : uint8_t {
    automatic,  ///< packed, or jpeg for what cannot be packed
    packed,     ///< what cannot be packed is an error
    jpeg,       ///< the files, untouched
    rgb,        ///< decoded pixels
    ycc         ///< decoded component planes
  };
  enum class OnError : uint8_t { raise, skip };

  Encoding encoding = Encoding::automatic;
  bool byte_exact = false;  ///< automatic, packed: only what export can write again byte for byte is packed
  bool strip = false;       ///< packed: drop metadata, and with it the means to write the JPEG again
  bool small = false;       ///< packed: code tables that make images smaller and decoding slower
  std::optional<uint32_t> max_side;    ///< rgb: shrink so that the long side has at most so many pixels
  std::optional<uint32_t> short_side;  ///< rgb: shrink so that the short side has at most so many pixels
  unsigned threads = 0;                ///< 0: as many as a loader takes by default
  uint64_t page_size = WriterOptions{}.page_size;
  std::optional<uint64_t> shuffle_seed = 0;  ///< none: samples in source order
  OnError on_error = OnError::raise;         ///< raise: list every bad file and write nothing
  bool overwrite = false;
  DecodeLimits limits;
  uint64_t max_file_bytes = 256u << 20;  ///< larger source files are refused
  uint64_t memory_budget = 512u << 20;   ///< bytes of images in flight; one may exceed it alone
  std::function<void(const ImportProgress&)> progress;  ///< called on the calling thread, after every file
  const std::atomic<bool>* cancel = nullptr;            ///< set it to stop; nothing is left behind
};

struct ImportReport {
  uint64_t samples = 0;                       ///< written
  uint64_t source_bytes = 0;                  ///< of the files written
  uint64_t payload_bytes = 0;                 ///< of the images as stored
  std::map<std::string, uint64_t> encodings;  ///< images by encoding name
  uint64_t file_bytes = 0;                    ///< of the dataset file
  double seconds = 0;
  std::vector<std::string> classes;
  std::vector<std::string> empty_classes;  ///< classes without a sample; they keep their label
  std::vector<Diagnostic> skipped;         ///< on_error skip: every bad file, in source order
  uint64_t unsupported = 0;                ///< of those, images of a kind that is not supported yet
  std::vector<std::string> other_files;    ///< files that are no images
  uint64_t hidden = 0;                     ///< files and folders whose name starts with a dot
  uint64_t oriented = 0;                   ///< images with an EXIF orientation other than 1; stored unturned
  uint64_t files_with_warnings = 0;        ///< images the decoder found odd but whole
  std::vector<Diagnostic> kept;            ///< automatic: JPEGs that were not packed, and why
  std::vector<std::string> not_exact;      ///< keys of packed images that export cannot write byte for byte
};

/// Writes `path` from the folder `source`, which has one subfolder per class. Fields: image "image", i64
/// "label" (value names: the classes), bytes "key" (path in the folder). Every file is decoded in full first.
/// Errors: "import.options", "import.source", "import.layout", per file "import.unreadable",
/// "import.not_an_image", "import.unsupported", "import.limit", "import.damaged"; "import.cancelled";
/// "loader.threads" (LOCAL_WORLD_SIZE); and those of DatasetWriter. With any error nothing exists at `path`
/// that was not there before.
Expected<ImportReport> import_folder(const std::string& source, const std::string& path,
                                     const ImportOptions& options);

}  // namespace headrace
