// Running the built `headrace` as a user does, on small folders of images.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "dataset_testing.h"

namespace headrace::testing {

using Args = std::vector<std::string>;

struct Outcome {
  int code = -1;  ///< exit code; 1000 + signal if it was killed
  std::string out, err;
};

/// Runs `headrace ARGS...` to its end.
Outcome headrace(const Args& args);

/// Starts it, calls `meanwhile` with its process id and the path that stderr goes to, waits for its end.
Outcome headrace(const Args& args, const std::function<void(pid_t, const std::string&)>& meanwhile);

/// Waits until `true_now` holds; a failure after a minute.
void wait_until(const std::function<bool()>& true_now, const std::string& what);

/// A folder with classes "cat" and "dog" and `per_class` JPEGs in each, of different sizes from 40x30 up.
void make_photos(const std::string& folder, int per_class = 6);

/// A dataset file of make_photos().
std::string make_dataset(const TempDir& dir, const Args& options = {}, int per_class = 6);

/// A spec file with a random crop to `side` x `side`, f32, and a label.
std::string make_spec(const TempDir& dir, int side = 24);

/// The engines this build has, the fastest first.
std::vector<std::string> engines();

/// The 32 digits of the line "digest ..." in a run's output.
std::string digest_of(const Outcome& run);

std::string read_text(const std::string& path);

}  // namespace headrace::testing
