// The bits that fill the last byte of each segment of a scan's data: ones, by the standard; some encoders
// differ.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace headrace::jpeg {

enum class FillMode : uint8_t {
  ones = 0,
  zeros = 1,
  listed = 2  ///< one entry for each segment whose data do not end with a byte
};

/// Says the fill bits of each segment in turn, from a recipe or from the file whose recipe is being made.
class FillBits {
 public:
  /// As a recipe says; `listed` must outlive this.
  FillBits(FillMode mode, std::span<const uint8_t> listed) : mode_(mode), listed_(listed) {}
  /// Those of a file: learn_from() says where.
  FillBits() : learning_(true) {}

  /// The next scan's data start with `scan_data`.
  void learn_from(std::span<const uint8_t> scan_data) { scan_data_ = scan_data; }

  /// The `count` (1 to 7) bits that fill a byte which is number `at` of its scan's data.
  uint8_t next(unsigned count, size_t at) {
    const auto ones = static_cast<uint8_t>((1u << count) - 1);
    uint8_t fill = ones;
    if (learning_) {
      if (at < scan_data_.size()) fill = scan_data_[at] & ones;
      all_ones_ &= fill == ones;
      all_zeros_ &= fill == 0;
      learnt_.push_back(fill);
    } else if (mode_ == FillMode::zeros) {
      fill = 0;
    } else if (mode_ == FillMode::listed) {
      bad_ |= used_ >= listed_.size() || listed_[used_] > ones;
      fill = bad_ ? ones : listed_[used_++];
    }
    return fill;
  }

  /// Whether a recipe's list had exactly the entries asked for.
  bool fits() const { return !bad_ && (mode_ != FillMode::listed || used_ == listed_.size()); }

  FillMode learnt_mode() const {
    return all_ones_ ? FillMode::ones : all_zeros_ ? FillMode::zeros : FillMode::listed;
  }
  const std::vector<uint8_t>& learnt() const { return learnt_; }

 private:
  FillMode mode_ = FillMode::ones;
  std::span<const uint8_t> listed_;
  size_t used_ = 0;
  bool bad_ = false;

  bool learning_ = false;
  std::span<const uint8_t> scan_data_;
  std::vector<uint8_t> learnt_;
  bool all_ones_ = true, all_zeros_ = true;
};

}  // namespace headrace::jpeg
