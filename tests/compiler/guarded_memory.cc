#include "tests/compiler/guarded_memory.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace headrace::testing {
namespace {

constexpr uint8_t kGuardByte = 0xA5, kContent = 0xCD;

size_t page() {
  static const auto bytes = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

std::string bytes_text(size_t n) { return std::to_string(n) + (n == 1 ? " byte" : " bytes"); }

// What a signal handler needs to know: nothing can be passed to it.
struct Trap {
  sigjmp_buf back;
  const void* address = nullptr;
};
thread_local Trap* active_trap = nullptr;

struct sigaction& previous_action() {
  static struct sigaction action;
  return action;
}

void on_fault(int signal, siginfo_t* info, void*) {
  if (active_trap == nullptr) {  // not ours: it happens again, to whom it is meant for
    ::sigaction(signal, &previous_action(), nullptr);
    return;
  }
  active_trap->address = info->si_addr;
  siglongjmp(active_trap->back, 1);
}

void install_handler() {
  static const bool installed = [] {
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    ::sigemptyset(&action.sa_mask);
    return ::sigaction(SIGSEGV, &action, &previous_action()) == 0;
  }();
  if (!installed) std::abort();
}

}  // namespace

GuardedMemory::GuardedMemory(std::string name, size_t size, size_t alignment, GuardSide side)
    : name_(std::move(name)), size_(size) {
  const size_t inside = std::max<size_t>(1, (size + page() - 1) / page()) * page();
  mapped_ = inside + 2 * page();
  void* const p = ::mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) std::abort();
  base_ = static_cast<uint8_t*>(p);
  uint8_t* const first = base_ + page();
  if (::mprotect(first, inside, PROT_READ | PROT_WRITE) != 0) std::abort();
  data_ = side == GuardSide::front ? first : first + (inside - size) / alignment * alignment;
  std::memset(first, kGuardByte, inside);
  std::memset(data_, kContent, size);
}

GuardedMemory::GuardedMemory(GuardedMemory&& other) noexcept
    : name_(std::move(other.name_)),
      size_(other.size_),
      mapped_(other.mapped_),
      base_(std::exchange(other.base_, nullptr)),
      data_(other.data_) {}

GuardedMemory::~GuardedMemory() {
  if (base_ != nullptr) ::munmap(base_, mapped_);
}

std::string GuardedMemory::where(const void* address) const {
  const auto* const at = static_cast<const uint8_t*>(address);
  if (at < base_ || at >= base_ + mapped_) return "";
  if (at < data_) return "touched memory " + bytes_text(size_t(data_ - at)) + " before " + name_;
  return "touched memory " + bytes_text(size_t(at - data_) - size_ + 1) + " beyond the end of " + name_;
}

std::string GuardedMemory::damage() const {
  const auto is_guard = [](uint8_t b) { return b == kGuardByte; };
  const bool whole = std::all_of(base_ + page(), data_, is_guard) &&
                     std::all_of(data_ + size_, base_ + mapped_ - page(), is_guard);
  return whole ? "" : "wrote outside " + name_;
}

std::string run_trapped(const std::vector<GuardedMemory>& buffers, const std::function<void()>& body) {
  install_handler();
  Trap trap;
  Trap* const outer = active_trap;
  if (sigsetjmp(trap.back, 1) == 0) {
    active_trap = &trap;
    body();
    active_trap = outer;
    return "";
  }
  active_trap = outer;
  for (const GuardedMemory& buffer : buffers) {
    if (std::string place = buffer.where(trap.address); !place.empty()) return place;
  }
  char text[64];
  std::snprintf(text, sizeof text, "touched the address %p, which is in no buffer", trap.address);
  return text;
}

}  // namespace headrace::testing
