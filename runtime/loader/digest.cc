#include "headrace/digest.h"

#include <xxhash.h>

#include <new>

namespace headrace {

struct Digest::State {
  State() : xxh(XXH3_createState()) {
    if (xxh == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(xxh);
  }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  XXH3_state_t* const xxh;
};

Digest::Digest() : state_(std::make_unique<State>()) {}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::add(const Batch& batch, const ProgramInfo& info) {
  const uint64_t samples = batch.samples();
  for (uint64_t i = 0; i < samples; ++i) {
    for (size_t k = 0; k < info.outputs.size(); ++k) {
      const size_t size = info.outputs[k].sample_bytes;
      XXH3_128bits_update(state_->xxh, batch.output(k) + i * size, size);
      bytes_ += size;
    }
  }
  samples_ += samples;
}

uint64_t row_hash(const Batch& batch, const ProgramInfo& info, uint64_t row) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                             XXH3_freeState);
  if (!state) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  for (size_t k = 0; k < info.outputs.size(); ++k) {
    const size_t size = info.outputs[k].sample_bytes;
    XXH3_64bits_update(state.get(), batch.output(k) + row * size, size);
  }
  return XXH3_64bits_digest(state.get());
}

std::string Digest::hex() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_->xxh));
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : canonical.digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace headrace
