#include <nlohmann/json.hpp>

#include "tests/ladder/invalid_texts.h"

namespace headrace::ladder {
namespace {

using Json = nlohmann::ordered_json;

class Wrong {
 public:
  explicit Wrong(const std::string& spec) : spec_(Json::parse(spec)) {}

  std::vector<Invalid> run() {
    whole();
    for (const auto& [name, ops] : spec_["outputs"].items()) {
      output(name);
      for (size_t i = 0; i < ops.size(); ++i) op(name, i);
    }
    return std::move(list_);
  }

 private:
  template <class Change>
  void with(const std::string& what, const Change& change) {
    Json j = spec_;
    change(j);
    list_.push_back({what, j.dump()});
  }

  void whole() {
    const std::string text = spec_.dump();
    for (size_t k = 1; k < 8; ++k) list_.push_back({"is cut off", text.substr(0, text.size() * k / 8)});
    list_.push_back({"has text behind its end", text + " {}"});
    list_.push_back({"has a key twice", "{\"headrace\": 1, " + text.substr(1)});
    with("is of another version", [](Json& j) { j["headrace"] = 2; });
    with("has no version", [](Json& j) { j.erase("headrace"); });
    with("has unknown numerics", [](Json& j) { j["numerics"] = "best"; });
    with("has an unknown key", [](Json& j) { j["colour"] = 1; });
    with("has no outputs", [](Json& j) { j["outputs"] = Json::object(); });
    with("has a list of outputs", [](Json& j) { j["outputs"] = Json::array(); });
    with("has a batch part that is no list", [](Json& j) { j["batch"] = 1; });
    with("mixes what is no output", [](Json& j) {
      j["batch"] = Json::array({{{"op", "mixup"}, {"outputs", {"no_such_output"}}}});
    });
    with("shares an op that is none", [](Json& j) { j["shared"]["s"] = {{"op", "spin"}}; });
  }

  void output(const std::string& name) {
    with("has an output without ops", [&](Json& j) { j["outputs"][name] = Json::array(); });
    with("has an output that is an op", [&](Json& j) { j["outputs"][name] = j["outputs"][name][0]; });
    with("has an output without a source", [&](Json& j) { j["outputs"][name].erase(0); });
    with("has two sources",
         [&](Json& j) { j["outputs"][name].insert(j["outputs"][name].begin(), j["outputs"][name][0]); });
    with("reads a field that is not there",
         [&](Json& j) { j["outputs"][name][0]["field"] = "no_such_field"; });
    with("has a name that is none", [&](Json& j) { j["outputs"]["a b"] = j["outputs"][name]; });
  }

  void op(const std::string& name, size_t i) {
    const Json& here = spec_["outputs"][name][i];
    const auto change = [&](const std::string& what, const std::string& key, const Json& value) {
      with(what, [&](Json& j) { j["outputs"][name][i][key] = value; });
    };
    with("has an op that is no object", [&](Json& j) { j["outputs"][name][i] = "crop"; });
    change("has an unknown attribute", "colour", 1);
    if (here.contains("use")) {
      change("uses what is not shared", "use", "no_such_op");
    } else {
      change("has an unknown op", "op", "spin");
      change("has an op that is a number", "op", 3);
    }
    if (here.contains("size")) {
      for (const Json& size :
           {Json::array({0, 5}), Json::array({-1, 5}), Json::array({1.5, 5}), Json::array({5, 99999}),
            Json::array({5}), Json::array({5, 5, 5}), Json("large")}) {
        change("has a size that is none", "size", size);
      }
    }
    for (const char* key : {"dtype", "layout", "filter"}) {
      if (here.contains(key)) change("has an unknown word", key, "other");
    }
    for (const char* key :
         {"p", "epsilon", "scale", "mean", "std", "ratio", "short_side", "classes", "length", "top"}) {
      if (here.contains(key)) change("has a text for a number", key, "1");
    }
    if (here.contains("p")) change("has a chance above 1", "p", 1.5);
    if (here.value("op", "") == "call") call(name, i);
  }

  // Each must give one error, whatever follows the call.
  void call(const std::string& name, size_t i) {
    const std::string place = "/outputs/" + name + "/" + std::to_string(i), words = "\"u8\" or \"f32\"";
    const std::string function = "the name of a C function",
                      library = "a library's file name without folders, such as \"filters.so\"";
    const auto refused = [&](const std::string& what, const std::string& error, auto&& change) {
      with(what, [&](Json& j) { change(j["outputs"][name][i]); });
      list_.back().error = "error[" + error;
    };
    for (const auto& [key, expected] : {std::pair{"symbol", function},
                                        {"library", library},
                                        {"per", std::string("\"image\" or \"row\"")}}) {
      refused(
          "calls without a key",
          "spec.missing_key] " + place + ": missing key \"" + key + "\" of \"call\"; expected " + expected,
          [&](Json& op) { op.erase(key); });
      refused("calls with a number for a name",
              "spec.wrong_type] " + place + "/" + key + ": expected " + expected + ", found 3",
              [&](Json& op) { op[key] = 3; });
      refused(
          "calls with a name that is none",
          "spec.bad_value] " + place + "/" + key + ": expected " + expected + ", found the string \"../x y\"",
          [&](Json& op) { op[key] = "../x y"; });
    }
    for (const char* key : {"in", "out"}) {
      refused("calls with pixels of no type a function has",
              "spec.bad_value] " + place + "/" + key + ": expected " + words + ", found the string \"f16\"",
              [&](Json& op) { op[key] = "f16"; });
    }
    const std::string type = spec_["outputs"][name][i].value("in", "u8"), other = type == "u8" ? "f32" : "u8";
    refused("calls with pixels of another type than they are",
            "spec.sequence] " + place + ": \"call\" declares \"in\": \"" + other + "\", and the image is " +
                type + " here",
            [&](Json& op) { op["in"] = other; });
  }

  Json spec_;
  std::vector<Invalid> list_;
};

}  // namespace

std::vector<Invalid> invalid_specs(const std::string& spec) { return Wrong(spec).run(); }

std::vector<Invalid> invalid_calls(const std::string& spec, const std::string& path) {
  const Json valid = Json::parse(spec);
  std::vector<Invalid> list;
  for (const auto& [name, ops] : valid["outputs"].items()) {
    for (size_t i = 0; i < ops.size(); ++i) {
      if (ops[i].value("op", "") != "call") continue;
      Json j = valid;
      j["outputs"][name][i]["symbol"] = "absent";
      list.push_back({"calls what its library does not have", j.dump(),
                      "error[library.symbol] " + path + ": has no function \"absent\""});
      j = valid;
      j["outputs"][name][i]["library"] = "other.so";
      list.push_back(
          {"calls a library that is not named", j.dump(),
           "error[library.not_named] the pipeline calls \"" + ops[i].value("symbol", "") +
               "\" of the library \"other.so\", and a library is loaded only if it is named: expected "
               "--library PATH/other.so or, in code, the option `libraries`; " +
               path + " is named"});
    }
  }
  return list;
}

}  // namespace headrace::ladder
