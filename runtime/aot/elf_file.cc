#include "runtime/aot/elf_file.h"

#include <elf.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "headrace/object.h"
#include "runtime/aot/metadata.h"

namespace headrace::aot {
namespace {

constexpr size_t kMaxProgramHeaders = 64;
constexpr size_t kHashOffset = offsetof(MetadataHead, content_hash);
using Hash = std::array<uint64_t, 2>;

bool fits(uint64_t offset, uint64_t size, uint64_t whole) { return offset <= whole && size <= whole - offset; }

bool inside(const ByteRange& inner, const ByteRange& outer) {
  return inner.offset >= outer.offset && fits(inner.offset - outer.offset, inner.size, outer.size);
}

bool overlap(const ByteRange& a, const ByteRange& b) {
  return a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

template <class T>
T read_at(std::span<const uint8_t> file, size_t offset) {
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

std::optional<Arch> arch_of(uint16_t machine) {
  if (machine == EM_X86_64) return Arch::x86_64;
  if (machine == EM_AARCH64) return Arch::aarch64;
  return std::nullopt;
}

/// Contents of the headrace notes in a note segment.
std::vector<ByteRange> headrace_notes(std::span<const uint8_t> file, ByteRange segment) {
  constexpr std::string_view kOwner(HR_OBJECT_NOTE_OWNER, sizeof HR_OBJECT_NOTE_OWNER);  // with its NUL
  const auto padded = [](uint64_t n) { return (n + 3) / 4 * 4; };
  std::vector<ByteRange> found;
  const size_t end = segment.offset + segment.size;
  for (size_t at = segment.offset; end - at >= sizeof(Elf64_Nhdr);) {
    const auto note = read_at<Elf64_Nhdr>(file, at);
    at += sizeof note;
    const uint64_t name = at, content = padded(note.n_namesz);
    if (!fits(content, note.n_descsz, end - at)) break;
    if (note.n_namesz == kOwner.size() && note.n_type == HR_OBJECT_NOTE_TYPE &&
        std::memcmp(file.data() + name, kOwner.data(), kOwner.size()) == 0) {
      found.push_back({at + content, note.n_descsz});
    }
    at += std::min<uint64_t>(content + padded(note.n_descsz), end - at);
  }
  return found;
}

Hash stored_hash(std::span<const uint8_t> file, const SharedObject& object) {
  return read_at<Hash>(file, object.metadata.offset + kHashOffset);
}

}  // namespace

Expected<SharedObject> parse_shared_object(std::span<const uint8_t> file, const std::string& where) {
  auto not_elf = [&](const std::string& what) { return Status("object.elf", where, what); };
  if (file.size() < sizeof(Elf64_Ehdr) || std::memcmp(file.data(), ELFMAG, SELFMAG) != 0) {
    return not_elf("is not an ELF file; expected a shared object, as `headrace compile --emit so` makes it");
  }
  const auto header = read_at<Elf64_Ehdr>(file, 0);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return not_elf("is not a 64-bit little-endian ELF file");
  }
  if (header.e_type != ET_DYN) {
    return not_elf("is an ELF file of type " + std::to_string(header.e_type) + (header.e_type == ET_REL ? " (a relocatable object)" : "") + "; expected a shared object (type 3)");
  }
  const std::optional<Arch> arch = arch_of(header.e_machine);
  if (!arch) return not_elf("is for ELF machine " + std::to_string(header.e_machine) + "; expected x86-64 (62) or AArch64 (183)");
  const ByteRange headers{header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr)};
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum > kMaxProgramHeaders ||
      !fits(headers.offset, headers.size, file.size())) {
    return not_elf("has a damaged program header table, or the file is cut off");
  }
  SharedObject object{*arch, {}, {}};
  std::vector<ByteRange> notes;
  for (size_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(file, headers.offset + i * sizeof(Elf64_Phdr));
    if (segment.p_type != PT_LOAD && segment.p_type != PT_NOTE) continue;
    if (!fits(segment.p_offset, segment.p_filesz, file.size())) {
      return not_elf("is cut off: it has " + std::to_string(file.size()) + " bytes, and a segment ends beyond them");
    }
    (segment.p_type == PT_LOAD ? object.segments : notes).push_back({segment.p_offset, segment.p_filesz});
  }
  const auto loaded = [&](const ByteRange& range) {
    return std::any_of(object.segments.begin(), object.segments.end(), [&](const ByteRange& s) { return inside(range, s); });
  };
  std::vector<ByteRange> found;
  for (const ByteRange& segment : notes) {
    for (const ByteRange& note : headrace_notes(file, segment)) found.push_back(note);
  }
  if (found.size() != 1) {
    return Status("object.metadata", where,
                  found.empty() ? "has no headrace metadata; it was not made by `headrace compile`" : "has headrace metadata more than once");
  }
  object.metadata = found[0];
  // Sealing writes into the metadata: over the headers, it would change what the segments are.
  if (object.metadata.size < sizeof(MetadataHead) || !loaded(object.metadata) || !loaded(headers) ||
      overlap(object.metadata, headers) || overlap(object.metadata, {0, sizeof(Elf64_Ehdr)})) {
    return Status("object.metadata", where, "its metadata is malformed: it is not where it should be");
  }
  return object;
}

Hash content_hash(std::span<const uint8_t> file, const SharedObject& object) {
  std::vector<uint8_t> bytes(file.begin(), file.end());
  std::fill_n(bytes.begin(), sizeof(Elf64_Ehdr), uint8_t{0});
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(object.metadata.offset + kHashOffset), sizeof(Hash), uint8_t{0});
  std::vector<uint8_t> loaded;
  for (const ByteRange& s : object.segments) {
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(s.offset);
    loaded.insert(loaded.end(), begin, begin + static_cast<std::ptrdiff_t>(s.size));
  }
  const XXH128_hash_t hash = XXH3_128bits(loaded.data(), loaded.size());
  return {hash.low64, hash.high64};
}

Status check_content(std::span<const uint8_t> file, const SharedObject& object, const std::string& where) {
  if (stored_hash(file, object) == content_hash(file, object)) return {};
  return {"object.damaged", where, "its content is not what was compiled (its XXH3-128 differs from the one in its metadata)"};
}

Status seal_content(std::span<uint8_t> file, const std::string& where) {
  HR_ASSIGN_OR_RETURN(const SharedObject object, parse_shared_object(file, where));
  const Hash hash = content_hash(file, object);
  std::memcpy(file.data() + object.metadata.offset + kHashOffset, hash.data(), sizeof hash);
  return {};
}

}  // namespace headrace::aot
