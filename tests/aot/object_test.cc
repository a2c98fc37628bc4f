// Objects as the compiler makes them: the same bytes as the JIT's code from every level, nothing but the pipeline in
// them, and errors that say what does not fit.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "dataset_testing.h"
#include "elf_symbols.h"
#include "headrace/aot.h"
#include "headrace/compile_object.h"
#include "headrace/pipeline.h"
#include "object_testing.h"
#include "tests/compiler/program_testing.h"

namespace headrace {
namespace {

constexpr const char* kSpec = R"({"headrace": 1, "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [24, 33]},
              {"op": "random_horizontal_flip", "p": 0.5},
              {"op": "normalize", "mean": [0, 0.5, 0], "std": [1, 1, 1]}, {"op": "convert", "dtype": "f16"}],
    "label": [{"op": "field", "field": "label"}]}})";
constexpr const char* kCopy = R"({"headrace": 1, "numerics": "exact", "loader": {"order": "sequential"}, "outputs": {
    "image": [{"op": "decode", "field": "image"}, {"op": "center_crop", "size": [16, 16]}]}})";

std::string compiled(const char* spec, const CompileObjectOptions& options = {}) {
  Expected<CompiledObject> made = compile_object(spec, nullptr, options);
  EXPECT_TRUE(made.ok()) << made.status().to_string();
  return made.ok() ? std::move(made->bytes) : std::string();
}

std::string error_of(const CompileObjectOptions& options) { return compile_object(kSpec, nullptr, options).status().to_string(); }

std::vector<Isa> runnable() {
  std::vector<Isa> levels;
  for (const Isa isa : isa_levels(*host_arch())) {
    if (isa_supported(isa)) levels.push_back(isa);
  }
  return levels;
}

class AotObject : public ::testing::Test {
 protected:
  std::string write(const std::string& bytes, const std::string& name = "train.so") const {
    testing::write_text(dir_ / name, bytes);
    return dir_ / name;
  }
  testing::TempDir dir_;
};

TEST_F(AotObject, EveryLevelGivesTheBytesOfTheJit) {
  for (const char* spec : {kSpec, kCopy}) {
    const std::string path = write(compiled(spec), spec == kSpec ? "a.so" : "b.so");
    const auto jit = compile(spec, nullptr);
    ASSERT_TRUE(jit.ok()) << jit.status().to_string();
    for (const Isa isa : runnable()) {
      const auto program = load_object(path, {.isa = isa});
      ASSERT_TRUE(program.ok()) << program.status().to_string();
      EXPECT_EQ((*program)->info().engine, "aot");
      EXPECT_EQ((*program)->info().isa, isa_name(isa));
      for (uint64_t sample = 0; sample < 12; ++sample) {
        const testing::TestImage image = sample % 2 ? testing::random_jpeg(40 + 17 * sample, 35 + 9 * sample, sample, 85, 2, 1 + sample / 2 % 2)
                                                    : testing::random_rgb(30 + 20 * sample, 33 + 5 * sample, sample);
        const hr_key key{3, 1, sample};
        EXPECT_EQ(testing::difference(testing::run_program(**jit, image, key), testing::run_program(**program, image, key)), "")
            << isa_name(isa) << ", sample " << sample;
      }
    }
  }
}

TEST_F(AotObject, TheBestLevelIsTakenUnlessOneIsAskedFor) {
  const std::string path = write(compiled(kCopy));
  const auto best = load_object(path);
  ASSERT_TRUE(best.ok()) << best.status().to_string();
  EXPECT_EQ((*best)->info().isa, isa_name(*best_isa()));
  const Isa lowest = isa_levels(*host_arch()).front();
  EXPECT_EQ((*load_object(path, {.isa = lowest}))->info().isa, isa_name(lowest));

  CompileObjectOptions one;
  one.levels = {lowest};
  const std::string other = write(compiled(kCopy, one), "one.so");
  EXPECT_EQ((*load_object(other))->info().isa, isa_name(lowest));
  const Isa foreign = *host_arch() == Arch::x86_64 ? Isa::armv8_neon : Isa::x86_64_v4;
  EXPECT_EQ(load_object(other, {.isa = foreign}).status().to_string(),
            "error[object.isa] " + other + ": has no code for " + std::string(isa_name(foreign)) + "; it has " + std::string(isa_name(lowest)));
}

TEST_F(AotObject, ItSaysWhatItIs) {
  CompileObjectOptions options;
  options.name = "eval";
  const Expected<CompiledObject> made = compile_object(kCopy, nullptr, options);
  ASSERT_TRUE(made.ok()) << made.status().to_string();
  const Expected<ObjectInfo> info = read_object(write(made->bytes));
  ASSERT_TRUE(info.ok()) << info.status().to_string();
  EXPECT_EQ(info->name, "eval");
  EXPECT_EQ(info->producer, "headrace " HEADRACE_VERSION ", " + code_generator());
  EXPECT_EQ(info->key, made->info.key);
  EXPECT_EQ(info->spec, canonical_spec(kCopy).value());
  EXPECT_EQ(info->levels.size(), isa_levels(*host_arch()).size());
  ASSERT_EQ(info->program.outputs.size(), 1u);
  EXPECT_EQ(info->program.outputs[0].shape, (std::vector<int64_t>{16, 16, 3}));
  EXPECT_EQ(info->program.numerics, Numerics::exact);
  EXPECT_EQ(object_loader_options(*info)->order, Order::sequential);
  const ProgramInfo jit = (*compile(kCopy, nullptr))->info();
  EXPECT_EQ(info->program.key, jit.key);
  EXPECT_EQ(info->program.slot_count, jit.slot_count);
}

TEST_F(AotObject, TheSameSpecGivesTheSameBytes) {
  for (const ObjectKind kind : {ObjectKind::shared, ObjectKind::relocatable, ObjectKind::header}) {
    CompileObjectOptions options;
    options.kind = kind;
    options.threads = 1;
    const std::string first = compiled(kSpec, options);
    options.threads = 3;
    EXPECT_TRUE(first == compiled(kSpec, options));
    // Two at once, and in another folder for what is temporary.
    std::string other;
    std::thread thread([&] { other = compiled(kSpec, options); });
    EXPECT_TRUE(first == compiled(kSpec, options));
    thread.join();
    EXPECT_TRUE(first == other);
  }
}

TEST_F(AotObject, TheKeyTellsWhateverChangesTheCode) {
  std::vector<std::string> keys;
  const auto add = [&](const char* spec, auto change) {
    CompileObjectOptions options;
    options.kind = ObjectKind::header;
    change(options);
    const std::string key = compile_object(spec, nullptr, options).value().info.key;
    EXPECT_EQ(key.size(), 64u);
    for (const std::string& k : keys) EXPECT_NE(k, key);
    keys.push_back(key);
  };
  add(kSpec, [](auto&) {});
  add(kCopy, [](auto&) {});
  add(kSpec, [](auto& o) { o.name = "other"; });
  add(kSpec, [](auto& o) { o.numerics = Numerics::exact; });
  add(kSpec, [](auto& o) { o.levels = {Isa::x86_64_v3}; });
  add(kSpec, [](auto& o) { o.levels = {Isa::x86_64_v4}; });
  add(kSpec, [](auto& o) { o.levels = {Isa::armv8_neon}; });
}

TEST_F(AotObject, NothingIsImportedAndNothingRunsWhenItIsLoaded) {
  for (const Isa isa : {Isa::x86_64_v3, Isa::armv8_neon}) {
    CompileObjectOptions options;
    options.levels = {isa};
    const testing::ElfSymbols elf(compiled(kSpec, options));
    EXPECT_EQ(elf.dynamic_symbols(), std::vector<std::string>{"headrace_object"}) << isa_name(isa);
    for (const int64_t tag : elf.dynamic_tags()) {
      EXPECT_TRUE(tag != DT_NEEDED && tag != DT_INIT && tag != DT_INIT_ARRAY && tag != DT_FINI && tag != DT_FINI_ARRAY &&
                  tag != DT_TEXTREL && tag != DT_RPATH && tag != DT_RUNPATH)
          << tag;
    }
    EXPECT_FALSE(elf.has_writable_code());
    EXPECT_FALSE(elf.has_thread_storage());
  }
}

TEST_F(AotObject, SeveralCanBeLinkedIntoOneProgram) {
  const testing::ElfSymbols elf([] {
    CompileObjectOptions options;
    options.kind = ObjectKind::relocatable;
    options.name = "train";
    return compiled(kSpec, options);
  }());
  for (const testing::ElfSymbol& s : elf.symbols()) {
    if (!s.global) continue;
    if (!s.defined) {
      EXPECT_TRUE(s.name == "memset" || s.name == "memcpy" || s.name == "memmove") << s.name;
    } else {
      EXPECT_TRUE(s.name == "headrace_object_train" || s.name.starts_with("train.")) << s.name;
    }
  }
}

TEST_F(AotObject, WithoutItsSymbolsItStillRuns) {
  const std::string path = write(compiled(kCopy));
  const std::string stripped = dir_ / "stripped.so";
  ASSERT_EQ(std::system((HEADRACE_STRIP " -o " + stripped + " " + path).c_str()), 0);
  EXPECT_LT(testing::read_bytes(stripped).size(), testing::read_bytes(path).size());
  const auto program = load_object(stripped);
  EXPECT_TRUE(program.ok()) << program.status().to_string();
}

TEST_F(AotObject, AChangedByteOfWhatIsLoadedIsNoticed) {
  CompileObjectOptions options;
  options.levels = {isa_levels(*host_arch()).front()};
  const std::string good = compiled(kCopy, options);
  const std::string path = write(good);
  size_t damaged = 0;
  for (size_t at = 64; at < good.size(); at += 97) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    write(bad);
    const auto info = read_object(path);
    if (!info.ok()) ++damaged;
    // What is not loaded are names of symbols and sections at the end of the file.
    EXPECT_TRUE(!info.ok() || at > good.size() / 2) << at;
  }
  EXPECT_GT(damaged, good.size() / 97 / 2);
}

TEST_F(AotObject, AFileReplacedUnderItsNameIsNotMistakenForTheOldOne) {
  CompileObjectOptions options;
  const std::string path = write(compiled(kCopy, options));
  const auto first = load_object(path);
  ASSERT_TRUE(first.ok()) << first.status().to_string();
  options.name = "another";
  std::filesystem::rename(write(compiled(kCopy, options), "new.so"), path);
  EXPECT_EQ(load_object(path).status().to_string(),
            "error[object.load] " + path + ": another object of this name is loaded in this process already; give each a name of its own");
}

TEST_F(AotObject, LoadingAndUnloadingLeavesNothingBehind) {
  const std::string path = write(compiled(kCopy));
  const auto mappings = [] {
    std::ifstream maps("/proc/self/maps");
    return std::count(std::istreambuf_iterator<char>(maps), std::istreambuf_iterator<char>(), '\n');
  };
  const auto resident_kib = [] {
    long pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    return resident * 4;
  };
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(load_object(path).ok());
  const auto maps_before = mappings();
  const auto kib_before = resident_kib();
  for (int i = 0; i < 3000; ++i) ASSERT_TRUE(load_object(path).ok());
  EXPECT_EQ(mappings(), maps_before);
  EXPECT_LT(resident_kib(), kib_before + 1024);
}

TEST_F(AotObject, NamesAndLevelsThatDoNotFitAreRefused) {
  CompileObjectOptions options;
  for (const char* name : {"", "1st", "a-b", "a b", "a\n"}) {
    options.name = name;
    EXPECT_EQ(error_of(options), "error[compile.name] \"" + std::string(name) + "\" cannot name a pipeline; expected a C identifier of 1 to 63 characters");
  }
  options.name = std::string(64, 'a');
  EXPECT_EQ(compile_object(kSpec, nullptr, options).status().code(), "compile.name");
  options = {};
  options.levels = {Isa::x86_64_v3, Isa::armv8_neon};
  EXPECT_EQ(error_of(options), "error[compile.levels] x86-64-v3 and armv8-neon are of different processors; an object is for one");
  options.levels = {Isa::host};
  EXPECT_EQ(error_of(options), "error[compile.levels] code for \"host\" runs on no other machine; expected one of the other levels");
  CompileOptions aot;
  aot.engine = Engine::aot;
  EXPECT_EQ(compile(kSpec, nullptr, aot).status().to_string(),
            "error[compile.engine] the engine \"aot\" runs objects that were compiled before; load_object() loads them");
}

// LLVM calls these where nobody wrote a call; an object brings its own.
TEST_F(AotObject, ItsMemoryFunctionsMoveEveryLength) {
  const std::string bytes = compiled(kCopy);
  const std::string path = write(bytes);
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << ::dlerror();
  const testing::ElfSymbols elf(bytes);
  const auto function = [&](const char* name) {
    const auto base = static_cast<uint8_t*>(::dlsym(library, "headrace_object")) - elf.address("headrace_object");
    return base + elf.address(name);
  };
  if (elf.address("memset") == 0) GTEST_SKIP() << "nothing needed them";
  const auto copy = reinterpret_cast<void* (*)(void*, const void*, size_t)>(function("memcpy"));
  const auto move = reinterpret_cast<void* (*)(void*, const void*, size_t)>(function("memmove"));
  const auto set = reinterpret_cast<void* (*)(void*, int, size_t)>(function("memset"));
  const testing::Bytes noise = testing::noise(256, 1);
  for (size_t n = 0; n <= 100; ++n) {
    testing::Bytes a(256, 7), b(256, 7);
    EXPECT_EQ(copy(a.data() + 3, noise.data(), n), a.data() + 3);
    std::memcpy(b.data() + 3, noise.data(), n);
    EXPECT_EQ(a, b) << "memcpy of " << n;
    EXPECT_EQ(set(a.data() + 5, 0x1C3, n), a.data() + 5);
    std::memset(b.data() + 5, 0x1C3, n);
    EXPECT_EQ(a, b) << "memset of " << n;
    for (const size_t from : {40, 41, 50, 70, 100}) {
      for (const size_t to : {40, 41, 55, 72, 101}) {
        a = b = noise;
        EXPECT_EQ(move(a.data() + to, a.data() + from, n), a.data() + to);
        std::memmove(b.data() + to, b.data() + from, n);
        EXPECT_EQ(a, b) << "memmove of " << n << " from " << from << " to " << to;
      }
    }
  }
  ::dlclose(library);
}

}  // namespace
}  // namespace headrace
