// Writes the seeds of every fuzz target: make_fuzz_corpus FOLDER. The same files every time; those in version
// control are its output. Files that begin with "found-" are inputs that once broke a claim, and stay.
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "compiler/cache/entry.h"
#include "compiler/frontend/build_graph.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/spec.h"
#include "forged_object.h"
#include "kernels/jpeg_recipe.h"
#include "kernels/packed/packed_image.h"
#include "runtime/aot/metadata.h"
#include "scripted_jpeg.h"
#include "target.h"
#include "tests/compiler/random_spec.h"

namespace headrace::fuzz {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr int kSeeds = 18;  ///< of each kind
constexpr int kKinds = 6;   ///< of planes, that scripts choose by their first byte

/// A script for the `seed`th kind of planes. Every other one says small numbers as often as not.
Bytes script_of(uint32_t seed, size_t size) {
  std::mt19937 rng(seed + 1);
  Bytes script(size);
  for (uint8_t& b : script) b = uint8_t(seed % 2 != 0 || rng() % 2 ? rng() : rng() % 16);
  script[0] = uint8_t(seed / 2 % kKinds);
  return script;
}

Bytes jpeg_of(uint32_t seed) {
  const Bytes script = script_of(seed, 2000);
  ByteScript from(script);
  const CoefficientImage image = scripted_image(from);
  const Bytes coding = {uint8_t(seed), uint8_t(1 + seed % 5)};
  ByteScript coding_from(coding);
  return scripted_jpeg(coding_from, image);
}

/// A comment behind the start of the image and something behind its end, which a recipe keeps apart.
Bytes with_extra(Bytes jpeg) {
  const std::array<uint8_t, 8> comment = {0xFF, 0xFE, 0, 6, 's', 'e', 'e', 'd'};
  jpeg.insert(jpeg.begin() + 2, comment.begin(), comment.end());
  jpeg.insert(jpeg.end(), {'t', 'a', 'i', 'l'});
  return jpeg;
}

/// Empty if the file does not pack.
Bytes packed_of(const Bytes& jpeg, bool with_recipe, PackEffort effort) {
  CoefficientImage image;
  JpegRecipe recipe;
  bool byte_exact = false;
  if (!read_coefficients(jpeg, kDefaultDecodeLimits, image).ok()) return {};
  if (!make_jpeg_recipe(jpeg, image, recipe, byte_exact).ok()) return {};
  ImagePacker packer;
  Bytes packed;
  if (!packer.pack(image, with_recipe ? &recipe : nullptr, byte_exact, effort, packed).ok()) return {};
  return packed;
}

class Writer {
 public:
  explicit Writer(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void write(const std::string& target, const std::string& name, int number, const Bytes& bytes) {
    if (bytes.empty()) fail("every seed can be made", target + " " + name);
    const std::filesystem::path path = folder_ / target / (name + "-" + std::to_string(number));
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
    if (!out.flush()) fail("every seed can be written", path.string());
  }

 private:
  std::filesystem::path folder_;
};

void write_objects(Writer& writer) {
  const std::string metadata = aot::encode_metadata(testing::some_object_info());
  writer.write("object_file", "file", 0, testing::forged_object(metadata));
  writer.write("object_file", "file", 1, testing::forged_object(metadata, Arch::aarch64));
  writer.write("object_file", "body", 0, Bytes(metadata.begin() + sizeof(aot::MetadataHead), metadata.end()));
  const std::string entry = cache::encode_entry({std::string(64, 'b'), "a recipe\nof two lines\n"}, "code");
  writer.write("cache_entry", "entry", 0, Bytes(entry.begin(), entry.end()));
}

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

constexpr int kTexts = 20;
constexpr size_t kMaxLoopText = 6000;  ///< of functions that are seeds

// Random pipelines as specs and graphs, and each kind of function that they are lowered to.
void write_texts(Writer& writer) {
  std::set<std::string> functions;
  int graphs = 0;
  for (int i = 0; i < kTexts; ++i) {
    const Numerics numerics = i % 2 ? Numerics::exact : Numerics::fast;
    const std::string json = testing::random_spec(7, uint64_t(3 * i), 1, numerics).json;
    writer.write("spec_json", "random", i, bytes_of(json));
    const auto& fields = testing::random_spec_fields();
    const auto spec = parse_spec(json, &fields);
    if (!spec.ok()) fail("random specs are valid", spec.status().to_string());
    graph::Graph graph = build_graph(*spec, &fields).value();
    writer.write("graph_text", "graph", graphs++, bytes_of(graph::print(graph)));
    expect_none("passes succeed", passes::run(graph).to_string());
    writer.write("graph_text", "graph", graphs++, bytes_of(graph::print(graph)));
    const auto lowered = lower(graph, {.vector_bits = 128 << i % 3});
    if (!lowered.ok()) fail("optimised graphs are lowered", lowered.status().to_string());
    for (const loop::Function& f : lowered->module.functions) {
      const std::string text = loop::print(f);
      // Those that call nothing are valid on their own.
      if (text.size() > kMaxLoopText || text.find("call @") != std::string::npos) continue;
      if (functions.insert(f.name).second) writer.write("loop_text", "stage", int(functions.size()) - 1, bytes_of(text));
    }
  }
}

void write_all(Writer& writer) {
  for (int i = 0; i < kSeeds; ++i) {
    const auto seed = uint32_t(i);
    const Bytes jpeg = i % 3 == 2 ? with_extra(jpeg_of(seed)) : jpeg_of(seed);
    writer.write("jpeg_to_packed", "scripted", i, jpeg);
    writer.write("packed_decode", "packed", i,
                 packed_of(jpeg, i % 4 != 3, i % 2 ? PackEffort::small : PackEffort::fast));
    Bytes forged = script_of(seed, size_t(60 + 20 * i));
    forged.insert(forged.begin(), 0);
    writer.write("packed_decode", "forged", i, forged);
    writer.write("decode_differential", "script", i, script_of(100 + seed, size_t(100 + 100 * i)));
  }
}

}  // namespace
}  // namespace headrace::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  headrace::fuzz::Writer writer(argv[1]);
  headrace::fuzz::write_all(writer);
  headrace::fuzz::write_objects(writer);
  headrace::fuzz::write_texts(writer);
  return 0;
}
