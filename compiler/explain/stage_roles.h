// What the functions of a pipeline are for, in words.
#pragma once

#include <string>
#include <string_view>

#include "headrace/explain.h"

namespace headrace::explaining {

/// The kernel that calls functions of the user's.
inline constexpr std::string_view kUserCall = "hr_user_call";

struct StageRole {
  StageKind kind = StageKind::other;
  std::string what;
};

/// Of a function of the module, or of one outside it that it calls.
StageRole role_of(std::string_view function, bool in_module);

/// Why a call of a function outside the module is no part of the code around it.
std::string why_not_fused(std::string_view function);

}  // namespace headrace::explaining
