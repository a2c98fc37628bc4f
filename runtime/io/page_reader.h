// Reads pages and samples of a dataset file into memory, and checks them against the page's hash.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "headrace/status.h"
#include "runtime/dataset/mapped_dataset.h"
#include "runtime/io/sample_extent.h"
#include "runtime/platform/buffer.h"
#include "runtime/platform/data_file.h"

namespace headrace {

/// Why bytes could not be read; no failure if both are empty.
struct ReadFailure {
  Status io;           ///< the file cannot be read
  std::string damage;  ///< what is wrong with the page

  bool ok() const { return io.ok() && damage.empty(); }
};

/// Bytes of the file in memory.
struct ReadBytes {
  const uint8_t* data = nullptr;  ///< byte `begin` of the file
  uint64_t begin = 0;
};

/// Thread-safe.
class PageReader {
 public:
  /// A buffer of the calling thread, to pass pages through.
  using Scratch = platform::Buffer;

  PageReader(const MappedDataset& dataset, platform::DataFile file)
      : dataset_(dataset), file_(std::move(file)) {}

  uint64_t alignment() const { return file_.alignment(); }
  bool drops_on_read() const { return file_.drops_on_read(); }

  /// Memory that the read of an extent needs: a multiple of alignment(), to start at one.
  uint64_t memory_for(const Extent& extent) const;

  /// Where the bytes of an extent come to lie in its memory.
  ReadBytes place(const Extent& extent, uint8_t* memory) const;

  /// Reads a whole page. Checks its hash each time, since each time it comes from the device.
  ReadFailure read_page(uint64_t page, uint8_t* memory) const;

  /// Reads a part of a page. A page that nobody has checked yet is read as a whole, once, in pieces.
  ReadFailure read_part(uint64_t page, const Extent& extent, uint8_t* memory, Scratch& scratch) const;

  uint64_t bytes_read() const { return bytes_read_.load(std::memory_order_relaxed); }
  uint64_t reads() const { return reads_.load(std::memory_order_relaxed); }

 private:
  Extent aligned(const Extent& extent) const;
  Status read(const Extent& extent, uint64_t needed, uint8_t* memory) const;
  ReadFailure read_through(uint64_t page, const Extent& extent, uint8_t* memory, Scratch& scratch) const;

  const MappedDataset& dataset_;
  const platform::DataFile file_;
  mutable std::atomic<uint64_t> bytes_read_ = 0, reads_ = 0;
};

}  // namespace headrace
