// SIGINT and SIGTERM as a flag, so that work stops where nothing is left behind.
#pragma once

#include <atomic>

namespace headrace::cli {

/// While it lives, the two signals set the flag instead of ending the process; one object at a time.
class Interrupt {
 public:
  enum class Second : unsigned char {
    ignored,  ///< stopping takes no time, and ending the process would leave files behind
    kills     ///< nothing is lost, and stopping may take a while
  };

  explicit Interrupt(Second second);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  static const std::atomic<bool>& flag();
  static bool requested() { return flag().load(std::memory_order_relaxed); }
};

}  // namespace headrace::cli
