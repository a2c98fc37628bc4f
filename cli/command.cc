#include "cli/command.h"

#include <cerrno>
#include <cstdio>
#include <string_view>

#include "headrace/counted.h"
#include "runtime/dataset/printable.h"
#include "runtime/loader/progress.h"
#include "runtime/platform/file_io.h"

namespace headrace::cli {
namespace {

/// Messages of the code generator may have several lines; other control characters come from file names.
std::string safe_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    out += printable(text.substr(0, end)) + "\n";
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

ExitCode fail(const Status& status) {
  std::fflush(stdout);
  for (const Diagnostic& d : status.errors()) std::fputs(safe_lines(to_string(d)).c_str(), stderr);
  return kError;
}

void warn(const std::string& message) { std::fputs(safe_lines("warning: " + message).c_str(), stderr); }

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Status finish_output() {
  const bool failed_before = std::ferror(stdout) != 0;  // why is forgotten by now
  if (std::fflush(stdout) == 0 && !failed_before) return {};
  return {
      "cli.output", "standard output",
      failed_before ? "not all of it could be written" : "cannot be written: " + platform::errno_text(errno)};
}

std::string plural(uint64_t n, const std::string& noun) {
  return format_count(n) + " " + noun_for(n, noun);
}

std::string join_some(const std::vector<std::string>& names, size_t limit) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < limit; ++i) text += (i == 0 ? "" : ", ") + printable(names[i]);
  if (names.size() > limit) text += " and " + format_count(names.size() - limit) + " more";
  return text;
}

}  // namespace headrace::cli
