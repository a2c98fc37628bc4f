#include "kernels/jpeg_recipe.h"

#include <algorithm>
#include <new>
#include <string>
#include <string_view>

#include "headrace/counted.h"
#include "kernels/jpeg_padding.h"
#include "kernels/jpeg_recipe_extra.h"
#include "kernels/jpeg_recipe_plain.h"
#include "kernels/jpeg_scan_encode.h"
#include "kernels/jpeg_segments.h"

namespace headrace {
namespace {

using jpeg::CodingState;
using jpeg::FillBits;
using jpeg::Piece;
using jpeg::RecipeExtra;
using jpeg::ScanEncoder;
using jpeg::SegmentReader;
using Bytes = std::vector<uint8_t>;

/// Encoders want more room than they use.
constexpr uint64_t kSinkRoom = uint64_t{64} << 10;

Status error(std::string message) { return Status("packed.recipe", "", std::move(message)); }

jpeg::ExtraLimits limits_of(std::span<const uint8_t> headers, const CoefficientImage& image) {
  return {headers.size(), jpeg::padding_count(image)};
}

/// Whether a segment's bytes go to the headers, which files of one encoder have in common, rather than to the
/// extra data: not metadata but for JFIF, Adobe and ICC; not Huffman tables made for the image.
bool is_common(const Piece& segment) {
  constexpr uint8_t kApp2 = jpeg::kApp0 + 2, kApp14 = jpeg::kApp0 + 14;
  constexpr std::string_view kIcc("ICC_PROFILE\0", 12);
  constexpr size_t kMaxSmallSegment = 32;  // JFIF without a thumbnail has 18 bytes, Adobe's has 16
  const std::span<const uint8_t> content = segment.content();
  if (segment.marker == jpeg::kCom) return false;
  if (segment.marker == jpeg::kApp0 || segment.marker == kApp14)
    return segment.bytes.size() <= kMaxSmallSegment;
  if (segment.marker == kApp2) {
    return content.size() >= kIcc.size() && std::equal(kIcc.begin(), kIcc.end(), content.begin());
  }
  if (segment.marker > jpeg::kApp0 && segment.marker <= jpeg::kApp0 + 15) return false;
  if (segment.marker != jpeg::kDht) return true;
  for (std::span<const uint8_t> rest = content; !rest.empty();) {
    jpeg::HuffmanTable table;
    const size_t used = table.read(rest.subspan(1));
    const bool ac = rest[0] >> 4 != 0;
    if (used == 0 || (table != jpeg::standard_table(ac, 0) && table != jpeg::standard_table(ac, 1)))
      return false;
    rest = rest.subspan(1 + used);
  }
  return true;
}

/// Splits a file while encoding its scans anew beside it.
class RecipeMaker {
 public:
  RecipeMaker(std::span<const uint8_t> data, const CoefficientImage& image)
      : image_(image),
        file_bytes_(data.size()),
        reader_(data),
        encoder_(image),
        sink_(scan_data_, data.size() + kSinkRoom) {}

  /// Not ok if the file cannot be coded again from its headers.
  Status run(JpegRecipe& recipe) {
    for (Piece piece = reader_.next(); piece.kind != Piece::Kind::end; piece = reader_.next()) {
      if (piece.kind == Piece::Kind::broken) return error("a segment longer than the file");
      if (piece.kind != Piece::Kind::segment) {
        leave_out(piece.bytes);
        continue;
      }
      HR_RETURN_IF_ERROR(state_.apply(piece));
      if (jpeg::is_frame_header(piece.marker)) {
        HR_RETURN_IF_ERROR(take_frame(piece));
      } else if (is_common(piece)) {
        keep(piece.bytes);
      } else {
        leave_out(piece.bytes);
      }
      if (piece.marker == jpeg::kSos) HR_RETURN_IF_ERROR(code_scan());
    }
    HR_RETURN_IF_ERROR(encoder_.complete());
    return finish(recipe);
  }

 private:
  void keep(std::span<const uint8_t> bytes) {
    headers_.insert(headers_.end(), bytes.begin(), bytes.end());
    merged_.insert(merged_.end(), bytes.begin(), bytes.end());
  }

  void leave_out(std::span<const uint8_t> bytes) {
    jpeg::insert(extra_, headers_.size() - last_insertion_, bytes);
    last_insertion_ = headers_.size();
    merged_.insert(merged_.end(), bytes.begin(), bytes.end());
  }

  Status take_frame(const Piece& piece) {
    HR_RETURN_IF_ERROR(jpeg::check_frame(state_.frame, image_));
    if (state_.frame.width != image_.width || state_.frame.height != image_.height) {
      return error("the frame header states another size than the image's");
    }
    constexpr uint8_t kNoSize[4] = {};
    keep(piece.bytes.first(jpeg::kFrameSizeOffset));
    keep(kNoSize);
    keep(piece.bytes.subspan(jpeg::kFrameSizeOffset + 4));
    return {};
  }

  Status code_scan() {
    const std::span<const uint8_t> rest = reader_.rest();
    const size_t before = sink_.used();
    fill_.learn_from(rest);
    HR_RETURN_IF_ERROR(encoder_.encode(state_, fill_, sink_));
    const std::span<const uint8_t> coded(sink_.data() + before, sink_.used() - before);
    if (coded.size() > rest.size() || !std::equal(coded.begin(), coded.end(), rest.begin())) {
      return error("the scans' data are coded differently");
    }
    reader_.skip(coded.size());
    return {};
  }

  /// Writes the extra data and makes sure that reading them gives back what the file had. With what run() has
  /// compared, that is all that rebuilding does.
  Status finish(JpegRecipe& recipe) {
    const bool coded[3] = {encoder_.padding_coded(0), encoder_.padding_coded(1), encoder_.padding_coded(2)};
    extra_.fill_mode = fill_.learnt_mode();
    if (extra_.fill_mode == jpeg::FillMode::listed) extra_.fill_bits = fill_.learnt();
    extra_.padding = jpeg::unusual_padding(image_, coded);
    recipe.headers = std::move(headers_);
    recipe.extra = jpeg::write_extra(extra_);
    recipe.file_bytes = file_bytes_;
    if (recipe.extra.empty()) return {};
    RecipeExtra again;
    HR_RETURN_IF_ERROR(jpeg::read_extra(recipe.extra, limits_of(recipe.headers, image_), again));
    if (jpeg::merge_insertions(recipe.headers, again) != merged_ || again.fill_mode != extra_.fill_mode ||
        again.fill_bits != extra_.fill_bits) {
      return error("the extra data read back differently");
    }
    return check_padding(again, coded);
  }

  Status check_padding(const RecipeExtra& again, std::span<const bool> coded) const {
    if (again.padding.empty() && extra_.padding.empty()) return {};
    CoefficientImage filled = image_;
    const bool fits = jpeg::fill_padding(filled, again.padding);
    for (size_t i = 0; i < filled.components.size(); ++i) {
      if (!fits || (coded[i] && filled.components[i].blocks != image_.components[i].blocks)) {
        return error("the padding blocks read back differently");
      }
    }
    return {};
  }

  const CoefficientImage& image_;
  uint64_t file_bytes_;
  SegmentReader reader_;
  CodingState state_;
  ScanEncoder encoder_;
  FillBits fill_;
  Bytes scan_data_;
  jpeg::ByteSink sink_;
  Bytes headers_, merged_;
  RecipeExtra extra_;
  size_t last_insertion_ = 0;
};

/// The file, from its headers with all insertions.
Status write_pieces(std::span<const uint8_t> merged, const CoefficientImage& image, FillBits& fill,
                    jpeg::ByteSink& sink) {
  CodingState state;
  ScanEncoder encoder(image);
  SegmentReader reader(merged);
  for (Piece piece = reader.next(); piece.kind != Piece::Kind::end; piece = reader.next()) {
    if (piece.kind == Piece::Kind::broken) return error("a segment longer than the headers");
    uint8_t* to = sink.reserve(piece.bytes.size());
    if (!to) return error("the headers are too long");
    std::copy(piece.bytes.begin(), piece.bytes.end(), to);
    sink.advance_to(to + piece.bytes.size());
    if (piece.kind != Piece::Kind::segment) continue;
    HR_RETURN_IF_ERROR(state.apply(piece));
    if (jpeg::is_frame_header(piece.marker)) {
      HR_RETURN_IF_ERROR(jpeg::check_frame(state.frame, image));
      if (state.frame.width != 0 || state.frame.height != 0) return error("the frame header states a size");
      const uint32_t size[] = {image.height, image.width};
      for (size_t i = 0; i < 4; ++i) {
        to[jpeg::kFrameSizeOffset + i] = static_cast<uint8_t>(size[i / 2] >> (i % 2 == 0 ? 8 : 0));
      }
    }
    if (piece.marker == jpeg::kSos) HR_RETURN_IF_ERROR(encoder.encode(state, fill, sink));
  }
  HR_RETURN_IF_ERROR(encoder.complete());
  if (merged[0] != 0xFF || merged[1] != jpeg::kSoi)
    return error("the headers do not begin with a start of image");
  if (!fill.fits()) return error("extra data: the fill bits are not those of the scans");
  return {};
}

Status write_file(std::span<const uint8_t> merged, const CoefficientImage& image, FillBits& fill,
                  uint64_t max_bytes, Bytes& out) {
  max_bytes = std::min<uint64_t>(max_bytes, SIZE_MAX / 2);
  jpeg::ByteSink sink(out, max_bytes + kSinkRoom);
  const Status written = write_pieces(merged, image, fill, sink);
  if (sink.full() || (written.ok() && sink.used() > max_bytes)) {
    return {"packed.too_long", "", "the file has more than " + counted(max_bytes, "byte")};
  }
  if (written.ok()) sink.finish();
  return written;
}

Status rebuild(std::span<const uint8_t> headers, std::span<const uint8_t> extra_bytes,
               CoefficientImage& image, uint64_t max_bytes, Bytes& out) {
  HR_RETURN_IF_ERROR(jpeg::check_image(image));
  RecipeExtra extra;
  HR_RETURN_IF_ERROR(jpeg::read_extra(extra_bytes, limits_of(headers, image), extra));
  const Bytes merged = jpeg::merge_insertions(headers, extra);
  if (!jpeg::fill_padding(image, extra.padding))
    return error("extra data: more padding blocks than the image has");
  FillBits fill(extra.fill_mode, extra.fill_bits);
  return write_file(merged, image, fill, max_bytes, out);
}

/// A recipe for a file with the same coefficients and metadata.
Status make_plain(std::span<const uint8_t> data, const CoefficientImage& image, JpegRecipe& recipe) {
  CoefficientImage padded = image;
  Bytes out;
  Status status;
  for (const bool every_symbol : {false, true}) {
    recipe.headers = jpeg::plain_headers(data, image, every_symbol);
    recipe.extra.clear();
    out.clear();
    status = rebuild(recipe.headers, recipe.extra, padded, UINT64_MAX, out);
    recipe.file_bytes = out.size();
    if (status.ok()) return status;
  }
  return status;
}

Status make(std::span<const uint8_t> data, const CoefficientImage& image, JpegRecipe& recipe,
            bool& byte_exact) {
  HR_RETURN_IF_ERROR(jpeg::check_image(image));
  byte_exact = RecipeMaker(data, image).run(recipe).ok();
  return byte_exact ? Status() : make_plain(data, image, recipe);
}

Status out_of_memory() { return Status("decode.limit", "", "out of memory while rebuilding a JPEG file"); }

}  // namespace

Status make_jpeg_recipe(std::span<const uint8_t> data, const CoefficientImage& image, JpegRecipe& recipe,
                        bool& byte_exact) try {
  byte_exact = false;
  return make(data, image, recipe, byte_exact);
} catch (const std::bad_alloc&) {
  return out_of_memory();
}

Status jpeg_rebuild(std::span<const uint8_t> headers, std::span<const uint8_t> extra, CoefficientImage& image,
                    uint64_t max_bytes, std::vector<uint8_t>& out) try {
  out.clear();
  Status status = rebuild(headers, extra, image, max_bytes, out);
  if (!status.ok()) out.clear();
  return status;
} catch (const std::bad_alloc&) {
  return out_of_memory();
}

}  // namespace headrace
