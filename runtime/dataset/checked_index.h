// A dataset's index with both of its checks: that its bytes are those that were written, and that they make
// sense.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "headrace/status.h"
#include "runtime/dataset/format.h"
#include "runtime/dataset/index.h"
#include "runtime/dataset/schema_section.h"

namespace headrace {

/// read_index() of an index of which every section has its hash; the caller has checked the schema's. A large
/// index is hashed by a second thread meanwhile. Errors: "data.section" if one is damaged, else those of
/// read_index().
Expected<DatasetIndex> read_checked_index(std::span<const uint8_t> file, const format::Header& header,
                                          RecordLayout layout, const Schema& schema, const std::string& path);

}  // namespace headrace
