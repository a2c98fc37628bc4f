#include "tests/compiler/batch_testing.h"

#include <algorithm>
#include <cstring>

namespace headrace::testing {
namespace {

constexpr size_t kGuard = 128;
constexpr uint8_t kGuardByte = 0xA5;

// Clears the top bit of exponents that have all bits set.
void make_finite(DType dtype, std::vector<uint8_t>& bytes) {
  const auto fix = [&](auto zero, auto exponent, auto top) {
    for (size_t i = 0; i + sizeof zero <= bytes.size(); i += sizeof zero) {
      auto v = zero;
      std::memcpy(&v, &bytes[i], sizeof v);
      if ((v & exponent) == exponent) v = decltype(v)(v & ~top);
      std::memcpy(&bytes[i], &v, sizeof v);
    }
  };
  if (dtype == DType::f16) fix(uint16_t{}, uint16_t{0x7C00}, uint16_t{0x4000});
  if (dtype == DType::bf16) fix(uint16_t{}, uint16_t{0x7F80}, uint16_t{0x4000});
  if (dtype == DType::f32) fix(uint32_t{}, uint32_t{0x7F800000}, uint32_t{0x40000000});
}

}  // namespace

BatchRows random_rows(RandomStream& random, const ProgramInfo& info, uint64_t rows) {
  BatchRows batch;
  batch.rows = rows;
  for (uint64_t i = 0; i < rows; ++i) batch.mask.push_back(random.percent(12) ? 0 : 1);
  for (const ProgramOutput& o : info.outputs) {
    std::vector<uint8_t> bytes(rows * o.sample_bytes);
    // Rows of noise cost more to make than to mix; a piece of it at odd distances does.
    std::vector<uint8_t> noise(std::min<size_t>(bytes.size(), 4099));
    for (uint8_t& b : noise) b = uint8_t(random.next() >> 24);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = noise[i % noise.size()];
    make_finite(o.dtype, bytes);
    batch.outputs.push_back(std::move(bytes));
  }
  return batch;
}

BatchRows run_batch(const Program& program, const BatchRows& rows, const hr_key& key, uint64_t begin,
                    uint64_t end, std::string& problem) {
  std::vector<std::vector<uint8_t>> memory;
  std::vector<uint8_t*> outputs;
  for (const std::vector<uint8_t>& o : rows.outputs) {
    memory.emplace_back(o.size() + 2 * kGuard + HR_BUFFER_ALIGNMENT, kGuardByte);
    const auto base = reinterpret_cast<uintptr_t>(memory.back().data()) + kGuard;
    outputs.push_back(memory.back().data() + kGuard +
                      (HR_BUFFER_ALIGNMENT - base % HR_BUFFER_ALIGNMENT) % HR_BUFFER_ALIGNMENT);
    std::copy(o.begin(), o.end(), outputs.back());
  }
  hr_error error{};
  hr_batch_frame frame{HR_ABI_VERSION, 0,     key, rows.rows, begin, end, rows.mask.data(),
                       outputs.data(), &error};
  const hr_result result = program.batch(frame);
  if (result != HR_OK) problem = "result " + std::to_string(result) + ": " + error.text;
  BatchRows mixed = rows;
  for (size_t k = 0; k < outputs.size(); ++k) {
    const auto is_guard = [](uint8_t b) { return b == kGuardByte; };
    std::vector<uint8_t>& m = memory[k];
    const uint8_t* const end_of_rows = outputs[k] + mixed.outputs[k].size();
    if (!std::all_of(static_cast<const uint8_t*>(m.data()), static_cast<const uint8_t*>(outputs[k]),
                     is_guard) ||
        !std::all_of(end_of_rows, static_cast<const uint8_t*>(m.data() + m.size()), is_guard)) {
      problem = "wrote outside output " + std::to_string(k);
    }
    std::copy_n(outputs[k], mixed.outputs[k].size(), mixed.outputs[k].begin());
  }
  return mixed;
}

std::string compare_batches(const Program& reference, const Program& other, uint64_t seed, int batches,
                            int& changed) {
  RandomStream random(seed, 77);
  for (int n = 0; n < batches; ++n) {
    const BatchRows before = random_rows(random, reference.info(), 2 * uint64_t(random.between(1, 3)));
    const hr_key key{random.next() | uint64_t{random.next()} << 32, uint64_t(random.below(300)),
                     uint64_t(random.below(5000))};
    const uint64_t begin = uint64_t(random.below(int64_t(before.rows / 2))), end = before.rows / 2;
    std::string problem;
    const BatchRows a = run_batch(reference, before, key, begin, end, problem),
                    b = run_batch(other, before, key, begin, end, problem);
    if (!problem.empty()) return problem;
    changed += !(a == before);
    for (size_t k = 0; k < a.outputs.size(); ++k) {
      const auto [x, y] = std::mismatch(a.outputs[k].begin(), a.outputs[k].end(), b.outputs[k].begin());
      if (x == a.outputs[k].end()) continue;
      const size_t at = size_t(x - a.outputs[k].begin());
      const size_t row = reference.info().outputs[k].sample_bytes;
      return "batch " + std::to_string(key.sample) + ", output " + std::to_string(k) + ", row " +
             std::to_string(at / row) + " of " + std::to_string(a.rows) + ", byte " +
             std::to_string(at % row) + ": " + std::to_string(*x) + " and " + std::to_string(*y);
    }
  }
  return "";
}

}  // namespace headrace::testing
