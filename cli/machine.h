// Facts about this machine and the libraries in use, for reports.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace headrace::cli {

/// Names and versions of the libraries headrace was linked with, the code generator first.
std::vector<std::pair<std::string, std::string>> library_versions();

/// "Linux 6.1.0-13-amd64 x86_64".
std::string kernel_version();

/// "L1d 48 KiB, L2 2 MiB, L3 32 MiB" of the CPU's data caches; "unknown" where the system does not say.
std::string cache_sizes();

}  // namespace headrace::cli
