#include "cli/interrupt.h"

#include <csignal>
#include <initializer_list>

namespace headrace::cli {
namespace {

// A signal handler reaches nothing but globals; this is the program's only mutable one.
std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler must not lock");

void on_signal(int) { stop_requested.store(true, std::memory_order_relaxed); }

void handle(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART | flags;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

}  // namespace

Interrupt::Interrupt(Second second) {
  stop_requested.store(false, std::memory_order_relaxed);
  handle(on_signal, second == Second::kills ? static_cast<int>(SA_RESETHAND) : 0);
}

Interrupt::~Interrupt() { handle(SIG_DFL, 0); }

const std::atomic<bool>& Interrupt::flag() { return stop_requested; }

}  // namespace headrace::cli
