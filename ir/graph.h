// The graph IR: SSA over pure, typed ops, one value per node. One IR from the JSON front end to the last
// rewrite; docs/ir.md defines every op. A node's id is its index; operands come before their users.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "headrace/status.h"
#include "headrace/types.h"

namespace headrace::graph {

/// Element of an image. q6 is the fixed-point form `fast` resampling leaves: an i16 v standing for the
/// pixel value v / 64 + 128.
enum class Elem : uint8_t { u8, q6, f16, bf16, f32 };

enum class Kind : uint8_t {
  record, coded, i64, f64, boolean, size, rect, scale, image, tensor, scalar, bytes, row, vector, tensor_pair, vector_pair
};

inline constexpr int64_t kDynamic = -1;

/// Type of a value. `image` uses elem, height, width (kDynamic if only known per sample) and channels;
/// `tensor` is an image laid out for output; `scalar` is a one-element output of `dtype`; `bytes` differ in
/// length from sample to sample; `row` is an output of `width` u8 values; `vector` one of `width` values of `elem`, which
/// is a float type. The pairs are what the batch part works on: a tensor or vector in two rows of a batch.
struct Type {
  Kind kind = Kind::record;
  Elem elem = Elem::u8;
  int64_t height = kDynamic, width = kDynamic, channels = 3;
  Layout layout = Layout::none;
  DType dtype = DType::i64;
  bool operator==(const Type&) const = default;
};

Type image_type(Elem elem, int64_t height, int64_t width);

/// The pair of a tensor or vector.
Type pair_type(const Type& output);

enum class Op : uint8_t {
#define HR_GRAPH_OP(id, name, ...) id,
#include "ir/graph_ops.def"
#include "ir/graph_batch_ops.def"
#undef HR_GRAPH_OP
};

using Attr = std::variant<int64_t, double, std::string, std::vector<double>>;
using ValueId = uint32_t;
inline constexpr ValueId kNoValue = UINT32_MAX;

/// Which ops of the spec a value comes from, by their JSON pointers. For inspection only: it is no part of the text, and
/// nodes that differ in nothing else are equal.
struct Origins {
  std::set<std::string> pointers;
  void merge(const Origins& other) { pointers.insert(other.pointers.begin(), other.pointers.end()); }
  bool operator==(const Origins&) const { return true; }
};

struct Node {
  Op op = Op::record;
  std::vector<ValueId> operands;
  std::map<std::string, Attr> attrs;
  Type type;
  Origins origins = {};

  int64_t int_attr(const std::string& key) const { return std::get<int64_t>(attrs.at(key)); }
  double real_attr(const std::string& key) const { return std::get<double>(attrs.at(key)); }
  const std::string& text_attr(const std::string& key) const { return std::get<std::string>(attrs.at(key)); }
  const std::vector<double>& list_attr(const std::string& key) const {
    return std::get<std::vector<double>>(attrs.at(key));
  }
  bool operator==(const Node&) const = default;
};

struct Output {
  std::string name;
  ValueId value = kNoValue;
  bool operator==(const Output&) const = default;
};

/// Values in the order they are computed, and those that are put out.
struct Body {
  std::vector<Node> nodes;
  std::vector<Output> outputs;

  ValueId add(Op op, std::vector<ValueId> operands, std::map<std::string, Attr> attrs, Type type) {
    nodes.push_back({op, std::move(operands), std::move(attrs), type, {}});
    return ValueId(nodes.size() - 1);
  }
  const Node& operator[](ValueId id) const { return nodes[id]; }
  Node& operator[](ValueId id) { return nodes[id]; }
  bool operator==(const Body&) const = default;
};

/// What becomes of a sample, and then, in the batch part, of the outputs of two samples of a batch. The batch part has no
/// nodes where nothing is mixed; each of its outputs replaces that of the same name in both rows.
struct Graph : Body {
  Numerics numerics = Numerics::fast;
  Body batch;
  bool operator==(const Graph&) const = default;
};

std::string_view op_name(Op op);

/// Whether an op stands in the batch part, in the sample's part.
bool is_batch_op(Op op);
bool is_sample_op(Op op);

std::string type_text(const Type& type);
std::string_view elem_name(Elem elem);
Elem elem_of(DType dtype);

/// Canonical text; parse(print(g)) gives g back.
std::string print(const Graph& graph);

/// Parses the text form; errors carry line and column. The result is verified.
Expected<Graph> parse(std::string_view text);

/// Adds the lines and columns of the text to what parse() found wrong: "line 3, column 3: %2 resize".
Status locate(std::string_view text, const Status& errors);

/// Checks operand kinds, attributes and types of every node; all problems at once.
Status verify(const Graph& graph);

/// Type of a node from its operands and attributes; used by the verifier and by passes.
Expected<Type> infer_type(const Body& body, const Node& node);

/// Drops nodes no output depends on and renumbers the rest in dependency order.
void compact(Graph& graph);

}  // namespace headrace::graph
