#include <new>
#include <utility>

#include "headrace/loader.h"
#include "runtime/loader/ring.h"

namespace headrace {
namespace {

void release(std::shared_ptr<void> owner, BatchSlot* slot) noexcept {
  if (slot == nullptr) return;
  const auto ring = std::static_pointer_cast<BatchRing>(std::move(owner));
  if (ring->in_forked_process()) {
    // The parent's workers may have held the ring's lock when this process was copied: leave it as it is.
    (void)new (std::nothrow) std::shared_ptr<BatchRing>(ring);
    return;
  }
  ring->give_back(std::unique_ptr<BatchSlot>(slot));
}

}  // namespace

Batch::Batch(Batch&& other) noexcept
    : owner_(std::move(other.owner_)), slot_(std::exchange(other.slot_, nullptr)) {}

Batch& Batch::operator=(Batch&& other) noexcept {
  if (this != &other) {
    release(std::move(owner_), slot_);
    owner_ = std::move(other.owner_);
    slot_ = std::exchange(other.slot_, nullptr);
  }
  return *this;
}

Batch::~Batch() { release(std::move(owner_), slot_); }

uint64_t Batch::epoch() const { return slot_->epoch; }
uint64_t Batch::index() const { return slot_->batch; }
uint64_t Batch::rows() const { return slot_->layout.rows; }
uint64_t Batch::samples() const { return slot_->samples.load(std::memory_order_relaxed); }
std::span<const uint8_t> Batch::mask() const { return slot_->mask; }
const uint8_t* Batch::output(size_t i) const { return slot_->output(i); }
uint8_t* Batch::output(size_t i) { return slot_->output(i); }
std::span<const uint64_t> Batch::sample_ids() const { return {slot_->sample_ids.data(), samples()}; }

}  // namespace headrace
