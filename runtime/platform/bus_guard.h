// Turns a bus error in a mapped file (it was truncated by someone, or its device failed) into something the
// owner of the mapping can ask about, where the process would otherwise be killed.
#pragma once

#include <atomic>
#include <cstddef>

namespace headrace::platform {

/// A place in the registry of guarded mappings, which the signal handler reads without a lock.
struct GuardSlot;

/// Guards [begin, begin + bytes) from now on. When a page in it cannot be read, everything from that page to
/// the end of the range is replaced by zeros, the access goes on, and faulted() says so for good. Bus errors
/// elsewhere go to the handler that was installed before the first call, or to the system's default. Null if
/// out of memory or if the system refuses a handler: then nothing is guarded. Any thread.
GuardSlot* guard_mapping(const void* begin, size_t bytes) noexcept;

/// Ends it, before the range is unmapped. Null is ignored.
void unguard_mapping(GuardSlot* slot) noexcept;

/// Whether the range has been replaced in part. Threads that read zeros in place of the file's bytes find
/// true after that.
bool faulted(const GuardSlot* slot) noexcept;

/// Makes faulted() true, for those who found out in another way.
void mark_faulted(GuardSlot* slot) noexcept;

/// A thread that blocks bus errors is killed by one, whatever the handler. Threads that read mappings call
/// this once where they may have inherited such a mask.
void accept_bus_errors() noexcept;

}  // namespace headrace::platform
