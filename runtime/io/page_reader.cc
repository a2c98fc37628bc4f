#include "runtime/io/page_reader.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "runtime/dataset/format.h"
#include "runtime/dataset/header.h"

namespace headrace {
namespace {

constexpr uint64_t kPiece = 1u << 20;  // of a page that is only checked
constexpr uint64_t kHashBytes = sizeof(uint64_t);

/// Hash, stored hash and header of a page whose bytes come in pieces, in order.
class PageCheck {
 public:
  explicit PageCheck(uint64_t page_bytes)
      : hashed_bytes_(page_bytes - kHashBytes), state_(XXH3_createState()) {
    if (state_) XXH3_64bits_reset(state_.get());
  }

  bool ok() const { return state_ != nullptr; }

  void add(std::span<const uint8_t> piece) {
    const uint64_t to_hash = std::min<uint64_t>(piece.size(), hashed_bytes_ - std::min(hashed_bytes_, at_));
    XXH3_64bits_update(state_.get(), piece.data(), to_hash);
    keep(piece, 0, header_);
    keep(piece, hashed_bytes_, stored_);
    at_ += piece.size();
  }

  std::string wrong(const DatasetIndex& index, uint64_t page) const {
    return check_page(index, page, XXH3_64bits_digest(state_.get()), format::load<uint64_t>(stored_),
                      format::load<format::PageHeader>(header_));
  }

 private:
  struct Deleter {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };

  /// Copies what the piece has of the page's bytes from `begin` on.
  void keep(std::span<const uint8_t> piece, uint64_t begin, std::span<uint8_t> out) const {
    const uint64_t from = std::max(begin, at_);
    const uint64_t to = std::min<uint64_t>(begin + out.size(), at_ + piece.size());
    if (from < to) std::memcpy(out.data() + (from - begin), piece.data() + (from - at_), to - from);
  }

  uint64_t hashed_bytes_;
  uint64_t at_ = 0;
  std::unique_ptr<XXH3_state_t, Deleter> state_;
  std::array<uint8_t, sizeof(format::PageHeader)> header_{};
  std::array<uint8_t, kHashBytes> stored_{};
};

/// The page table is mapped, and reads as zeros where the file was truncated.
ReadFailure page_gone() { return {{}, "its entry in the page table is gone"}; }

}  // namespace

Extent PageReader::aligned(const Extent& extent) const {
  const uint64_t alignment = file_.alignment();
  return {extent.begin / alignment * alignment, format::align_up(extent.end, alignment)};
}

uint64_t PageReader::memory_for(const Extent& extent) const { return aligned(extent).bytes(); }

ReadBytes PageReader::place(const Extent& extent, uint8_t* memory) const {
  return {memory, aligned(extent).begin};
}

Status PageReader::read(const Extent& extent, uint64_t needed, uint8_t* memory) const {
  HR_RETURN_IF_ERROR(file_.read(extent.begin, extent.bytes(), needed, memory));
  bytes_read_.fetch_add(extent.bytes(), std::memory_order_relaxed);
  reads_.fetch_add(1, std::memory_order_relaxed);
  return {};
}

ReadFailure PageReader::read_page(uint64_t page, uint8_t* memory) const {
  const Extent extent = page_extent(dataset_.index(), page);
  if (extent.bytes() < format::kBlock) return page_gone();
  const Extent wide = aligned(extent);
  if (Status status = read(wide, extent.end - wide.begin, memory); !status.ok())
    return {std::move(status), {}};
  if (!dataset_.verifies_pages()) return {};
  const std::span<const uint8_t> bytes(memory + (extent.begin - wide.begin), extent.bytes());
  std::string wrong = check_page(dataset_.index(), page, hash64(bytes.first(bytes.size() - kHashBytes)),
                                 format::load<uint64_t>(bytes, bytes.size() - kHashBytes),
                                 format::load<format::PageHeader>(bytes));
  if (wrong.empty()) dataset_.note_page_good(page);
  return {{}, std::move(wrong)};
}

ReadFailure PageReader::read_part(uint64_t page, const Extent& extent, uint8_t* memory,
                                  Scratch& scratch) const {
  if (!dataset_.page_known_good(page)) return read_through(page, extent, memory, scratch);
  const Extent wide = aligned(extent);
  return {read(wide, extent.end - wide.begin, memory), {}};
}

ReadFailure PageReader::read_through(uint64_t page, const Extent& extent, uint8_t* memory,
                                     Scratch& scratch) const {
  const Extent whole = page_extent(dataset_.index(), page);
  if (whole.bytes() < format::kBlock) return page_gone();
  const Extent wide = aligned(whole);
  const Extent wanted = aligned(extent);
  PageCheck check(whole.bytes());
  if (scratch.size() == 0) {
    Expected<platform::Buffer> buffer = platform::Buffer::allocate(std::max(kPiece, file_.alignment()));
    if (!buffer.ok()) return {buffer.status(), {}};
    scratch = std::move(*buffer);
  }
  if (!check.ok()) return {Status("loader.memory", "", "out of memory for checking a page"), {}};
  for (uint64_t at = wide.begin; at < wide.end; at += scratch.size()) {
    const Extent piece = {at, std::min<uint64_t>(at + scratch.size(), wide.end)};
    const uint64_t needed = std::min(piece.end, whole.end) - piece.begin;
    if (Status status = read(piece, needed, scratch.data()); !status.ok()) return {std::move(status), {}};
    const auto part_of = [&](const Extent& e) {
      return Extent{std::max(piece.begin, e.begin), std::min(piece.end, e.end)};
    };
    const Extent in_page = part_of(whole);
    check.add({scratch.data() + (in_page.begin - piece.begin), in_page.bytes()});
    const Extent part = part_of(wanted);
    if (part.empty()) continue;
    std::memcpy(memory + (part.begin - wanted.begin), scratch.data() + (part.begin - piece.begin),
                part.bytes());
  }
  std::string wrong = check.wrong(dataset_.index(), page);
  if (wrong.empty()) dataset_.note_page_good(page);
  return {{}, std::move(wrong)};
}

}  // namespace headrace
