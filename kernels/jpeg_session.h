// One libjpeg decompressor with everything it points to: error handling by longjmp that never leaves
// guarded(), a source that reads from memory, and the limits. Decoders and checks are built on it.
#pragma once

#include <csetjmp>
#include <cstdint>
#include <span>

#include "kernels/decode_limits.h"
#include "kernels/jpeg_errors.h"

namespace headrace::jpeg {

/// Used by one thread at a time. libjpeg holds pointers into it, so it cannot move.
class Session {
 public:
  explicit Session(const DecodeLimits& limits);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs `body`, which may call libjpeg and fail(); false if either failed, with failure() set and the
  /// image dropped. A failure leaves `body` by longjmp: no object with a destructor may live in it.
  template <class Body>
  [[gnu::noinline]] bool guarded(Body&& body) {
    if (setjmp(jump_) != 0) {
      recover();
      return false;
    }
    body();
    return true;
  }

  enum class Purpose : uint8_t {
    pixels,  ///< decode at full speed
    check    ///< keep APP1 segments, and decode so that every bad Huffman code is noticed
  };

  /// Drops the image before, reads the header of the one in `data` (which must stay valid until
  /// close()) and checks it against the limits. Decoding is set to RGB, or CMYK for four components;
  /// islow, fancy upsampling. Inside guarded() only.
  void read_header(std::span<const uint8_t> data, Purpose purpose = Purpose::pixels);

  /// Reads every scan of a multi-scan file, then stands before the first row. Inside guarded() only. Such
  /// files take memory for all of their coefficients, which is checked against the limit.
  void start();

  /// Reads the next `count` rows into rows[0..count). Inside guarded() only.
  void read_rows(JSAMPROW* rows, JDIMENSION count);

  /// Reads and drops `count` rows, which must leave at least one row to read. Inside guarded() only.
  void skip_rows(JDIMENSION count);

  /// Reads every scan into libjpeg's coefficient arrays, one for each component, which stay until close(): in
  /// place of start() and rows. What they take (coefficient_bytes()) is for the caller to check. Inside
  /// guarded() only.
  jvirt_barray_ptr* read_coefficients();

  /// One row of the output width and components, freed with the image. Inside guarded() only.
  JSAMPROW allocate_row();

  /// Frees all that belongs to the image.
  void close();

  /// Ends guarded() with this failure.
  [[noreturn]] void fail(Fault fault, const char* format, ...) __attribute__((format(printf, 3, 4)));
  [[noreturn]] void fail_limit(Limit which, uint64_t asked, uint64_t limit);

  /// Ends guarded() if the image is going to take more bytes than the limit.
  void require_memory(uint64_t bytes) {
    if (bytes > limits_.max_memory) fail_limit(Limit::memory, bytes, limits_.max_memory);
  }

  jpeg_decompress_struct& cinfo() { return cinfo_; }
  const Failure& failure() const { return failure_; }
  uint64_t warnings() const { return warnings_; }  ///< tolerated ones, of the image read last

 private:
  static Session& of(j_common_ptr cinfo) { return *static_cast<Session*>(cinfo->client_data); }
  static void on_error(j_common_ptr cinfo);
  static void on_message(j_common_ptr cinfo, int level);
  static void on_progress(j_common_ptr cinfo);
  static boolean on_source_empty(j_decompress_ptr cinfo);
  static void on_source_skip(j_decompress_ptr cinfo, long bytes);

  void create();
  void check_header();
  void recover();
  void hand_out_chunk();

  jpeg_decompress_struct cinfo_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_source_mgr source_ = {};
  std::span<const uint8_t> unread_;  ///< what the source has not handed out yet
  size_t chunk_bytes_ = SIZE_MAX;    ///< how much it hands out at once
  jpeg_progress_mgr progress_ = {};
  std::jmp_buf jump_ = {};
  DecodeLimits limits_;
  Failure failure_;
  uint64_t warnings_ = 0;
};

/// Bytes of an image's coefficients, padding to whole MCUs included; after read_header().
uint64_t coefficient_bytes(const jpeg_decompress_struct& cinfo);

}  // namespace headrace::jpeg
