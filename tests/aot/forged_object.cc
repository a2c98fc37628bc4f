#include "forged_object.h"

#include <elf.h>

#include <cstring>

#include "kernels/kernel_table.h"

namespace headrace::testing {

ObjectInfo some_object_info() {
  ObjectInfo info;
  info.name = "train";
  info.producer = "headrace test";
  for (int i = 0; i < 64; ++i) info.key += "0123456789abcdef"[i % 16];
  info.symbols = kernel_symbols_hash();
  info.levels = {{"x86-64-v3", 256}, {"x86-64-v4", 512}};
  info.encodings = 1u << HR_ENCODING_JPEG | 1u << HR_ENCODING_PACKED;
  info.spec = R"({"headrace":1})";
  info.loader = {{"order", "sequential"}, {"tail", "pad"}, {"window_bytes", "65536"}};
  ProgramInfo& p = info.program;
  p.engine = "aot";
  p.numerics = Numerics::exact;
  p.mixes = true;
  p.slot_count = 14;
  p.key = "0123456789abcdef";
  p.fields = {{"image", FieldKind::image}, {"label", FieldKind::i64}};
  p.outputs = {{"image", DType::f16, Layout::channels_last, {3, 4, 5}, {1, 15, 3}, 120}, {"label", DType::i64, Layout::none, {}, {}, 8}};
  p.calls = {{"sharpen", "filters.so"}};
  return info;
}

Bytes forged_object(const std::string& metadata, Arch arch) {
  const size_t note_offset = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
  const size_t owner_bytes = sizeof HR_OBJECT_NOTE_OWNER, owner_padded = (owner_bytes + 3) / 4 * 4;
  const size_t note_bytes = sizeof(Elf64_Nhdr) + owner_padded + metadata.size();
  Bytes file(note_offset + note_bytes + 32, 0x90);  // and something that could be code

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = arch == Arch::x86_64 ? EM_X86_64 : EM_AARCH64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 2;
  std::memcpy(file.data(), &header, sizeof header);

  Elf64_Phdr load{};
  load.p_type = PT_LOAD;
  load.p_flags = PF_R;
  load.p_filesz = load.p_memsz = file.size();
  Elf64_Phdr note = load;
  note.p_type = PT_NOTE;
  note.p_offset = note.p_vaddr = note_offset;
  note.p_filesz = note.p_memsz = note_bytes;
  std::memcpy(file.data() + header.e_phoff, &load, sizeof load);
  std::memcpy(file.data() + header.e_phoff + sizeof load, &note, sizeof note);

  const Elf64_Nhdr start{uint32_t(owner_bytes), uint32_t(metadata.size()), HR_OBJECT_NOTE_TYPE};
  std::memcpy(file.data() + note_offset, &start, sizeof start);
  std::memset(file.data() + note_offset + sizeof start, 0, owner_padded);
  std::memcpy(file.data() + note_offset + sizeof start, HR_OBJECT_NOTE_OWNER, owner_bytes);
  std::memcpy(file.data() + note_offset + sizeof start + owner_padded, metadata.data(), metadata.size());
  return file;
}

}  // namespace headrace::testing
