// The closed list of instruction-set levels code is generated for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace headrace {

/// Levels above one another on x86-64. `v4_vbmi2` is v4 plus VBMI, VBMI2, VNNI, BITALG and VPOPCNTDQ (Ice
/// Lake, Zen 4 and later). `host` is whatever this machine has; its code runs on no other. `armv8_neon` is
/// what every 64-bit Arm CPU has.
enum class Isa : uint8_t { x86_64_v3, x86_64_v4, x86_64_v4_vbmi2, host, armv8_neon };

/// Processor architectures code is generated for.
enum class Arch : uint8_t { x86_64, aarch64 };

constexpr std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::x86_64_v3: return "x86-64-v3";
    case Isa::x86_64_v4: return "x86-64-v4";
    case Isa::x86_64_v4_vbmi2: return "x86-64-v4-vbmi2";
    case Isa::host: return "host";
    case Isa::armv8_neon: return "armv8-neon";
  }
  return "?";
}

constexpr std::optional<Isa> parse_isa(std::string_view name) {
  for (Isa isa : {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2, Isa::host, Isa::armv8_neon}) {
    if (name == isa_name(isa)) return isa;
  }
  return std::nullopt;
}

constexpr std::string_view arch_name(Arch arch) { return arch == Arch::x86_64 ? "x86-64" : "AArch64"; }

/// The architecture this library was built for; none if code is generated for no level of it.
constexpr std::optional<Arch> host_arch() {
#if defined(__x86_64__)
  return Arch::x86_64;
#elif defined(__aarch64__)
  return Arch::aarch64;
#else
  return std::nullopt;
#endif
}

inline constexpr std::array kX86Levels = {Isa::x86_64_v3, Isa::x86_64_v4, Isa::x86_64_v4_vbmi2};
inline constexpr std::array kArmLevels = {Isa::armv8_neon};

/// The fixed levels of an architecture, lowest first.
constexpr std::span<const Isa> isa_levels(Arch arch) {
  if (arch == Arch::x86_64) return kX86Levels;
  return kArmLevels;
}

/// None for `host`.
constexpr std::optional<Arch> isa_arch(Isa isa) {
  if (isa == Isa::host) return std::nullopt;
  return isa == Isa::armv8_neon ? Arch::aarch64 : Arch::x86_64;
}

/// Whether this CPU and operating system can run a level (cpuid and xgetbv). `host` needs v3, or NEON.
bool isa_supported(Isa isa);

/// The highest fixed level this machine runs; none below the architecture's lowest.
std::optional<Isa> best_isa();

}  // namespace headrace
