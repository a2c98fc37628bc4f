// What is known of sizes without data.
#pragma once

#include <string_view>

#include "ir/graph.h"

namespace headrace::graph {

struct StaticSize {
  int64_t height = kDynamic, width = kDynamic;
  bool known() const { return height != kDynamic && width != kDynamic; }
};

/// Height and width of a size or rect value where attributes fix them, else kDynamic.
StaticSize static_size(const Body& body, ValueId id);

bool is_filter(std::string_view name);

}  // namespace headrace::graph
