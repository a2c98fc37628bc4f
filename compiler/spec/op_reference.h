// What users are told about every op: the table that `headrace ops` and the operations part of docs/spec.md
// are printed from. tests/compiler/spec_reference_test.cc holds it against the parser, key by key.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace headrace::spec {

/// What an op works on, which also says where in a spec it may stand.
enum class OpKind : uint8_t { source, geometry, pixels, type, vector, user, batch };

/// A kind, and what holds for all of its ops. Texts of this file are Markdown that reads well as it is:
/// `code`, [links](page.md#section) relative to docs/, paragraphs with an empty line between them.
struct KindReference {
  OpKind kind = OpKind::source;
  std::string_view name;   ///< one word
  std::string_view title;  ///< of its section
  std::string_view text;
};

struct KeyReference {
  enum class Need : uint8_t { required, with_default, optional };

  std::string name;
  std::string accepts;  ///< begins with the parser's own words for what it expects: errors and page agree
  Need need = Need::required;
  std::string without;  ///< with_default: the default as JSON; optional: in words, what holds without the key
  std::string meaning;
};

struct OpReference {
  std::string_view name;
  OpKind kind = OpKind::source;
  std::string place;    ///< where it may stand, as one phrase
  std::string summary;  ///< one paragraph; its first sentence says by itself what the op does
  std::vector<KeyReference> keys;
  std::string notes;                  ///< further paragraphs; may be empty
  std::vector<std::string> examples;  ///< JSON: the ops of an output or, for batch ops, a spec. The first has
                                      ///< every required key
  std::vector<std::string_view> defined_in;  ///< titles of the sections of docs/ir.md that define it
};

/// The kinds, in the order of the page.
std::span<const KindReference> op_kinds();
const KindReference& reference_of(OpKind kind);

/// Every op of outputs and of "batch", ordered by kind.
const std::vector<OpReference>& op_references();

/// The op of this name, or null.
const OpReference* find_op_reference(std::string_view name);

}  // namespace headrace::spec
