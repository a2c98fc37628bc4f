// One number for everything a pipeline put out, to compare engines, machines and thread counts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "headrace/loader.h"
#include "headrace/program.h"

namespace headrace {

/// XXH3-128 (seed 0) over output bytes: for each sample in order, for each output in the program's order, its
/// sample_bytes. It does not depend on where one batch ends and the next begins. Move-only.
class Digest {
 public:
  Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  /// Appends a batch of a program with this info.
  void add(const Batch& batch, const ProgramInfo& info);

  std::string hex() const;  ///< of all that was added so far: 32 digits, lower case, most significant first
  uint64_t bytes() const { return bytes_; }
  uint64_t samples() const { return samples_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  uint64_t bytes_ = 0;
  uint64_t samples_ = 0;
};

/// XXH3-64 (seed 0) over one row of a batch: for each output in the program's order, its sample_bytes.
uint64_t row_hash(const Batch& batch, const ProgramInfo& info, uint64_t row);

}  // namespace headrace
