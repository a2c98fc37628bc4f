// Symbols and dynamic tags of ELF files that a test has made.
#pragma once

#include <elf.h>

#include <cstdint>
#include <string>
#include <vector>

namespace headrace::testing {

struct ElfSymbol {
  std::string name;
  uint64_t address = 0;
  bool defined = false, global = false;
};

class ElfSymbols {
 public:
  explicit ElfSymbols(std::string file) : file_(std::move(file)) {}

  std::vector<ElfSymbol> symbols() const { return table(SHT_SYMTAB); }

  /// Names of the symbols the dynamic linker sees.
  std::vector<std::string> dynamic_symbols() const {
    std::vector<std::string> names;
    for (const ElfSymbol& s : table(SHT_DYNSYM)) names.push_back(s.name);
    return names;
  }

  /// 0 if there is no such symbol.
  uint64_t address(const std::string& name) const {
    for (const ElfSymbol& s : symbols()) {
      if (s.name == name && s.defined) return s.address;
    }
    return 0;
  }

  std::vector<int64_t> dynamic_tags() const {
    std::vector<int64_t> tags;
    for (const Elf64_Shdr& s : sections()) {
      for (uint64_t i = 0; s.sh_type == SHT_DYNAMIC && i < s.sh_size / sizeof(Elf64_Dyn); ++i) {
        tags.push_back(at<Elf64_Dyn>(s.sh_offset + i * sizeof(Elf64_Dyn)).d_tag);
      }
    }
    return tags;
  }

  bool has_writable_code() const {
    for (const Elf64_Phdr& p : segments()) {
      if ((p.p_flags & (PF_W | PF_X)) == (PF_W | PF_X)) return true;
    }
    return false;
  }

  bool has_thread_storage() const {
    for (const Elf64_Phdr& p : segments()) {
      if (p.p_type == PT_TLS) return true;
    }
    return false;
  }

 private:
  template <class T>
  const T& at(uint64_t offset) const {
    return *reinterpret_cast<const T*>(file_.data() + offset);
  }
  template <class T>
  std::vector<T> array(uint64_t offset, size_t count) const {
    std::vector<T> all;
    for (size_t i = 0; i < count; ++i) all.push_back(at<T>(offset + i * sizeof(T)));
    return all;
  }
  const Elf64_Ehdr& header() const { return at<Elf64_Ehdr>(0); }
  std::vector<Elf64_Shdr> sections() const { return array<Elf64_Shdr>(header().e_shoff, header().e_shnum); }
  std::vector<Elf64_Phdr> segments() const { return array<Elf64_Phdr>(header().e_phoff, header().e_phnum); }

  std::vector<ElfSymbol> table(uint32_t type) const {
    std::vector<ElfSymbol> all;
    const std::vector<Elf64_Shdr> list = sections();
    for (const Elf64_Shdr& s : list) {
      if (s.sh_type != type) continue;
      const char* names = file_.data() + list[s.sh_link].sh_offset;
      for (uint64_t i = 1; i < s.sh_size / sizeof(Elf64_Sym); ++i) {  // the first is empty
        const auto& symbol = at<Elf64_Sym>(s.sh_offset + i * sizeof(Elf64_Sym));
        all.push_back({names + symbol.st_name, symbol.st_value, symbol.st_shndx != SHN_UNDEF,
                       ELF64_ST_BIND(symbol.st_info) != STB_LOCAL});
      }
    }
    return all;
  }

  std::string file_;
};

}  // namespace headrace::testing
