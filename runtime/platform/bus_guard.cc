#include "runtime/platform/bus_guard.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <new>

namespace headrace::platform {

struct GuardSlot {
  std::atomic<uintptr_t> begin = 0;  // 0: the slot is free
  std::atomic<uintptr_t> end = 0;
  std::atomic<bool> faulted = false;
};

namespace {

// A signal handler has no argument of its own, so what it looks at is global, and the only such state here.
// Slots are never freed: the handler may be looking at one at any time.
struct SlotBlock {
  std::array<GuardSlot, 64> slots;
  std::atomic<SlotBlock*> next = nullptr;
};

struct Registry {
  SlotBlock first;
  struct sigaction previous = {};
  uintptr_t page_bytes = 4096;
};
Registry registry;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

static_assert(std::atomic<uintptr_t>::is_always_lock_free && std::atomic<SlotBlock*>::is_always_lock_free);

/// Calls `visit` with every slot until it returns true. Async-signal-safe.
template <class Visit>
bool any_slot(Visit&& visit) {
  for (SlotBlock* block = &registry.first; block != nullptr;
       block = block->next.load(std::memory_order_acquire)) {
    for (GuardSlot& slot : block->slots) {
      if (visit(slot)) return true;
    }
  }
  return false;
}

bool replace_by_zeros(uintptr_t address) {
  return any_slot([&](GuardSlot& slot) {
    const uintptr_t begin = slot.begin.load(std::memory_order_acquire);
    const uintptr_t end = slot.end.load(std::memory_order_acquire);
    // A slot that is being given to another range has a begin of 0 in between.
    if (begin == 0 || address < begin || address >= end) return false;
    if (slot.begin.load(std::memory_order_acquire) != begin) return false;
    // The flag first: whoever sees the zeros must find it set.
    slot.faulted.store(true, std::memory_order_seq_cst);
    const uintptr_t page = address / registry.page_bytes * registry.page_bytes;
    // All of the rest at once: one by one, the pages of a large file would take all the mappings a process
    // may have.
    constexpr int kFlags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    // The call itself, as what stands between in sanitizers is not made for signal handlers.
    return ::syscall(SYS_mmap, page, end - page, PROT_READ, kFlags, -1, 0) != -1;
  });
}

void call_previous(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = registry.previous;
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
    return;
  }
  if (previous.sa_handler == SIG_IGN && info->si_code <= 0) return;  // sent by a process
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
    return;
  }
  // The default: the access is repeated and ends the process, or a signal that was sent is sent again.
  struct sigaction fallback = {};
  fallback.sa_handler = SIG_DFL;
  (void)::sigaction(signal, &fallback, nullptr);
  if (info->si_code <= 0) (void)::raise(signal);  // delivered when this handler returns
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  const bool replaced =
      info->si_code == BUS_ADRERR && replace_by_zeros(reinterpret_cast<uintptr_t>(info->si_addr));
  if (!replaced) call_previous(signal, info, context);
  errno = saved;
}

bool install() {
  registry.page_bytes = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  if (::sigaction(SIGBUS, nullptr, &registry.previous) != 0) return false;
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_mask = registry.previous.sa_mask;  // what an earlier handler relies on
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | (registry.previous.sa_flags & SA_NODEFER);
  return ::sigaction(SIGBUS, &action, nullptr) == 0;
}

/// A free slot, which only this thread takes: callers hold a lock.
GuardSlot* free_slot() {
  GuardSlot* found = nullptr;
  SlotBlock* last = &registry.first;
  any_slot([&](GuardSlot& slot) {
    if (slot.begin.load(std::memory_order_relaxed) != 0) return false;
    found = &slot;
    return true;
  });
  if (found != nullptr) return found;
  while (SlotBlock* next = last->next.load(std::memory_order_relaxed)) last = next;
  auto* const block = new (std::nothrow) SlotBlock;
  if (block == nullptr) return nullptr;
  last->next.store(block, std::memory_order_release);
  return block->slots.data();
}

}  // namespace

GuardSlot* guard_mapping(const void* begin, size_t bytes) noexcept {
  if (bytes == 0) return nullptr;
  static const bool installed = install();
  if (!installed) return nullptr;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  GuardSlot* const slot = free_slot();
  if (slot == nullptr) return nullptr;
  const auto address = reinterpret_cast<uintptr_t>(begin);
  const uintptr_t end =
      (address + bytes + registry.page_bytes - 1) / registry.page_bytes * registry.page_bytes;
  slot->faulted.store(false, std::memory_order_relaxed);
  slot->end.store(end, std::memory_order_release);
  slot->begin.store(address, std::memory_order_release);
  return slot;
}

void unguard_mapping(GuardSlot* slot) noexcept {
  if (slot != nullptr) slot->begin.store(0, std::memory_order_release);
}

bool faulted(const GuardSlot* slot) noexcept {
  return slot != nullptr && slot->faulted.load(std::memory_order_acquire);
}

void mark_faulted(GuardSlot* slot) noexcept {
  if (slot != nullptr) slot->faulted.store(true, std::memory_order_release);
}

void accept_bus_errors() noexcept {
  sigset_t set;
  (void)::sigemptyset(&set);
  (void)::sigaddset(&set, SIGBUS);
  (void)::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace headrace::platform
