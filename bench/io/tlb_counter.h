// Counts loads that miss the data TLB, where the processor and the system let us.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace headrace::bench {

/// Of the calling thread, from construction to count().
class TlbCounter {
 public:
  TlbCounter();
  ~TlbCounter();
  TlbCounter(const TlbCounter&) = delete;
  TlbCounter& operator=(const TlbCounter&) = delete;

  std::optional<uint64_t> count() const;  ///< none where it cannot be counted
  const std::string& why_not() const { return why_not_; }

 private:
  int fd_ = -1;
  std::string why_not_;
};

}  // namespace headrace::bench
