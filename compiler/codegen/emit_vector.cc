#include "compiler/codegen/emit_vector.h"

#include <llvm/IR/IntrinsicsAArch64.h>
#include <llvm/IR/IntrinsicsX86.h>

#include <array>
#include <bit>
#include <vector>

#include "compiler/codegen/llvm_compat.h"

namespace headrace::codegen {
namespace {

namespace in = llvm::Intrinsic;

unsigned lane_count(llvm::Value* v) {
  const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(v->getType());
  return vector ? vector->getNumElements() : 1;
}

std::vector<int> sequence(unsigned from, unsigned n, int step = 1) {
  std::vector<int> mask(n);
  for (unsigned i = 0; i < n; ++i) mask[i] = int(from) + int(i) * step;
  return mask;
}

}  // namespace

llvm::Type* VectorEmitter::lanes(unsigned bits, unsigned n) {
  llvm::Type* scalar = ir_.getIntNTy(bits);
  return n == 1 ? scalar : llvm::FixedVectorType::get(scalar, n);
}

llvm::Value* VectorEmitter::call(in::ID id, llvm::ArrayRef<llvm::Value*> args, llvm::ArrayRef<llvm::Type*> types) {
  return ir_.CreateCall(intrinsic(m_, id, types), args);
}

void VectorEmitter::fence() {
  if (target_.neon) {
    ir_.CreateFence(llvm::AtomicOrdering::Release);
  } else {
    call(in::x86_sse_sfence, {});
  }
}

llvm::Value* VectorEmitter::join(llvm::Value* low, llvm::Value* high) {
  return ir_.CreateShuffleVector(low, high, sequence(0, 2 * lane_count(low)));
}

llvm::Value* VectorEmitter::by_halves(llvm::Value* a, llvm::Value* b, const Two& op) {
  const unsigned half = lane_count(a) / 2;
  auto part = [&](llvm::Value* v, unsigned from) { return ir_.CreateShuffleVector(v, sequence(from, half)); };
  llvm::Value* low = op(part(a, 0), part(b, 0));
  return join(low, op(part(a, half), part(b, half)));
}

llvm::Value* VectorEmitter::mulhrs(llvm::Value* a, llvm::Value* b) {
  const unsigned n = lane_count(a);
  if (int(n) * 16 > target_.vector_bits && n % 2 == 0) {
    return by_halves(a, b, [&](llvm::Value* x, llvm::Value* y) { return mulhrs(x, y); });
  }
  if (target_.neon && n == 8) return call(in::aarch64_neon_sqrdmulh, {a, b}, {a->getType()});
  switch (target_.neon ? 0 : n) {
    case 8:
      return call(in::x86_ssse3_pmul_hr_sw_128, {a, b});
    case 16:
      return call(in::x86_avx2_pmul_hr_sw, {a, b});
    case 32:
      return call(in::x86_avx512_pmul_hr_sw_512, {a, b});
    default:
      break;
  }
  llvm::Type* wide = lanes(32, n);
  llvm::Value* p = ir_.CreateMul(ir_.CreateSExt(a, wide), ir_.CreateSExt(b, wide));
  p = ir_.CreateAShr(ir_.CreateAdd(p, llvm::ConstantInt::get(wide, 1 << 14)),
                     llvm::ConstantInt::get(wide, 15));
  return ir_.CreateTrunc(p, a->getType());
}

llvm::Value* VectorEmitter::dot2(llvm::Value* a, llvm::Value* b) {
  const unsigned n = lane_count(a);
  if (int(n) * 16 > target_.vector_bits && n % 4 == 0) {
    return by_halves(a, b, [&](llvm::Value* x, llvm::Value* y) { return dot2(x, y); });
  }
  llvm::Type* wide = lanes(32, n / 2);
  if (target_.neon && n == 8) {
    auto products = [&](unsigned from) {
      auto part = [&](llvm::Value* v) { return ir_.CreateShuffleVector(v, sequence(from, 4)); };
      return call(in::aarch64_neon_smull, {part(a), part(b)}, {wide});
    };
    llvm::Value* low = products(0);
    return call(in::aarch64_neon_addp, {low, products(4)}, {wide});
  }
  switch (target_.neon ? 0 : n) {
    case 8:
      return call(in::x86_sse2_pmadd_wd, {a, b});
    case 16:
      return call(in::x86_avx2_pmadd_wd, {a, b});
    case 32:
      return call(in::x86_avx512_pmaddw_d_512, {a, b});
    default:
      break;
  }
  auto half = [&](llvm::Value* v, unsigned from) {
    return ir_.CreateSExt(ir_.CreateShuffleVector(v, sequence(from, n / 2, 2)), wide);
  };
  return ir_.CreateAdd(ir_.CreateMul(half(a, 0), half(b, 0)), ir_.CreateMul(half(a, 1), half(b, 1)));
}

llvm::Value* VectorEmitter::pack_sat(llvm::Value* a, llvm::Value* b) {
  const unsigned n = lane_count(a);
  if (int(n) * 32 > target_.vector_bits && n % 8 == 0) {
    return by_halves(a, b, [&](llvm::Value* x, llvm::Value* y) { return pack_sat(x, y); });
  }
  if (target_.neon && n == 4) {
    auto narrow = [&](llvm::Value* v) { return call(in::aarch64_neon_sqxtn, {v}, {lanes(16, 4)}); };
    llvm::Value* low = narrow(a);
    return join(low, narrow(b));
  }
  switch (target_.neon ? 0 : n) {
    case 4:
      return call(in::x86_sse2_packssdw_128, {a, b});
    case 8:
      return call(in::x86_avx2_packssdw, {a, b});
    case 16:
      return call(in::x86_avx512_packssdw_512, {a, b});
    default:
      break;
  }
  llvm::Type* narrow = lanes(16, n);
  auto clamp = [&](llvm::Value* v) {
    v = ir_.CreateBinaryIntrinsic(in::smax, v, llvm::ConstantInt::getSigned(v->getType(), INT16_MIN));
    v = ir_.CreateBinaryIntrinsic(in::smin, v, llvm::ConstantInt::getSigned(v->getType(), INT16_MAX));
    return ir_.CreateTrunc(v, narrow);
  };
  std::vector<int> mask;
  for (unsigned part = 0; part < n; part += 4) {
    for (unsigned k = 0; k < 8; ++k) mask.push_back(int(part + k % 4 + (k < 4 ? 0 : n)));
  }
  llvm::Value* low = clamp(a);
  return ir_.CreateShuffleVector(low, clamp(b), mask);
}

llvm::Value* VectorEmitter::expand_load(llvm::Value* mask, llvm::Value* p) {
  const unsigned n = mask->getType()->getIntegerBitWidth();
  if (target_.vbmi2 && int(n) * 16 <= target_.vector_bits) {
    llvm::Type* vector = lanes(16, n);
    llvm::LoadInst* values = ir_.CreateLoad(vector, p);
    values->setAlignment(llvm::Align(1));
    llvm::Value* bits = ir_.CreateBitCast(mask, lanes(1, n));
    return ir_.CreateCall(intrinsic(m_, in::x86_avx512_mask_expand, {vector}),
                          {values, llvm::Constant::getNullValue(vector), bits});
  }
  if (n == 8) return expand8(mask, p);
  llvm::Type* half = ir_.getIntNTy(n / 2);
  llvm::Value* low = ir_.CreateTrunc(mask, half);
  llvm::Value* high = ir_.CreateTrunc(ir_.CreateLShr(mask, n / 2), half);
  llvm::Value* taken = ir_.CreateUnaryIntrinsic(in::ctpop, ir_.CreateZExt(low, ir_.getInt64Ty()));
  llvm::Value* rest = ir_.CreateGEP(ir_.getInt16Ty(), p, taken);
  llvm::Value* first = expand_load(low, p);
  return join(first, expand_load(high, rest));
}

// Below VBMI2, eight lanes at a time: the mask byte selects the byte shuffle that puts values in their lanes.
llvm::Value* VectorEmitter::expand8(llvm::Value* mask, llvm::Value* p) {
  llvm::Type* bytes = lanes(8, 16);
  llvm::Value* row = ir_.CreateGEP(bytes, expand_table(), ir_.CreateZExt(mask, ir_.getInt64Ty()));
  llvm::LoadInst* control = ir_.CreateLoad(bytes, row);
  control->setAlignment(llvm::Align(16));
  llvm::LoadInst* values = ir_.CreateLoad(bytes, p);
  values->setAlignment(llvm::Align(1));
  // Both give 0 where the control byte is 0x80.
  llvm::Value* expanded = target_.neon ? call(in::aarch64_neon_tbl1, {values, control}, {bytes})
                                       : call(in::x86_ssse3_pshuf_b_128, {values, control});
  return ir_.CreateBitCast(expanded, lanes(16, 8));
}

llvm::GlobalVariable* VectorEmitter::expand_table() {
  constexpr char kName[] = "expand_controls";
  if (llvm::GlobalVariable* known = m_.getGlobalVariable(kName, true)) return known;
  std::array<uint8_t, 256 * 16> controls{};
  for (unsigned mask = 0; mask < 256; ++mask) {
    for (unsigned lane = 0; lane < 8; ++lane) {
      const unsigned rank = unsigned(std::popcount(mask & ((1u << lane) - 1)));
      const bool taken = mask >> lane & 1;
      for (unsigned byte = 0; byte < 2; ++byte)
        controls[mask * 16 + lane * 2 + byte] = uint8_t(taken ? 2 * rank + byte : 0x80);
    }
  }
  auto* data = llvm::ConstantDataArray::get(m_.getContext(), controls);
  auto* table =
      new llvm::GlobalVariable(m_, data->getType(), true, llvm::GlobalValue::PrivateLinkage, data, kName);
  table->setAlignment(llvm::Align(64));
  return table;
}

}  // namespace headrace::codegen
