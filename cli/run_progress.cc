#include "cli/run_progress.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

namespace headrace::cli {
namespace {

constexpr double kWindowSeconds = 10;
constexpr size_t kBarWidth = 10;

double fraction_done(const ProgressFacts& f) {
  if (f.run_batches == 0) return 0;
  return std::min(static_cast<double>(f.run_done) / static_cast<double>(f.run_batches), 1.0);
}

std::string bar_of(double fraction) {
  const auto full = static_cast<size_t>(fraction * kBarWidth);
  std::string bar(full, '=');
  if (full < kBarWidth) bar += '>';
  bar.resize(kBarWidth, ' ');
  return "[" + bar + "] ";
}

/// A piece of the line; of those that do not fit, the ones with the lowest rank go first.
struct Piece {
  int rank;
  std::string text;
};

size_t length_of(const std::vector<Piece>& pieces) {
  size_t length = 0;
  for (const Piece& p : pieces) length += p.text.size();
  return length;
}

}  // namespace

std::string progress_text(const ProgressFacts& f, size_t columns, bool bar) {
  const double fraction = fraction_done(f);
  const std::string whole = " of " + (f.batches == 1 ? "1 batch" : format_count(f.batches) + " batches");
  std::vector<Piece> pieces;
  if (bar) pieces.push_back({3, bar_of(fraction)});
  pieces.push_back({7, std::to_string(static_cast<int>(fraction * 100)) + " % "});
  pieces.push_back({8, "epoch " + std::to_string(f.epoch) + ": " + format_count(f.done)});
  pieces.push_back({1, whole});
  pieces.push_back({9, ", " + format_rate(f.images_per_second) + " images/s"});
  pieces.push_back({2, ", " + format_bytes(f.bytes_per_second) + "/s read"});
  if (f.seconds_left >= 0) pieces.push_back({6, ", ETA " + format_seconds(f.seconds_left)});
  if (f.limit != Limit::unknown) pieces.push_back({5, ", " + std::string(limit_text(f.limit))});
  while (pieces.size() > 1 && length_of(pieces) > columns) {
    pieces.erase(std::min_element(pieces.begin(), pieces.end(),
                                  [](const Piece& a, const Piece& b) { return a.rank < b.rank; }));
  }
  std::string text;
  for (const Piece& p : pieces) text += p.text;
  return text;
}

RunProgress::RunProgress(std::FILE* out, ProgressLine::Style style, const Plan& plan, Clock::time_point now)
    : line_(out, style), bar_(style == ProgressLine::Style::rewrite), plan_(plan) {
  looks_.push_back({now, 0, {}});
}

void RunProgress::show(uint64_t epoch, uint64_t done, const LoaderStats& stats, Clock::time_point now) {
  if (!line_.due(now)) return;
  const auto seconds_since = [&](const Look& look) {
    return std::chrono::duration<double>(now - look.when).count();
  };
  while (looks_.size() > 1 && seconds_since(looks_[1]) >= kWindowSeconds) looks_.pop_front();
  const Look& from = looks_.front();
  const double seconds = seconds_since(from);
  const LoaderStats counted = difference(stats, from.stats);
  const uint64_t at = epoch * plan_.batches_per_epoch + done;
  ProgressFacts f;
  f.epoch = epoch;
  f.done = done;
  f.batches = plan_.batches_per_epoch;
  f.run_done = at - std::min(plan_.begin, at);
  f.run_batches = plan_.end - std::min(plan_.begin, plan_.end);
  if (seconds > 0) {
    f.images_per_second = static_cast<double>(counted.samples) / seconds;
    f.bytes_per_second = static_cast<double>(counted.io.bytes_read) / seconds;
  }
  if (f.run_done > from.done && f.run_batches >= f.run_done) {
    f.seconds_left = seconds / static_cast<double>(f.run_done - from.done) *
                     static_cast<double>(f.run_batches - f.run_done);
  }
  f.limit = limit_of(counted, plan_.threads, seconds);
  line_.show(progress_text(f, line_.columns(), bar_), now);
  looks_.push_back({now, f.run_done, stats});
}

}  // namespace headrace::cli
