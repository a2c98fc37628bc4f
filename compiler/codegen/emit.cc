#include "compiler/codegen/emit.h"

#include <llvm/IR/IRBuilder.h>

#include <algorithm>
#include <optional>

#include "compiler/codegen/emit_vector.h"
#include "compiler/codegen/line_table.h"
#include "compiler/codegen/llvm_compat.h"

namespace headrace::codegen {
namespace {

using loop::Form;
using loop::Inst;
using loop::Op;
using loop::Pred;
using loop::Scalar;

class Emitter {
 public:
  Emitter(llvm::Module& m, const loop::Function& f, const EmitTarget& target)
      : m_(m), c_(m.getContext()), ir_(m.getContext()), f_(f), vector_bits_(target.vector_bits),
        vector_(m, ir_, target), target_(target), v_(f.types.size()) {}

  void run() {
    std::vector<llvm::Type*> params;
    for (loop::ValueId p : f_.params) params.push_back(type(f_.types[p]));
    llvm::Function* fn = declare(f_.name, params);
    fn->setDSOLocal(true);
    fn->addFnAttr(llvm::Attribute::NoUnwind);
    fn->addFnAttr("min-legal-vector-width", std::to_string(vector_bits_));
    fn->addFnAttr("prefer-vector-width", std::to_string(vector_bits_));
    for (size_t i = 0; i < f_.params.size(); ++i) {
      llvm::Argument* a = fn->getArg(unsigned(i));
      v_[f_.params[i]] = a;
      // A stage's pointers are to buffers of their own.
      if (!is_entry_point(f_) && a->getType()->isPointerTy()) a->addAttr(llvm::Attribute::NoAlias);
    }
    fn_ = fn;
    if (target_.lines) debug_.emplace(*fn, target_.debug_source, target_.lines->functions.at(&f_));
    ir_.SetInsertPoint(llvm::BasicBlock::Create(c_, "entry", fn));
    if (debug_) ir_.SetCurrentDebugLocation(debug_->function());
    block(f_.body);
    ir_.CreateRet(ir_.getInt32(0));
    if (debug_) debug_->finish();
  }

 private:
  llvm::Type* type(loop::Type t) {
    llvm::Type* s = nullptr;
    switch (t.scalar) {
      case Scalar::i1: s = ir_.getInt1Ty(); break;
      case Scalar::i8: s = ir_.getInt8Ty(); break;
      case Scalar::i16: s = ir_.getInt16Ty(); break;
      case Scalar::i32: s = ir_.getInt32Ty(); break;
      case Scalar::i64: s = ir_.getInt64Ty(); break;
      case Scalar::f16: s = ir_.getHalfTy(); break;
      case Scalar::f32: s = ir_.getFloatTy(); break;
      case Scalar::f64: s = ir_.getDoubleTy(); break;
      case Scalar::ptr: s = ir_.getPtrTy(); break;
    }
    return t.lanes == 1 ? s : llvm::FixedVectorType::get(s, t.lanes);
  }
  loop::Type type_of(loop::ValueId id) const { return f_.types[id]; }

  llvm::Function* declare(const std::string& name, const std::vector<llvm::Type*>& params) {
    if (llvm::Function* known = m_.getFunction(name)) return known;
    return llvm::Function::Create(llvm::FunctionType::get(ir_.getInt32Ty(), params, false), llvm::Function::ExternalLinkage, name, m_);
  }

  void block(const loop::Block& b) {
    const llvm::DebugLoc outer = ir_.getCurrentDebugLocation();
    for (const Inst& i : b.insts) {
      if (debug_) ir_.SetCurrentDebugLocation(debug_->at(target_.lines->insts.at(&i)));
      if (i.op != Op::yield) inst(i);
    }
    ir_.SetCurrentDebugLocation(outer);
  }

  llvm::Value* in(const Inst& i, size_t k) { return v_[i.operands[k]]; }
  llvm::Type* out_type(const Inst& i) { return type(type_of(i.results[0])); }

  void inst(const Inst& i) {
    switch (op_form(i.op)) {
      case Form::control: control(i); return;
      case Form::store: {
        llvm::StoreInst* s = ir_.CreateStore(in(i, 0), address(i, 1));
        s->setAlignment(llvm::Align(1));
        if (i.op == Op::store_stream) {
          const loop::Type t = type_of(i.operands[0]);
          s->setAlignment(llvm::Align(std::min<size_t>(size_t(loop::scalar_bytes(t.scalar)) * t.lanes, loop::kStreamAlignment)));
          s->setMetadata(llvm::LLVMContext::MD_nontemporal,
                         llvm::MDNode::get(c_, llvm::ConstantAsMetadata::get(ir_.getInt32(1))));
        }
        return;
      }
      default: v_[i.results[0]] = value(i); return;
    }
  }

  llvm::Value* address(const Inst& i, size_t first) {
    llvm::Value* p = in(i, first);
    if (i.operands.size() > first + 1) p = ir_.CreateGEP(ir_.getInt8Ty(), p, in(i, first + 1));
    return i.imm ? ir_.CreateGEP(ir_.getInt8Ty(), p, ir_.getInt64(uint64_t(i.imm))) : p;
  }

  llvm::Value* value(const Inst& i) {
    switch (op_form(i.op)) {
      case Form::constant: return constant(i);
      case Form::unary: return ir_.CreateUnaryIntrinsic(unary_intrinsic(i.op), in(i, 0));
      case Form::binary: return binary(i);
      case Form::ternary:
        if (i.op == Op::select) return ir_.CreateSelect(in(i, 0), in(i, 1), in(i, 2));
        return ir_.CreateIntrinsic(llvm::Intrinsic::fma, {out_type(i)}, {in(i, 0), in(i, 1), in(i, 2)});
      case Form::compare: return compare(i);
      case Form::convert: return convert(i);
      case Form::shuffle: {
        const std::vector<int> mask(i.ints.begin(), i.ints.end());
        return ir_.CreateShuffleVector(in(i, 0), in(i, 1), mask);
      }
      case Form::extract: return ir_.CreateExtractElement(in(i, 0), uint64_t(i.imm));
      case Form::load: {
        llvm::LoadInst* l = ir_.CreateLoad(out_type(i), address(i, 0));
        l->setAlignment(llvm::Align(1));
        return l;
      }
      case Form::expand: return vector_.expand_load(in(i, 0), address(i, 1));
      default: return call(i);
    }
  }

  llvm::Value* constant(const Inst& i) {
    const loop::Type t = type_of(i.results[0]);
    llvm::Type* scalar = type({t.scalar, 1});
    if (i.op == Op::sequence) {
      std::vector<llvm::Constant*> lanes;
      for (int32_t v : i.ints) lanes.push_back(llvm::ConstantInt::get(scalar, uint64_t(int64_t(v)), true));
      return llvm::ConstantVector::get(lanes);
    }
    llvm::Constant* c = loop::is_float(t.scalar)
                            ? llvm::ConstantFP::get(scalar, t.scalar == Scalar::f32 ? double(float(i.real)) : i.real)
                            : static_cast<llvm::Constant*>(llvm::ConstantInt::get(scalar->getContext(), llvm::APInt(64, uint64_t(i.imm), true).sextOrTrunc(scalar->getIntegerBitWidth())));
    return t.lanes == 1 ? c : llvm::ConstantVector::getSplat(llvm::ElementCount::getFixed(t.lanes), c);
  }

  static llvm::Intrinsic::ID unary_intrinsic(Op op) {
    switch (op) {
      case Op::sqrt: return llvm::Intrinsic::sqrt;
      case Op::floor: return llvm::Intrinsic::floor;
      case Op::trunc_real: return llvm::Intrinsic::trunc;
      case Op::ceil: return llvm::Intrinsic::ceil;
      case Op::rint: return llvm::Intrinsic::roundeven;
      default: return llvm::Intrinsic::fabs;
    }
  }

  llvm::Value* binary(const Inst& i) {
    llvm::Value *a = in(i, 0), *b = in(i, 1);
    switch (i.op) {
      case Op::add: return ir_.CreateAdd(a, b);
      case Op::sub: return ir_.CreateSub(a, b);
      case Op::mul: return ir_.CreateMul(a, b);
      case Op::udiv: return ir_.CreateUDiv(a, b);
      case Op::urem: return ir_.CreateURem(a, b);
      case Op::and_: return ir_.CreateAnd(a, b);
      case Op::or_: return ir_.CreateOr(a, b);
      case Op::xor_: return ir_.CreateXor(a, b);
      case Op::shl: return ir_.CreateShl(a, b);
      case Op::lshr: return ir_.CreateLShr(a, b);
      case Op::ashr: return ir_.CreateAShr(a, b);
      case Op::smin: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b);
      case Op::smax: return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, a, b);
      case Op::fadd: return ir_.CreateFAdd(a, b);
      case Op::fsub: return ir_.CreateFSub(a, b);
      case Op::fmul: return ir_.CreateFMul(a, b);
      case Op::fdiv: return ir_.CreateFDiv(a, b);
      case Op::fmin: return ir_.CreateSelect(ir_.CreateFCmpOLT(a, b), a, b);
      case Op::fmax: return ir_.CreateSelect(ir_.CreateFCmpOGT(a, b), a, b);
      case Op::mulhrs: return vector_.mulhrs(a, b);
      default: return ir_.CreateGEP(ir_.getInt8Ty(), a, b);  // ptradd
    }
  }

  llvm::Value* compare(const Inst& i) {
    using P = llvm::CmpInst::Predicate;
    static constexpr P kInt[] = {P::ICMP_EQ,  P::ICMP_NE,  P::ICMP_SLT, P::ICMP_SLE,
                                 P::ICMP_SGT, P::ICMP_SGE, P::ICMP_ULT, P::ICMP_ULE};
    static constexpr P kReal[] = {P::FCMP_OEQ, P::FCMP_ONE, P::FCMP_OLT, P::FCMP_OLE, P::FCMP_OGT, P::FCMP_OGE};
    if (i.op == Op::fcmp) return ir_.CreateFCmp(kReal[size_t(i.pred)], in(i, 0), in(i, 1));
    return ir_.CreateICmp(kInt[size_t(i.pred)], in(i, 0), in(i, 1));
  }

  llvm::Value* convert(const Inst& i) {
    llvm::Value* a = in(i, 0);
    llvm::Type* to = out_type(i);
    const loop::Type r = type_of(i.results[0]);
    switch (i.op) {
      case Op::trunc: return ir_.CreateTrunc(a, to);
      case Op::zext: return ir_.CreateZExt(a, to);
      case Op::sext: return ir_.CreateSExt(a, to);
      case Op::sitofp: return ir_.CreateSIToFP(a, to);
      case Op::uitofp: return ir_.CreateUIToFP(a, to);
      case Op::fptosi: return ir_.CreateFPToSI(a, to);
      case Op::fpext: return ir_.CreateFPExt(a, to);
      case Op::fptrunc: return ir_.CreateFPTrunc(a, to);
      case Op::address: return ir_.CreatePtrToInt(a, to);
      case Op::bitcast: return ir_.CreateBitCast(a, to);
      case Op::splat: return ir_.CreateVectorSplat(r.lanes, a);
      case Op::bf16round: return bf16round(a, r.lanes);
      case Op::dot2: return vector_.dot2(a, in(i, 1));
      case Op::pack_sat: return vector_.pack_sat(a, in(i, 1));
      default: return ir_.CreateUnaryIntrinsic(llvm::Intrinsic::vector_reduce_smax, a);
    }
  }

  // Integer arithmetic, since hardware and library conversions differ (ir/numeric.h).
  llvm::Value* bf16round(llvm::Value* a, int lanes) {
    llvm::Type* i32 = type({Scalar::i32, uint16_t(lanes)});
    auto k = [&](uint64_t v) { return llvm::ConstantInt::get(i32, v); };
    llvm::Value* bits = ir_.CreateBitCast(a, i32);
    llvm::Value* upper = ir_.CreateLShr(bits, k(16));
    llvm::Value* rounded = ir_.CreateLShr(ir_.CreateAdd(ir_.CreateAdd(bits, k(0x7FFF)), ir_.CreateAnd(upper, k(1))), k(16));
    llvm::Value* nan = ir_.CreateICmpUGT(ir_.CreateAnd(bits, k(0x7FFFFFFF)), k(0x7F800000));
    return ir_.CreateTrunc(ir_.CreateSelect(nan, ir_.CreateOr(upper, k(0x40)), rounded), type({Scalar::i16, uint16_t(lanes)}));
  }

  llvm::Value* call(const Inst& i) {
    std::vector<llvm::Value*> args;
    std::vector<llvm::Type*> types;
    for (size_t k = 0; k < i.operands.size(); ++k) {
      args.push_back(in(i, k));
      types.push_back(args.back()->getType());
    }
    llvm::Function* callee = declare(i.symbol, types);
    callee->addFnAttr(llvm::Attribute::NoUnwind);
    return ir_.CreateCall(callee, args);
  }

  llvm::BasicBlock* new_block(const char* name) { return llvm::BasicBlock::Create(c_, name, fn_); }

  static const Inst* yield_of(const loop::Block& b) {
    return !b.insts.empty() && b.insts.back().op == Op::yield ? &b.insts.back() : nullptr;
  }

  void control(const Inst& i) {
    switch (i.op) {
      case Op::check: {
        llvm::BasicBlock *leave = new_block("leave"), *go_on = new_block("go_on");
        ir_.CreateCondBr(ir_.CreateICmpEQ(in(i, 0), ir_.getInt32(0)), go_on, leave);
        ir_.SetInsertPoint(leave);
        ir_.CreateRet(in(i, 0));
        ir_.SetInsertPoint(go_on);
        return;
      }
      case Op::fence: vector_.fence(); return;
      case Op::if_: return if_else(i);
      case Op::switch_: return switch_case(i);
      case Op::for_: return for_loop(i);
      default: return;
    }
  }

  void if_else(const Inst& i) {
    llvm::BasicBlock *then = new_block("then"), *otherwise = new_block("else"), *join = new_block("join");
    ir_.CreateCondBr(in(i, 0), then, otherwise);
    llvm::BasicBlock* ends[2];
    std::vector<llvm::Value*> values[2];
    for (int side = 0; side < 2; ++side) {
      ir_.SetInsertPoint(side == 0 ? then : otherwise);
      block(i.blocks[size_t(side)]);
      if (const Inst* y = yield_of(i.blocks[size_t(side)])) {
        for (size_t k = 0; k < y->operands.size(); ++k) values[side].push_back(in(*y, k));
      }
      ends[side] = ir_.GetInsertBlock();
      ir_.CreateBr(join);
    }
    ir_.SetInsertPoint(join);
    for (size_t k = 0; k < i.results.size(); ++k) {
      llvm::PHINode* phi = ir_.CreatePHI(type(type_of(i.results[k])), 2);
      phi->addIncoming(values[0][k], ends[0]);
      phi->addIncoming(values[1][k], ends[1]);
      v_[i.results[k]] = phi;
    }
  }

  void switch_case(const Inst& i) {
    llvm::BasicBlock *join = new_block("join"), *other = new_block("default");
    llvm::SwitchInst* sw = ir_.CreateSwitch(in(i, 0), other, unsigned(i.ints.size()));
    auto* key = llvm::cast<llvm::IntegerType>(in(i, 0)->getType());
    for (size_t k = 0; k < i.blocks.size(); ++k) {
      llvm::BasicBlock* b = other;
      if (k < i.ints.size()) {
        b = new_block("case");
        sw->addCase(llvm::ConstantInt::get(key, uint64_t(int64_t(i.ints[k])), true), b);
      }
      ir_.SetInsertPoint(b);
      block(i.blocks[k]);
      ir_.CreateBr(join);
    }
    ir_.SetInsertPoint(join);
  }

  void for_loop(const Inst& i) {
    const size_t carried = i.operands.size() - 3;
    llvm::BasicBlock *before = ir_.GetInsertBlock(), *head = new_block("loop"), *body = new_block("body"), *done = new_block("done");
    ir_.CreateBr(head);
    ir_.SetInsertPoint(head);
    llvm::PHINode* index = ir_.CreatePHI(in(i, 0)->getType(), 2);
    index->addIncoming(in(i, 0), before);
    v_[i.results[carried]] = index;
    std::vector<llvm::PHINode*> phis;
    for (size_t k = 0; k < carried; ++k) {
      llvm::PHINode* phi = ir_.CreatePHI(in(i, 3 + k)->getType(), 2);
      phi->addIncoming(in(i, 3 + k), before);
      v_[i.results[carried + 1 + k]] = v_[i.results[k]] = phi;
      phis.push_back(phi);
    }
    ir_.CreateCondBr(ir_.CreateICmpSLT(index, in(i, 1)), body, done);
    ir_.SetInsertPoint(body);
    block(i.blocks[0]);
    if (const Inst* y = yield_of(i.blocks[0])) {
      for (size_t k = 0; k < carried; ++k) phis[k]->addIncoming(in(*y, k), ir_.GetInsertBlock());
    }
    index->addIncoming(ir_.CreateNSWAdd(index, in(i, 2)), ir_.GetInsertBlock());
    llvm::BranchInst* back = ir_.CreateBr(head);
    // The schedule has unrolled what it wants unrolled.
    llvm::MDNode* off = llvm::MDNode::get(c_, {llvm::MDString::get(c_, "llvm.loop.unroll.disable")});
    llvm::MDNode* id = llvm::MDNode::getDistinct(c_, {nullptr, off});
    id->replaceOperandWith(0, id);
    back->setMetadata(llvm::LLVMContext::MD_loop, id);
    ir_.SetInsertPoint(done);
  }

  llvm::Module& m_;
  llvm::LLVMContext& c_;
  llvm::IRBuilder<> ir_;
  const loop::Function& f_;
  int vector_bits_;
  VectorEmitter vector_;
  const EmitTarget& target_;
  std::optional<LineTable> debug_;
  std::vector<llvm::Value*> v_;
  llvm::Function* fn_ = nullptr;
};

}  // namespace

bool is_entry_point(const loop::Function& f) { return f.name == "plan" || f.name == "run" || f.name == "batch"; }

std::unique_ptr<llvm::Module> emit_function(llvm::LLVMContext& context, const loop::Function& function,
                                            const EmitTarget& target) {
  auto m = std::make_unique<llvm::Module>(function.name, context);
  m->setSourceFileName("headrace");
  Emitter(*m, function, target).run();
  return m;
}

}  // namespace headrace::codegen
