// Changes single instructions of loop IR functions, to plant the mistakes that a lowering could make.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ir/loop.h"

namespace headrace::testing {

/// An instruction of a function: the n-th (from 0) of its op in the order of the text. For calls, of those to
/// `callee`; for comparisons, of those by `pred`, if given.
struct InstPlace {
  loop::Op op;
  size_t n = 0;
  std::string callee = {};
  std::optional<loop::Pred> pred = {};
};

/// Edits one function of a module. An instruction that is not there is a test failure, and changes nothing.
class LoopMutator {
 public:
  LoopMutator(loop::Module& module, std::string_view function);

  bool ok() const { return ok_; }   ///< everything asked for was there
  size_t count(loop::Op op) const;  ///< instructions of an op

  /// Makes operand k a constant of its type.
  void set_operand(const InstPlace& place, size_t k, int64_t value);
  /// Adds a constant to operand k.
  void add_to_operand(const InstPlace& place, size_t k, int64_t value);
  void swap_operands(const InstPlace& place, size_t a, size_t b);
  /// Changes what the constant of this type and value, which may have several users, is.
  void change_constant(loop::Type type, int64_t from, int64_t to);
  void set_op(const InstPlace& place, loop::Op op);
  void set_imm(const InstPlace& place, int64_t imm);
  /// Exchanges the lane lists of two shuffles.
  void swap_masks(const InstPlace& a, const InstPlace& b);
  /// Exchanges what two stores write.
  void swap_stored(const InstPlace& a, const InstPlace& b);
  /// Removes an instruction without results.
  void erase(const InstPlace& place);
  /// Makes all users of the result use operand k instead.
  void bypass(const InstPlace& place, size_t k);
  /// Makes all users of one result use another.
  void use_instead(const InstPlace& place, const InstPlace& replacement);
  /// Makes all users of operand k of an instruction use a constant.
  void freeze_operand(const InstPlace& place, size_t k, int64_t value);
  /// Replaces bf16round by dropping the lower half.
  void truncate_bf16(const InstPlace& place);

 private:
  loop::Inst* find(const InstPlace& place);
  loop::ValueId new_value(loop::Type type);
  loop::ValueId new_constant(loop::Type type, int64_t value);
  void insert_before(const InstPlace& place, loop::Inst inst);
  void replace_uses(loop::ValueId from, loop::ValueId to);

  void fail(const std::string& message);

  loop::Function* f_ = nullptr;
  bool ok_ = true;
};

}  // namespace headrace::testing
