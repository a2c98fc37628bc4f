#include "compiler/cache/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstdint>
#include <cstring>
#include <string_view>

namespace headrace::cache {
namespace {

struct Search {
  uint64_t address = 0;
  std::string id;
};

bool holds(const dl_phdr_info& module, uint64_t address) {
  for (size_t i = 0; i < module.dlpi_phnum; ++i) {
    const ElfW(Phdr)& p = module.dlpi_phdr[i];
    const uint64_t begin = module.dlpi_addr + p.p_vaddr;
    if (p.p_type == PT_LOAD && address >= begin && address - begin < p.p_memsz) return true;
  }
  return false;
}

/// Of the notes of a loaded module, which its linker wrote.
std::string gnu_build_id(const uint8_t* notes, size_t size) {
  constexpr std::string_view kOwner("GNU", 4);
  const auto padded = [](size_t n) { return (n + 3) / 4 * 4; };
  for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes + at, sizeof note);
    at += sizeof note;
    const size_t content = at + padded(note.n_namesz), end = content + note.n_descsz;
    if (end > size) break;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == kOwner.size() && std::memcmp(notes + at, kOwner.data(), kOwner.size()) == 0) {
      std::string digits;
      for (size_t i = content; i < end; ++i) {
        digits += "0123456789abcdef"[notes[i] >> 4];
        digits += "0123456789abcdef"[notes[i] & 15];
      }
      return digits;
    }
    at = content + padded(note.n_descsz);
  }
  return "";
}

int visit(dl_phdr_info* module, size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  if (!holds(*module, search.address)) return 0;
  for (size_t i = 0; i < module->dlpi_phnum && search.id.empty(); ++i) {
    const ElfW(Phdr)& p = module->dlpi_phdr[i];
    if (p.p_type == PT_NOTE) search.id = gnu_build_id(reinterpret_cast<const uint8_t*>(module->dlpi_addr + p.p_vaddr), p.p_memsz);
  }
  return 1;
}

}  // namespace

std::string build_id_of(const void* address) {
  Search search{reinterpret_cast<uint64_t>(address), ""};
  ::dl_iterate_phdr(visit, &search);
  return search.id;
}

}  // namespace headrace::cache
