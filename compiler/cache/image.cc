#include "compiler/cache/image.h"

#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "headrace/object.h"
#include "runtime/aot/elf_file.h"
#include "runtime/platform/file_io.h"

namespace headrace::cache {
namespace {

/// A larger one is no pipeline.
constexpr uint64_t kMaxImageBytes = 1u << 30;

#if defined(__x86_64__)
constexpr uint32_t kRelative = R_X86_64_RELATIVE;
#elif defined(__aarch64__)
constexpr uint32_t kRelative = R_AARCH64_RELATIVE;
#else
constexpr uint32_t kRelative = ~0u;
#endif

Status not_ours(const char* what) { return {"image", "", what}; }

/// Memory of the image; unmapped on destruction.
class Memory {
 public:
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() {
    if (base_) ::munmap(base_, size_);
  }

  Status reserve(size_t size) {
    void* p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return {"image.memory", "", "cannot be had: " + platform::errno_text(errno)};
    base_ = static_cast<uint8_t*>(p);
    size_ = size;
    return {};
  }
  Status protect(size_t begin, size_t end, int protection) const {
    if (::mprotect(base_ + begin, end - begin, protection) == 0) return {};
    return {"image.memory", "", "cannot be made executable: " + platform::errno_text(errno)};
  }

  bool has(uint64_t address, uint64_t size) const { return address <= size_ && size <= size_ - address; }
  uint8_t* at(uint64_t address) const { return base_ + address; }
  size_t size() const { return size_; }

 private:
  uint8_t* base_ = nullptr;
  size_t size_ = 0;
};

class Image final : public codegen::Library {
 public:
  Status load(std::string_view object) {
    HR_RETURN_IF_ERROR(copy_segments(object));
    HR_RETURN_IF_ERROR(relocate());
    HR_RETURN_IF_ERROR(find_entry_points());
    return protect();
  }

  hr_plan_fn plan() const override { return level_.plan; }
  hr_run_fn run() const override { return level_.run; }
  hr_batch_fn batch() const override { return level_.batch; }

 private:
  Status copy_segments(std::string_view object) {
    const std::span<const uint8_t> file(reinterpret_cast<const uint8_t*>(object.data()), object.size());
    HR_ASSIGN_OR_RETURN(const aot::SharedObject checked, aot::parse_shared_object(file, "cached object"));
    if (checked.arch != host_arch()) return not_ours("is for another processor");
    Elf64_Ehdr header;
    std::memcpy(&header, file.data(), sizeof header);
    uint64_t size = 0;
    for (size_t i = 0; i < header.e_phnum; ++i) {
      Elf64_Phdr p;
      std::memcpy(&p, file.data() + header.e_phoff + i * sizeof p, sizeof p);
      if (p.p_type == PT_DYNAMIC) dynamic_ = p;
      if (p.p_type != PT_LOAD) continue;
      if (p.p_filesz > p.p_memsz || p.p_memsz > kMaxImageBytes || p.p_vaddr > kMaxImageBytes) return not_ours("has a segment beyond all bounds");
      size = std::max(size, p.p_vaddr + p.p_memsz);
      segments_.push_back(p);
    }
    HR_RETURN_IF_ERROR(memory_.reserve(page_up(size)));
    for (const Elf64_Phdr& p : segments_) {
      if (p.p_offset > file.size() || p.p_filesz > file.size() - p.p_offset) return not_ours("is cut off");
      std::memcpy(memory_.at(p.p_vaddr), file.data() + p.p_offset, p.p_filesz);
    }
    return {};
  }

  /// The value of a dynamic tag; 0 if there is none.
  uint64_t tag(int64_t wanted) const {
    for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= dynamic_.p_memsz; at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn d;
      std::memcpy(&d, memory_.at(dynamic_.p_vaddr + at), sizeof d);
      if (d.d_tag == DT_NULL) break;
      if (d.d_tag == wanted) return d.d_un.d_val;
    }
    return 0;
  }

  // Addresses within the image are all there is to fill in.
  Status relocate() {
    if (!memory_.has(dynamic_.p_vaddr, dynamic_.p_memsz)) return not_ours("has no dynamic section");
    const uint64_t table = tag(DT_RELA), size = tag(DT_RELASZ);
    if (tag(DT_NEEDED) || tag(DT_JMPREL) || tag(DT_INIT) || tag(DT_INIT_ARRAY)) return not_ours("needs a dynamic linker");
    if (!memory_.has(table, size)) return not_ours("has a table outside it");
    for (uint64_t at = 0; at + sizeof(Elf64_Rela) <= size; at += sizeof(Elf64_Rela)) {
      Elf64_Rela r;
      std::memcpy(&r, memory_.at(table + at), sizeof r);
      const auto target = static_cast<uint64_t>(r.r_addend);
      if (ELF64_R_TYPE(r.r_info) != kRelative || !memory_.has(r.r_offset, sizeof(uint64_t)) || !memory_.has(target, 1)) {
        return not_ours("has an address that is not within it");
      }
      const auto address = reinterpret_cast<uint64_t>(memory_.at(target));
      std::memcpy(memory_.at(r.r_offset), &address, sizeof address);
    }
    return {};
  }

  // The first and only symbol is the descriptor.
  Status find_entry_points() {
    constexpr std::string_view kName("headrace_object", 16);  // with its NUL
    const uint64_t symbols = tag(DT_SYMTAB), names = tag(DT_STRTAB);
    Elf64_Sym symbol;
    if (!memory_.has(symbols, 2 * sizeof symbol)) return not_ours("has no symbols");
    std::memcpy(&symbol, memory_.at(symbols + sizeof symbol), sizeof symbol);
    if (!memory_.has(names, uint64_t{symbol.st_name} + kName.size()) ||
        std::memcmp(memory_.at(names + symbol.st_name), kName.data(), kName.size()) != 0 ||
        !memory_.has(symbol.st_value, sizeof(hr_object))) {
      return not_ours("has no descriptor");
    }
    hr_object object;
    std::memcpy(&object, memory_.at(symbol.st_value), sizeof object);
    const auto levels = reinterpret_cast<uint64_t>(object.levels) - reinterpret_cast<uint64_t>(memory_.at(0));
    if (object.magic != HR_OBJECT_MAGIC || object.abi_version != HR_ABI_VERSION || object.level_count != 1 ||
        !memory_.has(levels, sizeof level_)) {
      return not_ours("has another descriptor");
    }
    std::memcpy(&level_, memory_.at(levels), sizeof level_);
    return level_.plan && level_.run ? Status() : not_ours("has no entry points");
  }

  Status protect() {
    HR_RETURN_IF_ERROR(memory_.protect(0, memory_.size(), PROT_READ));
    for (const Elf64_Phdr& p : segments_) {
      if (p.p_flags & PF_X) HR_RETURN_IF_ERROR(memory_.protect(p.p_vaddr / page_ * page_, page_up(p.p_vaddr + p.p_memsz), PROT_READ | PROT_EXEC));
    }
    __builtin___clear_cache(reinterpret_cast<char*>(memory_.at(0)), reinterpret_cast<char*>(memory_.at(memory_.size())));
    return {};
  }

  uint64_t page_up(uint64_t n) const { return (n + page_ - 1) / page_ * page_; }

  const uint64_t page_ = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  Memory memory_;
  std::vector<Elf64_Phdr> segments_;
  Elf64_Phdr dynamic_{};
  hr_object_level level_{};
};

}  // namespace

Expected<std::unique_ptr<codegen::Library>> map_image(std::string_view object) {
  auto image = std::make_unique<Image>();
  HR_RETURN_IF_ERROR(image->load(object));
  return std::unique_ptr<codegen::Library>(std::move(image));
}

}  // namespace headrace::cache
