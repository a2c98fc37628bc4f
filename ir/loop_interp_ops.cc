#include "ir/loop_interp_ops.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "ir/numeric.h"

namespace headrace::loop {
namespace {

template <class T>
const T* as(const uint8_t* p) { return reinterpret_cast<const T*>(p); }
template <class T>
T* as(uint8_t* p) { return reinterpret_cast<T*>(p); }

// Calls f with a value of the C++ type that holds a lane; i1 is a byte of 0 or 1, f16 its bits.
template <class F>
const char* with_int(Scalar s, F&& f) {
  switch (s) {
    case Scalar::i1:
    case Scalar::i8: return f(uint8_t{});
    case Scalar::i16: return f(uint16_t{});
    case Scalar::i32: return f(uint32_t{});
    default: return f(uint64_t{});
  }
}
template <class F>
const char* with_float(Scalar s, F&& f) {
  return s == Scalar::f32 ? f(float{}) : f(double{});
}

const char* int_binary(Op op, Type t, const uint8_t* pa, const uint8_t* pb, uint8_t* out) {
  return with_int(t.scalar, [&](auto zero) -> const char* {
    using U = decltype(zero);
    using S = std::make_signed_t<U>;
    const U* a = as<U>(pa);
    const U* b = as<U>(pb);
    U* r = as<U>(out);
    const int n = t.lanes;
    const U mask = t.scalar == Scalar::i1 ? U(1) : U(~U(0));
    auto each = [&](auto f) {
      for (int i = 0; i < n; ++i) r[i] = U(f(a[i], b[i])) & mask;
      return static_cast<const char*>(nullptr);
    };
    switch (op) {
      case Op::add: return each([](U x, U y) { return U(x + y); });
      case Op::sub: return each([](U x, U y) { return U(x - y); });
      case Op::mul: return each([](U x, U y) { return U(uint64_t(x) * uint64_t(y)); });
      case Op::and_: return each([](U x, U y) { return U(x & y); });
      case Op::or_: return each([](U x, U y) { return U(x | y); });
      case Op::xor_: return each([](U x, U y) { return U(x ^ y); });
      case Op::smin: return each([](U x, U y) { return S(x) < S(y) ? x : y; });
      case Op::smax: return each([](U x, U y) { return S(x) > S(y) ? x : y; });
      case Op::udiv:
      case Op::urem:
        if (b[0] == 0) return "division by zero";
        r[0] = op == Op::udiv ? U(a[0] / b[0]) : U(a[0] % b[0]);
        return nullptr;
      case Op::shl:
      case Op::lshr:
      case Op::ashr:
        for (int i = 0; i < n; ++i) {
          if (b[i] >= sizeof(U) * 8) return "shift count is not below the width";
        }
        if (op == Op::shl) return each([](U x, U y) { return U(uint64_t(x) << y); });
        if (op == Op::lshr) return each([](U x, U y) { return U(x >> y); });
        return each([](U x, U y) { return U(S(x) >> y); });
      case Op::mulhrs:
        if constexpr (sizeof(U) == 2) {
          for (int i = 0; i < n; ++i) {
            const int32_t x = int16_t(a[i]), y = int16_t(b[i]);
            if (x == -32768 && y == -32768) return "mulhrs of -32768 and -32768";
            r[i] = U((x * y + (1 << 14)) >> 15);
          }
        }
        return nullptr;
      default: return "unknown op";
    }
  });
}

const char* float_binary(Op op, Type t, const uint8_t* pa, const uint8_t* pb, uint8_t* out) {
  return with_float(t.scalar, [&](auto zero) -> const char* {
    using F = decltype(zero);
    const F* a = as<F>(pa);
    const F* b = as<F>(pb);
    F* r = as<F>(out);
    for (int i = 0; i < t.lanes; ++i) {
      switch (op) {
        case Op::fadd: r[i] = a[i] + b[i]; break;
        case Op::fsub: r[i] = a[i] - b[i]; break;
        case Op::fmul: r[i] = a[i] * b[i]; break;
        case Op::fdiv: r[i] = a[i] / b[i]; break;
        case Op::fmin: r[i] = a[i] < b[i] ? a[i] : b[i]; break;
        default: r[i] = a[i] > b[i] ? a[i] : b[i]; break;
      }
    }
    return nullptr;
  });
}

const char* float_unary(Op op, Type t, const uint8_t* pa, uint8_t* out) {
  return with_float(t.scalar, [&](auto zero) -> const char* {
    using F = decltype(zero);
    const F* a = as<F>(pa);
    F* r = as<F>(out);
    for (int i = 0; i < t.lanes; ++i) {
      switch (op) {
        case Op::sqrt: r[i] = std::sqrt(a[i]); break;
        case Op::floor: r[i] = std::floor(a[i]); break;
        case Op::trunc_real: r[i] = std::trunc(a[i]); break;
        case Op::ceil: r[i] = std::ceil(a[i]); break;
        case Op::rint: r[i] = std::nearbyint(a[i]); break;
        default: r[i] = std::fabs(a[i]); break;
      }
    }
    return nullptr;
  });
}

template <class T>
bool holds(Pred p, T a, T b) {
  switch (p) {
    case Pred::eq: return a == b;
    case Pred::ne: return a != b;
    case Pred::lt:
    case Pred::ult: return a < b;
    case Pred::le:
    case Pred::ule: return a <= b;
    case Pred::gt: return a > b;
    case Pred::ge: return a >= b;
  }
  return false;
}

const char* compare(const Inst& inst, Type t, const uint8_t* pa, const uint8_t* pb, uint8_t* out) {
  if (inst.op == Op::fcmp) {
    return with_float(t.scalar, [&](auto zero) -> const char* {
      using F = decltype(zero);
      for (int i = 0; i < t.lanes; ++i) {
        const F x = as<F>(pa)[i], y = as<F>(pb)[i];
        out[i] = !(x != x) && !(y != y) && holds(inst.pred, x, y);
      }
      return nullptr;
    });
  }
  return with_int(t.scalar, [&](auto zero) -> const char* {
    using U = decltype(zero);
    using S = std::make_signed_t<U>;
    const bool is_unsigned = inst.pred == Pred::ult || inst.pred == Pred::ule;
    for (int i = 0; i < t.lanes; ++i) {
      const U x = as<U>(pa)[i], y = as<U>(pb)[i];
      out[i] = is_unsigned ? holds(inst.pred, x, y) : holds(inst.pred, S(x), S(y));
    }
    return nullptr;
  });
}

const char* int_resize(Op op, Type from, Type to, const uint8_t* pa, uint8_t* out) {
  return with_int(from.scalar, [&](auto zf) {
    return with_int(to.scalar, [&](auto zt) -> const char* {
      using A = decltype(zf);
      using R = decltype(zt);
      for (int i = 0; i < from.lanes; ++i) {
        const A a = as<A>(pa)[i];
        if (to.scalar == Scalar::i1) as<R>(out)[i] = R(a & 1);
        else if (op != Op::sext) as<R>(out)[i] = R(a);
        else if (from.scalar == Scalar::i1) as<R>(out)[i] = a ? R(~R(0)) : R(0);
        else as<R>(out)[i] = R(int64_t(std::make_signed_t<A>(a)));
      }
      return nullptr;
    });
  });
}

const char* int_to_float(Op op, Type from, Type to, const uint8_t* pa, uint8_t* out) {
  return with_int(from.scalar, [&](auto zf) {
    return with_float(to.scalar, [&](auto zt) -> const char* {
      using A = decltype(zf);
      using F = decltype(zt);
      for (int i = 0; i < from.lanes; ++i) {
        const A a = as<A>(pa)[i];
        as<F>(out)[i] = op == Op::uitofp || from.scalar == Scalar::i1 ? F(a) : F(std::make_signed_t<A>(a));
      }
      return nullptr;
    });
  });
}

const char* float_to_int(Type from, Type to, const uint8_t* pa, uint8_t* out) {
  const double limit = to.scalar == Scalar::i32 ? 2147483648.0 : 9223372036854775808.0;
  return with_float(from.scalar, [&](auto zf) -> const char* {
    using F = decltype(zf);
    for (int i = 0; i < from.lanes; ++i) {
      const double v = std::trunc(double(as<F>(pa)[i]));
      if (!(v >= -limit && v < limit)) return "fptosi out of range";
      if (to.scalar == Scalar::i32) as<int32_t>(out)[i] = int32_t(v);
      else as<int64_t>(out)[i] = int64_t(v);
    }
    return nullptr;
  });
}

const char* float_resize(Type from, Type to, const uint8_t* pa, uint8_t* out) {
  for (int i = 0; i < from.lanes; ++i) {
    if (from.scalar == Scalar::f32 && to.scalar == Scalar::f16) as<uint16_t>(out)[i] = num::f32_to_f16(as<float>(pa)[i]);
    else if (from.scalar == Scalar::f32) as<double>(out)[i] = as<float>(pa)[i];
    else if (from.scalar == Scalar::f16 && to.scalar == Scalar::f32) as<float>(out)[i] = num::f16_to_f32(as<uint16_t>(pa)[i]);
    else if (from.scalar == Scalar::f64 && to.scalar == Scalar::f32) as<float>(out)[i] = float(as<double>(pa)[i]);
    else return "conversion between f16 and f64";
  }
  return nullptr;
}

const char* fma3(Type t, const uint8_t* const* o, uint8_t* out) {
  return with_float(t.scalar, [&](auto zero) -> const char* {
    using F = decltype(zero);
    for (int i = 0; i < t.lanes; ++i) as<F>(out)[i] = std::fma(as<F>(o[0])[i], as<F>(o[1])[i], as<F>(o[2])[i]);
    return nullptr;
  });
}

void constant(const Inst& inst, Type t, uint8_t* out) {
  for (int i = 0; i < t.lanes; ++i) {
    const int64_t v = inst.op == Op::sequence ? inst.ints[size_t(i)] : inst.imm;
    if (t.scalar == Scalar::f32) as<float>(out)[i] = float(inst.real);
    else if (t.scalar == Scalar::f64) as<double>(out)[i] = inst.real;
    else if (t.scalar == Scalar::i1) out[i] = v & 1;
    else std::memcpy(out + i * scalar_bytes(t.scalar), &v, size_t(scalar_bytes(t.scalar)));
  }
}

void lanes(const Inst& inst, const Type* types, Type result, const uint8_t* const* o, uint8_t* out) {
  const size_t w = size_t(scalar_bytes(result.scalar));
  for (int i = 0; i < result.lanes; ++i) {
    const uint8_t* from = o[0];
    if (inst.op == Op::shuffle) {
      const int m = inst.ints[size_t(i)];
      from = m < types[0].lanes ? o[0] + size_t(m) * w : o[1] + size_t(m - types[0].lanes) * w;
    } else if (inst.op == Op::extract) {
      from = o[0] + size_t(inst.imm) * w;
    }
    std::memcpy(out + size_t(i) * w, from, w);
  }
}

const char* conversion(const Inst& inst, const Type* types, Type result, const uint8_t* const* o, uint8_t* out) {
  const Type from = types[0];
  switch (inst.op) {
    case Op::trunc:
    case Op::zext:
    case Op::sext: return int_resize(inst.op, from, result, o[0], out);
    case Op::sitofp:
    case Op::uitofp: return int_to_float(inst.op, from, result, o[0], out);
    case Op::fptosi: return float_to_int(from, result, o[0], out);
    case Op::fpext:
    case Op::fptrunc: return float_resize(from, result, o[0], out);
    case Op::bf16round:
      for (int i = 0; i < from.lanes; ++i) as<uint16_t>(out)[i] = num::f32_to_bf16(as<float>(o[0])[i]);
      return nullptr;
    case Op::address:
    case Op::bitcast: std::memcpy(out, o[0], size_t(scalar_bytes(from.scalar) * from.lanes)); return nullptr;
    case Op::splat: lanes(inst, types, result, o, out); return nullptr;
    case Op::dot2:
      for (int i = 0; i < result.lanes; ++i) {
        const int16_t *a = as<int16_t>(o[0]) + 2 * i, *b = as<int16_t>(o[1]) + 2 * i;
        if (a[0] == -32768 && a[1] == -32768 && b[0] == -32768 && b[1] == -32768) return "dot2 overflows";
        as<int32_t>(out)[i] = int32_t(a[0]) * b[0] + int32_t(a[1]) * b[1];
      }
      return nullptr;
    case Op::pack_sat:
      for (int i = 0; i < result.lanes; ++i) {
        const int32_t* half = as<int32_t>(o[i % 8 / 4]);  // four lanes of a, then four of b, in every 128 bits
        as<int16_t>(out)[i] = int16_t(std::clamp(half[i / 8 * 4 + i % 4], INT16_MIN, INT16_MAX));
      }
      return nullptr;
    default: {  // reduce_smax
      return with_int(from.scalar, [&](auto zero) -> const char* {
        using S = std::make_signed_t<decltype(zero)>;
        S best = as<S>(o[0])[0];
        for (int i = 1; i < from.lanes; ++i) best = as<S>(o[0])[i] > best ? as<S>(o[0])[i] : best;
        *as<S>(out) = best;
        return nullptr;
      });
    }
  }
}

}  // namespace

const char* apply(const Inst& inst, const Type* types, Type result, const uint8_t* const* o, uint8_t* out) {
  switch (op_form(inst.op)) {
    case Form::constant: constant(inst, result, out); return nullptr;
    case Form::unary: return float_unary(inst.op, result, o[0], out);
    case Form::binary:
      if (inst.op == Op::ptradd) {
        *as<uint64_t>(out) = *as<uint64_t>(o[0]) + *as<uint64_t>(o[1]);
        return nullptr;
      }
      return is_float(result.scalar) ? float_binary(inst.op, result, o[0], o[1], out) : int_binary(inst.op, result, o[0], o[1], out);
    case Form::ternary: {
      if (inst.op == Op::fma) return fma3(result, o, out);
      const size_t w = size_t(scalar_bytes(result.scalar));
      for (int i = 0; i < result.lanes; ++i) {
        const bool c = o[0][types[0].lanes == 1 ? 0 : i];
        std::memcpy(out + size_t(i) * w, (c ? o[1] : o[2]) + size_t(i) * w, w);
      }
      return nullptr;
    }
    case Form::compare: return compare(inst, types[0], o[0], o[1], out);
    case Form::convert: return conversion(inst, types, result, o, out);
    case Form::shuffle:
    case Form::extract: lanes(inst, types, result, o, out); return nullptr;
    default: return "not a pure op";
  }
}

}  // namespace headrace::loop
