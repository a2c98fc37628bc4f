// Random draws in generated code: the words of philox.h under the key of a frame.
#pragma once

#include <cstddef>
#include <string>

#include "headrace/abi.h"
#include "headrace/philox.h"
#include "ir/loop_build.h"

namespace headrace::lowering {

class Draws {
 public:
  /// `key_offset`: of the hr_key in the frame, in bytes.
  Draws(loop::Builder& b, loop::V frame, int64_t key_offset) : b_(b) {
    auto half = [&](size_t offset) { return b.load(loop::kI32, frame, key_offset + int64_t(offset)); };
    seed_lo_ = half(offsetof(hr_key, seed));
    seed_hi_ = half(offsetof(hr_key, seed) + 4);
    epoch_ = half(offsetof(hr_key, epoch));
    sample_lo_ = half(offsetof(hr_key, sample));
    sample_hi_ = half(offsetof(hr_key, sample) + 4);
  }

  /// Key words of an op under the frame's seed.
  loop::Values op_key(const std::string& rng_id) {
    const uint64_t hash = philox::op_hash(rng_id);
    auto word = [&](uint64_t bits) { return b_.i32(int32_t(uint32_t(bits))); };
    return loop::philox_block(b_, {word(hash), word(hash >> 32), word(philox::kOpKeyTag), b_.i32(0)},
                              seed_lo_, seed_hi_);
  }

  /// The four words of a draw of the op; its number is an i32.
  loop::Values draw(const loop::Values& key, loop::V number) {
    return loop::philox_block(b_, {number, epoch_, sample_lo_, sample_hi_}, key[0], key[1]);
  }

 private:
  loop::Builder& b_;
  loop::V seed_lo_, seed_hi_, epoch_, sample_lo_, sample_hi_;
};

}  // namespace headrace::lowering
