#include "runtime/loader/npy.h"

#include <bit>
#include <cstring>
#include <memory>
#include <vector>

#include "headrace/counted.h"
#include "runtime/platform/atomic_file.h"

namespace headrace {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are written as they lie in memory");

constexpr size_t kHeaderAlignment = 64;

std::string_view descr(DType t) {
  switch (t) {
    case DType::u8:
      return "|u1";
    case DType::f16:
      return "<f2";
    case DType::bf16:
      return "<u2";
    case DType::f32:
      return "<f4";
    case DType::i64:
      return "<i8";
  }
  return "|u1";
}

bool is_c_order(const ProgramOutput& o) {
  int64_t expected = 1;
  for (size_t d = o.shape.size(); d-- > 0;) {
    if (o.shape[d] != 1 && o.strides[d] != expected) return false;
    expected *= o.shape[d];
  }
  return true;
}

/// Every element of a sample must lie inside it, so that a wrong description cannot make us read beyond.
Status check(const ProgramOutput& o, const std::string& path) {
  const auto wrong = [&](const std::string& what) {
    return Status("save.output", path, "output \"" + o.name + "\" " + what);
  };
  if (o.strides.size() != o.shape.size()) return wrong("has not one stride per dimension");
  uint64_t last = 0, count = 1;
  for (size_t d = 0; d < o.shape.size(); ++d) {
    if (o.shape[d] < 1 || o.strides[d] < 0) return wrong("has an empty dimension or a negative stride");
    last += static_cast<uint64_t>(o.shape[d] - 1) * static_cast<uint64_t>(o.strides[d]);
    count *= static_cast<uint64_t>(o.shape[d]);
  }
  const uint64_t size = dtype_size(o.dtype);
  if (count * size != o.sample_bytes || (last + 1) * size > o.sample_bytes) {
    return wrong("does not fill its " + counted(o.sample_bytes, "byte") + " per sample");
  }
  return {};
}

/// Copies a sample into C order: the last dimension in a loop, the others by recursion.
template <class Element>
Element* gather(const ProgramOutput& o, size_t dim, const uint8_t* from, Element* to) {
  const auto step = static_cast<size_t>(o.strides[dim]) * sizeof(Element);
  for (int64_t i = 0; i < o.shape[dim]; ++i, from += step) {
    if (dim + 1 < o.shape.size()) {
      to = gather(o, dim + 1, from, to);
    } else {
      std::memcpy(to++, from, sizeof(Element));
    }
  }
  return to;
}

template <class Element>
void gather_sample(const ProgramOutput& o, const uint8_t* from, std::vector<uint8_t>& to) {
  // Vector storage is aligned for any element type.
  gather(o, 0, from, reinterpret_cast<Element*>(to.data()));
}

void to_c_order(const ProgramOutput& o, const uint8_t* from, std::vector<uint8_t>& to) {
  switch (dtype_size(o.dtype)) {
    case 1:
      return gather_sample<uint8_t>(o, from, to);
    case 2:
      return gather_sample<uint16_t>(o, from, to);
    case 4:
      return gather_sample<uint32_t>(o, from, to);
    default:
      return gather_sample<uint64_t>(o, from, to);
  }
}

std::span<const uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

std::string npy_header(DType dtype, std::span<const int64_t> shape) {
  std::string dict = "{'descr': '" + std::string(descr(dtype)) + "', 'fortran_order': False, 'shape': (";
  for (size_t d = 0; d < shape.size(); ++d) {
    if (d > 0) dict += ", ";
    dict += std::to_string(shape[d]);
  }
  dict += shape.size() == 1 ? ",), }" : "), }";

  const std::string magic("\x93NUMPY\x01\x00", 8);
  const size_t unpadded = magic.size() + sizeof(uint16_t) + dict.size() + 1;
  dict.append((kHeaderAlignment - unpadded % kHeaderAlignment) % kHeaderAlignment, ' ');
  dict += '\n';
  // 64 dimensions of 20 digits still fit into the 16-bit length.
  const auto length = static_cast<uint16_t>(dict.size());
  return magic + static_cast<char>(length & 0xFF) + static_cast<char>(length >> 8) + dict;
}

Status write_npy(const std::string& path, const ProgramOutput& output, const uint8_t* data,
                 uint64_t samples) {
  HR_RETURN_IF_ERROR(check(output, path));
  std::vector<int64_t> shape = {static_cast<int64_t>(samples)};
  shape.insert(shape.end(), output.shape.begin(), output.shape.end());
  const std::string header = npy_header(output.dtype, shape);

  HR_ASSIGN_OR_RETURN(const auto file, platform::AtomicFile::create(path, true));
  HR_RETURN_IF_ERROR(file->write_at(0, as_bytes(header)));
  if (is_c_order(output)) {
    HR_RETURN_IF_ERROR(file->write_at(header.size(), {data, samples * output.sample_bytes}));
  } else {
    std::vector<uint8_t> sample(output.sample_bytes);
    for (uint64_t i = 0; i < samples; ++i) {
      to_c_order(output, data + i * output.sample_bytes, sample);
      HR_RETURN_IF_ERROR(file->write_at(header.size() + i * output.sample_bytes, sample));
    }
  }
  return file->publish();
}

}  // namespace headrace
