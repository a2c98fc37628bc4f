// Threads that read the samples to come into an arena, in the order in which they are going to be used.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/io/arena.h"
#include "runtime/io/page_reader.h"
#include "runtime/io/read_planner.h"

namespace headrace {

/// Something that is read at once: a page, or the bytes of one sample.
struct ReadUnit {
  enum class State : uint8_t { reading, ready, failed };

  uint64_t page = 0;
  Extent extent;
  bool whole_page = false;
  State state = State::reading;
  uint8_t* memory = nullptr;
  uint64_t memory_bytes = 0;
  uint64_t users = 0;    ///< workers that have it
  uint64_t pending = 0;  ///< planned positions that have not been asked for
  ReadFailure failure;
};

/// Memory bound, whatever the order: positions beyond what fits are not planned until earlier ones are
/// done with. A caller is never made to wait for memory: it is told to read for itself, so that nothing
/// here can come to a standstill. Thread-safe.
class ReadAhead {
 public:
  ReadAhead(const MappedDataset& dataset, const PageReader& reader, Arena arena);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Throws std::system_error where a thread cannot be started.
  void start_threads(unsigned threads);

  void start_epoch(const SampleSequence& sequence, uint64_t first, uint64_t ahead);
  void stop_epoch();

  enum class Answer : uint8_t {
    unit,      ///< `unit` has the sample, or failed to read it; give it back
    read_own,  ///< the caller reads it
    stopped    ///< the epoch has ended
  };
  struct Taken {
    Answer answer = Answer::read_own;
    ReadUnit* unit = nullptr;
    bool waited = false;
  };

  /// Waits for the sample at a position, if it is being read.
  Taken take(uint64_t position, uint64_t sample);
  void give_back(ReadUnit* unit);

  uint64_t arena_bytes() const { return arena_.size(); }

 private:
  struct Entry {
    ReadUnit* unit = nullptr;  // null: nothing is read ahead for it
    uint64_t sample = 0;
    bool asked = false;
  };

  void run();
  ReadUnit* plan_next();
  ReadUnit* start_unit(const PlannedSample& planned);
  void push_entries_to(uint64_t position);
  void finish(ReadUnit& unit, ReadFailure failure);
  void pass_to(uint64_t position);
  void drop_entry(Entry& entry);
  void free_if_unused(ReadUnit* unit);
  void wake_planners();
  uint64_t planned_end() const { return first_entry_ + entries_.size(); }

  const MappedDataset& dataset_;
  const PageReader& reader_;

  std::mutex mutex_;
  std::condition_variable work_, ready_, idle_;  // for planners, for callers of take(), for stop_epoch()
  Arena arena_;
  ReadPlanner planner_;
  bool running_ = false, closed_ = false;
  bool no_memory_ = false;  // a planner waits for memory
  bool too_far_ = false;    // a planner waits for callers to come closer
  uint64_t ahead_ = 0, furthest_ = 0;
  unsigned reading_ = 0;  // reads under way
  unsigned waiting_ = 0;  // callers of take() that wait
  uint64_t first_entry_ = 0;
  std::deque<Entry> entries_;                           // of positions from first_entry_ on
  std::unordered_set<uint64_t> asked_early_;            // positions asked for before they were planned
  std::unordered_map<uint64_t, ReadUnit*> live_pages_;  // whole pages, read or being read
  std::unordered_map<ReadUnit*, std::unique_ptr<ReadUnit>> units_;
  std::vector<std::thread> threads_;
};

}  // namespace headrace
