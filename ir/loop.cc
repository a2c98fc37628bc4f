#include "ir/loop.h"

namespace headrace::loop {

namespace {
struct OpInfo {
  std::string_view name;
  Form form;
};
constexpr OpInfo kOps[] = {
#define HR_LOOP_OP(id, name, form) {name, Form::form},
#include "ir/loop_ops.def"
#undef HR_LOOP_OP
};
constexpr std::string_view kPreds[] = {"eq", "ne", "lt", "le", "gt", "ge", "ult", "ule"};
constexpr std::string_view kScalars[] = {"i1", "i8", "i16", "i32", "i64", "f16", "f32", "f64", "ptr"};
}  // namespace

std::string_view op_name(Op op) { return kOps[size_t(op)].name; }
Form op_form(Op op) { return kOps[size_t(op)].form; }
std::string_view pred_name(Pred p) { return kPreds[size_t(p)]; }

bool find_op(std::string_view name, Op& op) {
  for (size_t i = 0; i < std::size(kOps); ++i) {
    if (kOps[i].name == name) {
      op = Op(i);
      return true;
    }
  }
  return false;
}

std::string type_text(Type t) {
  std::string s(kScalars[size_t(t.scalar)]);
  if (t.lanes != 1) s += "x" + std::to_string(t.lanes);
  return s;
}

const Function* Module::find(std::string_view name) const {
  for (const Function& f : functions) {
    if (f.name == name) return &f;
  }
  return nullptr;
}

}  // namespace headrace::loop
