// Writing the images of a dataset back as the files they came from.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/limits.h"
#include "headrace/status.h"

namespace headrace {

struct ExportOptions {
  bool overwrite = false;  ///< replace files that are there
  DecodeLimits limits;
  std::function<void(uint64_t done, uint64_t total, uint64_t bytes)> progress;  ///< after every file
  const std::atomic<bool>* cancel = nullptr;  ///< set it to stop between files
};

struct ExportReport {
  uint64_t files = 0, bytes = 0;
  uint64_t untouched = 0;                       ///< stored as they were
  uint64_t byte_exact = 0;                      ///< packed, written again byte for byte
  std::vector<std::string> coefficients_exact;  ///< names of files with the same coefficients but other bytes
};

/// Writes every image of the dataset's image field to `folder`, under its key (a relative path) or, without a
/// field "key", as 00000000.jpg and so on. Each file appears whole or not at all. Every page is read once.
/// Errors, before anything is written: "export.dataset" (not a dataset file), "export.field",
/// "export.encoding" (decoded pixels have no file to go back to), "export.key" (a key that leads out of the
/// folder, or two that are equal); then "export.encoding" (a stripped image), "export.damaged",
/// "export.limit", "data.exists", "data.io", "export.cancelled".
Expected<ExportReport> export_images(const Dataset& dataset, const std::string& folder,
                                     const ExportOptions& options);

}  // namespace headrace
