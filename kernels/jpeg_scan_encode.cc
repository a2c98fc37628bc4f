#include "kernels/jpeg_scan_encode.h"

#include <memory>
#include <string>

#include "headrace/counted.h"
#include "kernels/jpeg_progressive_encode.h"
#include "kernels/jpeg_sequential_encode.h"

namespace headrace::jpeg {
namespace {

constexpr uint8_t kRst0 = 0xD0;

Status error(std::string message) { return Status("packed.recipe", "", std::move(message)); }

/// One component's part in a scan: how many of its blocks make an MCU.
struct ScanComponent {
  const CoefficientComponent* blocks = nullptr;
  uint32_t wide = 1, high = 1;
};

struct ScanGeometry {
  std::array<ScanComponent, 3> components;
  uint32_t count = 0;
  uint32_t mcus_wide = 0, mcus_high = 0;
};

ScanGeometry geometry_of(const ScanHeader& scan, const CoefficientImage& image) {
  ScanGeometry g;
  g.count = scan.count;
  for (uint32_t i = 0; i < scan.count; ++i) {
    const CoefficientComponent& c = image.components[scan.components[i].index];
    g.components[i].blocks = &c;
    if (scan.count == 1) {  // not interleaved: single blocks, and no padding
      g.mcus_wide = c.blocks_wide;
      g.mcus_high = c.blocks_high;
    } else {
      g.components[i].wide = c.h_samp;
      g.components[i].high = c.v_samp;
      g.mcus_wide = c.padded_wide / c.h_samp;
      g.mcus_high = c.padded_high / c.v_samp;
    }
  }
  return g;
}

/// Ends a segment's data with fill bits; `start` is where the scan's data begin.
template <class Coder>
void fill_last_byte(Coder& coder, FillBits& fill, const uint8_t* start) {
  coder.end_segment();
  BitState& bits = coder.bits();
  bits.write_whole_bytes();
  if (bits.free == 64) return;
  const auto missing = static_cast<unsigned>(bits.free - 56);
  const uint8_t last = fill.next(missing, static_cast<size_t>(bits.next - start));
  bits.write_byte(static_cast<uint8_t>(bits.bits << missing | last));
  bits.bits = 0;
  bits.free = 64;
}

template <class Coder>
void encode_mcu(Coder& coder, const ScanGeometry& g, uint32_t mcu_row, uint32_t mcu_column) {
  for (uint32_t i = 0; i < g.count; ++i) {
    const ScanComponent& c = g.components[i];
    for (uint32_t y = 0; y < c.high; ++y) {
      const CoefficientBlock* row = &c.blocks->block(mcu_row * c.high + y, mcu_column * c.wide);
      for (uint32_t x = 0; x < c.wide; ++x) coder.block(i, row[x].data());
    }
  }
}

template <class Coder>
Status encode_mcus(Coder& coder, const ScanGeometry& g, uint32_t restart_interval, FillBits& fill,
                   ByteSink& sink) {
  constexpr size_t kBlocksPerMcu = 6, kEndBytes = 2048;
  constexpr size_t kRoom = kBlocksPerMcu * Coder::kMaxBlockBytes + kEndBytes;
  const size_t before = sink.used();
  if (!sink.reserve(kRoom)) return error("the scans' data are too long");
  BitState& bits = coder.bits();
  bits.next = sink.end();
  const uint8_t* room_end = sink.room_end();
  uint32_t until_restart = restart_interval;
  uint8_t restart = 0;
  coder.start_segment();
  for (uint32_t row = 0; row < g.mcus_high; ++row) {
    for (uint32_t column = 0; column < g.mcus_wide; ++column) {
      if (static_cast<size_t>(room_end - bits.next) < kRoom) [[unlikely]] {
        sink.advance_to(bits.next);
        if (!sink.reserve(kRoom)) return error("the scans' data are too long");
        bits.next = sink.end();
        room_end = sink.room_end();
      }
      if (restart_interval != 0 && until_restart-- == 0) {
        fill_last_byte(coder, fill, sink.data() + before);
        *bits.next++ = 0xFF;
        *bits.next++ = static_cast<uint8_t>(kRst0 + restart);
        restart = (restart + 1) & 7;
        until_restart = restart_interval - 1;
        coder.start_segment();
      }
      encode_mcu(coder, g, row, column);
    }
  }
  fill_last_byte(coder, fill, sink.data() + before);
  sink.advance_to(bits.next);
  if (coder.missing_code()) return error("a coefficient has no code in the scan's Huffman tables");
  return {};
}

/// The codes of each component of the scan; components with the same tables share theirs.
Status make_codes(const CodingState& state, std::array<ComponentCodes, 3>& tables,
                  std::array<const ComponentCodes*, 3>& codes) {
  const ScanHeader& scan = state.scan;
  const bool uses_dc = scan.first == 0 && scan.high == 0, uses_ac = scan.last > 0;
  for (uint32_t i = 0; i < scan.count; ++i) {
    const ScanHeader::Component& c = scan.components[i];
    for (uint32_t j = 0; j < i; ++j) {
      const ScanHeader::Component& other = scan.components[j];
      if (c.dc_table == other.dc_table && c.ac_table == other.ac_table) codes[i] = codes[j];
    }
    if (codes[i]) continue;
    const HuffmanTable& dc = state.dc_tables[c.dc_table];
    const HuffmanTable& ac = state.ac_tables[c.ac_table];
    if ((uses_dc && !dc.defined) || (uses_ac && !ac.defined)) {
      return error("a scan uses a Huffman table that is not defined");
    }
    if (uses_dc) tables[i].dc = HuffmanCodes(dc);
    if (uses_ac) tables[i].ac = HuffmanCodes(ac);
    if (uses_dc && uses_ac) tables[i].small_ac = SmallValueCodes(tables[i].ac);
    codes[i] = &tables[i];
  }
  return {};
}

std::string number(int value) { return std::to_string(value); }

std::string parameters(const ScanHeader& s) {
  return "Ss=" + number(s.first) + " Se=" + number(s.last) + " Ah=" + number(s.high) + " Al=" + number(s.low);
}

uint32_t blocks_for(uint64_t samples) { return static_cast<uint32_t>((samples + 7) / 8); }

}  // namespace

Status check_image(const CoefficientImage& image) {
  constexpr uint32_t kMaxSide = 65535;
  const size_t count = image.components.size();
  const bool known_size =
      image.width >= 1 && image.width <= kMaxSide && image.height >= 1 && image.height <= kMaxSide;
  bool fits = known_size && (count == 1 || count == 3) && image.h_max >= 1 && image.h_max <= 2 &&
              image.v_max >= 1 && image.v_max <= 2;
  for (size_t i = 0; fits && i < count; ++i) {
    const CoefficientComponent& c = image.components[i];
    const uint32_t h = i == 0 ? image.h_max : 1, v = i == 0 ? image.v_max : 1;
    fits = c.h_samp == h && c.v_samp == v && (count == 3 || h * v == 1) &&
           c.padded_wide == (image.width + 8 * image.h_max - 1) / (8 * image.h_max) * h &&
           c.padded_high == (image.height + 8 * image.v_max - 1) / (8 * image.v_max) * v &&
           c.blocks_wide == blocks_for((uint64_t{image.width} * h + image.h_max - 1) / image.h_max) &&
           c.blocks_high == blocks_for((uint64_t{image.height} * v + image.v_max - 1) / image.v_max) &&
           c.blocks.size() == size_t{c.padded_wide} * c.padded_high;
  }
  return fits ? Status() : error("the image's blocks are not those of its size and sampling");
}

Status check_frame(const FrameHeader& frame, const CoefficientImage& image) {
  if (frame.count != image.components.size()) {
    return error("a frame of " + counted(frame.count, "component") + " for an image of " +
                 std::to_string(image.components.size()));
  }
  for (uint32_t i = 0; i < frame.count; ++i) {
    const CoefficientComponent& c = image.components[i];
    const FrameComponent& f = frame.components[i];
    const bool same_sampling = frame.count == 1 || (f.h_samp == c.h_samp && f.v_samp == c.v_samp);
    if (!same_sampling) {
      return error("component " + std::to_string(i) + " of the frame header is not the image's");
    }
  }
  return {};
}

ScanEncoder::ScanEncoder(const CoefficientImage& image) : image_(image) {
  for (auto& known : known_) known.fill(-1);
}

/// The rules of the format, some of which decoders do not insist on. They bound how often a coefficient is
/// coded.
Status ScanEncoder::admit(const CodingState& state) {
  const ScanHeader& scan = state.scan;
  if (++scans_ > kMaxRecipeScans) return error("more than " + counted(kMaxRecipeScans, "scan"));
  const bool whole = scan.first == 0 && scan.last == 63 && scan.high == 0 && scan.low == 0;
  const bool band =
      scan.first == 0 ? scan.last == 0 : scan.first <= scan.last && scan.last <= 63 && scan.count == 1;
  const bool bit = scan.high == 0 ? scan.low <= 13 : scan.low + 1 == scan.high;
  if (state.frame.progressive ? !(band && bit) : !whole)
    return error("bad scan parameters " + parameters(scan));
  for (uint32_t i = 0; i < scan.count; ++i) {
    const uint32_t index = scan.components[i].index;
    if (scan.first != 0 && known_[index][0] < 0) return error("a scan of AC coefficients before those of DC");
    for (int k = scan.first; k <= scan.last; ++k) {
      if (known_[index][k] != (scan.high == 0 ? -1 : scan.high)) {
        return error("a scan out of order, with " + parameters(scan));
      }
      known_[index][k] = static_cast<int8_t>(scan.low);
    }
    padding_coded_[index] |= scan.count > 1;
  }
  return {};
}

Status ScanEncoder::complete() const {
  for (size_t i = 0; i < image_.components.size(); ++i) {
    if (known_[i][0] < 0) return error("component " + std::to_string(i) + " is in no scan");
  }
  return {};
}

Status ScanEncoder::encode(const CodingState& state, FillBits& fill, ByteSink& sink) {
  HR_RETURN_IF_ERROR(admit(state));
  const ScanHeader& scan = state.scan;
  const ScanGeometry g = geometry_of(scan, image_);
  std::array<ComponentCodes, 3> tables;
  std::array<const ComponentCodes*, 3> codes{};
  HR_RETURN_IF_ERROR(make_codes(state, tables, codes));
  const uint32_t restart = state.restart_interval;
  const Band band{scan.first, scan.last, scan.low};
  if (!state.frame.progressive) {
    SequentialCoder coder(codes, {});
    return encode_mcus(coder, g, restart, fill, sink);
  }
  if (scan.first == 0 && scan.high == 0) {
    DcFirstCoder coder(codes, {}, scan.low);
    return encode_mcus(coder, g, restart, fill, sink);
  }
  if (scan.first == 0) {
    DcRefineCoder coder({}, scan.low);
    return encode_mcus(coder, g, restart, fill, sink);
  }
  if (scan.high == 0) {
    AcFirstCoder coder(codes[0]->ac, {}, band);
    return encode_mcus(coder, g, restart, fill, sink);
  }
  AcRefineCoder coder(codes[0]->ac, {}, band);
  return encode_mcus(coder, g, restart, fill, sink);
}

}  // namespace headrace::jpeg
