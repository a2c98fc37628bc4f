#include "tests/compiler/batch_testing.h"

#include <algorithm>
#include <cstring>

#include "tests/compiler/guarded_memory.h"

namespace headrace::testing {
namespace {

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
  std::vector<GuardedMemory> buffers;
  buffers.reserve(rows.outputs.size() + 1);
  std::vector<uint8_t*> outputs;
  const auto add = [&](const std::string& name, const std::vector<uint8_t>& bytes, size_t alignment) {
    const GuardSide side = (key.sample + buffers.size()) % 2 == 0 ? GuardSide::back : GuardSide::front;
    buffers.emplace_back(name, bytes.size(), alignment, side);
    std::copy(bytes.begin(), bytes.end(), buffers.back().data());
    return buffers.back().data();
  };
  for (const std::vector<uint8_t>& o : rows.outputs)
    outputs.push_back(add("output " + std::to_string(outputs.size()), o, HR_BUFFER_ALIGNMENT));
  const uint8_t* const mask = add("the mask", rows.mask, 1);
  hr_error error{};
  hr_batch_frame frame{HR_ABI_VERSION, 0, key, rows.rows, begin, end, mask, outputs.data(), &error};
  hr_result result = HR_OK;
  std::string found = run_trapped(buffers, [&] { result = program.batch(frame); });
  if (result != HR_OK) found = "result " + std::to_string(result) + ": " + error.text;
  BatchRows mixed = rows;
  for (size_t k = 0; k < outputs.size(); ++k) {
    if (found.empty()) found = buffers[k].damage();
    mixed.outputs[k] = buffers[k].copy();
  }
  if (!found.empty()) problem = found;
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
    std::string problem, other_problem;
    const BatchRows a = run_batch(reference, before, key, begin, end, problem),
                    b = run_batch(other, before, key, begin, end, other_problem);
    if (!problem.empty() || !other_problem.empty()) return problem.empty() ? other_problem : problem;
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
