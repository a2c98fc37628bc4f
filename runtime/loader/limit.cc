#include "runtime/loader/limit.h"

#include <algorithm>

namespace headrace {

std::string_view limit_text(Limit limit) {
  switch (limit) {
    case Limit::unknown:
      return "";
    case Limit::consumer:
      return "consumer-bound";
    case Limit::io:
      return "I/O-bound";
    case Limit::decode:
      return "decode-bound";
    case Limit::code:
      return "compute-bound";
    case Limit::overhead:
      return "loader-bound";
  }
  return "";
}

LoaderStats difference(const LoaderStats& later, const LoaderStats& earlier) {
  LoaderStats d = later;
  const auto subtract = [&](auto member) { d.*member -= std::min(d.*member, earlier.*member); };
  for (const auto member : {&LoaderStats::samples, &LoaderStats::batches, &LoaderStats::decode_warnings,
                            &LoaderStats::failed_samples, &LoaderStats::consumer_wait_ns,
                            &LoaderStats::worker_wait_ns, &LoaderStats::io_wait_ns, &LoaderStats::entropy_ns,
                            &LoaderStats::code_ns, &LoaderStats::overhead_ns}) {
    subtract(member);
  }
  for (const auto member : {&IoStats::bytes_read, &IoStats::reads, &IoStats::wait_ns}) {
    d.io.*member -= std::min(d.io.*member, earlier.io.*member);
  }
  return d;
}

Limit limit_of(const LoaderStats& stats, unsigned threads, double seconds) {
  const uint64_t pixels = stats.entropy_ns + stats.code_ns + stats.overhead_ns,
                 busy = pixels + stats.io_wait_ns;
  if (!(seconds > 0) || threads == 0 || busy + stats.worker_wait_ns == 0) return Limit::unknown;
  const double worker_waits = static_cast<double>(stats.worker_wait_ns) / threads;
  if (worker_waits >= static_cast<double>(stats.consumer_wait_ns)) return Limit::consumer;
  if (stats.io_wait_ns >= pixels) return Limit::io;
  if (stats.overhead_ns > std::max(stats.entropy_ns, stats.code_ns)) return Limit::overhead;
  return stats.entropy_ns >= stats.code_ns ? Limit::decode : Limit::code;
}

}  // namespace headrace
