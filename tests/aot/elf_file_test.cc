// What is checked of a shared object's file before anything loads it.
#include "runtime/aot/elf_file.h"

#include <elf.h>
#include <gtest/gtest.h>

#include "dataset_testing.h"
#include "object_testing.h"
#include "runtime/aot/metadata.h"

namespace headrace {
namespace {

using testing::Bytes;
using testing::forged_object;
using testing::put;
using testing::sealed_object;
using testing::some_object_info;

class ObjectFile : public ::testing::Test {
 protected:
  std::string error_of(const Bytes& file) const {
    testing::write_bytes(path_, file);
    std::string text = read_object(path_).status().to_string();
    const size_t at = text.find(path_);
    return at == std::string::npos ? text : text.replace(at, path_.size(), "F");
  }

  /// The same checks on bytes in memory.
  static Status check(const Bytes& file) {
    HR_ASSIGN_OR_RETURN(const aot::SharedObject object, aot::parse_shared_object(file, "F"));
    HR_RETURN_IF_ERROR(aot::check_content(file, object, "F"));
    return aot::decode_metadata(std::span(file).subspan(object.metadata.offset, object.metadata.size), "F").status();
  }

  testing::TempDir dir_;
  std::string path_ = dir_ / "train.so";
  std::string metadata_ = aot::encode_metadata(some_object_info());
  Bytes good_ = sealed_object(metadata_);
};

TEST_F(ObjectFile, AWholeOneIsRead) {
  testing::write_bytes(path_, good_);
  const Expected<ObjectInfo> info = read_object(path_);
  ASSERT_TRUE(info.ok()) << info.status().to_string();
  EXPECT_EQ(info->name, "train");
}

TEST_F(ObjectFile, OtherFilesAreRefusedByWhatTheyAre) {
  EXPECT_EQ(read_object(dir_ / "absent.so").status().code(), "object.file");
  EXPECT_EQ(read_object(dir_.path()).status().code(), "object.file");
  const std::string no_elf = "error[object.elf] F: is not an ELF file; expected a shared object, as `headrace compile --emit so` makes it";
  EXPECT_EQ(error_of({}), no_elf);
  EXPECT_EQ(error_of(testing::noise(1000, 1)), no_elf);
  Bytes file = good_;
  put(file, EI_CLASS, uint8_t{ELFCLASS32});
  EXPECT_EQ(error_of(file), "error[object.elf] F: is not a 64-bit little-endian ELF file");
  file = good_;
  put(file, offsetof(Elf64_Ehdr, e_type), uint16_t{ET_REL});
  EXPECT_EQ(error_of(file), "error[object.elf] F: is an ELF file of type 1 (a relocatable object); expected a shared object (type 3)");
  file = good_;
  put(file, offsetof(Elf64_Ehdr, e_machine), uint16_t{EM_RISCV});
  EXPECT_EQ(error_of(file), "error[object.elf] F: is for ELF machine 243; expected x86-64 (62) or AArch64 (183)");
  file = good_;
  put(file, offsetof(Elf64_Ehdr, e_phnum), uint16_t{65});
  EXPECT_EQ(error_of(file), "error[object.elf] F: has a damaged program header table, or the file is cut off");
  file = good_;
  put(file, offsetof(Elf64_Ehdr, e_phoff), ~uint64_t{0} - 8);
  EXPECT_EQ(error_of(file), "error[object.elf] F: has a damaged program header table, or the file is cut off");
}

TEST_F(ObjectFile, OneForAnotherProcessorIsReadButNotLoaded) {
  ObjectInfo info = some_object_info();
  info.arch = host_arch() == Arch::x86_64 ? Arch::aarch64 : Arch::x86_64;
  testing::write_bytes(path_, sealed_object(aot::encode_metadata(info), info.arch));
  EXPECT_TRUE(read_object(path_).ok());
  EXPECT_EQ(load_object(path_).status().to_string(),
            "error[object.elf] " + path_ + ": is for " + std::string(arch_name(info.arch)) + "; this process runs on " +
                std::string(arch_name(*host_arch())));
  // Code and metadata of different processors.
  EXPECT_EQ(error_of(sealed_object(metadata_, Arch::aarch64)),
            "error[object.metadata] F: its metadata is for another processor than its code");
}

TEST_F(ObjectFile, WithoutItsMetadataItIsNotOurs) {
  Bytes file = good_;
  const size_t note = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
  file[note + sizeof(Elf64_Nhdr)] = 'H';
  EXPECT_EQ(error_of(file), "error[object.metadata] F: has no headrace metadata; it was not made by `headrace compile`");
  file = good_;
  put(file, note + offsetof(Elf64_Nhdr, n_type), uint32_t{2});
  EXPECT_EQ(error_of(file), "error[object.metadata] F: has no headrace metadata; it was not made by `headrace compile`");
  // The note segment twice.
  file = good_;
  std::copy_n(file.begin() + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr), sizeof(Elf64_Phdr), file.begin() + sizeof(Elf64_Ehdr));
  EXPECT_EQ(error_of(file), "error[object.metadata] F: has headrace metadata more than once");
  // A note that is never loaded.
  file = good_;
  put(file, sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz), uint64_t{note});
  EXPECT_EQ(error_of(file), "error[object.metadata] F: its metadata is malformed: it is not where it should be");
  EXPECT_EQ(error_of(forged_object("short")), "error[object.metadata] F: its metadata is malformed: it is not where it should be");
}

TEST_F(ObjectFile, EveryTruncationIsRefused) {
  for (size_t size = 0; size < good_.size(); ++size) {
    const Status status = check(Bytes(good_.begin(), good_.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(status.code(), "object.elf") << size << ": " << status.to_string();
  }
}

TEST_F(ObjectFile, EveryChangedByteThatIsLoadedIsNoticed) {
  for (size_t at = sizeof(Elf64_Ehdr); at < good_.size(); ++at) {
    Bytes file = good_;
    file[at] ^= 0x10;
    EXPECT_FALSE(check(file).ok()) << "byte " << at;
  }
  Bytes file = good_;
  file.back() ^= 1;
  EXPECT_EQ(error_of(file), "error[object.damaged] F: its content is not what was compiled (its XXH3-128 differs from the one in its metadata)");
}

// Sealed again after the change, so that the reader gets to see it.
TEST_F(ObjectFile, NoHeaderLeadsOutOfTheFile) {
  size_t refused = 0;
  for (size_t at = 0; at < sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr) + sizeof(Elf64_Nhdr); ++at) {
    for (const int value : {0x00, 0x01, 0x40, 0x7F, 0x80, 0xFF}) {
      Bytes file = forged_object(metadata_);
      file[at] = static_cast<uint8_t>(value);
      if (!aot::seal_content(file, "F").ok() || !check(file).ok()) ++refused;
    }
  }
  EXPECT_GT(refused, 100u);
}

}  // namespace
}  // namespace headrace
