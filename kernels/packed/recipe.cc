#include "kernels/packed/recipe.h"

#include <zstd.h>

#include <array>
#include <cstring>
#include <memory>

#include "kernels/jpeg_zigzag.h"
#include "kernels/packed/layout.h"

namespace headrace::packed {
namespace {

/// Sizes before the compressed bytes.
struct Sizes {
  uint32_t headers = 0, extra = 0;
};

constexpr int kLevel = 9;
/// Before compression. What a reader gives memory for on the word of a few bytes; files with more beside their image stay
/// as they are.
constexpr uint64_t kMaxRecipe = uint64_t{64} << 20;

// The example Huffman tables of ITU-T T.81, section K.3: code counts by length, then values. AC values are listed by
// rule: the table's first part in order of length, the rest ascending.
constexpr uint8_t kDcCounts[2][16] = {{0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0},
                                      {0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0}};
constexpr uint8_t kAcCounts[2][16] = {{0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d},
                                      {0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77}};
constexpr uint8_t kAcLuma[] = {0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22, 0x71,
                               0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82};
constexpr uint8_t kAcChroma[] = {0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22,
                                 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1,
                                 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1};

class Dictionary {
 public:
  explicit Dictionary(std::span<const QuantTable> quant) {
    bytes_.reserve(1024);
    static constexpr uint8_t kScan[] = {0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0};
    static constexpr uint8_t kStart[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
    static constexpr uint8_t kFrame[] = {0xFF, 0xC0, 0, 17, 8, 0, 0, 0, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1};
    add(kStart);
    for (size_t t = 0; t < quant.size() && t < 2; ++t) {
      add(std::array<uint8_t, 5>{0xFF, 0xDB, 0, 67, uint8_t(t)});
      for (const uint8_t at : jpeg::kZigzagToNatural) bytes_.push_back(uint8_t(quant[t][at]));
    }
    add(kFrame);
    for (uint8_t t = 0; t < 2; ++t) {
      add(std::array<uint8_t, 5>{0xFF, 0xC4, 0, 31, t});
      add(kDcCounts[t]);
      for (uint8_t v = 0; v < 12; ++v) bytes_.push_back(v);
      add(std::array<uint8_t, 5>{0xFF, 0xC4, 0, 181, uint8_t(0x10 | t)});
      add(kAcCounts[t]);
      if (t == 0) ac_values(kAcLuma); else ac_values(kAcChroma);
    }
    add(kScan);
  }

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  void add(std::span<const uint8_t> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  void ac_values(std::span<const uint8_t> first) {
    std::array<bool, 256> seen{};
    add(first);
    for (const uint8_t v : first) seen[v] = true;
    for (int v = 0; v < 256; ++v) {
      const bool is_code = v % 16 >= 1 && v % 16 <= 10;
      if (is_code && !seen[size_t(v)]) bytes_.push_back(uint8_t(v));
    }
  }

  std::vector<uint8_t> bytes_;
};

struct FreeContext {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
};

}  // namespace

bool write_recipe(const JpegRecipe& recipe, std::span<const QuantTable> quant, std::vector<uint8_t>& out) {
  std::vector<uint8_t> plain = recipe.headers;
  plain.insert(plain.end(), recipe.extra.begin(), recipe.extra.end());
  if (plain.size() > kMaxRecipe) return false;
  const Sizes sizes{uint32_t(recipe.headers.size()), uint32_t(recipe.extra.size())};
  const Dictionary dictionary(quant);
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  if (!context) return false;
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_dictIDFlag, 0);
  if (ZSTD_isError(ZSTD_CCtx_refPrefix(context.get(), dictionary.bytes().data(), dictionary.bytes().size()))) return false;
  const size_t at = out.size(), bound = ZSTD_compressBound(plain.size());
  out.resize(at + sizeof sizes + bound);
  std::memcpy(out.data() + at, &sizes, sizeof sizes);
  const size_t n = ZSTD_compress2(context.get(), out.data() + at + sizeof sizes, bound, plain.data(), plain.size());
  if (ZSTD_isError(n)) return false;
  out.resize(at + sizeof sizes + n);
  return true;
}

bool read_recipe(const View& view, JpegRecipe& recipe) {
  const std::span<const uint8_t> section = view.recipe();
  Sizes sizes;
  if (section.size() < sizeof sizes) return false;
  std::memcpy(&sizes, section.data(), sizeof sizes);
  const uint64_t total = uint64_t{sizes.headers} + sizes.extra;
  if (total > kMaxRecipe) return false;
  const Dictionary dictionary(std::span(view.quant).first(view.grid.components));
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (!context) return false;
  if (ZSTD_isError(ZSTD_DCtx_refPrefix(context.get(), dictionary.bytes().data(), dictionary.bytes().size()))) return false;
  // Grown as needed: the sizes are the file's word.
  std::vector<uint8_t> plain;
  ZSTD_inBuffer in{section.data() + sizeof sizes, section.size() - sizeof sizes, 0};
  for (size_t left = 1; left != 0;) {
    const size_t had = plain.size();
    const size_t room = total + 1 - had < 65536 ? total + 1 - had : 65536;
    if (room == 0) return false;
    plain.resize(had + room);
    ZSTD_outBuffer to{plain.data() + had, room, 0};
    left = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(left)) return false;
    plain.resize(had + to.pos);
    if (left != 0 && to.pos == 0 && in.pos == in.size) return false;
  }
  if (plain.size() != total || in.pos != in.size) return false;
  recipe.headers.assign(plain.begin(), plain.begin() + ptrdiff_t(sizes.headers));
  recipe.extra.assign(plain.begin() + ptrdiff_t(sizes.headers), plain.end());
  return true;
}

}  // namespace headrace::packed
