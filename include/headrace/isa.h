// The closed list of instruction-set levels code is generated for.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace headrace {

/// Levels above one another on x86-64. `v4_vbmi2` is v4 plus VBMI, VBMI2, VNNI, BITALG and VPOPCNTDQ (Ice
/// Lake, Zen 4 and later). `host` is whatever this machine has; its code runs on no other.
enum class Isa : uint8_t { x86_64_v3, x86_64_v4, x86_64_v4_vbmi2, host };

constexpr std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::x86_64_v3: return "x86-64-v3";
    case Isa::x86_64_v4: return "x86-64-v4";
    case Isa::x86_64_v4_vbmi2: return "x86-64-v4-vbmi2";
    case Isa::host: return "host";
  }
  return "?";
}

constexpr std::optional<Isa> parse_isa(std::string_view name) {
  for (Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2, Isa::host}) {
    if (name == isa_name(isa)) return isa;
  }
  return std::nullopt;
}

/// Whether this CPU and operating system can run a level (cpuid and xgetbv). `host` needs v3.
bool isa_supported(Isa isa);

/// The highest fixed level this machine runs; none below x86-64-v3.
std::optional<Isa> best_isa();

}  // namespace headrace
