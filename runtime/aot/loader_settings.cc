#include <charconv>

#include "headrace/aot.h"
#include "runtime/dataset/printable.h"

namespace headrace {
namespace {

Status unknown(const ObjectInfo& info, const std::string& name, const std::string& value) {
  return {"object.metadata", info.name,
          "its spec's loader setting " + printable(name) + " is " + printable(value) + ", which this release does not know"};
}

}  // namespace

Expected<LoaderOptions> object_loader_options(const ObjectInfo& info) {
  LoaderOptions options;
  for (const auto& [name, value] : info.loader) {
    if (name == "order") {
      const Expected<Order> order = parse_order(value);
      if (!order.ok()) return unknown(info, name, value);
      options.order = *order;
    } else if (name == "tail") {
      const Expected<Tail> tail = parse_tail(value);
      if (!tail.ok()) return unknown(info, name, value);
      options.tail = *tail;
    } else if (name == "window_bytes") {
      const char* const end = value.data() + value.size();
      const auto [stop, error] = std::from_chars(value.data(), end, options.window_bytes);
      if (error != std::errc() || stop != end) return unknown(info, name, value);
    } else {
      return unknown(info, name, value);
    }
  }
  return options;
}

}  // namespace headrace
