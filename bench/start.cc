// How long it takes from a spec to code that is ready to run, and on to a first batch of 32: compiled, found
// in the object cache, and loaded as an object that was compiled before. Every measurement is in a process of
// its own, this program started anew, from its main() on.
//
//     headrace_bench_start SPEC FILE.hrd [THREADS [ROUNDS]]
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "headrace/aot.h"
#include "headrace/compile_object.h"
#include "headrace/dataset.h"
#include "headrace/loader.h"
#include "headrace/object_cache.h"
#include "headrace/pipeline.h"

namespace headrace {
namespace {

using Clock = std::chrono::steady_clock;
using Code = Expected<std::shared_ptr<const Program>>;

/// Milliseconds from the first call to code, and to a batch.
struct Times {
  double code = 0, batch = 0;
};

struct Way {
  const char* name;
  Code (*code)(const std::string& spec, const Dataset& dataset, unsigned threads, const std::string& folder);
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::_Exit(1);
}

template <class T>
T check(Expected<T> result) {
  if (result.ok()) return std::move(result).value();
  fail(result.status().to_string());
}

Code compiled(const std::string& spec, const Dataset& dataset, unsigned threads, const std::string&) {
  CompileOptions options;
  options.threads = threads;
  return compile(spec, &dataset, options);
}

Code kept(const std::string& spec, const Dataset& dataset, unsigned threads, const std::string& folder) {
  CompileOptions options;
  options.threads = threads;
  options.cache = ObjectCache::open({CacheMode::read_write, folder + "/cache", 1 << 30, ""});
  return compile(spec, &dataset, options);
}

Code loaded(const std::string&, const Dataset&, unsigned, const std::string& folder) {
  return load_object(folder + "/pipeline.so");
}

constexpr std::array kWays = {Way{"compiled", compiled}, Way{"in the cache", kept}, Way{"object", loaded}};

Times measure(const Way& way, const std::string& spec, const std::string& file, unsigned threads,
              const std::string& folder) {
  const auto start = Clock::now();
  const auto since = [&] { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); };
  const std::shared_ptr<const Dataset> dataset = check(Dataset::open(file));
  const double opened = since();
  const auto program = check(way.code(spec, *dataset, threads, folder));
  Times times;
  times.code = since() - opened;
  LoaderOptions options;
  options.batch_size = 32;
  options.threads = threads;
  options.order = Order::random;
  const auto loader = check(Loader::create(dataset, program, options));
  if (const Status s = loader->start_epoch(0); !s.ok()) fail(s.to_string());
  (void)check(loader->next());
  times.batch = since();
  return times;
}

constexpr const char* kChild = "--child";

// This program once more, which measures and writes the times to its standard output.
Times in_a_process(size_t way, const std::string& spec_path, const std::string& file, unsigned threads,
                   const std::string& folder) {
  int ends[2];
  if (::pipe(ends) != 0) fail("no pipe can be made");
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    const std::string number = std::to_string(way), count = std::to_string(threads);
    ::execl("/proc/self/exe", "headrace_bench_start", kChild, number.c_str(), spec_path.c_str(), file.c_str(),
            count.c_str(), folder.c_str(), nullptr);
    std::_Exit(1);
  }
  ::close(ends[1]);
  Times times;
  const bool read = ::read(ends[0], &times, sizeof times) == sizeof times;
  ::close(ends[0]);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || !read || status != 0)
    fail("a process that was to be measured did not end well");
  return times;
}

std::string contents(const std::string& path) {
  std::ifstream in(path);
  if (!in) fail(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Ends without tidying up: that is no part of starting.
[[noreturn]] void child(char** arguments) {
  const Way& way = kWays[size_t(std::atoi(arguments[0]))];
  const Times times =
      measure(way, contents(arguments[1]), arguments[2], unsigned(std::atoi(arguments[3])), arguments[4]);
  std::_Exit(::write(STDOUT_FILENO, &times, sizeof times) == sizeof times ? 0 : 1);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const char* name, const std::vector<Times>& all) {
  std::vector<double> code, batch;
  for (const Times& t : all) {
    code.push_back(t.code);
    batch.push_back(t.batch);
  }
  const auto [least, most] = std::minmax_element(code.begin(), code.end());
  std::printf("%-14s  code %7.2f ms (%.2f to %.2f)   first batch of 32 %7.1f ms\n", name, median(code),
              *least, *most, median(batch));
}

int run(const std::string& spec_path, const std::string& file, unsigned threads, int rounds) {
  const std::string spec = contents(spec_path);
  const std::shared_ptr<const Dataset> dataset = check(Dataset::open(file));
  const CompiledObject object = check(compile_object(spec, dataset.get()));
  std::error_code error;
  std::string folder = (std::filesystem::temp_directory_path(error) / "headrace-start-XXXXXX").string();
  if (error || ::mkdtemp(folder.data()) == nullptr) fail("no folder can be made for temporary files");
  // What the ways find there.
  std::ofstream(folder + "/pipeline.so", std::ios::binary) << object.bytes;
  check(kept(spec, *dataset, threads, folder));
  std::array<std::vector<Times>, kWays.size()> times;
  for (int round = 0; round < rounds; ++round) {
    for (size_t w = 0; w < kWays.size(); ++w)
      times[w].push_back(in_a_process(w, spec_path, file, threads, folder));
  }
  for (size_t w = 0; w < kWays.size(); ++w) print(kWays[w].name, times[w]);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace headrace

int main(int argc, char** argv) {
  if (argc == 7 && std::string_view(argv[1]) == headrace::kChild) headrace::child(argv + 2);
  if (argc < 3 || argc > 5) {
    std::fprintf(stderr, "usage: headrace_bench_start SPEC FILE.hrd [THREADS [ROUNDS]]\n");
    return 2;
  }
  const int threads = argc > 3 ? std::atoi(argv[3]) : 1, rounds = argc > 4 ? std::atoi(argv[4]) : 15;
  if (threads < 1 || rounds < 1) {
    std::fprintf(stderr, "THREADS and ROUNDS are positive numbers\n");
    return 2;
  }
  return headrace::run(argv[1], argv[2], unsigned(threads), rounds);
}
