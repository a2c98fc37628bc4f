#include "runtime/loader/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace headrace {
namespace {

constexpr double kRewriteSeconds = 0.1, kLineSeconds = 5.0;
constexpr size_t kDefaultColumns = 80;

/// Three significant digits below a hundred, whole numbers above.
std::string three_digits(double v) {
  std::array<char, 32> text;
  const int decimals = v < 9.995 ? 2 : v < 99.95 ? 1 : 0;
  std::snprintf(text.data(), text.size(), "%.*f", decimals, v);
  return text.data();
}

size_t terminal_columns(std::FILE* out) {
  winsize size{};
  if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultColumns;
  return size.ws_col;
}

}  // namespace

std::string format_count(uint64_t n) {
  std::string digits = std::to_string(n);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string format_rate(double per_second) {
  if (!(per_second > 0)) return "0";
  if (per_second < 99.95) return three_digits(per_second);
  // Beyond 2^53 a rate is no measurement any more; the bound keeps the conversion defined.
  return format_count(static_cast<uint64_t>(std::llround(std::min(per_second, 9e15))));
}

std::string format_bytes(double bytes) {
  static constexpr std::array<const char*, 6> kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
  size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  const std::string number = unit == 0 ? std::to_string(std::llround(bytes)) : three_digits(bytes);
  return number + " " + kUnits[unit];
}

std::string format_seconds(double seconds) {
  if (!(seconds > 0)) return "0.00 s";
  if (seconds < 59.95) return three_digits(seconds) + " s";
  const auto whole = static_cast<uint64_t>(std::llround(std::min(seconds, 9e15)));
  const auto two_digits = [](uint64_t v) { return (v < 10 ? "0" : "") + std::to_string(v); };
  if (whole < 3600) return std::to_string(whole / 60) + " min " + two_digits(whole % 60) + " s";
  return format_count(whole / 3600) + " h " + two_digits(whole % 3600 / 60) + " min";
}

std::string format_eta(uint64_t done, uint64_t total, double seconds) {
  if (done == 0 || total < done) return "";
  const double left = seconds / static_cast<double>(done) * static_cast<double>(total - done);
  return "ETA " + format_seconds(left);
}

ProgressLine::Style ProgressLine::style_for(std::FILE* out) {
  return ::isatty(::fileno(out)) == 1 ? Style::rewrite : Style::lines;
}

double ProgressLine::interval() const {
  if (interval_ >= 0) return interval_;
  return style_ == Style::rewrite ? kRewriteSeconds : kLineSeconds;
}

bool ProgressLine::due(Clock::time_point now) const {
  return style_ != Style::silent && std::chrono::duration<double>(now - last_).count() >= interval();
}

void ProgressLine::show(std::string_view text, Clock::time_point now) {
  if (!due(now)) return;
  last_ = now;
  if (style_ == Style::lines) {
    std::fprintf(out_, "%.*s\n", static_cast<int>(text.size()), text.data());
  } else {
    text = text.substr(0, columns());
    std::fprintf(out_, "\r%.*s\x1b[K", static_cast<int>(text.size()), text.data());
    on_screen_ = true;
  }
  std::fflush(out_);
}

size_t ProgressLine::columns() const {
  // A line as wide as the terminal would wrap on some of them.
  return style_ == Style::rewrite ? terminal_columns(out_) - 1 : SIZE_MAX;
}

void ProgressLine::clear() {
  if (!on_screen_) return;
  std::fputs("\r\x1b[K", out_);
  std::fflush(out_);
  on_screen_ = false;
}

}  // namespace headrace
