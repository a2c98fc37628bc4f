#include "runtime/dataset/checked_index.h"

#include <system_error>
#include <thread>
#include <utility>

#include "runtime/dataset/header.h"
#include "runtime/platform/quiet_threads.h"

namespace headrace {
namespace {

/// From here on a second thread gains more than its start takes.
constexpr uint64_t kLargeIndex = 16u << 20;

/// Of all sections but the schema, without which there is no record layout: that was checked before.
Status check_hashes(std::span<const uint8_t> file, const format::Header& h, const std::string& path) {
  for (uint32_t i = 0; i < h.section_count; ++i) {
    if (h.sections[i].kind == static_cast<uint32_t>(format::SectionKind::schema)) continue;
    HR_RETURN_IF_ERROR(check_section_hash(file, h.sections[i], path));
  }
  return {};
}

}  // namespace

Expected<DatasetIndex> read_checked_index(std::span<const uint8_t> file, const format::Header& header,
                                          RecordLayout layout, const Schema& schema,
                                          const std::string& path) {
  // Nothing that read_index() does relies on the hashes, so their order is free.
  Status hashes;
  std::jthread hasher;
  if (file.size() - header.index_offset >= kLargeIndex) {
    const platform::QuietThreads quiet;
    try {
      hasher = std::jthread([&] { hashes = check_hashes(file, header, path); });
    } catch (const std::system_error&) {  // no thread to be had
    }
  }
  if (!hasher.joinable()) HR_RETURN_IF_ERROR(check_hashes(file, header, path));
  Expected<DatasetIndex> index = read_index(file, header, std::move(layout), schema, path);
  if (hasher.joinable()) hasher.join();
  HR_RETURN_IF_ERROR(hashes);
  return index;
}

}  // namespace headrace
