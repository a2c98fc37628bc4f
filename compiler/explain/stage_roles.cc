#include "compiler/explain/stage_roles.h"

#include <array>

namespace headrace {

std::string_view stage_kind_name(StageKind kind) {
  switch (kind) {
    case StageKind::entropy:
      return "entropy decode";
    case StageKind::idct:
      return "IDCT";
    case StageKind::resize:
      return "resize";
    case StageKind::store:
      return "store";
    case StageKind::other:
      return "other";
  }
  return "?";
}

namespace explaining {
namespace {

struct Known {
  std::string_view begins;  ///< the function's name, or how it begins
  StageKind kind;
  std::string_view what;
};

// The first that fits counts.
constexpr std::array kStages = {
    Known{"plan", StageKind::other, "draws the random numbers, computes rectangles and scratch memory"},
    Known{"run", StageKind::other, "calls the stages of a sample; labels and other fields"},
    Known{"batch", StageKind::other, "decides what is mixed, and calls what mixes"},
    Known{"planes_", StageKind::other,
          "calls the stages of a sample that is stored as planes, strip by strip"},
    Known{"idct", StageKind::idct,
          "expands coefficients, dequantises them, inverse transform; leaves columns"},
    Known{"table_", StageKind::resize, "weights of one axis, computed for the sample's crop"},
    Known{"chroma_table", StageKind::resize, "weights of chroma: its upsampling and the resize in one"},
    Known{"columns_", StageKind::resize, "turns a strip of rows into columns, so that lanes are rows"},
    Known{"horizontal_", StageKind::resize, "horizontal pass of the resize; leaves rows in a ring"},
    Known{
        "vertical_planes_", StageKind::store,
        "vertical pass of the resize, colour, arithmetic, cast, layout and store, without anything between"},
    Known{"vertical_", StageKind::store,
          "vertical pass of the resize, arithmetic, cast, layout and store, without anything between"},
    Known{"copy_", StageKind::store,
          "crop, flip, arithmetic, cast, layout and store of images that are not resized"},
    Known{"blend", StageKind::other, "mixes two rows of a batch"},
    Known{"exchange", StageKind::other, "exchanges a rectangle of two rows of a batch"},
};

struct KnownKernel {
  std::string_view name, what, why;
};

constexpr std::array kKernels = {
    KnownKernel{"hr_image_open", "opens an image and skips to the crop's first row",
                "libjpeg-turbo and the decoders keep what they know of an image from call to call"},
    KnownKernel{"hr_image_open_scaled", "opens an image at a fraction of its size",
                "libjpeg-turbo and the decoders keep what they know of an image from call to call"},
    KnownKernel{
        "hr_image_rows",
        "decodes a strip of rows to RGB: of JPEGs all of libjpeg-turbo (Huffman decoding, IDCT, colour)",
        "libjpeg-turbo decodes JPEGs, and its code was compiled before; it hands over a strip of rows at a "
        "time, which stays in the caches"},
    KnownKernel{"hr_image_close", "ends an image",
                "libjpeg-turbo and the decoders keep what they know of an image from call to call"},
    KnownKernel{"hr_packed_open", "opens a packed image and skips to the crop's first tiles",
                "the decoder of packed images keeps what it knows of an image from call to call"},
    KnownKernel{"hr_packed_unit", "entropy-decodes the tiles of a row of blocks that the crop needs",
                "entropy decoding is serial: the place of every symbol depends on those before it. It hands "
                "over coefficients, a row of blocks at a time, and what follows is fused from there on"},
};

const KnownKernel* kernel(std::string_view name) {
  for (const KnownKernel& k : kKernels) {
    if (k.name == name) return &k;
  }
  return nullptr;
}

}  // namespace

StageRole role_of(std::string_view function, bool in_module) {
  if (!in_module) {
    const KnownKernel* known = kernel(function);
    if (known != nullptr) return {StageKind::entropy, std::string(known->what)};
    return {StageKind::other,
            function == kUserCall ? "calls a C function of the pipeline's user" : "a C function"};
  }
  for (const Known& k : kStages) {
    const bool whole = k.begins == "plan" || k.begins == "run" || k.begins == "batch";
    if (whole ? function == k.begins : function.starts_with(k.begins)) return {k.kind, std::string(k.what)};
  }
  return {StageKind::other, "a stage of the pipeline"};
}

std::string why_not_fused(std::string_view function) {
  if (const KnownKernel* known = kernel(function)) return std::string(known->why);
  return "a C function that was compiled elsewhere: the compiler does not see what it does";
}

}  // namespace explaining
}  // namespace headrace
