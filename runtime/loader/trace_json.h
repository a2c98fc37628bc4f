// Events as text of the Trace Event Format, the JSON that chrome://tracing and Perfetto read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/loader/trace.h"
#include "runtime/platform/tick_clock.h"

namespace headrace {

/// Appends to a string that the caller may empty between calls. begin(), track() for each, lost() and event()
/// for each, end().
class TraceJson {
 public:
  struct Facts {
    std::string_view process_name;
    int64_t unix_begin_ms = 0;  ///< what time 0 is in Unix time
    uint64_t lost = 0;          ///< events
    std::string_view clock;
  };

  /// `begin` is time 0 in ticks. All arguments outlive the object.
  TraceJson(std::string& out, const platform::TickClock& clock, uint64_t begin, uint64_t rank)
      : out_(out), clock_(clock), begin_(begin), process_(rank + 1) {}

  void begin(const Facts& facts);
  void track(size_t number, std::string_view name);

  /// A mark where a track begins whose earlier events were not kept.
  void lost(size_t track, uint64_t ticks, uint64_t events);

  /// Waits shorter than a microsecond are left out.
  void event(size_t track, const TraceEvent& e);

  void end();

 private:
  uint64_t nanoseconds(uint64_t ticks) const { return clock_.nanoseconds(ticks - std::min(begin_, ticks)); }
  void start_event(char phase, size_t thread);
  void microseconds(std::string_view key, uint64_t ns);
  void number(std::string_view key, uint64_t value);
  void name(std::string_view text);
  void metadata(size_t thread, std::string_view what, std::string_view text);
  void span(size_t thread, const TraceEvent& e);

  std::string& out_;
  const platform::TickClock& clock_;
  const uint64_t begin_, process_;
  bool first_ = true;
};

}  // namespace headrace
