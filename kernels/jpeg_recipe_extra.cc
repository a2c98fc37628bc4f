#include "kernels/jpeg_recipe_extra.h"

#include <bit>
#include <string>

#include "kernels/jpeg_zigzag.h"

namespace headrace::jpeg {
namespace {

Status error(std::string message) { return Status("packed.recipe", "", "extra data: " + std::move(message)); }

void put_varint(std::vector<uint8_t>& out, uint64_t value) {
  for (; value >= 128; value >>= 7) out.push_back(static_cast<uint8_t>(value | 128));
  out.push_back(static_cast<uint8_t>(value));
}

void put_little_endian(std::vector<uint8_t>& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

/// Reads from the front of bytes; once they run out, says zeros and is bad.
class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      const uint64_t byte = little_endian(1);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    bad_ = true;
    return 0;
  }

  uint64_t little_endian(int bytes) {
    uint64_t value = 0;
    int shift = 0;
    for (const uint8_t byte : take(static_cast<size_t>(bytes))) {
      value |= uint64_t{byte} << shift;
      shift += 8;
    }
    return value;
  }

  /// A number of things that take at least `min_bytes` each of what is left.
  uint64_t count(size_t min_bytes) {
    const uint64_t value = varint();
    if (value <= rest_.size() / min_bytes) return value;
    bad_ = true;
    return 0;
  }

  std::span<const uint8_t> take(size_t bytes) {
    if (bytes > rest_.size()) {
      bad_ = true;
      rest_ = {};
      return {};
    }
    const std::span<const uint8_t> taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }

  bool bad() const { return bad_; }
  /// Everything was read, and nothing more than that.
  bool done() const { return !bad_ && rest_.empty(); }

 private:
  std::span<const uint8_t> rest_;
  bool bad_ = false;
};

void write_body(const RecipeExtra& extra, std::vector<uint8_t>& body) {
  put_varint(body, extra.insertions.size());
  for (const RecipeExtra::Insertion& insertion : extra.insertions) {
    put_varint(body, insertion.distance);
    put_varint(body, insertion.size);
  }
  const bool listed = extra.fill_mode == FillMode::listed;
  if (listed) put_varint(body, extra.fill_bits.size());
  put_varint(body, extra.padding.size());
  body.insert(body.end(), extra.inserted.begin(), extra.inserted.end());
  if (listed) body.insert(body.end(), extra.fill_bits.begin(), extra.fill_bits.end());
  for (const PaddingBlock& padding : extra.padding) {
    put_varint(body, padding.skipped);
    const uint64_t nonzero = nonzero_natural(padding.block.data());
    put_little_endian(body, nonzero, 8);
    for (uint64_t left = nonzero; left != 0; left &= left - 1) {
      put_little_endian(body, static_cast<uint16_t>(padding.block[std::countr_zero(left)]), 2);
    }
  }
}

Status read_body(std::span<const uint8_t> bytes, const ExtraLimits& limits, RecipeExtra& extra) {
  ByteReader reader(bytes);
  const uint64_t insertions = reader.count(2);
  if (insertions > limits.header_bytes + 1) return error("more insertions than places for them");
  extra.insertions.resize(insertions);
  uint64_t inserted = 0, headers_passed = 0;
  for (size_t i = 0; i < insertions; ++i) {
    RecipeExtra::Insertion& insertion = extra.insertions[i];
    insertion.distance = reader.varint();
    insertion.size = reader.varint();
    if (insertion.size == 0 || (i > 0 && insertion.distance == 0)) return error("an empty insertion");
    if (insertion.distance > limits.header_bytes - headers_passed)
      return error("an insertion beyond the headers");
    if (insertion.size > bytes.size() - inserted) return error("insertions longer than the data");
    headers_passed += insertion.distance;
    inserted += insertion.size;
  }
  const uint64_t fills = extra.fill_mode == FillMode::listed ? reader.count(1) : 0;
  const uint64_t paddings = reader.count(9);
  if (paddings > limits.padding_blocks) return error("more padding blocks than the image has");
  const auto inserted_bytes = reader.take(inserted);
  extra.inserted.assign(inserted_bytes.begin(), inserted_bytes.end());
  const auto fill_bits = reader.take(fills);
  extra.fill_bits.assign(fill_bits.begin(), fill_bits.end());
  extra.padding.resize(paddings);
  for (PaddingBlock& padding : extra.padding) {
    padding.skipped = reader.varint();
    for (uint64_t left = reader.little_endian(8); left != 0; left &= left - 1) {
      padding.block[std::countr_zero(left)] = static_cast<int16_t>(reader.little_endian(2));
    }
  }
  return reader.done() ? Status() : error(reader.bad() ? "too short" : "too long");
}

}  // namespace

void insert(RecipeExtra& extra, uint64_t distance, std::span<const uint8_t> bytes) {
  if (distance == 0 && !extra.insertions.empty()) {
    extra.insertions.back().size += bytes.size();
  } else {
    extra.insertions.push_back({distance, bytes.size()});
  }
  extra.inserted.insert(extra.inserted.end(), bytes.begin(), bytes.end());
}

std::vector<uint8_t> write_extra(const RecipeExtra& extra) {
  if (extra.insertions.empty() && extra.fill_mode == FillMode::ones && extra.padding.empty()) return {};
  std::vector<uint8_t> out = {static_cast<uint8_t>(extra.fill_mode)};
  write_body(extra, out);
  return out;
}

Status read_extra(std::span<const uint8_t> bytes, const ExtraLimits& limits, RecipeExtra& extra) {
  extra = {};
  if (bytes.empty()) return {};
  if (bytes[0] > static_cast<uint8_t>(FillMode::listed)) return error("unknown flags");
  extra.fill_mode = static_cast<FillMode>(bytes[0]);
  return read_body(bytes.subspan(1), limits, extra);
}

std::vector<uint8_t> merge_insertions(std::span<const uint8_t> headers, const RecipeExtra& extra) {
  std::vector<uint8_t> merged;
  merged.reserve(headers.size() + extra.inserted.size());
  const auto move = [&](std::span<const uint8_t>& from, uint64_t size) {
    const std::span<const uint8_t> bytes = from.first(size);
    merged.insert(merged.end(), bytes.begin(), bytes.end());
    from = from.subspan(size);
  };
  std::span<const uint8_t> inserted = extra.inserted;
  for (const RecipeExtra::Insertion& insertion : extra.insertions) {
    move(headers, insertion.distance);
    move(inserted, insertion.size);
  }
  move(headers, headers.size());
  return merged;
}

}  // namespace headrace::jpeg
