// Progress of long work, for people: one line that rewrites itself on a terminal, a line every few seconds
// where output goes to a file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace headrace {

/// "87", "4,310", "1,234,567".
std::string format_count(uint64_t n);

/// A rate per second with three significant digits or all its whole ones: "0.52", "8.31", "42.7", "4,310".
std::string format_rate(double per_second);

/// Powers of 1000: "512 B", "1.42 MB", "23.1 GB".
std::string format_bytes(double bytes);

/// "0.42 s", "12.3 s", "3 min 05 s", "2 h 07 min".
std::string format_seconds(double seconds);

/// Time left if work goes on as so far, or "" while nothing is done: "ETA 3 min 05 s".
std::string format_eta(uint64_t done, uint64_t total, double seconds);

/// One line of text at a time, shown only as often as a person can use it. Not thread-safe.
class ProgressLine {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Style : uint8_t {
    rewrite,  ///< a terminal: ten times a second, in place
    lines,    ///< a file or pipe: a new line every five seconds
    silent
  };

  /// `rewrite` on a terminal, else `lines`.
  static Style style_for(std::FILE* out);

  explicit ProgressLine(std::FILE* out) : ProgressLine(out, style_for(out)) {}
  ProgressLine(std::FILE* out, Style style) : out_(out), style_(style), last_(Clock::now()) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Seconds between two lines, in place of the style's own.
  void set_interval(double seconds) { interval_ = seconds; }

  /// Whether show() would write now. Callers test it before they compose a text.
  bool due(Clock::time_point now = Clock::now()) const;

  /// Shows `text`, one line without control characters, if it is due. A terminal's line is cut to its width.
  void show(std::string_view text, Clock::time_point now = Clock::now());

  /// How long a text may be without being cut.
  size_t columns() const;

  /// Takes a rewritten line off the terminal, so that other text can follow.
  void clear();

 private:
  double interval() const;

  std::FILE* out_;
  Style style_;
  Clock::time_point last_;  ///< of the last line; of construction before the first
  double interval_ = -1;
  bool on_screen_ = false;
};

}  // namespace headrace
