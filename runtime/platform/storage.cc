#include "runtime/platform/storage.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

namespace headrace::platform {
namespace {

struct Known {
  uint32_t magic;
  Storage storage;
};

constexpr std::array kKnown = {
    Known{0x00006969, {StorageKind::network, "NFS"}},
    Known{0x0000517B, {StorageKind::network, "SMB"}},
    Known{0xFF534D42, {StorageKind::network, "CIFS"}},
    Known{0xFE534D42, {StorageKind::network, "SMB2"}},
    Known{0x00C36400, {StorageKind::network, "Ceph"}},
    Known{0x0BD00BD0, {StorageKind::network, "Lustre"}},
    Known{0x47504653, {StorageKind::network, "GPFS"}},
    Known{0x19830326, {StorageKind::network, "BeeGFS"}},
    Known{0xAAD7AAEA, {StorageKind::network, "PanFS"}},
    Known{0x01021997, {StorageKind::network, "9P"}},
    Known{0x5346414F, {StorageKind::network, "AFS"}},
    Known{0x6B414653, {StorageKind::network, "AFS"}},
    Known{0x73757245, {StorageKind::network, "Coda"}},
    Known{0x786F4256, {StorageKind::network, "VirtualBox shared folder"}},
    Known{0x65735546, {StorageKind::network, "FUSE"}},
    Known{0x01021994, {StorageKind::memory, "tmpfs"}},
    Known{0x858458F6, {StorageKind::memory, "ramfs"}},
    Known{0x958458F6, {StorageKind::memory, "hugetlbfs"}},
    Known{0x0000EF53, {StorageKind::local, "ext4"}},
    Known{0x58465342, {StorageKind::local, "XFS"}},
    Known{0x9123683E, {StorageKind::local, "Btrfs"}},
    Known{0x2FC12FC1, {StorageKind::local, "ZFS"}},
    Known{0xF2F52010, {StorageKind::local, "F2FS"}},
    Known{0x794C7630, {StorageKind::local, "overlayfs"}},
};

constexpr uint64_t kUsualReadAhead = 128u << 10;

uint64_t kib_in(const std::string& path) {
  uint64_t kib = 0;
  std::ifstream(path) >> kib;
  return kib << 10;
}

}  // namespace

Storage storage_of_magic(uint32_t magic) {
  for (const Known& known : kKnown) {
    if (known.magic == magic) return known.storage;
  }
  return {};
}

Storage storage_of(int fd) {
  struct statfs fs {};
  if (::fstatfs(fd, &fs) != 0) return {};
  return storage_of_magic(static_cast<uint32_t>(fs.f_type));
}

uint64_t read_ahead_bytes(int fd) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) return kUsualReadAhead;
  const std::string device =
      "/sys/dev/block/" + std::to_string(::major(st.st_dev)) + ":" + std::to_string(::minor(st.st_dev));
  // A partition's queue is that of its disk.
  return std::max(
      {kUsualReadAhead, kib_in(device + "/queue/read_ahead_kb"), kib_in(device + "/../queue/read_ahead_kb")});
}

}  // namespace headrace::platform
