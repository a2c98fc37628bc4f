#include "cli/run_logs.h"

#include <cerrno>
#include <nlohmann/json.hpp>

#include "headrace/digest.h"
#include "runtime/platform/file_io.h"

namespace headrace::cli {

Status LogFile::failed(int error) const {
  return {"data.io", path_, "cannot be written: " + platform::errno_text(error)};
}

Expected<LogFile> LogFile::create(const std::string& path) {
  LogFile log(path);
  log.file_.reset(std::fopen(path.c_str(), "we"));
  if (!log.file_) return log.failed(errno);
  return log;
}

Status LogFile::write(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) return failed(errno);
  return {};
}

Status LogFile::finish() {
  if (!file_) return {};
  return std::fclose(file_.release()) == 0 ? Status() : failed(errno);
}

std::string sample_log_header() { return "epoch,global_batch,position,sample,xxh3\n"; }

std::string sample_log_lines(const Batch& batch, const ProgramInfo& info, uint64_t rank,
                             uint64_t world_size) {
  std::string text;
  for (uint64_t row = 0; row < batch.samples(); ++row) {
    char line[128];
    std::snprintf(line, sizeof line, "%llu,%llu,%llu,%llu,%016llx\n",
                  static_cast<unsigned long long>(batch.epoch()),
                  static_cast<unsigned long long>(batch.index()),
                  static_cast<unsigned long long>(row * world_size + rank),
                  static_cast<unsigned long long>(batch.sample_ids()[row]),
                  static_cast<unsigned long long>(row_hash(batch, info, row)));
    text += line;
  }
  return text;
}

std::string error_log_lines(const std::vector<SampleReport>& reports) {
  std::string text;
  for (const SampleReport& r : reports) {
    const nlohmann::ordered_json line = {
        {"epoch", r.epoch},
        {"global_batch", r.global_batch},
        {"position", r.row},
        {"sample", r.sample},
        {"key", r.key},
        {"code", r.error.code},
        {"message", r.error.message},
        {"substitute", r.replaced ? nlohmann::ordered_json(r.substitute) : nlohmann::ordered_json()}};
    text += line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  return text;
}

}  // namespace headrace::cli
