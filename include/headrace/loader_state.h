// Where a training run stands in its data: a few dozen bytes, to be kept with the model's checkpoint.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "headrace/status.h"
#include "headrace/version.h"

namespace headrace {

/// After `consumed` samples of the global sequence of an epoch. Independent of world size, threads, I/O
/// engine, execution engine and instruction-set level.
struct LoaderState {
  static constexpr uint32_t kVersion = 1;

  uint32_t version = kVersion;
  uint32_t numerics_version = kNumericsVersion;  ///< of the release that made it
  uint64_t seed = 0;
  uint64_t epoch = 0;
  uint64_t consumed = 0;  ///< positions of the epoch's global sequence, padding included
  std::string dataset;    ///< Dataset::fingerprint(), 32 hexadecimal digits
  std::string pipeline;   ///< ProgramInfo::key, 16 hexadecimal digits, or empty where a program has none
  std::string order;      ///< of order, selection, tail policy and global batch: 16 hexadecimal digits

  /// One line of JSON, under 200 bytes.
  std::string to_json() const;

  /// Reads what to_json() writes, with any white space and order of keys, and nothing else. Errors:
  /// "state.syntax", "state.version", "state.field", naming `where`.
  static Expected<LoaderState> from_json(std::string_view text, const std::string& where);
};

/// What differs between a saved state and the loader that is to go on from it: one error for each difference,
/// with both values: "state.numerics", "state.seed", "state.dataset", "state.pipeline", "state.order". The
/// epoch and the samples consumed are not compared.
Status compare_states(const LoaderState& saved, const LoaderState& current);

}  // namespace headrace
