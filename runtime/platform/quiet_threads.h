// Starting threads that leave the program's signals alone.
#pragma once

#include <pthread.h>

#include <csignal>

namespace headrace::platform {

/// While it lives, threads started here leave every signal to the threads of the program, except the bus
/// errors they cause themselves by reading mapped files.
class QuietThreads {
 public:
  QuietThreads() {
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~QuietThreads() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  QuietThreads(const QuietThreads&) = delete;
  QuietThreads& operator=(const QuietThreads&) = delete;

 private:
  sigset_t before_ = {};
};

}  // namespace headrace::platform
