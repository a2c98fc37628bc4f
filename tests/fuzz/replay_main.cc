// Runs a fuzz target without a fuzzer: on every file of a folder, and on simple mutations of them that are
// the same in every run. A broken claim aborts.
//
//   replay CORPUS MUTATIONS SEED [SAVE]
//
// MUTATIONS is the number in total. SAVE is a file that each input is written to before it runs, so that it
// holds the one that failed.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "mutator.h"
#include "target.h"

namespace {

using Input = std::vector<uint8_t>;

constexpr size_t kMaxGrowth = 64;  ///< bytes that mutations may add to a file

/// Of LLVMFuzzerMutate(), whose interface leaves no other place for it.
std::mt19937& mutation_rng() {
  static std::mt19937 rng;
  return rng;
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Input read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Input(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

std::optional<uint32_t> number(const char* text) {
  uint32_t value = 0;
  const char* const end = text + std::strlen(text);
  const auto result = std::from_chars(text, end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

class Replay {
 public:
  explicit Replay(const char* save) : save_(save) {}

  void run(const Input& input) {
    if (save_ != nullptr) {
      std::ofstream(save_, std::ios::binary)
          .write(reinterpret_cast<const char*>(input.data()), std::streamsize(input.size()));
    }
    // Memory of exactly its size, so that sanitizers see what reads beyond.
    const Input exact(input);
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
  }

  void run_mutated(Input input) {
    std::mt19937& rng = mutation_rng();
    size_t size = input.size();
    input.resize(size + kMaxGrowth);
    for (uint32_t steps = 1 + rng() % 4; steps > 0; --steps) {
      size = LLVMFuzzerCustomMutator(input.data(), size, input.size(), uint32_t(rng()));
    }
    input.resize(size);
    input.shrink_to_fit();
    run(input);
  }

 private:
  const char* save_;
};

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) {
  std::mt19937& rng = mutation_rng();
  if (size == 0) return 0;
  const size_t at = rng() % size;
  const size_t count = std::min<size_t>(1 + rng() % 8, size - at);
  switch (rng() % 8) {
    case 0:  // remove
      std::memmove(data + at, data + at + count, size - at - count);
      return size - count;
    case 1:  // insert
      if (size + count > max_size) break;
      std::memmove(data + at + count, data + at, size - at);
      std::generate_n(data + at, count, [&] { return uint8_t(rng()); });
      return size + count;
    case 2:  // copy within
      std::memmove(data + at, data + rng() % (size - count + 1), count);
      return size;
    case 3:
      data[at] = rng() % 2 ? 0xFF : 0;
      return size;
    case 4:
      data[at] = uint8_t(data[at] + rng() % 9 - 4);
      return size;
    case 5:
      data[at] = uint8_t(rng());
      return size;
    default:
      break;
  }
  data[at] = uint8_t(data[at] ^ 1u << rng() % 8);
  return size;
}

int main(int argc, char** argv) {
  const auto mutations = argc > 2 ? number(argv[2]) : std::nullopt;
  const auto seed = argc > 3 ? number(argv[3]) : std::nullopt;
  if (argc > 5 || !mutations || !seed) {
    std::fprintf(stderr, "usage: %s CORPUS MUTATIONS SEED [SAVE]\n", argv[0]);
    return 2;
  }
  const std::vector<std::filesystem::path> files = files_of(argv[1]);
  if (files.empty()) {
    std::fprintf(stderr, "no files in %s\n", argv[1]);
    return 2;
  }
  Replay replay(argc > 4 ? argv[4] : nullptr);
  std::vector<Input> inputs;
  for (const auto& file : files) inputs.push_back(read_file(file));
  for (const Input& input : inputs) replay.run(input);
  mutation_rng().seed(*seed);
  for (uint32_t m = 0; m < *mutations; ++m) replay.run_mutated(inputs[m % inputs.size()]);
  std::printf("%zu files and %u mutations of them\n", files.size(), *mutations);
  return 0;
}
