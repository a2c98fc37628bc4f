#include "compiler/codegen/link_file.h"

#include <lld/Common/Driver.h>
#include <llvm/Support/raw_ostream.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <system_error>

LLD_HAS_DRIVER(elf)

namespace headrace::codegen {
namespace {

namespace fs = std::filesystem;

/// A folder that only this user can enter; removed with all that is in it.
class TemporaryFolder {
 public:
  static Expected<TemporaryFolder> create() {
    std::error_code error;
    fs::path base = fs::temp_directory_path(error);
    if (error) base = "/tmp";
    std::string pattern = (base / "headrace-link-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      return Status("compile.link", base.string(), "no temporary folder can be made in it");
    }
    return TemporaryFolder(pattern);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Status write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), std::streamsize(bytes.size()));
  file.close();
  return file ? Status() : Status("compile.link", path, "cannot be written");
}

Expected<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file || bytes.empty()) return Status("compile.link", path, "cannot be read back");
  return bytes;
}

std::vector<std::string> arguments(FileKind kind, Arch arch, const std::string& build_id) {
  std::vector<std::string> args = {"ld.lld", "-m", arch == Arch::x86_64 ? "elf_x86_64" : "aarch64linux", "--threads=1"};
  if (kind == FileKind::relocatable) {
    args.push_back("-r");
    return args;
  }
  // Nothing is imported and nothing runs on loading; the only thing that is written to is the table of addresses,
  // once, by the dynamic linker.
  for (const char* a : {"-shared", "--no-undefined", "--gc-sections", "-z", "relro", "-z", "now", "-z", "noexecstack",
                        "--hash-style=gnu"}) {
    args.emplace_back(a);
  }
  args.push_back(build_id.empty() ? "--build-id=none" : "--build-id=0x" + build_id);
  return args;
}

}  // namespace

Expected<std::string> link_file(const std::vector<Object>& objects, FileKind kind, Arch arch, const std::string& build_id) {
  HR_ASSIGN_OR_RETURN(const TemporaryFolder folder, TemporaryFolder::create());
  std::vector<std::string> args = arguments(kind, arch, build_id);
  for (size_t i = 0; i < objects.size(); ++i) {
    args.push_back(folder.file(std::to_string(i) + ".o"));
    HR_RETURN_IF_ERROR(write_file(args.back(), objects[i].bytes));
  }
  const std::string output = folder.file("linked");
  args.insert(args.end(), {"-o", output});
  std::vector<const char*> pointers;
  for (const std::string& a : args) pointers.push_back(a.c_str());
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  {
    static std::mutex one_at_a_time;  // lld keeps its state in one place of the process
    const std::lock_guard lock(one_at_a_time);
    const lld::Result result = lld::lldMain(pointers, stream, stream, {{lld::Gnu, &lld::elf::link}});
    if (result.retCode != 0 || !result.canRunAgain) return Status("compile.link", "lld", stream.str());
  }
  return read_file(output);
}

}  // namespace headrace::codegen
