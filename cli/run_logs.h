// What `headrace run` writes beside its batches: a line for each sample that was delivered, a line for each
// that failed.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "headrace/loader.h"
#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace::cli {

/// A text file that grows while the run goes on, replacing one of the same name. Errors: "data.io".
class LogFile {
 public:
  static Expected<LogFile> create(const std::string& path);

  Status write(const std::string& text);
  Status finish();  ///< says whether all that was written has arrived

 private:
  struct Closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  explicit LogFile(const std::string& path) : path_(path) {}
  Status failed(int error) const;

  std::string path_;
  std::unique_ptr<std::FILE, Closer> file_;
};

/// CSV: epoch, global batch, position in it, sample, XXH3-64 of the sample's outputs (16 hexadecimal digits).
/// Rows of padding are left out.
std::string sample_log_header();
std::string sample_log_lines(const Batch& batch, const ProgramInfo& info, uint64_t rank, uint64_t world_size);

/// JSON lines: {"epoch", "global_batch", "position", "sample", "key", "code", "message", "substitute"}.
std::string error_log_lines(const std::vector<SampleReport>& reports);

}  // namespace headrace::cli
