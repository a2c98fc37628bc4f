#include "cli_testing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

extern char** environ;

namespace headrace::testing {

std::string read_text(const std::string& path) {
  const Bytes bytes = read_bytes(path);
  return {bytes.begin(), bytes.end()};
}

Outcome headrace(const Args& args) {
  return headrace(args, [](pid_t, const std::string&) {});
}

Outcome headrace(const Args& args, const std::function<void(pid_t, const std::string&)>& meanwhile) {
  ::setenv("HEADRACE_CACHE_MODE", "off", 0);  // but for tests that say otherwise
  const TempDir streams;
  const std::string out = streams / "out", err = streams / "err";
  std::vector<std::string> words = {HEADRACE_BINARY};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = 0;
  const int spawned = ::posix_spawn(&pid, argv[0], &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  Outcome outcome;
  EXPECT_EQ(spawned, 0) << "cannot start " << words[0];
  if (spawned != 0) return outcome;

  meanwhile(pid, err);
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  outcome.out = read_text(out);
  outcome.err = read_text(err);
  return outcome;
}

void wait_until(const std::function<bool()>& true_now, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!true_now()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << what;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void make_photos(const std::string& folder, int per_class) {
  for (int i = 0; i < 2 * per_class; ++i) {
    const auto n = static_cast<uint32_t>(i);
    const std::string name = folder + (i % 2 == 0 ? "/cat/" : "/dog/") + std::to_string(100 + i) + ".jpg";
    write_bytes(name, make_jpeg(40 + 7 * (n % 5), 30 + 5 * (n % 7), 3, n));
  }
}

std::string make_dataset(const TempDir& dir, const Args& options, int per_class) {
  make_photos(dir / "photos", per_class);
  const std::string path = dir / "data.hrd";
  Args args = {"write", dir / "photos", "-o", path};
  args.insert(args.end(), options.begin(), options.end());
  const Outcome written = headrace(args);
  EXPECT_EQ(written.code, 0) << written.err;
  return path;
}

std::string make_spec(const TempDir& dir, int side) {
  const std::string path = dir / "spec.json", n = std::to_string(side);
  write_text(path, R"({"headrace": 1, "loader": {"order": "random", "tail": "pad"}, "outputs": {
    "image": [{"op": "decode", "field": "image"},
              {"op": "random_resized_crop", "size": [)" +
                       n + ", " + n + R"(]},
              {"op": "random_horizontal_flip"},
              {"op": "normalize", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.25, 0.3]},
              {"op": "convert", "dtype": "f32"}, {"op": "layout", "layout": "NCHW"}],
    "label": [{"op": "field", "field": "label"}]}})");
  return path;
}

std::vector<std::string> engines() {
#ifdef HEADRACE_WITH_JIT
  return {"jit", "interp", "loop-interp"};
#else
  return {"interp", "loop-interp"};
#endif
}

std::string digest_of(const Outcome& run) {
  const size_t at = run.out.find("digest ");
  EXPECT_NE(at, std::string::npos) << run.out << run.err;
  return at == std::string::npos ? "" : run.out.substr(at + 7, 32);
}

}  // namespace headrace::testing
