// Samples from memory into a dataset file: images are packed on several threads, samples stay in order.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/status.h"
#include "runtime/dataset/import.h"
#include "runtime/dataset/import_sample.h"

namespace headrace::python {

/// An image file's bytes, to be stored as ImportOptions::encoding says.
struct ImageFile {
  std::vector<uint8_t> bytes;
};

/// height x width x 3 bytes, stored as they are.
struct ImagePixels {
  std::vector<uint8_t> bytes;
  uint32_t width = 0, height = 0;
};

using SampleValue = std::variant<int64_t, double, std::string, ImageFile, ImagePixels>;
using Sample = std::vector<SampleValue>;

/// For one thread at a time. Samples are collected into groups; while one is packed, the next is collected.
class SamplePackingWriter {
 public:
  static Expected<std::unique_ptr<SamplePackingWriter>> create(const std::string& path, Schema schema,
                                                               const ImportOptions& options);
  ~SamplePackingWriter();
  SamplePackingWriter(const SamplePackingWriter&) = delete;
  SamplePackingWriter& operator=(const SamplePackingWriter&) = delete;

  /// One value for each field of the schema, of its kind. Errors are those of this or of an earlier sample:
  /// "import.*", and those of DatasetWriter. After an error nothing but destruction is allowed.
  Status add(Sample sample);

  /// Writes what is left and publishes the file.
  Status finish();

  uint64_t written() const { return written_; }
  uint64_t skipped() const { return skipped_; }
  uint64_t source_bytes() const { return source_bytes_; }

 private:
  struct Item {
    uint64_t number = 0;  ///< in the order of add()
    Sample values;
    std::vector<ImportedSample> images;  ///< one for each ImageFile, in order
  };

  SamplePackingWriter(Schema schema, const ImportOptions& options, unsigned threads,
                      std::unique_ptr<DatasetWriter> writer);

  void start_group();
  Status write_group();
  Status write_item(const Item& item, bool& skipped);
  std::string place(uint64_t number, size_t field) const;
  void pack(Item& item, SampleImporter& importer) const;

  const Schema schema_;
  const ImportOptions options_;
  std::unique_ptr<DatasetWriter> writer_;
  std::vector<std::unique_ptr<SampleImporter>> importers_;  ///< one for each thread
  std::vector<Item> collected_, packing_;
  uint64_t collected_bytes_ = 0;
  std::vector<std::future<void>> packers_;
  uint64_t added_ = 0, written_ = 0, skipped_ = 0, source_bytes_ = 0;
};

}  // namespace headrace::python
