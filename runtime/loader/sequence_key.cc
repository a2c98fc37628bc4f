#include "runtime/loader/sequence_key.h"

#include <bit>
#include <cstring>

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

namespace headrace {

static_assert(std::endian::native == std::endian::little, "numbers are hashed as they lie in memory");

struct SequenceKey::State {
  alignas(64) XXH3_state_t hash;
};

SequenceKey::SequenceKey() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(&state_->hash);
  add("headrace order 1");  // changes whenever the same settings begin to give another order
}

SequenceKey::~SequenceKey() = default;

void SequenceKey::add(uint64_t value) { XXH3_64bits_update(&state_->hash, &value, sizeof value); }

void SequenceKey::add(std::span<const uint8_t> bytes) {
  add(uint64_t{bytes.size()});
  if (!bytes.empty()) XXH3_64bits_update(&state_->hash, bytes.data(), bytes.size());
}

void SequenceKey::add(std::string_view text) {
  add(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

uint64_t SequenceKey::value() const { return XXH3_64bits_digest(&state_->hash); }

}  // namespace headrace
