#include "runtime/loader/trace.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <span>
#include <utility>

#include "runtime/loader/trace_json.h"
#include "runtime/platform/atomic_file.h"

namespace headrace {
namespace {

constexpr size_t kWriteBytes = 1u << 20;

/// Whether viewers that see `a` first nest `b` in it rather than the other way round.
bool shown_before(const TraceEvent& a, const TraceEvent& b) {
  if (a.begin != b.begin) return a.begin < b.begin;
  if (a.is_counter != b.is_counter) return a.is_counter;
  return a.end > b.end;
}

/// Text on its way to a file.
class TextOut {
 public:
  explicit TextOut(platform::AtomicFile& file) : file_(file) {}

  std::string& text() { return text_; }

  /// Writes the text out if there is much of it.
  Status step() { return text_.size() < kWriteBytes ? Status() : flush(); }

  Status flush() {
    HR_RETURN_IF_ERROR(
        file_.write_at(offset_, {reinterpret_cast<const uint8_t*>(text_.data()), text_.size()}));
    offset_ += text_.size();
    text_.clear();
    return {};
  }

 private:
  platform::AtomicFile& file_;
  std::string text_;
  uint64_t offset_ = 0;
};

}  // namespace

TraceTrack::TraceTrack(std::string name, platform::Buffer memory)
    : name_(std::move(name)),
      memory_(std::move(memory)),
      words_(reinterpret_cast<Word*>(memory_.data())),
      capacity_(memory_.size() / kEventBytes),
      kept_(capacity_ - 1) {}

std::vector<TraceEvent> TraceTrack::events() const {
  const uint64_t end = written_.load(std::memory_order_acquire);
  const uint64_t begin = end - std::min(end, kept_);
  std::vector<TraceEvent> events;
  events.reserve(end - begin);
  for (uint64_t i = begin; i < end; ++i) {
    const Word* const word = words_ + i % capacity_ * kWords;
    TraceEvent e;
    e.begin = word[0].load(std::memory_order_acquire);
    const uint64_t second = word[1].load(std::memory_order_acquire);
    const uint64_t what = word[2].load(std::memory_order_acquire);
    e.place.batch = word[3].load(std::memory_order_acquire);
    e.place.sample = word[4].load(std::memory_order_acquire);
    e.place.epoch = what & ((uint64_t{1} << kKindShift) - 1);
    const uint64_t kind = what >> kKindShift;
    if (kind >= kFirstCounter) {
      e.is_counter = true;
      e.counter = static_cast<TraceCounter>(kind - kFirstCounter);
      e.value = second;
    } else {
      e.kind = static_cast<SpanKind>(kind);
      e.end = second;
    }
    events.push_back(e);
  }
  // Of what was overwritten while this looked, and of what was being overwritten, nothing is whole.
  const uint64_t now = written_.load(std::memory_order_relaxed), kept_from = now - std::min(now, kept_);
  if (kept_from > begin) {
    events.erase(events.begin(), events.begin() + static_cast<ptrdiff_t>(std::min(kept_from, end) - begin));
  }
  return events;
}

uint64_t TraceTrack::lost() const {
  const uint64_t written = written_.load(std::memory_order_relaxed);
  return written - std::min(written, kept_);
}

TraceRecorder::TraceRecorder(const platform::TickClock& clock, const TraceOptions& options)
    : clock_(clock),
      options_(options),
      begin_(clock.now()),
      unix_begin_ms_(std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count()) {}

Expected<TraceTrack*> TraceRecorder::track(std::string name) {
  const uint64_t share = options_.memory_bytes / std::max(options_.tracks, 1u);
  Expected<platform::Buffer> memory =
      platform::Buffer::allocate(std::max<uint64_t>(share, 2 * TraceTrack::kEventBytes));
  if (!memory.ok())
    return Status("loader.memory", "", "a track of the trace: " + memory.status().errors().front().message);
  auto made = std::make_unique<TraceTrack>(std::move(name), std::move(*memory));
  const std::lock_guard lock(mutex_);
  tracks_.push_back(std::move(made));
  return tracks_.back().get();
}

std::vector<const TraceTrack*> TraceRecorder::tracks() const {
  const std::lock_guard lock(mutex_);
  std::vector<const TraceTrack*> all;
  for (const std::unique_ptr<TraceTrack>& t : tracks_) all.push_back(t.get());
  return all;
}

uint64_t TraceRecorder::lost() const {
  uint64_t sum = 0;
  for (const TraceTrack* t : tracks()) sum += t->lost();
  return sum;
}

Status TraceRecorder::write(const std::string& path) const {
  try {
    const std::vector<const TraceTrack*> all = tracks();
    HR_ASSIGN_OR_RETURN(const auto file, platform::AtomicFile::create(path, true));
    file->remove_leftovers();
    TextOut out(*file);
    TraceJson json(out.text(), clock_, begin_, options_.rank);
    json.begin({options_.process_name, unix_begin_ms_, lost(), clock_.name()});
    for (size_t i = 0; i < all.size(); ++i) json.track(i, all[i]->name());
    for (size_t i = 0; i < all.size(); ++i) {
      std::vector<TraceEvent> events = all[i]->events();
      std::stable_sort(events.begin(), events.end(), shown_before);
      if (const uint64_t lost = all[i]->lost(); lost != 0 && !events.empty())
        json.lost(i, events[0].begin, lost);
      for (const TraceEvent& e : events) {
        json.event(i, e);
        HR_RETURN_IF_ERROR(out.step());
      }
    }
    json.end();
    HR_RETURN_IF_ERROR(out.flush());
    return file->publish();
  } catch (const std::bad_alloc&) {
    return {"loader.memory", path, "out of memory for writing the trace"};
  }
}

}  // namespace headrace
