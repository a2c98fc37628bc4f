// Where the values and outputs of a graph stand in its text, for errors that name them.
#include <map>

#include "ir/graph.h"
#include "ir/lexer.h"

namespace headrace::graph {
namespace {

using text::Lexer;
using text::Token;

// The verifier's names of values and outputs ("%2", "batch %0", "output \"image\""), each with the place
// where it is defined: of an output that is given twice, the last.
std::map<std::string, std::string> places_of(std::string_view text) {
  std::map<std::string, std::string> places;
  Lexer lex(text);
  std::string part;
  size_t number = 0;
  while (lex.kind() != Token::end && lex.kind() != Token::bad) {
    const std::string place = lex.place();
    if (lex.accept("batch")) {
      if (!lex.is("{")) continue;  // an attribute's name
      part = "batch ";
      number = 0;
    } else if (lex.accept("output")) {
      if (lex.kind() == Token::string) places[part + "output \"" + lex.string() + "\""] = place;
    } else if (lex.kind() == Token::value) {
      lex.next();
      if (lex.is("=")) places[part + "%" + std::to_string(number++)] = place;
    } else {
      lex.next();
    }
  }
  return places;
}

// "%2" of "%2 resize"; an output's name as it is.
std::string value_of(const std::string& where) {
  for (const std::string prefix : {"%", "batch %"}) {
    if (where.starts_with(prefix)) return where.substr(0, where.find(' ', prefix.size()));
  }
  return where;
}

}  // namespace

Status locate(std::string_view text, const Status& errors) {
  const std::map<std::string, std::string> places = places_of(text);
  Status located;
  for (const Diagnostic& d : errors.errors()) {
    const auto place = d.code == "ir.verify" ? places.find(value_of(d.where)) : places.end();
    located.add(d.code, place == places.end() ? d.where : place->second + ": " + d.where, d.message);
  }
  return located;
}

}  // namespace headrace::graph
