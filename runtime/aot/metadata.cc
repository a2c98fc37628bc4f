#include "runtime/aot/metadata.h"

#include <cstring>

#include "kernels/kernel_table.h"
#include "runtime/aot/byte_cursor.h"
#include "runtime/dataset/printable.h"

namespace headrace::aot {
namespace {

constexpr size_t kMaxRank = 8;
constexpr uint64_t kMaxSampleBytes = uint64_t{1} << 40;
constexpr uint32_t kMaxSlots = 1u << 20;

class Writer {
 public:
  template <class T>
  void number(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(const std::string& s) {
    number(static_cast<uint32_t>(s.size()));
    bytes_ += s;
  }
  void count(size_t n) { number(static_cast<uint32_t>(n)); }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

void put_program(Writer& w, const ProgramInfo& p) {
  w.number(static_cast<uint8_t>(p.numerics));
  w.number(static_cast<uint8_t>(p.mixes));
  w.number(p.slot_count);
  w.text(p.key);
  w.count(p.fields.size());
  for (const ProgramField& f : p.fields) {
    w.text(f.name);
    w.number(static_cast<uint8_t>(f.kind));
  }
  w.count(p.outputs.size());
  for (const ProgramOutput& o : p.outputs) {
    w.text(o.name);
    w.number(static_cast<uint8_t>(o.dtype));
    w.number(static_cast<uint8_t>(o.layout));
    w.number(static_cast<uint8_t>(o.shape.size()));
    for (const int64_t n : o.shape) w.number(n);
    for (const int64_t n : o.strides) w.number(n);
    w.number(static_cast<uint64_t>(o.sample_bytes));
  }
  w.count(p.calls.size());
  for (const ProgramCall& c : p.calls) {
    w.text(c.symbol);
    w.text(c.library);
  }
}

bool known(DType t) { return t <= DType::i64; }
bool known(Layout l) { return l <= Layout::channels_last; }
bool known(FieldKind k) { return k >= FieldKind::image && k <= FieldKind::bytes; }

/// Whether a dense sample of that shape has that size, and the strides lead to no element outside it.
bool consistent(const ProgramOutput& o) {
  uint64_t elements = 1, last = 0;
  for (size_t i = 0; i < o.shape.size(); ++i) {
    const int64_t n = o.shape[i], stride = o.strides[i];
    if (n <= 0 || stride <= 0 || static_cast<uint64_t>(n) > kMaxSampleBytes / elements) return false;
    elements *= static_cast<uint64_t>(n);
    if (static_cast<uint64_t>(stride) > kMaxSampleBytes / static_cast<uint64_t>(n)) return false;
    last += static_cast<uint64_t>(n - 1) * static_cast<uint64_t>(stride);
  }
  return elements * dtype_size(o.dtype) == o.sample_bytes && last < elements;
}

bool take_output(ByteCursor& in, ProgramOutput& o) {
  o.name = in.text();
  o.dtype = DType(in.number<uint8_t>());
  o.layout = Layout(in.number<uint8_t>());
  const size_t rank = in.number<uint8_t>();
  if (rank > kMaxRank) return false;
  for (size_t i = 0; i < rank; ++i) o.shape.push_back(in.number<int64_t>());
  for (size_t i = 0; i < rank; ++i) o.strides.push_back(in.number<int64_t>());
  const uint64_t bytes = in.number<uint64_t>();
  o.sample_bytes = static_cast<size_t>(bytes);
  return !in.failed() && !o.name.empty() && known(o.dtype) && known(o.layout) && bytes > 0 && bytes <= kMaxSampleBytes &&
         consistent(o);
}

/// What is wrong, or nothing.
std::string take_program(ByteCursor& in, ProgramInfo& p) {
  const uint8_t numerics = in.number<uint8_t>(), mixes = in.number<uint8_t>();
  if (numerics > uint8_t(Numerics::fast) || mixes > 1) return "unknown numerics";
  p.numerics = Numerics(numerics);
  p.mixes = mixes != 0;
  p.slot_count = in.number<uint32_t>();
  if (p.slot_count > kMaxSlots) return "more slots than any pipeline has";
  p.key = in.text();
  p.fields.resize(in.count(5));
  for (ProgramField& f : p.fields) {
    f.name = in.text();
    f.kind = FieldKind(in.number<uint8_t>());
    if (f.name.empty() || !known(f.kind)) return "a field without a name or of an unknown kind";
  }
  p.outputs.resize(in.count(15));
  for (ProgramOutput& o : p.outputs) {
    if (!take_output(in, o)) return "an output whose type, shape and size do not go together";
  }
  p.calls.resize(in.count(8));
  for (ProgramCall& c : p.calls) {
    c.symbol = in.text();
    c.library = in.text();
    if (c.symbol.empty() || c.library.empty() || c.library.find('/') != std::string::npos) {
      return "a function without a name, or of a library that is no file name";
    }
  }
  p.engine = "aot";
  return p.outputs.empty() ? "no outputs" : "";
}

std::string take_body(ByteCursor& in, ObjectInfo& info) {
  info.name = in.text();
  info.producer = in.text();
  const uint8_t arch = in.number<uint8_t>();
  if (arch > uint8_t(Arch::aarch64)) return "an unknown processor";
  info.arch = Arch(arch);
  info.encodings = in.number<uint32_t>();
  info.levels.resize(in.count(8));
  for (ObjectLevel& level : info.levels) {
    level.isa = in.text();
    level.vector_bits = in.number<uint32_t>();
  }
  if (info.levels.empty()) return "no levels";
  if (const std::string problem = take_program(in, info.program); !problem.empty()) return problem;
  info.spec = in.text();
  info.loader.resize(in.count(8));
  for (auto& [name, value] : info.loader) {
    name = in.text();
    value = in.text();
  }
  if (in.failed() || in.left() != 0) return "a length that does not match its content";
  return "";
}

constexpr char kDigits[] = "0123456789abcdef";

uint8_t digit(char c) { return static_cast<uint8_t>(c >= 'a' ? c - 'a' + 10 : c - '0'); }

std::string hex(uint64_t v) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[v >> shift & 15];
  return text;
}

/// What another release would have made otherwise.
Status check_release(const MetadataHead& head, const ObjectInfo& info, const std::string& where) {
  const std::string made_by = info.producer.empty() ? "" : " (made by " + printable(info.producer) + ")";
  const std::string advice = "; compile it again with this release, headrace " HEADRACE_VERSION;
  if (head.abi_version != HR_ABI_VERSION) {
    return {"object.abi", where,
            "was compiled for ABI version " + std::to_string(head.abi_version) + made_by + "; this library has version " +
                std::to_string(HR_ABI_VERSION) + advice};
  }
  if (head.symbols != kernel_symbols_hash()) {
    return {"object.symbols", where,
            "calls the list of functions " + hex(head.symbols) + made_by + "; this library has " + hex(kernel_symbols_hash()) +
                advice};
  }
  return {};
}

}  // namespace

std::string encode_metadata(const ObjectInfo& info) {
  Writer w;
  w.text(info.name);
  w.text(info.producer);
  w.number(static_cast<uint8_t>(info.arch));
  w.number(info.encodings);
  w.count(info.levels.size());
  for (const ObjectLevel& level : info.levels) {
    w.text(level.isa);
    w.number(level.vector_bits);
  }
  put_program(w, info.program);
  w.text(info.spec);
  w.count(info.loader.size());
  for (const auto& [name, value] : info.loader) {
    w.text(name);
    w.text(value);
  }
  MetadataHead head{};
  std::memcpy(head.magic, kMetadataMagic, sizeof head.magic);
  head.version = kMetadataVersion;
  head.abi_version = info.abi_version;
  head.bytes = sizeof head + w.bytes().size();
  head.symbols = info.symbols;
  for (size_t i = 0; i < sizeof head.key && 2 * i + 1 < info.key.size(); ++i) {
    head.key[i] = static_cast<uint8_t>(digit(info.key[2 * i]) << 4 | digit(info.key[2 * i + 1]));
  }
  return std::string(reinterpret_cast<const char*>(&head), sizeof head) + w.bytes();
}

Expected<ObjectInfo> decode_metadata(std::span<const uint8_t> bytes, const std::string& where) {
  auto malformed = [&](const std::string& what) { return Status("object.metadata", where, "its metadata is malformed: " + what); };
  ByteCursor in(bytes);
  const MetadataHead head = in.number<MetadataHead>();
  if (in.failed() || std::memcmp(head.magic, kMetadataMagic, sizeof head.magic) != 0) return malformed("it does not start as it should");
  if (head.version != kMetadataVersion) {
    return Status("object.metadata", where, "its metadata has version " + std::to_string(head.version) + "; this library reads version " + std::to_string(kMetadataVersion));
  }
  if (head.bytes != bytes.size()) {
    return malformed("it has " + std::to_string(bytes.size()) + " bytes and says " + std::to_string(head.bytes));
  }
  ObjectInfo info;
  info.abi_version = head.abi_version;
  info.symbols = head.symbols;
  for (const uint8_t b : head.key) {
    info.key += kDigits[b >> 4];
    info.key += kDigits[b & 15];
  }
  const std::string problem = take_body(in, info);
  // Another release may have another body; what matters then is that it is another release.
  HR_RETURN_IF_ERROR(check_release(head, info, where));
  if (!problem.empty()) return malformed(problem);
  return info;
}

}  // namespace headrace::aot
