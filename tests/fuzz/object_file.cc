// Ahead-of-time objects: any bytes as a file, and any bytes as the body of its metadata.
#include <cstring>
#include <string>
#include <vector>

#include "kernels/kernel_table.h"
#include "mutator.h"
#include "runtime/aot/elf_file.h"
#include "runtime/aot/metadata.h"
#include "target.h"

namespace headrace::fuzz {
namespace {

using Bytes = std::span<const uint8_t>;

bool inside(const aot::ByteRange& range, size_t size) { return range.offset <= size && range.size <= size - range.offset; }

void as_file(Bytes file) {
  const auto object = aot::parse_shared_object(file, "file");
  if (!object.ok()) return;
  if (!inside(object.value().metadata, file.size())) fail("metadata lies in the file", "it does not");
  for (const aot::ByteRange& s : object.value().segments) {
    if (!inside(s, file.size())) fail("segments lie in the file", "one does not");
  }
  std::vector<uint8_t> sealed(file.begin(), file.end());
  expect_none("what was parsed can be sealed", aot::seal_content(sealed, "file").to_string());
  // Sealing writes into the note, and segments may overlap headers; what still parses must now be whole.
  const auto again = aot::parse_shared_object(sealed, "file");
  if (again.ok()) expect_none("what was sealed is whole", aot::check_content(sealed, again.value(), "file").to_string());
}

// With a head that fits, so that the body is reached.
void as_metadata(Bytes body) {
  aot::MetadataHead head{};
  std::memcpy(head.magic, aot::kMetadataMagic, sizeof head.magic);
  head.version = aot::kMetadataVersion;
  head.abi_version = HR_ABI_VERSION;
  head.bytes = sizeof head + body.size();
  head.symbols = kernel_symbols_hash();
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  bytes.append(reinterpret_cast<const char*>(body.data()), body.size());
  const auto info = aot::decode_metadata({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "file");
  if (!info.ok()) return;
  if (aot::encode_metadata(info.value()) != bytes) fail("what was read is written again the same", "it differs");
  (void)object_loader_options(info.value());
}

}  // namespace
}  // namespace headrace::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  headrace::fuzz::as_file({data, size});
  headrace::fuzz::as_metadata({data, size});
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned) {
  return LLVMFuzzerMutate(data, size, max_size);
}
