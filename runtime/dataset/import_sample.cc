#include "runtime/dataset/import_sample.h"

#include <new>
#include <string_view>
#include <utility>

#include "kernels/decoder.h"
#include "kernels/jpeg_decode.h"
#include "kernels/jpeg_info.h"
#include "runtime/dataset/printable.h"
#include "runtime/platform/file_io.h"

namespace headrace {
namespace {

/// More pixel memory than this is not kept from image to image.
constexpr size_t kKeptPixels = 32u << 20;

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

/// The import was stopped while this sample waited for memory; nobody looks at the result.
Status stopped() { return {"import.cancelled", "", "stopped"}; }

/// What the decoder says, as a problem of the file.
Status undecodable(const Status& cause, const std::string& where) {
  std::string code = "import.damaged";
  if (cause.code() == "decode.unsupported") code = "import.unsupported";
  if (cause.code() == "decode.limit") code = "import.limit";
  return {code, where, cause.errors().front().message};
}

}  // namespace

SampleImporter::SampleImporter(const ImportOptions& options)
    : options_(options), decoder_(hr_decoder_create(&options.limits)) {}

SampleImporter::~SampleImporter() {
  if (decoder_ != nullptr) hr_decoder_destroy(decoder_);
}

Status SampleImporter::to_rgb(const Reserve& reserve, ImportedSample& s) {
  if (decoder_ == nullptr) return {"decode.memory", "", "there is no memory for a decoder"};
  const RgbSize from{s.width, s.height};
  const RgbSize to = limited_size(from, options_.max_side, options_.short_side);
  const uint64_t bytes = uint64_t{from.width} * from.height * 3;
  // The image, its horizontally shrunk rows and the result, which is never larger than either.
  if (!reserve(to == from ? bytes : bytes + 2 * (uint64_t{to.width} * from.height * 3))) return stopped();
  pixels_.resize(bytes);
  const PixelRect whole{.top = 0, .left = 0, .rows = from.height, .cols = from.width};
  HR_RETURN_IF_ERROR(decode_rgb(decoder_, s.payload, from.width, from.height, whole, pixels_.data(),
                                size_t{from.width} * 3, &s.warnings));
  s.payload = to == from ? std::exchange(pixels_, {}) : resizer_.resize(pixels_, from, to);
  if (pixels_.capacity() > kKeptPixels) {
    pixels_ = {};
    resizer_ = {};
  }
  s.encoding = HR_ENCODING_RGB;
  s.width = to.width;
  s.height = to.height;
  s.channels = 3;
  return {};
}

Status SampleImporter::read_source(const std::string& path, const Reserve& reserve,
                                   std::vector<uint8_t>& out) {
  HR_ASSIGN_OR_RETURN(const platform::OpenFile opened,
                      platform::OpenFile::read_only(path, "import.unreadable"));
  if (opened.size() <= options_.max_file_bytes && !reserve(opened.size())) return stopped();
  return platform::read_all(opened, options_.max_file_bytes, path, "import.unreadable", out);
}

ImportedSample SampleImporter::import(const SourceFile& file, const Reserve& reserve) {
  const std::string where = printable(file.path);
  ImportedSample s;
  const auto fail = [](Status problem) {
    ImportedSample bad;
    bad.problem = std::move(problem);
    return bad;
  };
  try {
    if (Status read = read_source(file.path, reserve, s.payload); !read.ok()) {
      return fail({read.code(), where, read.errors().front().message});
    }
    s.source_bytes = s.payload.size();
    if (Status kind = check_kind(s.payload, where); !kind.ok()) return fail(std::move(kind));

    JpegInfo info;
    if (options_.encoding == ImportOptions::Encoding::jpeg) {
      if (const Status st = jpeg_check(s.payload, options_.limits, info, s.warnings); !st.ok()) {
        return fail(undecodable(st, where));
      }
    } else {
      const Expected<JpegInfo> header = jpeg_info(s.payload, options_.limits);
      if (!header.ok()) return fail(undecodable(header.status(), where));
      info = *header;
    }
    s.encoding = HR_ENCODING_JPEG;
    s.width = info.width;
    s.height = info.height;
    s.channels = info.components;
    s.orientation = info.orientation;
    if (options_.encoding == ImportOptions::Encoding::rgb) {
      if (const Status st = to_rgb(reserve, s); !st.ok()) return fail(undecodable(st, where));
    }
  } catch (const std::bad_alloc&) {
    return fail({"import.unreadable", where, "needs more memory than there is"});
  }
  return s;
}

}  // namespace headrace
