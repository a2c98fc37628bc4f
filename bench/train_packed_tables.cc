// Makes kernels/packed/code_lengths_*.inc: clusters JPEGs by how their coefficients are distributed and prints the code
// lengths of an optimal limited-length Huffman code per cluster and context.
//
//   train_packed_tables SETS BITS ROUNDS FILE...        (list more files of one kind to give it more weight)
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kernels/jpeg_coefficients.h"
#include "kernels/packed/tile_model.h"

namespace {

using namespace headrace;
using packed::kContexts;
using packed::kSymbols;

using Counts = std::array<std::array<uint64_t, kSymbols>, kContexts>;
using Lengths = std::array<std::array<uint8_t, kSymbols>, kContexts>;

uint32_t planes_of(const CoefficientImage& image) {
  if (image.components.size() == 1) return HR_PLANES_GRAY;
  const uint32_t kinds[3][3] = {{0, 0, 0}, {0, HR_PLANES_444, HR_PLANES_440}, {0, HR_PLANES_422, HR_PLANES_420}};
  return kinds[image.h_max][image.v_max];
}

struct Photo {
  Counts counts{};
  uint64_t fixed_bits = 0;  ///< signs, words, tile headers
  uint64_t source_bytes = 0;
};

bool load(const char* path, Photo& photo) {
  std::ifstream in(path, std::ios::binary);
  const std::vector<uint8_t> data((std::istreambuf_iterator<char>(in)), {});
  CoefficientImage image;
  if (!read_coefficients(data, kDefaultDecodeLimits, image).ok()) return false;
  photo.source_bytes = data.size();
  packed::Grid grid(planes_of(image), image.width, image.height);
  grid.choose_tiles();
  packed::TileSymbols tile;
  for (uint32_t row = 0; row < grid.tiles_high; ++row) {
    for (uint32_t column = 0; column < grid.tiles_wide; ++column) {
      packed::model_tile(image, grid, column, row, tile);
      for (const packed::Segment& s : tile.segments) {
        for (uint32_t i = s.begin; i < s.end; ++i) ++photo.counts[size_t(s.context)][tile.symbols[i]];
      }
      photo.fixed_bits += 8 * (tile.signs.size() + 2 * tile.words.size() + sizeof(packed::TileHeader) + 4 + 4);
    }
  }
  return true;
}

uint64_t bits(const Photo& photo, const Lengths& lengths) {
  uint64_t total = photo.fixed_bits;
  for (size_t c = 0; c < kContexts; ++c) {
    for (size_t s = 0; s < kSymbols; ++s) total += photo.counts[c][s] * lengths[c][s];
  }
  return total;
}

Lengths fit(const std::vector<const Photo*>& photos, const Counts& all, int code_bits) {
  Lengths lengths{};
  for (int c = 0; c < kContexts; ++c) {
    std::array<uint64_t, kSymbols> counts{};
    for (size_t s = 0; s < kSymbols; ++s) {
      uint64_t own = 0;
      for (const Photo* p : photos) own += p->counts[size_t(c)][s];
      // A little of what all photos do, so that a cluster without a symbol does not make it dear.
      counts[s] = 1000 * own + all[size_t(c)][s] * 20 + 1000;
    }
    packed::limited_lengths(std::span(counts).first(size_t(packed::context_symbols(c))), code_bits, lengths[size_t(c)]);
  }
  return lengths;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return std::fprintf(stderr, "usage: train_packed_tables SETS BITS ROUNDS FILE...\n"), 2;
  const size_t sets = size_t(std::atoi(argv[1]));
  const int code_bits = std::atoi(argv[2]), rounds = std::atoi(argv[3]);
  std::vector<Photo> photos;
  for (int i = 4; i < argc; ++i) {
    Photo p;
    if (load(argv[i], p)) photos.push_back(std::move(p));
    else std::fprintf(stderr, "left out: %s\n", argv[i]);
  }
  Counts all{};
  for (const Photo& p : photos) {
    for (size_t c = 0; c < kContexts; ++c) {
      for (size_t s = 0; s < kSymbols; ++s) all[c][s] += p.counts[c][s];
    }
  }
  // Start from quantiles of the bits a block takes, of which symbols per class symbol are a measure.
  std::vector<size_t> order(photos.size()), cluster(photos.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto density = [&](size_t i) {
    uint64_t values = 0, blocks = 1;
    for (int c = packed::kPair; c < packed::kLarge; ++c) for (const uint64_t n : photos[i].counts[size_t(c)]) values += n;
    for (const uint64_t n : photos[i].counts[packed::kClassLuma]) blocks += n;
    return double(values) / double(blocks);
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return density(a) < density(b); });
  for (size_t i = 0; i < order.size(); ++i) cluster[order[i]] = i * sets / order.size();

  std::vector<Lengths> lengths(sets);
  for (int round = 0; round <= rounds; ++round) {
    for (size_t k = 0; k < sets; ++k) {
      std::vector<const Photo*> own;
      for (size_t i = 0; i < photos.size(); ++i) if (cluster[i] == k) own.push_back(&photos[i]);
      lengths[k] = fit(own, all, code_bits);
    }
    uint64_t packed_bits = 0, source = 0;
    for (size_t i = 0; i < photos.size(); ++i) {
      uint64_t best = UINT64_MAX;
      for (size_t k = 0; k < sets; ++k) {
        const uint64_t b = bits(photos[i], lengths[k]);
        if (b < best) best = b, cluster[i] = k;
      }
      packed_bits += best;
      source += photos[i].source_bytes;
    }
    std::fprintf(stderr, "round %d: %.4f of the JPEGs\n", round, double(packed_bits) / 8 / double(source));
  }
  for (size_t k = 0; k < sets; ++k) {
    std::printf("{  // set %zu\n", k);
    for (int c = 0; c < kContexts; ++c) {
      const int n = packed::context_symbols(c);
      for (int s = 0; s < n; s += 96) {
        std::string line;
        for (int i = s; i < std::min(n, s + 96); ++i) line += "0123456789abcdef"[lengths[k][size_t(c)][size_t(i)]];
        std::printf("    \"%s\"%s\n", line.c_str(), s + 96 >= n ? "," : "");
      }
    }
    std::printf("},\n");
  }
}
