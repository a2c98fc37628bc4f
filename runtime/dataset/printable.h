// Text from outside, made safe for messages.
#pragma once

#include <string>
#include <string_view>

namespace headrace {

/// Control characters become "\xNN", so that names in files cannot steer a terminal.
std::string printable(std::string_view text);

}  // namespace headrace
