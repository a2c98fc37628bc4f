// The samples of a case as a dataset file, and what a loader must make of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "headrace/dataset.h"
#include "headrace/program.h"
#include "headrace/status.h"
#include "tests/compiler/program_testing.h"
#include "tests/ladder/ladder_case.h"

namespace headrace::ladder {

struct Sample {
  std::string name;
  testing::TestImage image;
  hr_key key{};
  int64_t label = 0;
  bool damaged = false, stored = false;
};

/// Samples in the order of the dataset, then those that no dataset can hold, with their keys.
class StoredSamples {
 public:
  /// Makes the samples and begins a file in `folder`.
  static Expected<StoredSamples> create(const LadderCase& c, const std::string& folder);

  const std::vector<Sample>& all() const { return all_; }

  /// Finishes the file, the first time, and opens it. Null if no sample is stored.
  Expected<std::shared_ptr<const Dataset>> dataset();

 private:
  std::vector<Sample> all_;
  std::string path_;
  std::unique_ptr<DatasetWriter> writer_;
  std::shared_ptr<const Dataset> dataset_;
};

/// Runs an epoch with so many threads and compares each batch with what `reference` makes of the rows in
/// `results`, which are those of `samples`. "" if they agree.
std::string compare_loader(const std::shared_ptr<const Dataset>& dataset,
                           const std::shared_ptr<const Program>& program, const Program& reference,
                           const std::vector<Sample>& samples, const std::vector<testing::RunResult>& results,
                           const LadderCase& c, unsigned threads);

}  // namespace headrace::ladder
