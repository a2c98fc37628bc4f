// Dataset files (.hrd): writing samples, and reading them by index without a pipeline.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headrace/abi.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace {

/// What a dataset holds: one value of each field per sample. `i64` fields may name their values.
struct Schema {
  struct Field {
    std::string name;  ///< 1 to 63 bytes of [A-Za-z0-9_], unique
    FieldKind kind = FieldKind::i64;
    std::vector<std::string> value_names;  ///< i64 only: name of value 0, 1, ... (class names); may be empty
  };
  std::vector<Field> fields;
};

/// One field of a sample, as given to the writer. Bytes are borrowed until add() returns.
struct FieldValue {
  static FieldValue integer(int64_t v) { FieldValue f; f.value = v; return f; }
  static FieldValue real(double v);
  static FieldValue bytes(std::span<const uint8_t> b) { FieldValue f; f.data = b; return f; }
  static FieldValue bytes(std::string_view s) {
    return bytes(std::span(reinterpret_cast<const uint8_t*>(s.data()), s.size()));
  }
  /// `detail`: HR_PLANES_* for the plane encodings, HR_KEPT_* for `jpeg`, else 0.
  static FieldValue image(std::span<const uint8_t> payload, uint32_t encoding, uint32_t width, uint32_t height,
                          uint32_t channels = 3, uint32_t detail = 0);

  int64_t value = 0;  ///< scalars (f64 by its bits)
  std::span<const uint8_t> data;
  uint32_t encoding = HR_ENCODING_NONE, width = 0, height = 0, channels = 0, detail = 0;
};

struct WriterOptions {
  uint64_t page_size = 8u << 20;  ///< bytes; a power of two, 64 KiB to 1 GiB
  bool overwrite = false;         ///< replace an existing file
};

/// Writes a dataset file, all or nothing: until finish() succeeds nothing exists at `path`, and
/// destroying an unfinished writer removes its temporary file. Not thread-safe.
class DatasetWriter {
 public:
  static Expected<std::unique_ptr<DatasetWriter>> create(const std::string& path, Schema schema,
                                                         const WriterOptions& options = {});
  virtual ~DatasetWriter() = default;

  /// Appends a sample: one value per schema field, in order.
  virtual Status add(std::span<const FieldValue> values) = 0;

  /// Writes the index, flushes to disk and publishes the file under its name.
  virtual Status finish() = 0;
};

struct OpenOptions {
  bool verify_pages = true;  ///< check each page's XXH3-64 the first time a sample in it is read
};

/// A dataset file, memory-mapped, read-only. Thread-safe.
class Dataset {
 public:
  static Expected<std::shared_ptr<const Dataset>> open(const std::string& path, const OpenOptions& options = {});
  virtual ~Dataset() = default;

  virtual uint64_t size() const = 0;  ///< samples
  virtual const Schema& schema() const = 0;
  virtual const std::string& path() const = 0;
  virtual uint64_t file_bytes() const = 0;

  /// Index of a field, if there is one of that name.
  virtual std::optional<size_t> field_index(std::string_view name) const = 0;

  /// Metadata of every field of a sample, in schema order: sizes, dimensions, scalars; data is null.
  virtual Status metadata(uint64_t sample, std::span<hr_field> out) const = 0;

  /// The same with data pointers into the mapping; the sample's pages are verified first. At least
  /// HR_BUFFER_ALIGNMENT bytes beyond each payload are readable.
  virtual Status read(uint64_t sample, std::span<hr_field> out) const = 0;

  /// Page that holds the first payload byte of a sample; never less than that of the sample before.
  virtual uint64_t page_of(uint64_t sample) const = 0;
  virtual uint64_t page_count() const = 0;
  virtual uint64_t page_size() const = 0;

  /// Bytes of a page below page_count(); more than page_size() where a sample is larger than that.
  virtual uint64_t page_bytes(uint64_t /*page*/) const { return page_size(); }

  /// Hash of its schema and of every sample's content, whatever the page size: 32 hexadecimal digits.
  virtual std::string fingerprint() const = 0;

  /// Encodings of its images: bit e for HR_ENCODING_* e. A pipeline compiled for the dataset can run these.
  virtual uint32_t encodings() const = 0;

  /// The sample's key (the field "key" if the schema has one, else "#<index>"), for messages.
  virtual std::string key(uint64_t sample) const = 0;
};

}  // namespace headrace
