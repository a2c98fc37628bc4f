#include "compiler/spec/image_size.h"

#include <algorithm>

namespace headrace::spec {
namespace {

std::string text(const Size2& s) {
  return "[" + std::to_string(s.height) + ", " + std::to_string(s.width) + "]";
}

}  // namespace

void ImageSize::set(const Size2& size) {
  known_ = size;
  short_side_.reset();
  forgotten_ = false;
}

void ImageSize::forget() {
  known_.reset();
  short_side_.reset();
  forgotten_ = true;
}

std::string ImageSize::crop(const OpParams& op, const Size2& size, int64_t top, int64_t left) {
  const int64_t bottom = top + size.height, right = left + size.width;
  std::string problem;
  if (known_ && (bottom > known_->height || right > known_->width)) {
    problem = "image, which is " + text(*known_) + " here";
  } else if (short_side_ && std::min(bottom, right) > *short_side_) {
    problem = "image, whose short side is " + std::to_string(*short_side_) + " here";
  }
  set(size);
  if (problem.empty()) return problem;
  std::string at;
  if (std::holds_alternative<Crop>(op))
    at = " at top " + std::to_string(top) + ", left " + std::to_string(left);
  return "a crop of " + text(size) + at + " does not fit into the " + problem;
}

std::string ImageSize::apply(const OpParams& op) {
  if (const auto* p = std::get_if<Crop>(&op)) return crop(op, p->size, p->top, p->left);
  if (const auto* p = std::get_if<CenterCrop>(&op)) return crop(op, p->size, 0, 0);
  if (const auto* p = std::get_if<RandomCrop>(&op)) return crop(op, p->size, 0, 0);
  if (const auto* p = std::get_if<RandomResizedCrop>(&op)) set(p->size);
  if (const auto* p = std::get_if<Resize>(&op)) {
    if (p->size) {
      set(*p->size);
    } else {
      known_.reset();
      short_side_ = p->short_side;
      forgotten_ = false;
    }
  }
  return "";  // flips keep the size
}

}  // namespace headrace::spec
