// The value of each pure op of the loop IR on edge cases, by the loop interpreter; and the uses that are
// excluded, which it must report.
#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include "ir/loop_interp.h"
#include "ir/numeric.h"

namespace headrace::loop {
namespace {

using namespace std::string_literals;

template <class T>
constexpr const char* kType = nullptr;
template <>
constexpr const char* kType<int8_t> = "i8";
template <>
constexpr const char* kType<int16_t> = "i16";
template <>
constexpr const char* kType<int32_t> = "i32";
template <>
constexpr const char* kType<int64_t> = "i64";
template <>
constexpr const char* kType<uint16_t> = "f16";  // by its bits
template <>
constexpr const char* kType<float> = "f32";
template <>
constexpr const char* kType<double> = "f64";

std::string type_of(const char* scalar, size_t lanes) {
  return scalar + (lanes == 1 ? "" : "x" + std::to_string(lanes));
}

struct Buffers {
  alignas(64) uint8_t in[3][512] = {};
  alignas(64) uint8_t out[512] = {};
};

// Runs `body`, which reads operands from %a, %b, %c and stores to %out.
std::string run_body(const std::string& body, Buffers& buffers) {
  const std::string text = "func @f(%a: ptr, %b: ptr, %c: ptr, %out: ptr) {\n" + body + "}\n";
  auto m = parse(text);
  EXPECT_TRUE(m.ok()) << m.status().to_string() << text;
  if (!m.ok()) return "does not parse";
  const Status status = verify(*m, {});
  EXPECT_TRUE(status.ok()) << status.to_string() << text;
  if (!status.ok()) return "does not verify";
  std::vector<uint64_t> args;
  std::vector<Region> regions;
  for (uint8_t* p : {buffers.in[0], buffers.in[1], buffers.in[2], buffers.out}) {
    args.push_back(reinterpret_cast<uint64_t>(p));
    regions.push_back({p, 512});
  }
  std::string problem;
  const hr_result result = Interpreter(std::move(*m), {}).run("f", args, regions, problem);
  EXPECT_EQ(result, problem.empty() ? HR_OK : HR_E_INTERNAL);
  return problem;
}

template <class T>
void put(uint8_t* to, const std::vector<T>& values) {
  std::memcpy(to, values.data(), values.size() * sizeof(T));
}
template <class T>
std::vector<T> get(const uint8_t* from, size_t n) {
  std::vector<T> v(n);
  std::memcpy(v.data(), from, n * sizeof(T));
  return v;
}

// op of vectors: "%r = OP %x, %y, ..." with operands of type T; the result has `result` as its type.
template <class R, class T>
std::vector<R> apply(const std::string& op, const std::vector<std::vector<T>>& operands,
                     std::string* problem = nullptr) {
  Buffers buffers;
  const size_t n = operands[0].size();
  const char* const names[] = {"a", "b", "c"};
  std::string body, list;
  for (size_t k = 0; k < operands.size(); ++k) {
    put(buffers.in[k], operands[k]);
    body += "%v" + std::to_string(k) + " = load %" + names[k] + "[0] : " + type_of(kType<T>, n) + "\n";
    list += (k ? ", %v" : " %v") + std::to_string(k);
  }
  const bool converts = op.back() == ':';
  const std::string name = converts ? op.substr(0, op.size() - 1) : op;
  body += "%r = " + name + list + (converts ? ": " + type_of(kType<R>, name == "dot2" ? n / 2 : n) : "") +
          "\nstore %r, %out[0]\n";
  const std::string found = run_body(body, buffers);
  if (problem)
    *problem = found;
  else
    EXPECT_EQ(found, "") << op;
  return get<R>(buffers.out, name == "dot2" ? n / 2 : n);
}

template <class T>
void binary(const std::string& op, const std::vector<T>& a, const std::vector<T>& b,
            const std::vector<T>& expected) {
  SCOPED_TRACE(op + " of " + kType<T>);
  EXPECT_EQ((apply<T, T>(op, {a, b})), expected);
}
template <class T>
std::string broken(const std::string& op, const std::vector<std::vector<T>>& operands) {
  std::string problem;
  (void)apply<T, T>(op, operands, &problem);
  return problem;
}
template <class R, class T>
void convert(const std::string& op, const std::vector<T>& a, const std::vector<R>& expected) {
  SCOPED_TRACE(op + " from " + kType<T>);
  EXPECT_EQ((apply<R, T>(op + ":", {a})), expected);
}

// Floats by their bits, so that zeros and NaNs are told apart.
template <class T>
std::vector<uint64_t> bits(const std::vector<T>& values) {
  std::vector<uint64_t> b;
  for (T v : values) {
    if constexpr (sizeof(T) == 4)
      b.push_back(std::bit_cast<uint32_t>(v));
    else
      b.push_back(std::bit_cast<uint64_t>(v));
  }
  return b;
}
template <class T>
void float_op(const std::string& op, const std::vector<std::vector<T>>& operands,
              const std::vector<T>& expected) {
  SCOPED_TRACE(op + " of " + kType<T>);
  EXPECT_EQ(bits(apply<T, T>(op, operands)), bits(expected));
}

constexpr int8_t kMin8 = INT8_MIN, kMax8 = INT8_MAX;
constexpr int16_t kMin16 = INT16_MIN;
constexpr int32_t kMin32 = INT32_MIN, kMax32 = INT32_MAX;
constexpr int64_t kMin64 = INT64_MIN, kMax64 = INT64_MAX;
constexpr float kInf = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
constexpr double kInf64 = kInf, kNan64 = kNan;

TEST(LoopOps, IntegersWrap) {
  binary<int8_t>("add", {kMax8, kMin8, -1, 100}, {1, -1, 1, 100}, {kMin8, kMax8, 0, -56});
  binary<int16_t>("sub", {kMin16, 0, 5}, {1, kMin16, 7}, {INT16_MAX, kMin16, -2});
  binary<int32_t>("mul", {kMax32, 65536, -3, kMin32}, {2, 65536, 7, -1}, {-2, 0, -21, kMin32});
  binary<int64_t>("mul", {kMax64, kMin64}, {kMax64, -1}, {1, kMin64});
  binary<int64_t>("add", {kMax64}, {1}, {kMin64});
  binary<int16_t>("mul", {-1, 256, 255}, {-1, 256, 257}, {1, 0, -1});
}

TEST(LoopOps, BitwiseAndShifts) {
  binary<int8_t>("and", {0x55, -1}, {0x0F, kMin8}, {0x05, kMin8});
  binary<int32_t>("or", {0x0F0F, kMin32}, {0x00FF, 1}, {0x0FFF, kMin32 + 1});
  binary<int64_t>("xor", {-1, 12}, {kMax64, 10}, {kMin64, 6});
  binary<int8_t>("shl", {1, -1, 3}, {7, 1, 0}, {kMin8, -2, 3});
  binary<int16_t>("lshr", {-1, kMin16, 7}, {15, 1, 1}, {1, 0x4000, 3});
  binary<int16_t>("ashr", {-1, kMin16, 7}, {15, 1, 1}, {-1, -0x4000, 3});
  binary<int64_t>("lshr", {-1}, {63}, {1});
  binary<int64_t>("ashr", {kMin64}, {63}, {-1});
  binary<int32_t>("shl", {3, 1}, {31, 31}, {kMin32, kMin32});
}

TEST(LoopOps, MinAndMaxAreSigned) {
  binary<int8_t>("smin", {-1, kMin8, 5}, {1, kMax8, 5}, {-1, kMin8, 5});
  binary<int8_t>("smax", {-1, kMin8, 5}, {1, kMax8, 5}, {1, kMax8, 5});
  binary<int64_t>("smax", {kMin64}, {-1}, {-1});
}

TEST(LoopOps, DivisionIsUnsigned) {
  binary<int64_t>("udiv", {-1}, {2}, {kMax64});
  binary<int64_t>("urem", {-1}, {10}, {5});
  binary<int32_t>("udiv", {-1}, {16}, {0x0FFFFFFF});
  binary<int8_t>("urem", {-1}, {7}, {3});
}

TEST(LoopOps, MulhrsRoundsHalfUp) {
  binary<int16_t>("mulhrs", {kMin16, kMin16, 16384, 1, 1, -1, 3, 32767},
                  {32767, 16384, 1, 16384, 16383, 16384, 16384, 32767},
                  {-32767, -16384, 1, 1, 0, 0, 2, 32766});
}

TEST(LoopOps, FloatArithmetic) {
  float_op<float>("fadd", {{16777216.0f, kInf, 1e-45f, -0.0f}, {1.0f, 1.0f, 1e-45f, 0.0f}},
                  {16777216.0f, kInf, 2.8e-45f, 0.0f});
  float_op<double>("fadd", {{16777216.0, 0.1}, {1.0, 0.2}}, {16777217.0, 0.30000000000000004});
  float_op<float>("fsub", {{1.0f, 0.0f}, {1.0f, 0.0f}}, {0.0f, 0.0f});
  float_op<float>("fmul", {{1e30f, 1e-30f, -0.0f}, {1e30f, 1e-30f, 5.0f}}, {kInf, 0.0f, -0.0f});
  float_op<double>("fdiv", {{1.0, -1.0, 1.0}, {3.0, 0.0, kInf64}}, {1.0 / 3.0, -kInf64, 0.0});
  float_op<float>("sqrt", {{4.0f, 2.0f, -0.0f}}, {2.0f, 1.41421354f, -0.0f});
  float_op<double>("sqrt", {{2.0}}, {1.4142135623730951});
  // One rounding: the product's last bits survive the cancellation.
  float_op<float>("fma", {{1.00000012f, 1e30f}, {1.00000012f, 1e30f}, {-1.00000024f, -kInf}},
                  {1.42108547e-14f, -kInf});
  float_op<double>("fma", {{1 + 0x1p-52}, {1 + 0x1p-52}, {-(1 + 0x1p-51)}}, {0x1p-104});
}

// Subnormals are not flushed, neither as operands nor as results.
TEST(LoopOps, SubnormalsCount) {
  float_op<float>("fmul", {{1.1754944e-38f, 1e-45f}, {0.5f, 8388608.0f}}, {5.877472e-39f, 1.17549435e-38f});
}

TEST(LoopOps, FloatRounding) {
  const std::vector<float> in = {0.5f, 1.5f, -0.5f, -1.5f, 2.4999998f, -0.0f, 1e10f, kInf};
  float_op<float>("rint", {in}, {0.0f, 2.0f, -0.0f, -2.0f, 2.0f, -0.0f, 1e10f, kInf});
  float_op<float>("floor", {in}, {0.0f, 1.0f, -1.0f, -2.0f, 2.0f, -0.0f, 1e10f, kInf});
  float_op<float>("ceil", {in}, {1.0f, 2.0f, -0.0f, -1.0f, 3.0f, -0.0f, 1e10f, kInf});
  float_op<float>("ftrunc", {in}, {0.0f, 1.0f, -0.0f, -1.0f, 2.0f, -0.0f, 1e10f, kInf});
  float_op<float>("fabs", {in}, {0.5f, 1.5f, 0.5f, 1.5f, 2.4999998f, 0.0f, 1e10f, kInf});
  float_op<double>("rint", {{2.5, 3.5, -2.5}}, {2.0, 4.0, -2.0});
}

// a < b ? a : b, and a > b ? a : b: the second operand where neither holds.
TEST(LoopOps, FminAndFmaxTakeTheSecondOfEquals) {
  float_op<float>("fmin", {{1.0f, 0.0f, -0.0f, kNan, 3.0f}, {2.0f, -0.0f, 0.0f, 4.0f, kNan}},
                  {1.0f, -0.0f, 0.0f, 4.0f, kNan});
  float_op<float>("fmax", {{1.0f, 0.0f, -0.0f, kNan, 3.0f}, {2.0f, -0.0f, 0.0f, 4.0f, kNan}},
                  {2.0f, -0.0f, 0.0f, 4.0f, kNan});
  float_op<double>("fmax", {{kNan64}, {-1.0}}, {-1.0});
}

TEST(LoopOps, IntegerConversions) {
  convert<int8_t, int32_t>("trunc", {255, 256, -129, kMax32}, {-1, 0, 127, -1});
  convert<int32_t, int64_t>("trunc", {kMin64 + 5, 0x180000000}, {5, kMin32});
  convert<int16_t, int8_t>("zext", {-1, kMin8, 5}, {255, 128, 5});
  convert<int64_t, int32_t>("zext", {-1}, {0xFFFFFFFF});
  convert<int16_t, int8_t>("sext", {-1, kMin8, 5}, {-1, -128, 5});
  convert<int64_t, int32_t>("sext", {kMin32}, {kMin32});
}

TEST(LoopOps, IntegerToFloatRoundsToNearestEven) {
  convert<float, int32_t>("sitofp", {16777217, 16777219, -16777217, kMin32},
                          {16777216.0f, 16777220.0f, -16777216.0f, -2147483648.0f});
  convert<float, int64_t>("sitofp", {kMax64}, {9223372036854775808.0f});
  convert<double, int64_t>("sitofp", {9007199254740993}, {9007199254740992.0});
  convert<double, int32_t>("uitofp", {-1}, {4294967295.0});
  convert<float, int8_t>("uitofp", {-1, 1}, {255.0f, 1.0f});
  convert<float, int8_t>("sitofp", {-1, 1}, {-1.0f, 1.0f});
}

TEST(LoopOps, FloatToIntegerTruncates) {
  convert<int32_t, float>("fptosi", {1.9f, -1.9f, -0.0f, 2147483520.0f, -2147483648.0f},
                          {1, -1, 0, 2147483520, kMin32});
  convert<int32_t, double>("fptosi", {2147483647.9, -2147483648.9}, {kMax32, kMin32});
  convert<int64_t, double>("fptosi", {-9223372036854775808.0, 9223372036854774784.0},
                           {kMin64, 9223372036854774784});
}

TEST(LoopOps, FloatConversions) {
  convert<double, float>("fpext", {0.1f, 1e-45f, -kInf}, {double(0.1f), double(1e-45f), -kInf64});
  convert<float, double>("fptrunc", {0.1, 1e300, 1e-300, 16777217.0}, {0.1f, kInf, 0.0f, 16777216.0f});
  convert<uint16_t, float>("fptrunc", {1.0f, 65520.0f, 65519.996f, 5.9604645e-8f, 2.9802322e-8f, -0.0f},
                           {0x3C00, 0x7C00, 0x7BFF, 1, 0, 0x8000});
  convert<float, uint16_t>("fpext", {0x3C00, 1, 0xFC00}, {1.0f, 5.9604645e-8f, -kInf});
  convert<int16_t, float>(
      "bf16round", {1.0f, std::bit_cast<float>(0x3F808000), std::bit_cast<float>(0x3F818000), kNan, kInf},
      {0x3F80, 0x3F80, 0x3F82, 0x7FC0, 0x7F80});
}

TEST(LoopOps, Dot2SumsPairs) {
  EXPECT_EQ((apply<int32_t, int16_t>("dot2:", {{1, 2, kMin16, kMin16, kMin16, kMin16, -1, 7},
                                               {3, 4, kMin16, 32767, 32767, kMin16, 5, 0}})),
            (std::vector<int32_t>{11, 32768, 32768, -5}));
}

TEST(LoopOps, PackSatClampsWithinParts) {
  Buffers buffers;
  put<int32_t>(buffers.in[0], {0, 32767, 32768, -1, -32768, -32769, INT32_MAX, INT32_MIN});
  put<int32_t>(buffers.in[1], {10, 11, 12, 13, 14, 15, 16, 17});
  EXPECT_EQ(run_body("%x = load %a[0] : i32x8\n%y = load %b[0] : i32x8\n%r = pack_sat %x, %y : i16x16\nstore %r, %out[0]\n",
                     buffers),
            "");
  EXPECT_EQ(get<int16_t>(buffers.out, 16), (std::vector<int16_t>{0, 32767, 32767, -1, 10, 11, 12, 13, kMin16, kMin16,
                                                                 32767, kMin16, 14, 15, 16, 17}));
}

TEST(LoopOps, ExpandLoadFillsTheLanesOfTheMask) {
  std::vector<int16_t> values(40);
  for (size_t i = 0; i < values.size(); ++i) values[i] = int16_t(100 + i);
  struct Case {
    const char *mask, *type;
    std::vector<size_t> lanes;
  };
  for (const Case& c : {Case{"0 : i16", "i16x16", {}}, Case{"1 : i16", "i16x16", {0}}, Case{"-32768 : i16", "i16x16", {15}},
                        Case{"259 : i16", "i16x16", {0, 1, 8}}, Case{"-2147483520 : i32", "i16x32", {7, 31}}}) {
    Buffers buffers;
    put(buffers.in[0], values);
    EXPECT_EQ(run_body("%m = const " + std::string(c.mask) + "\n%o = const 4 : i64\n%r = expand_load %m, %a[%o, -2] : " + c.type +
                           "\nstore %r, %out[0]\n",
                       buffers),
              "");
    std::vector<int16_t> expected(std::string(c.type) == "i16x16" ? 16 : 32);
    for (size_t i = 0; i < c.lanes.size(); ++i) expected[c.lanes[i]] = int16_t(101 + i);
    EXPECT_EQ(get<int16_t>(buffers.out, expected.size()), expected) << c.mask;
  }
}

// Whatever the mask, as many elements as there are lanes must be readable.
TEST(LoopOps, ExpandLoadIsCheckedAsALoadOfAllLanes) {
  Buffers buffers;
  const auto at = [&](const std::string& offset) {
    return run_body("%m = const 0 : i16\n%r = expand_load %m, %a[" + offset + "] : i16x16\nstore %r, %out[0]\n", buffers);
  };
  EXPECT_EQ(at("480"), "");
  EXPECT_EQ(at("482"), "@f: load of 32 bytes outside every buffer");
  EXPECT_EQ(at("-2"), "@f: load of 32 bytes outside every buffer");
}

TEST(LoopOps, Comparisons) {
  auto compare = [](const std::string& op, const std::string& type, auto a, auto b) {
    Buffers buffers;
    put(buffers.in[0], a);
    put(buffers.in[1], b);
    const size_t n = a.size();
    EXPECT_EQ(run_body("%x = load %a[0] : " + type + "\n%y = load %b[0] : " + type + "\n%t = " + op +
                           " %x, %y\n%r = zext %t : " + type_of("i8", n) + "\nstore %r, %out[0]\n",
                       buffers),
              "");
    std::string s;
    for (uint8_t v : get<uint8_t>(buffers.out, n)) s += char('0' + v);
    return s;
  };
  const std::vector<int32_t> a = {1, -1, 5, kMin32}, b = {2, 1, 5, kMax32};
  const std::pair<const char*, const char*> expected[] = {{"eq", "0010"},  {"ne", "1101"}, {"lt", "1101"},
                                                          {"le", "1111"},  {"gt", "0000"}, {"ge", "0010"},
                                                          {"ult", "1000"}, {"ule", "1010"}};
  for (const auto& [pred, result] : expected)
    EXPECT_EQ(compare(std::string("icmp ") + pred, "i32x4", a, b), result) << pred;
  // Ordered: nothing holds of a NaN, not even that it differs.
  const std::vector<float> x = {1.0f, kNan, 0.0f, kInf}, y = {2.0f, kNan, -0.0f, 1.0f};
  const std::pair<const char*, const char*> floats[] = {{"eq", "0010"}, {"ne", "1001"}, {"lt", "1000"},
                                                        {"le", "1010"}, {"gt", "0001"}, {"ge", "0011"}};
  for (const auto& [pred, result] : floats)
    EXPECT_EQ(compare(std::string("fcmp ") + pred, "f32x4", x, y), result) << pred;
}

TEST(LoopOps, Select) {
  Buffers buffers;
  put<int32_t>(buffers.in[0], {1, 2, 3, 4});
  put<int32_t>(buffers.in[1], {1, 0, 3, 0});
  EXPECT_EQ(run_body(R"(%x = load %a[0] : i32x4
%y = load %b[0] : i32x4
%t = icmp eq %x, %y
%r = select %t, %x, %y
%n = splat %one : i32x4
%one_lane = icmp eq %one, %one
%s = select %one_lane, %n, %y
store %r, %out[0]
store %s, %out[16]
)"s.insert(0, "%one = const 9 : i32\n"),
                     buffers),
            "");
  EXPECT_EQ(get<int32_t>(buffers.out, 8), (std::vector<int32_t>{1, 0, 3, 0, 9, 9, 9, 9}));
}

// i1 is a byte of 0 or 1; negating it is an exclusive or.
TEST(LoopOps, Flags) {
  Buffers buffers;
  put<int8_t>(buffers.in[0], {0, 1, 2, 3, -1});
  EXPECT_EQ(run_body(R"(%x = load %a[0] : i8x5
%t = trunc %x : i1x5
%yes = const 1 : i1x5
%no = xor %t, %yes
%z = zext %no : i8x5
%s = sext %t : i16x5
%u = uitofp %t : f32x5
%same = icmp ne %t, %no
%v = zext %same : i8x5
store %z, %out[0]
store %s, %out[8]
store %u, %out[32]
store %v, %out[64]
)",
                     buffers),
            "");
  EXPECT_EQ(get<int8_t>(buffers.out, 5), (std::vector<int8_t>{1, 0, 1, 0, 0}));
  EXPECT_EQ(get<int16_t>(buffers.out + 8, 5), (std::vector<int16_t>{0, -1, 0, -1, -1}));
  EXPECT_EQ(get<float>(buffers.out + 32, 5), (std::vector<float>{0, 1, 0, 1, 1}));
  EXPECT_EQ(get<int8_t>(buffers.out + 64, 5), (std::vector<int8_t>{1, 1, 1, 1, 1}));
}

TEST(LoopOps, Lanes) {
  Buffers buffers;
  put<int16_t>(buffers.in[0], {10, 11, 12, 13});
  put<int16_t>(buffers.in[1], {20, 21, 22, 23});
  EXPECT_EQ(run_body(R"(%x = load %a[0] : i16x4
%y = load %b[0] : i16x4
%r = shuffle %x, %y [7, 0, 0, 4, 3]
%e = extract %y, 2
%s = splat %e : i16x3
%m = reduce_smax %r : i16
%bytes = bitcast %x : i8x8
%q = sequence [-1, 2, 300] : i8x3
%k = const 300 : i8x2
store %r, %out[0]
store %s, %out[16]
store %m, %out[32]
store %bytes, %out[40]
store %q, %out[48]
store %k, %out[56]
)",
                     buffers),
            "");
  EXPECT_EQ(get<int16_t>(buffers.out, 5), (std::vector<int16_t>{23, 10, 10, 20, 13}));
  EXPECT_EQ(get<int16_t>(buffers.out + 16, 3), (std::vector<int16_t>{22, 22, 22}));
  EXPECT_EQ(get<int16_t>(buffers.out + 32, 1), (std::vector<int16_t>{23}));
  EXPECT_EQ(get<int8_t>(buffers.out + 40, 8), (std::vector<int8_t>{10, 0, 11, 0, 12, 0, 13, 0}));
  EXPECT_EQ(get<int8_t>(buffers.out + 48, 3), (std::vector<int8_t>{-1, 2, 44}));
  EXPECT_EQ(get<int8_t>(buffers.out + 56, 2), (std::vector<int8_t>{44, 44}));
}

TEST(LoopOps, ReduceIsSigned) {
  Buffers buffers;
  put<int8_t>(buffers.in[0], {-5, kMin8, -1, -3});
  EXPECT_EQ(run_body("%x = load %a[0] : i8x4\n%r = reduce_smax %x : i8\nstore %r, %out[0]\n", buffers), "");
  EXPECT_EQ(get<int8_t>(buffers.out, 1)[0], -1);
}

TEST(LoopOps, FloatConstantsAreRoundedToTheirType) {
  Buffers buffers;
  EXPECT_EQ(run_body("%x = const 0.1 : f32\n%y = const 0.1 : f64\n%z = const -inf : f32x2\nstore %x, "
                     "%out[0]\nstore %y, %out[8]\nstore %z, %out[16]\n",
                     buffers),
            "");
  EXPECT_EQ(get<float>(buffers.out, 1)[0], 0.1f);
  EXPECT_EQ(get<double>(buffers.out + 8, 1)[0], 0.1);
  EXPECT_EQ(get<float>(buffers.out + 16, 2), (std::vector<float>{-kInf, -kInf}));
}

// What compiled code takes for granted, the interpreter checks.
TEST(LoopOps, ExcludedUsesAreReported) {
  EXPECT_EQ((broken<int64_t>("udiv", {{1}, {0}})), "@f: division by zero");
  EXPECT_EQ((broken<int32_t>("urem", {{1}, {0}})), "@f: division by zero");
  for (const char* op : {"shl", "lshr", "ashr"}) {
    EXPECT_EQ((broken<int32_t>(op, {{1, 1}, {31, 32}})), "@f: shift count is not below the width");
    EXPECT_EQ((broken<int8_t>(op, {{1}, {8}})), "@f: shift count is not below the width");
    EXPECT_EQ((broken<int64_t>(op, {{1}, {-1}})), "@f: shift count is not below the width");
    EXPECT_EQ((broken<int16_t>(op, {{1, 1}, {15, 0}})), "");
  }
  EXPECT_EQ((broken<int16_t>("mulhrs", {{0, kMin16}, {0, kMin16}})), "@f: mulhrs of -32768 and -32768");
  std::string problem;
  (void)apply<int32_t, int16_t>("dot2:", {{0, 0, kMin16, kMin16}, {0, 0, kMin16, kMin16}}, &problem);
  EXPECT_EQ(problem, "@f: dot2 overflows");
  auto to_int = [&](auto value, auto zero) {
    (void)apply<decltype(zero), decltype(value)>("fptosi:", {{value}}, &problem);
    return problem;
  };
  for (float v : {2147483648.0f, -2147483904.0f, kNan, kInf, -kInf})
    EXPECT_EQ(to_int(v, int32_t{}), "@f: fptosi out of range") << v;
  for (double v : {9223372036854775808.0, -9223372036854777856.0, kNan64})
    EXPECT_EQ(to_int(v, int64_t{}), "@f: fptosi out of range") << v;
  for (double v : {2147483648.0, -2147483649.0})
    EXPECT_EQ(to_int(v, int32_t{}), "@f: fptosi out of range") << v;
}

}  // namespace
}  // namespace headrace::loop
