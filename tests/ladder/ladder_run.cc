#include "tests/ladder/ladder_run.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <thread>

#include "tests/ladder/ladder.h"
#include "tests/ladder/shrink.h"
#include "tests/ladder/tally.h"

namespace headrace::ladder {
namespace {

using Clock = std::chrono::steady_clock;

/// What all processes see.
struct Shared {
  Tally tally;
  WorkerState workers[64];
};

Shared* make_shared() {
  void* const p = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) std::abort();
  return new (p) Shared;
}

void save(const std::string& folder, uint64_t seed, uint64_t number, const LadderCase& c,
          const Failure& failure) {
  if (folder.empty()) return;
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const std::string path =
      folder + "/ladder-" + std::to_string(seed) + "-" + std::to_string(number) + ".json";
  std::ofstream out(path);
  out << to_text(c, failure);
  std::fprintf(stderr, out.flush() ? "  saved as %s\n" : "  cannot be saved as %s\n", path.c_str());
}

std::string outcome(const Failure& f) { return "rung \"" + f.rung + "\": " + f.difference; }

/// A case that cannot be run is a failure as well.
std::optional<Failure> failure_of(const Expected<Climb>& climb) {
  if (climb.ok()) return climb->failure;
  const Diagnostic d = climb.status().errors().front();
  return Failure{d.where.empty() ? d.code : d.where, climb.status().to_string()};
}

// Only the rung that failed, but for what cannot be made: there is no telling which.
Shrunk shrink_failure(Ladder& ladder, const LadderCase& c, const Failure& failure, bool made, size_t budget) {
  return shrink(
      c, failure,
      [&](const LadderCase& simpler) -> std::optional<Failure> {
        const Expected<Climb> climb = ladder.climb(simpler, made ? failure.rung : "");
        if (climb.ok() != made) return std::nullopt;
        std::optional<Failure> f = failure_of(climb);
        return f && f->rung == failure.rung ? f : std::nullopt;
      },
      budget);
}

void work(const RunOptions& options, Shared& shared, WorkerState& state) {
  Ladder ladder;
  ladder.on_rung = [&](const std::string& rung) {
    std::snprintf(state.rung.data(), state.rung.size(), "%s", rung.c_str());
  };
  while (shared.tally.failures < options.max_failures) {
    const uint64_t k = shared.tally.next++;
    if (k >= options.pipelines) break;
    const uint64_t number = options.first + k;
    state.number = number;
    const LadderCase c = random_case(options.seed, number);
    const Expected<Climb> climb = ladder.climb(c);
    const std::optional<Failure> failure = failure_of(climb);
    shared.tally.add(climb.ok() ? *climb : Climb{});
    if (!failure) continue;
    ++shared.tally.failures;
    std::fprintf(stderr, "pipeline %llu fails on %s\n", static_cast<unsigned long long>(number),
                 outcome(*failure).c_str());
    save(options.save, options.seed, number, c, *failure);
    const Shrunk s = shrink_failure(ladder, c, *failure, climb.ok(), options.shrink);
    std::fprintf(stderr, "  after %zu simpler cases: %s\n%s", s.tried, outcome(s.failure).c_str(),
                 to_text(s.smallest, s.failure).c_str());
    save(options.save, options.seed, number, s.smallest, s.failure);
  }
  state.number = UINT64_MAX;
}

pid_t start_worker(const RunOptions& options, Shared& shared, WorkerState& state) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody would read what it finds
  work(options, shared, state);
  std::fflush(nullptr);
  ::_exit(0);
}

// A process that died has left the number of its pipeline and the rung.
void report_death(const RunOptions& options, Shared& shared, const WorkerState& state, int status) {
  ++shared.tally.failures;
  const std::string how = WIFSIGNALED(status) ? std::string("killed by ") + ::strsignal(WTERMSIG(status))
                                              : "ended with " + std::to_string(WEXITSTATUS(status));
  const Failure failure{state.rung.data(), "the process was " + how};
  std::fprintf(stderr, "pipeline %llu fails on %s\n", static_cast<unsigned long long>(state.number.load()),
               outcome(failure).c_str());
  save(options.save, options.seed, state.number, random_case(options.seed, state.number), failure);
}

void print_progress(const RunOptions& options, const Tally& tally, Clock::time_point start) {
  const double s = std::chrono::duration<double>(Clock::now() - start).count();
  const double done = double(tally.done);
  const double left = done > 0 ? s / done * (double(options.pipelines) - done) : 0;
  std::printf("%llu of %llu pipelines, %llu failed, %.0f s, about %.0f s left\n",
              static_cast<unsigned long long>(tally.done), static_cast<unsigned long long>(options.pipelines),
              static_cast<unsigned long long>(tally.failures), s, left);
  std::fflush(stdout);
}

}  // namespace

bool run(const RunOptions& options) {
  Shared& shared = *make_shared();
  const auto start = Clock::now();
  auto last_line = start;
  const size_t jobs = std::min<size_t>(options.jobs, std::size(shared.workers));
  std::vector<pid_t> pids(jobs);
  for (size_t w = 0; w < jobs; ++w) pids[w] = start_worker(options, shared, shared.workers[w]);
  for (size_t running = jobs; running > 0;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (Clock::now() - last_line > std::chrono::seconds(options.progress_s)) {
        print_progress(options, shared.tally, start);
        last_line = Clock::now();
      }
      continue;
    }
    for (size_t w = 0; w < jobs; ++w) {
      if (pids[w] != ended) continue;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        --running;
        continue;
      }
      report_death(options, shared, shared.workers[w], status);
      pids[w] = start_worker(options, shared, shared.workers[w]);
    }
  }
  print_progress(options, shared.tally, start);
  std::printf("%s\ntime: %s\n", shared.tally.text().c_str(), shared.tally.times().c_str());
  return shared.tally.failures == 0;
}

bool replay(const std::vector<std::string>& files, unsigned shrink_budget) {
  Ladder ladder;
  bool passed = true;
  for (const std::string& path : files) {
    std::ifstream in(path);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const Expected<LadderCase> c = parse_case(text);
    if (!c.ok()) {
      std::printf("%s: %s\n", path.c_str(), c.status().to_string().c_str());
      passed = false;
      continue;
    }
    const Expected<Climb> climb = ladder.climb(*c);
    const std::optional<Failure> failure = failure_of(climb);
    std::printf("%s: %s\n", path.c_str(),
                failure ? ("fails on " + outcome(*failure)).c_str() : "all rungs agree");
    passed = passed && !failure;
    if (!failure || shrink_budget == 0) continue;
    const Shrunk s = shrink_failure(ladder, *c, *failure, climb.ok(), shrink_budget);
    std::printf("after %zu simpler cases:\n%s", s.tried, to_text(s.smallest, s.failure).c_str());
  }
  return passed;
}

}  // namespace headrace::ladder
