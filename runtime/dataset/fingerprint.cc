#include "runtime/dataset/fingerprint.h"

#include <xxhash.h>

#include <cstring>

#include "runtime/dataset/format.h"

namespace headrace {

struct Fingerprint::State {
  State() : xxh(XXH3_createState()) {}
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void reset() { XXH3_128bits_reset(xxh); }
  void bytes(const void* data, size_t size) {
    if (size != 0) XXH3_128bits_update(xxh, data, size);
  }
  template <class T>
  void number(T value) {
    bytes(&value, sizeof value);
  }
  void text(const std::string& s) {
    number<uint64_t>(s.size());
    bytes(s.data(), s.size());
  }
  std::array<uint8_t, 16> digest() {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(xxh));
    std::array<uint8_t, 16> out;
    std::memcpy(out.data(), canonical.digest, out.size());
    return out;
  }

  XXH3_state_t* xxh;
};

Fingerprint::Fingerprint(const Schema& schema) : state_(std::make_unique<State>()) {
  state_->reset();
  state_->number<uint64_t>(schema.fields.size());
  for (const Schema::Field& f : schema.fields) {
    kinds_.push_back(f.kind);
    state_->text(f.name);
    state_->number(static_cast<uint32_t>(f.kind));
    state_->number<uint64_t>(f.value_names.size());
    for (const std::string& name : f.value_names) state_->text(name);
  }
  value_ = state_->digest();
}

Fingerprint::~Fingerprint() = default;

void Fingerprint::add(std::span<const hr_field> sample) {
  state_->reset();
  for (size_t i = 0; i < kinds_.size(); ++i) {
    const hr_field& f = sample[i];
    switch (kinds_[i]) {
      case FieldKind::i64:
      case FieldKind::f64:
        state_->number(f.value);
        continue;
      case FieldKind::image:
        for (const uint32_t v : {f.encoding, f.channels, f.width, f.height}) state_->number(v);
        if (f.planes != 0) state_->number(f.planes);
        break;
      case FieldKind::bytes:
        break;
    }
    state_->number(f.size);
    state_->bytes(f.data, f.size);
  }
  const std::array<uint8_t, 16> digest = state_->digest();
  std::array<uint8_t, 32> link;
  std::memcpy(link.data(), value_.data(), 16);
  std::memcpy(link.data() + 16, digest.data(), 16);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(link.data(), link.size()));
  std::memcpy(value_.data(), canonical.digest, value_.size());
}

std::string fingerprint_text(const std::array<uint8_t, 16>& value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const uint8_t b : value) {
    out += kDigits[b >> 4];
    out += kDigits[b & 15];
  }
  return out;
}

}  // namespace headrace
