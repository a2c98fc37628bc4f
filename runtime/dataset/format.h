// The dataset file's structures as they lie in the file, little-endian; docs/format.md says what each
// byte means and why. Every structure has a fixed size and only naturally aligned members, and is read by
// copying it out of the mapping.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

namespace headrace::format {

static_assert(std::endian::native == std::endian::little, "dataset files are read and written in place");

inline constexpr uint32_t kVersion = 1;
inline constexpr uint64_t kBlock = 4096;      ///< alignment of pages and size of a header copy
inline constexpr uint64_t kSampleAlign = 64;  ///< alignment of payloads in pages, and of sections
inline constexpr uint64_t kPayloadTail = 64;  ///< readable bytes after every payload
inline constexpr uint64_t kHeaderCopies = 2;  ///< at 0 and kBlock
inline constexpr uint64_t kSchemaOffset = kHeaderCopies * kBlock;
inline constexpr uint64_t kMinPageSize = 64u << 10;
inline constexpr uint64_t kMaxPageSize = 1u << 30;
inline constexpr uint32_t kMaxSections = 64;
inline constexpr uint64_t kMaxFields = 1024;
inline constexpr uint64_t kMaxBlobValue = 65535;  ///< bytes of one value kept in a blob section

/// The first byte is not ASCII and line ends of both kinds follow, so that a text-mode transfer shows.
inline constexpr std::array<uint8_t, 8> kMagic = {0x89, 'H', 'R', 'D', '\r', '\n', 0x1A, '\n'};
inline constexpr std::array<uint8_t, 8> kPageMagic = {0x89, 'H', 'R', 'P', '\r', '\n', 0x1A, '\n'};

enum class SectionKind : uint32_t { schema = 1, records = 2, pages = 3, blob = 4 };

/// `owner` of sections that belong to no field.
inline constexpr uint32_t kNoField = 0xFFFFFFFFu;

struct SectionEntry {
  uint32_t kind = 0;    ///< SectionKind
  uint32_t owner = 0;   ///< blob: field number; else kNoField
  uint64_t offset = 0;  ///< from the start of the file
  uint64_t bytes = 0;
  uint64_t hash = 0;      ///< XXH3-64 of the section
  uint64_t reserved = 0;  ///< 0
};
static_assert(sizeof(SectionEntry) == 40);

/// Bits of Header::flags.
inline constexpr uint32_t kFlagShuffled = 1;  ///< samples were permuted with shuffle_seed when written

struct Header {
  std::array<uint8_t, 8> magic = kMagic;
  uint32_t version = kVersion;
  uint32_t header_bytes = kBlock;
  uint64_t incompatible = 0;  ///< features without which the file cannot be understood
  uint64_t compatible = 0;    ///< features a reader may ignore
  uint64_t generation = 1;    ///< counts commits
  uint64_t file_bytes = 0;
  uint64_t samples = 0;
  uint64_t page_size = 0;  ///< bytes an ordinary page may take at most
  uint64_t page_count = 0;
  uint64_t data_offset = 0;   ///< where pages may start
  uint64_t index_offset = 0;  ///< where pages end; every section but the schema lies from here to the end
  uint64_t record_bytes = 0;
  uint32_t field_count = 0;
  uint32_t section_count = 0;
  uint64_t shuffle_seed = 0;
  uint32_t flags = 0;
  uint32_t reserved0 = 0;
  std::array<uint8_t, 16> fingerprint{};  ///< XXH3-128 chain over schema and samples, canonical byte order
  std::array<char, 40> writer{};          ///< program and version that wrote the file, NUL-padded
  std::array<SectionEntry, kMaxSections> sections{};
  std::array<char, 1024> feature_names{};  ///< names of the set incompatible bits, ascending, each + NUL
  std::array<uint8_t, 328> reserved{};
  uint64_t hash = 0;  ///< XXH3-64 of the 4088 bytes before
};
static_assert(sizeof(Header) == kBlock);

/// How a field's value is kept.
enum class Storage : uint32_t { record = 0, page = 1, blob = 2 };

/// One field in the schema section.
struct FieldEntry {
  std::array<char, 64> name{};  ///< NUL-padded
  uint32_t kind = 0;            ///< FieldKind
  uint32_t storage = 0;         ///< Storage
  uint32_t entry_offset = 0;    ///< in a record
  uint32_t entry_bytes = 0;
  uint64_t names_offset = 0;  ///< in the section: names_count + 1 u64 bounds of the value names
  uint64_t names_count = 0;
  uint32_t page_group = 0;  ///< 0
  uint32_t flags = 0;       ///< 0
  std::array<uint8_t, 24> reserved{};
};
static_assert(sizeof(FieldEntry) == 128);

/// Record entry of an image field.
struct ImageEntry {
  uint64_t offset = 0;  ///< of the payload, from the start of the file
  uint64_t bytes = 0;
  uint32_t width = 0;
  uint32_t height = 0;
  uint16_t encoding = 0;  ///< HR_ENCODING_*
  uint8_t channels = 0;   ///< 1, 3 or 4
  uint8_t bits = 8;       ///< per channel
  uint32_t shared = 0;    ///< 0, or 1 + the number of the blob this payload shares with others
  uint64_t aux = 0;       ///< belongs to the encoding
  uint64_t reserved = 0;  ///< 0
};
static_assert(sizeof(ImageEntry) == 48);

/// Record entry of a bytes field. The offset counts from the start of the file for Storage::page, from
/// the start of the field's blob section for Storage::blob.
struct BytesEntry {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};
static_assert(sizeof(BytesEntry) == 16);

/// First bytes of a page. Its last 8 bytes are the XXH3-64 of all bytes before them.
struct PageHeader {
  std::array<uint8_t, 8> magic = kPageMagic;
  uint64_t index = 0;
  uint64_t bytes = 0;  ///< of the whole page
  uint64_t first_sample = 0;
  uint64_t samples = 0;
  uint64_t directory_offset = 0;  ///< in the page: the samples' records, then their blob values
  uint64_t directory_bytes = 0;
  uint32_t group = 0;     ///< 0
  uint32_t reserved = 0;  ///< 0
};
static_assert(sizeof(PageHeader) == 64);

/// One page in the page table.
struct PageEntry {
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t first_sample = 0;
  uint64_t samples = 0;
  uint64_t hash = 0;      ///< the page's last 8 bytes
  uint32_t group = 0;     ///< 0
  uint32_t reserved = 0;  ///< 0
};
static_assert(sizeof(PageEntry) == 48);

constexpr uint64_t align_up(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

/// A structure out of bytes that were checked to hold it.
template <class T>
T load(std::span<const uint8_t> bytes, uint64_t offset = 0) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <class T>
void store(std::span<uint8_t> bytes, uint64_t offset, const T& value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// The structure's bytes.
template <class T>
std::span<const uint8_t> as_bytes(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

}  // namespace headrace::format
