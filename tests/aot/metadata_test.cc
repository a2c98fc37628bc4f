// An object's metadata: what is written is read back; whatever else the bytes say is refused, by name and in bounds.
#include "runtime/aot/metadata.h"

#include <gtest/gtest.h>

#include <cstring>

#include "object_testing.h"

namespace headrace {
namespace {

using aot::MetadataHead;
using testing::put;
using testing::some_object_info;

Expected<ObjectInfo> decode(const std::string& bytes) {
  return aot::decode_metadata({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "train.so");
}

std::string error_of(const std::string& bytes) { return decode(bytes).status().to_string(); }

std::string malformed(const std::string& what) {
  return "error[object.metadata] train.so: its metadata is malformed: " + what;
}

TEST(ObjectMetadata, IsReadBackAsItWasWritten) {
  const ObjectInfo in = some_object_info();
  const Expected<ObjectInfo> read = decode(aot::encode_metadata(in));
  ASSERT_TRUE(read.ok()) << read.status().to_string();
  const ObjectInfo& out = *read;
  EXPECT_EQ(out.name, in.name);
  EXPECT_EQ(out.producer, in.producer);
  EXPECT_EQ(out.key, in.key);
  EXPECT_EQ(out.abi_version, HR_ABI_VERSION);
  EXPECT_EQ(out.symbols, in.symbols);
  EXPECT_EQ(out.arch, in.arch);
  ASSERT_EQ(out.levels.size(), 2u);
  EXPECT_EQ(out.levels[1].isa, "x86-64-v4");
  EXPECT_EQ(out.levels[1].vector_bits, 512u);
  EXPECT_EQ(out.encodings, in.encodings);
  EXPECT_EQ(out.spec, in.spec);
  EXPECT_EQ(out.loader, in.loader);
  const ProgramInfo &p = out.program, &q = in.program;
  EXPECT_EQ(p.engine, "aot");
  EXPECT_EQ(p.numerics, q.numerics);
  EXPECT_EQ(p.mixes, q.mixes);
  EXPECT_EQ(p.slot_count, q.slot_count);
  EXPECT_EQ(p.key, q.key);
  ASSERT_EQ(p.fields.size(), 2u);
  EXPECT_EQ(p.fields[0].name, "image");
  EXPECT_EQ(p.fields[0].kind, FieldKind::image);
  ASSERT_EQ(p.outputs.size(), 2u);
  EXPECT_EQ(p.outputs[0].name, "image");
  EXPECT_EQ(p.outputs[0].dtype, DType::f16);
  EXPECT_EQ(p.outputs[0].layout, Layout::channels_last);
  EXPECT_EQ(p.outputs[0].shape, q.outputs[0].shape);
  EXPECT_EQ(p.outputs[0].strides, q.outputs[0].strides);
  EXPECT_EQ(p.outputs[0].sample_bytes, 120u);
  ASSERT_EQ(p.calls.size(), 1u);
  EXPECT_EQ(p.calls[0].symbol, "sharpen");
  EXPECT_EQ(p.calls[0].library, "filters.so");
}

TEST(ObjectMetadata, AnotherReleaseIsRefusedWithBothVersions) {
  std::string bytes = aot::encode_metadata(some_object_info());
  put(bytes, offsetof(MetadataHead, abi_version), uint32_t{HR_ABI_VERSION + 1});
  EXPECT_EQ(error_of(bytes), "error[object.abi] train.so: was compiled for ABI version " + std::to_string(HR_ABI_VERSION + 1) +
                                 " (made by headrace test); this library has version " + std::to_string(HR_ABI_VERSION) +
                                 "; compile it again with this release, headrace " HEADRACE_VERSION);
  bytes = aot::encode_metadata(some_object_info());
  put(bytes, offsetof(MetadataHead, symbols), uint64_t{0x12});
  const std::string error = error_of(bytes);
  EXPECT_EQ(error.find("error[object.symbols] train.so: calls the list of functions 0000000000000012 (made by headrace test); "
                       "this library has "), 0u) << error;
  bytes = aot::encode_metadata(some_object_info());
  put(bytes, offsetof(MetadataHead, version), uint32_t{7});
  EXPECT_EQ(error_of(bytes), "error[object.metadata] train.so: its metadata has version 7; this library reads version 2");
}

TEST(ObjectMetadata, WhatIsNoMetadataIsRefused) {
  std::string bytes = aot::encode_metadata(some_object_info());
  EXPECT_EQ(error_of(""), malformed("it does not start as it should"));
  EXPECT_EQ(error_of(bytes.substr(0, sizeof(MetadataHead) - 1)), malformed("it does not start as it should"));
  EXPECT_EQ(error_of(bytes + "x"), malformed("it has " + std::to_string(bytes.size() + 1) + " bytes and says " + std::to_string(bytes.size())));
  bytes[0] = 'h';
  EXPECT_EQ(error_of(bytes), malformed("it does not start as it should"));
}

TEST(ObjectMetadata, WhatDoesNotGoTogetherIsRefused) {
  const auto refused = [](auto change) {
    ObjectInfo info = some_object_info();
    change(info);
    return error_of(aot::encode_metadata(info));
  };
  const std::string output = malformed("an output whose type, shape and size do not go together");
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs[0].sample_bytes = 121; }), output);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs[0].strides[1] = 16; }), output);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs[0].shape[0] = -3; }), output);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs[0].shape = {int64_t{1} << 62, int64_t{1} << 62, 15}; }), output);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs[0].strides[0] = INT64_MAX; }), output);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs[0].dtype = DType(9); }), output);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs[0].layout = Layout(9); }), output);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs[0].name = ""; }), output);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs[0].shape.assign(9, 1); }), output);
  const std::string call = malformed("a function without a name, or of a library that is no file name");
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.calls[0].symbol = ""; }), call);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.calls[0].library = ""; }), call);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.calls[0].library = "/tmp/filters.so"; }), call);
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.outputs.clear(); }), malformed("no outputs"));
  EXPECT_EQ(refused([](ObjectInfo& i) { i.levels.clear(); }), malformed("no levels"));
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.slot_count = 1u << 21; }), malformed("more slots than any pipeline has"));
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.fields[1].kind = FieldKind(0); }), malformed("a field without a name or of an unknown kind"));
  EXPECT_EQ(refused([](ObjectInfo& i) { i.program.numerics = Numerics(2); }), malformed("unknown numerics"));
  EXPECT_EQ(refused([](ObjectInfo& i) { i.arch = Arch(2); }), malformed("an unknown processor"));
}

TEST(ObjectMetadata, EveryTruncationIsRefused) {
  const std::string whole = aot::encode_metadata(some_object_info());
  for (size_t size = sizeof(MetadataHead); size < whole.size(); ++size) {
    std::string bytes = whole.substr(0, size);
    put(bytes, offsetof(MetadataHead, bytes), uint64_t{size});
    EXPECT_EQ(decode(bytes).status().code(), "object.metadata") << size;
  }
}

TEST(ObjectMetadata, AnyByteMayLie) {
  const std::string whole = aot::encode_metadata(some_object_info());
  size_t refused = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(value);
      const Expected<ObjectInfo> read = decode(bytes);
      if (!read.ok()) {
        ++refused;
        continue;
      }
      // What is accepted is what a loader may rely on.
      for (const ProgramOutput& o : read->program.outputs) {
        uint64_t elements = 1;
        for (const int64_t n : o.shape) elements *= static_cast<uint64_t>(n);
        EXPECT_EQ(elements * dtype_size(o.dtype), o.sample_bytes);
        EXPECT_EQ(o.shape.size(), o.strides.size());
      }
    }
  }
  EXPECT_GT(refused, whole.size());
}

TEST(ObjectLoaderSettings, AreTheSpecsOverTheDefaults) {
  ObjectInfo info = some_object_info();
  const Expected<LoaderOptions> options = object_loader_options(info);
  ASSERT_TRUE(options.ok()) << options.status().to_string();
  EXPECT_EQ(options->order, Order::sequential);
  EXPECT_EQ(options->tail, Tail::pad);
  EXPECT_EQ(options->window_bytes, 65536u);
  EXPECT_EQ(options->batch_size, LoaderOptions{}.batch_size);
  for (const auto& [name, value] : {std::pair{"order", "sideways"}, {"tail", "wag"}, {"window_bytes", "64K"}, {"pages", "2"}}) {
    info.loader = {{name, value}};
    EXPECT_EQ(object_loader_options(info).status().to_string(),
              std::string("error[object.metadata] train: its spec's loader setting ") + name + " is " + value + ", which this release does not know");
  }
}

}  // namespace
}  // namespace headrace
