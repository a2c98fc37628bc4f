// One source file made into one sample: read, checked, and for `rgb` decoded and shrunk.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "headrace/status.h"
#include "runtime/dataset/folder_source.h"
#include "runtime/dataset/import.h"
#include "runtime/dataset/pack_sample.h"
#include "runtime/dataset/rgb_resize.h"

namespace headrace {

struct ImportedSample {
  Status problem;  ///< at most one diagnostic, `where` is the path; the rest is empty then
  std::vector<uint8_t> payload;
  uint32_t encoding = HR_ENCODING_NONE, width = 0, height = 0, channels = 0;
  uint32_t detail = 0;       ///< as of FieldValue::image()
  std::string kept;          ///< why it was not packed, if it was to be
  bool exact = true;         ///< export can write it again byte for byte, if it is a packed image
  unsigned orientation = 1;  ///< EXIF
  uint64_t warnings = 0;     ///< oddities the decoder tolerated
  uint64_t source_bytes = 0;
};

/// Asks for memory before it is taken. If the answer is no, the sample's result is not going to be used.
using Reserve = std::function<bool(uint64_t bytes)>;

/// For one thread at a time.
class SampleImporter {
 public:
  explicit SampleImporter(const ImportOptions& options);
  ~SampleImporter();
  SampleImporter(const SampleImporter&) = delete;
  SampleImporter& operator=(const SampleImporter&) = delete;

  ImportedSample import(const SourceFile& file, const Reserve& reserve);

  /// The same for a file that is in memory; problems name it by `where`.
  ImportedSample import_bytes(std::vector<uint8_t> bytes, const std::string& where, const Reserve& reserve);

 private:
  Status convert(const std::string& where, const Reserve& reserve, ImportedSample& sample);
  Status read_source(const std::string& path, const Reserve& reserve, std::vector<uint8_t>& out);
  Status read_header(const Reserve& reserve, ImportedSample& sample);
  Status check_jpeg(ImportedSample& sample);
  Status to_coefficients(ImportedSample& sample);
  Status to_rgb(const Reserve& reserve, ImportedSample& sample);

  const ImportOptions& options_;
  void* decoder_;
  std::vector<uint8_t> pixels_;
  RgbResizer resizer_;
  SamplePacker packer_;
  std::vector<uint8_t> packed_;
};

}  // namespace headrace
