#include "compiler/spec/op_reference.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "compiler/spec/op_reference_parts.h"

namespace headrace::spec {
namespace {

constexpr std::array<KindReference, 7> kKinds = {{
    {OpKind::source, "source", "Sources", "An output begins with one of these."},
    {OpKind::geometry, "geometry", "Geometry",
     "These choose, resize and mirror the pixels of an image. They come before `layout`."},
    {OpKind::pixels, "pixels", "Pixel values", "These compute on the values of an image's pixels."},
    {OpKind::type, "type", "Element type and layout", "These say how an output is stored in the batch."},
    {OpKind::vector, "vector", "Vectors of classes", "These make labels that can be mixed."},
    {OpKind::user, "user", "Operations of your own",
     "These compute what you write, on the values of an image's pixels."},
    {OpKind::batch, "batch", "Mixing samples of a batch",
     R"(`batch` lists operations on finished batches. They mix pairs of samples: row *i* of a batch of *n*
rows with row *i + n/2*, and the other way round. A batch then must have an even number of rows. Its
tensors keep their shapes and element types. Rows that are padding, or that failed, stay as they are, and
so do their partners.

Random numbers are drawn once for the global batch, from the seed, the epoch, the batch's number and the
operation's place in the spec, and partners are half a global batch apart: the bytes are the same for every
world size.

Labels that are to be mixed must be vectors: see [`one_hot`](#one_hot).)"},
}};

static_assert([] {
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].kind != static_cast<OpKind>(i)) return false;
  }
  return true;
}());

std::vector<OpReference> make_references() {
  std::vector<OpReference> all;
  for (auto part : {image_op_references, value_op_references, user_op_references, batch_op_references}) {
    std::vector<OpReference> ops = part();
    std::move(ops.begin(), ops.end(), std::back_inserter(all));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const OpReference& a, const OpReference& b) { return a.kind < b.kind; });
  return all;
}

}  // namespace

std::span<const KindReference> op_kinds() { return kKinds; }

const KindReference& reference_of(OpKind kind) { return kKinds[static_cast<size_t>(kind)]; }

const std::vector<OpReference>& op_references() {
  static const std::vector<OpReference> kReferences = make_references();
  return kReferences;
}

const OpReference* find_op_reference(std::string_view name) {
  const std::vector<OpReference>& all = op_references();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const OpReference& op) { return op.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace headrace::spec
