// A control group with a memory limit, page cache included.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace headrace::bench {

class MemoryGroup {
 public:
  /// Null, with the reason in `why`, where the system or its permissions do not allow it.
  static std::unique_ptr<MemoryGroup> create(uint64_t limit_bytes, std::string& why);
  ~MemoryGroup();  ///< nobody may be in it any more
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;

  /// Moves the calling process into it.
  bool enter() const;

 private:
  explicit MemoryGroup(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};

}  // namespace headrace::bench
