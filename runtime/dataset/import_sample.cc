#include "runtime/dataset/import_sample.h"

#include <new>
#include <string_view>
#include <utility>

#include "kernels/decode_limits.h"
#include "kernels/decoder.h"
#include "kernels/jpeg_decode.h"
#include "kernels/jpeg_info.h"
#include "runtime/dataset/printable.h"
#include "runtime/platform/file_io.h"

namespace headrace {
namespace {

using Encoding = ImportOptions::Encoding;

/// More memory than this is not kept from image to image.
constexpr size_t kKeptBytes = 32u << 20;

/// The only file kind that is stored is JPEG; says what else the bytes are.
Status check_kind(std::span<const uint8_t> bytes, const std::string& where) {
  if (bytes.empty()) return {"import.damaged", where, "is empty"};
  const SourceKind kind = sniff(bytes);
  if (kind == SourceKind::jpeg) return {};
  if (kind == SourceKind::unknown) {
    return {"import.not_an_image", where, "is not an image: its content is of no known image format"};
  }
  return {"import.unsupported", where,
          "is a " + std::string(source_kind_name(kind)) + " image, which is not supported yet (JPEG is)"};
}

ImportedSample failed(Status problem) {
  ImportedSample bad;
  bad.problem = std::move(problem);
  return bad;
}

/// The import was stopped while this sample waited for memory; nobody looks at the result.
Status stopped() { return {"import.cancelled", "", "stopped"}; }

/// What the decoder says, as a problem of the file.
Status undecodable(const Status& cause, const std::string& where) {
  std::string code = "import.damaged";
  if (cause.code() == "decode.unsupported") code = "import.unsupported";
  if (cause.code() == "decode.limit") code = "import.limit";
  if (cause.code().ends_with("internal")) code = "internal";
  return {code, where, cause.errors().front().message};
}

}  // namespace

SampleImporter::SampleImporter(const ImportOptions& options) : options_(options) {
  const hr_decode_limits limits = to_c_limits(options.limits);
  decoder_ = hr_decoder_create(&limits);
}

SampleImporter::~SampleImporter() {
  if (decoder_ != nullptr) hr_decoder_destroy(decoder_);
}

Status SampleImporter::to_rgb(const Reserve& reserve, ImportedSample& s) {
  if (decoder_ == nullptr) return {"decode.memory", "", "there is no memory for a decoder"};
  const RgbSize from{s.width, s.height};
  const RgbSize to = limited_size(from, options_.max_side, options_.short_side);
  const uint64_t bytes = uint64_t{from.width} * from.height * 3;
  // The image, its horizontally shrunk rows and the result, which is never larger than either.
  const uint64_t memory = to == from ? bytes : bytes + 2 * (uint64_t{to.width} * from.height * 3);
  if (memory > options_.limits.max_memory) {
    return {"decode.limit", "", limit_message(Limit::memory, memory, options_.limits.max_memory)};
  }
  if (!reserve(memory)) return stopped();
  pixels_.resize(bytes);
  const PixelRect whole{.top = 0, .left = 0, .rows = from.height, .cols = from.width};
  HR_RETURN_IF_ERROR(decode_rgb(decoder_, s.payload, from.width, from.height, whole, pixels_.data(),
                                size_t{from.width} * 3));
  s.payload = to == from ? std::exchange(pixels_, {}) : resizer_.resize(pixels_, from, to);
  if (pixels_.capacity() > kKeptBytes) {
    pixels_ = {};
    resizer_ = {};
  }
  s.encoding = HR_ENCODING_RGB;
  s.width = to.width;
  s.height = to.height;
  s.channels = 3;
  return {};
}

/// Facts of the header, and memory for the coefficients if they are going to be held.
Status SampleImporter::read_header(const Reserve& reserve, ImportedSample& s) {
  HR_ASSIGN_OR_RETURN(const JpegInfo info, jpeg_info(s.payload, options_.limits));
  s.encoding = HR_ENCODING_JPEG;
  s.width = info.width;
  s.height = info.height;
  s.channels = info.components;
  s.orientation = info.orientation;
  const bool plain = options_.encoding == Encoding::jpeg || options_.encoding == Encoding::rgb;
  const uint64_t copies = !plain ? 2 : info.multiple_scans ? 1 : 0;  // libjpeg's, and the packer's
  if (copies != 0 && !reserve(copies * info.coefficient_bytes)) return stopped();
  return {};
}

Status SampleImporter::check_jpeg(ImportedSample& s) {
  JpegInfo info;
  return jpeg_check(s.payload, options_.limits, info, s.warnings);
}

Status SampleImporter::to_coefficients(ImportedSample& s) {
  const bool ycc = options_.encoding == Encoding::ycc;
  PackedSample packed;
  const PackEffort effort = options_.small ? PackEffort::small : PackEffort::fast;
  const SamplePacker::Options how{options_.byte_exact, options_.strip, effort};
  HR_RETURN_IF_ERROR(ycc ? packer_.to_planes(s.payload, options_.limits, packed, packed_, s.warnings)
                         : packer_.pack(s.payload, options_.limits, how, packed, packed_, s.warnings));
  if (packed.kept == HR_KEPT_LARGER && options_.encoding == Encoding::packed) packed.kept = 0;
  if (packed.kept != 0) {
    if (options_.encoding != Encoding::automatic) {
      const std::string what = ycc ? "kept as planes: " : "packed: ";
      return {"decode.unsupported", "", "cannot be " + what + packed.reason};
    }
    s.warnings = 0;
    HR_RETURN_IF_ERROR(check_jpeg(s));
    s.detail = packed.kept;
    s.kept = packed.reason;
    return {};
  }
  s.encoding = ycc ? HR_ENCODING_YCC : HR_ENCODING_PACKED;
  s.detail = packed.planes;
  s.exact = ycc || options_.strip || packed.byte_exact;
  s.payload.assign(packed_.begin(), packed_.end());
  if (packed_.capacity() > kKeptBytes) packed_ = {};
  return {};
}

Status SampleImporter::read_source(const std::string& path, const Reserve& reserve,
                                   std::vector<uint8_t>& out) {
  HR_ASSIGN_OR_RETURN(const platform::OpenFile opened,
                      platform::OpenFile::read_only(path, "import.unreadable"));
  if (opened.size() <= options_.max_file_bytes && !reserve(opened.size())) return stopped();
  return platform::read_all(opened, options_.max_file_bytes, path, "import.unreadable", out);
}

/// From the bytes of a file, in `s.payload`, to what is stored.
Status SampleImporter::convert(const std::string& where, const Reserve& reserve, ImportedSample& s) {
  s.source_bytes = s.payload.size();
  HR_RETURN_IF_ERROR(check_kind(s.payload, where));
  const bool plain = options_.encoding == Encoding::jpeg || options_.encoding == Encoding::rgb;
  Status status = read_header(reserve, s);
  // Before decoding to rgb too: decoding at full speed takes some damage for pixels.
  if (status.ok()) status = plain ? check_jpeg(s) : to_coefficients(s);
  if (status.ok() && options_.encoding == Encoding::rgb) status = to_rgb(reserve, s);
  if (!status.ok()) return undecodable(status, where);
  return {};
}

ImportedSample SampleImporter::import(const SourceFile& file, const Reserve& reserve) {
  const std::string where = printable(file.path);
  try {
    ImportedSample s;
    if (Status read = read_source(file.path, reserve, s.payload); !read.ok()) {
      return failed({read.code(), where, read.errors().front().message});
    }
    if (Status status = convert(where, reserve, s); !status.ok()) return failed(std::move(status));
    return s;
  } catch (const std::bad_alloc&) {
    return failed({"import.unreadable", where, "needs more memory than there is"});
  }
}

ImportedSample SampleImporter::import_bytes(std::vector<uint8_t> bytes, const std::string& where,
                                            const Reserve& reserve) {
  try {
    ImportedSample s;
    s.payload = std::move(bytes);
    if (Status status = convert(where, reserve, s); !status.ok()) return failed(std::move(status));
    return s;
  } catch (const std::bad_alloc&) {
    return failed({"import.unreadable", where, "needs more memory than there is"});
  }
}

}  // namespace headrace
