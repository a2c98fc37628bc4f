#include <string>

#include "headrace/loader.h"

namespace headrace {

Expected<OnError> parse_on_error(std::string_view name) {
  for (const OnError policy : {OnError::raise, OnError::skip, OnError::substitute}) {
    if (name == on_error_name(policy)) return policy;
  }
  return Status("loader.on_error", "",
                "\"" + std::string(name) + "\" is not a policy; expected raise, skip or substitute");
}

std::string_view on_error_name(OnError policy) {
  switch (policy) {
    case OnError::raise:
      return "raise";
    case OnError::skip:
      return "skip";
    case OnError::substitute:
      return "substitute";
  }
  return "?";
}

}  // namespace headrace
