#include "kernels/packed/recipe.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "kernels/jpeg_huffman_encode.h"
#include "kernels/jpeg_zigzag.h"
#include "kernels/packed/layout.h"
#include "kernels/packed/packed_image.h"

namespace headrace::packed {
namespace {

/// Sizes before the compressed bytes.
struct Sizes {
  uint32_t headers = 0, extra = 0;

  uint64_t total() const { return uint64_t{headers} + extra; }
};

constexpr int kLevel = 9;

/// What a plain file's header would be: the prefix of docs/packed.md.
class Dictionary {
 public:
  explicit Dictionary(std::span<const QuantTable> quant) {
    bytes_.reserve(1024);
    static constexpr uint8_t kStart[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F',
                                         0,    1,    1,    0,    0, 1,  0,   1,   0,   0};
    static constexpr uint8_t kFrame[] = {0xFF, 0xC0, 0, 17, 8,    0, 0, 0,    0, 3,
                                         1,    0x22, 0, 2,  0x11, 1, 3, 0x11, 1};
    static constexpr uint8_t kScan[] = {0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0};
    add(kStart);
    for (size_t t = 0; t < quant.size() && t < 2; ++t) {
      add(std::array<uint8_t, 5>{0xFF, 0xDB, 0, 67, uint8_t(t)});
      for (const uint8_t at : jpeg::kZigzagToNatural) bytes_.push_back(uint8_t(quant[t][at]));
    }
    add(kFrame);
    for (uint8_t t = 0; t < 2; ++t) {
      add_table(t, jpeg::standard_table(false, t));
      add_table(uint8_t(0x10 | t), jpeg::standard_table(true, t));
    }
    add(kScan);
  }

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  void add(std::span<const uint8_t> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  void add_table(uint8_t index, const jpeg::HuffmanTable& table) {
    size_t symbols = 0;
    for (const uint8_t count : table.counts) symbols += count;
    add(std::array<uint8_t, 5>{0xFF, 0xC4, 0, uint8_t(19 + symbols), index});
    add(table.counts);
    add(std::span(table.symbols).first(symbols));
  }

  std::vector<uint8_t> bytes_;
};

struct FreeContext {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
};

/// `total` bytes out of one frame; false if it does not hold as many.
bool decompress(std::span<const uint8_t> frame, const Dictionary& dictionary, uint64_t total,
                std::vector<uint8_t>& plain) {
  constexpr size_t kStep = size_t{64} << 10;  // memory is taken as it fills: the size is the file's word
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (!context) return false;
  const std::span<const uint8_t> prefix = dictionary.bytes();
  if (ZSTD_isError(ZSTD_DCtx_refPrefix(context.get(), prefix.data(), prefix.size()))) return false;
  ZSTD_inBuffer in{frame.data(), frame.size(), 0};
  for (size_t left = 1; left != 0;) {
    const size_t had = plain.size();
    const size_t room = std::min<uint64_t>(total + 1 - had, kStep);
    if (room == 0) return false;
    plain.resize(had + room);
    ZSTD_outBuffer to{plain.data() + had, room, 0};
    left = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(left)) return false;
    plain.resize(had + to.pos);
    if (left != 0 && to.pos == 0 && in.pos == in.size) return false;
  }
  return plain.size() == total && in.pos == in.size;
}

bool read_sizes(const View& view, Sizes& sizes) {
  if (view.recipe().size() < sizeof sizes) return false;
  std::memcpy(&sizes, view.recipe().data(), sizeof sizes);
  return true;
}

}  // namespace

const char* write_recipe(const JpegRecipe& recipe, std::span<const QuantTable> quant,
                         std::vector<uint8_t>& out) {
  constexpr const char* kFailed = "metadata that zstd does not compress";
  std::vector<uint8_t> plain = recipe.headers;
  plain.insert(plain.end(), recipe.extra.begin(), recipe.extra.end());
  if (plain.size() > kMaxRecipeBytes) return "more than 64 MiB of metadata";
  const Sizes sizes{uint32_t(recipe.headers.size()), uint32_t(recipe.extra.size())};
  const Dictionary dictionary(quant);
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  if (!context) return kFailed;
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_dictIDFlag, 0);
  const std::span<const uint8_t> prefix = dictionary.bytes();
  if (ZSTD_isError(ZSTD_CCtx_refPrefix(context.get(), prefix.data(), prefix.size()))) return kFailed;
  const size_t at = out.size(), bound = ZSTD_compressBound(plain.size());
  out.resize(at + sizeof sizes + bound);
  std::memcpy(out.data() + at, &sizes, sizeof sizes);
  const size_t n =
      ZSTD_compress2(context.get(), out.data() + at + sizeof sizes, bound, plain.data(), plain.size());
  if (ZSTD_isError(n)) return kFailed;
  out.resize(at + sizeof sizes + n);
  return nullptr;
}

uint64_t stated_recipe_bytes(const View& view) {
  Sizes sizes;
  return read_sizes(view, sizes) ? sizes.total() : 0;
}

const char* read_recipe(const View& view, JpegRecipe& recipe) {
  Sizes sizes;
  if (!read_sizes(view, sizes)) return "its recipe is cut off";
  const uint64_t most = std::min(kMaxRecipeBytes, max_rebuilt_bytes(view.bytes.size()));
  if (sizes.total() > most) return "its recipe says that it is longer than a recipe can be";
  std::vector<uint8_t> plain;
  const Dictionary dictionary(std::span(view.quant).first(view.grid.components));
  if (!decompress(view.recipe().subspan(sizeof sizes), dictionary, sizes.total(), plain)) {
    return "its recipe does not decompress";
  }
  recipe = {};
  recipe.headers.assign(plain.begin(), plain.begin() + ptrdiff_t(sizes.headers));
  recipe.extra.assign(plain.begin() + ptrdiff_t(sizes.headers), plain.end());
  return nullptr;
}

}  // namespace headrace::packed
