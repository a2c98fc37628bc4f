// What kind of file system and device a file lies on.
#pragma once

#include <cstdint>
#include <string_view>

namespace headrace::platform {

enum class StorageKind : uint8_t {
  local,    ///< a device of this machine, as far as can be told
  network,  ///< another machine answers, or a program does (FUSE)
  memory    ///< the files are in memory already (tmpfs)
};

struct Storage {
  StorageKind kind = StorageKind::local;
  std::string_view name;  ///< "NFS"; empty if it is none of those known
};

/// Of the file system of an open file.
Storage storage_of(int fd);

/// The same from the number by which Linux tells file systems apart (statfs f_type).
Storage storage_of_magic(uint32_t magic);

/// How much the kernel reads at most for one request to read ahead in an open file: 128 KiB where its device
/// does not say.
uint64_t read_ahead_bytes(int fd);

}  // namespace headrace::platform
