// headrace doctor: everything a problem report should say about the machine.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cli/command.h"
#include "cli/machine.h"
#include "headrace/isa.h"
#include "kernels/self_test.h"
#include "runtime/dataset/printable.h"
#include "runtime/loader/progress.h"
#include "runtime/platform/topology.h"

namespace headrace::cli {
namespace {

void line(const std::string& label, const std::string& value) {
  std::string padded = label;
  padded.resize(16, ' ');
  print(padded + value + "\n");
}

std::string isa_levels() {
  std::string text;
  for (const Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2}) {
    if (!text.empty()) text += ", ";
    text += std::string(isa_name(isa)) + (isa_supported(isa) ? " yes" : " no");
  }
  return text;
}

std::string memory_text(uint64_t bytes) {
  return bytes == 0 ? "unknown" : format_bytes(static_cast<double>(bytes));
}

std::string cgroup_text(const platform::CgroupLimits& limits) {
  if (limits.version == 0) return "none found";
  char cpus[32] = "unlimited";
  if (limits.cpus) std::snprintf(cpus, sizeof cpus, "%.2f", *limits.cpus);
  return "version " + std::to_string(limits.version) + ", CPUs " + cpus + ", memory " +
         (limits.memory_bytes ? memory_text(*limits.memory_bytes) : "unlimited");
}

std::string huge_pages_text(const platform::HostFacts& facts) {
  if (facts.huge_pages_enabled.empty()) return "not available";
  return facts.huge_pages_enabled + ", defrag " + facts.huge_pages_defrag + ", " +
         format_count(facts.huge_page_bytes) + " bytes";
}

std::string threads_text(const Expected<unsigned>& threads) {
  const char* const shared = std::getenv("LOCAL_WORLD_SIZE");
  return (threads.ok() ? plural(*threads, "thread") + " by default" : "no default number of threads") +
         (shared == nullptr || *shared == 0 ? "" : ", LOCAL_WORLD_SIZE=" + printable(shared));
}

class Doctor final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override {
    CLI::App* app =
        parent.add_subcommand("doctor", "Prints what headrace finds on this machine, for problem reports");
    app->footer(
        "Example:\n"
        "  headrace doctor");
    return app;
  }

  ExitCode run() override {
    const platform::HostFacts facts = platform::host_facts();
    const Expected<unsigned> threads = platform::default_threads();
    line("headrace", HEADRACE_VERSION);
    for (const auto& [library, version] : library_versions()) line(library, version);
    line("kernel", kernel_version());
    line("cpu", facts.cpu_model.empty() ? "unknown" : facts.cpu_model);
    line("isa", isa_levels());
    line("cache", cache_sizes());
    line("cpus", std::to_string(facts.online_cpus) + " online, " + std::to_string(facts.affinity_cpus) +
                     " usable by this process, " + threads_text(threads));
    line("cgroup", cgroup_text(facts.cgroup));
    line("memory", memory_text(facts.memory_bytes));
    line("page size", format_count(static_cast<uint64_t>(::sysconf(_SC_PAGESIZE))) + " bytes");
    line("huge pages", huge_pages_text(facts));
    const Status decoder = decoder_self_test();
    line("decoder", decoder.ok() ? "self test passed" : "self test FAILED");
    Status wrong = threads.status();
    wrong.append(decoder);
    return wrong.ok() ? kOk : fail(wrong);
  }
};

}  // namespace

std::unique_ptr<Command> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace headrace::cli
