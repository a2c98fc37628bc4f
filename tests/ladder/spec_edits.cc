#include "tests/ladder/spec_edits.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/compiler/random_calls.h"

namespace headrace::ladder {
namespace {

using Json = nlohmann::ordered_json;
using Pointer = Json::json_pointer;

class Edits {
 public:
  explicit Edits(const std::string& spec) : spec_(Json::parse(spec)), text_(spec_.dump()) {}

  std::vector<std::string> run() {
    erase_all(Pointer("/batch"), false);
    leave_out("/outputs");
    leave_out("/shared");
    if (spec_.contains("outputs")) {
      for (const auto& [name, ops] : spec_["outputs"].items()) erase_all(Pointer("/outputs") / name, true);
    }
    inline_shared();
    replace_random();
    replace_calls();
    each_object(Pointer(""), spec_);
    each_number(Pointer(""), spec_);
    return std::move(list_);
  }

 private:
  void add(const Json& changed) {
    if (std::string text = changed.dump(); text != text_) list_.push_back(std::move(text));
  }

  // Without one member of the object at `place`.
  void leave_out(const std::string& place) {
    const Pointer at(place);
    if (!spec_.contains(at)) return;
    for (const auto& [name, value] : spec_[at].items()) {
      Json changed = spec_;
      changed[at].erase(name);
      if (changed[at].empty()) {
        if (place == "/outputs") continue;
        changed.erase(place.substr(1));
      }
      add(changed);
    }
  }

  // Without the list, and without each of its elements (lists of lists as well).
  void erase_all(const Pointer& at, bool keep_list) {
    if (!spec_.contains(at) || !spec_[at].is_array()) return;
    if (!keep_list) {
      Json changed = spec_;
      changed[at.parent_pointer()].erase(at.back());
      add(changed);
    }
    for (size_t i = 0; i < spec_[at].size(); ++i) {
      Json changed = spec_;
      changed[at].erase(i);
      if (!changed[at].empty()) add(changed);
      if (spec_[at][i].contains("ops")) erase_all(at / i / "ops", true);
      if (spec_[at][i].contains("outputs")) erase_all(at / i / "outputs", true);
    }
  }

  // {"use": "s", ...} becomes the op that "s" stands for.
  void inline_shared() {
    if (!spec_.contains("shared") || !spec_.contains("outputs")) return;
    for (const auto& [name, ops] : spec_["outputs"].items()) {
      for (size_t i = 0; ops.is_array() && i < ops.size(); ++i) {
        if (!ops[i].contains("use")) continue;
        const std::string shared = ops[i]["use"].get<std::string>();
        if (!spec_["shared"].contains(shared)) continue;
        Json changed = spec_, op = spec_["shared"][shared];
        for (const auto& [key, value] : ops[i].items()) {
          if (key != "use") op[key] = value;
        }
        changed["outputs"][name][i] = op;
        add(changed);
      }
    }
  }

  // What is drawn becomes what is always so.
  void replace_random() {
    static constexpr std::pair<const char*, const char*> kFixed[] = {
        {"random_horizontal_flip", "horizontal_flip"},
        {"random_vertical_flip", "vertical_flip"},
        {"random_crop", "center_crop"},
        {"random_resized_crop", "resize"}};
    for (const auto& [name, ops] : spec_["outputs"].items()) {
      for (size_t i = 0; ops.is_array() && i < ops.size(); ++i) {
        for (const auto& [random, fixed] : kFixed) {
          if (ops[i].value("op", "") != random) continue;
          Json changed = spec_, op = ops[i];
          op["op"] = fixed;
          for (const char* key : {"p", "scale", "ratio"}) op.erase(key);
          changed["outputs"][name][i] = op;
          add(changed);
        }
      }
    }
  }

  // A function becomes an op that gives pixels its type, or the simplest that has its types, of whole images.
  void replace_calls() {
    for (const auto& [name, ops] : spec_["outputs"].items()) {
      for (size_t i = 0; ops.is_array() && i < ops.size(); ++i) {
        if (ops[i].value("op", "") != "call") continue;
        const auto with = [&](const Json& op) {
          Json changed = spec_;
          changed["outputs"][name][i] = op;
          add(changed);
        };
        const std::string in = ops[i].value("in", "u8"), out = ops[i].value("out", "u8");
        if (in != out) {
          Json convert = {{"op", "convert"}, {"dtype", out}};
          if (in == "u8") convert["scale"] = 1;
          with(convert);
        }
        Json simpler = ops[i];
        for (const testing::UserFunction& f : testing::user_functions()) {
          if (f.in != in || f.out != out) continue;
          simpler["symbol"] = f.symbol;
          break;
        }
        with(simpler);
        simpler = ops[i];
        simpler["per"] = "image";
        with(simpler);
      }
    }
  }

  // Without each attribute of each op.
  void each_object(const Pointer& at, const Json& value) {
    if (value.is_object() && (value.contains("op") || value.contains("use"))) {
      for (const auto& [key, ignored] : value.items()) {
        if (key == "op" || key == "use") continue;
        // A function that is declared with other types than it has writes where it must not.
        if (value.value("op", "") == "call" && value[key] != "u8") continue;
        Json changed = spec_;
        changed[at].erase(key);
        add(changed);
      }
    }
    if (value.is_object()) {
      for (const auto& [key, member] : value.items()) each_object(at / key, member);
    } else if (value.is_array()) {
      for (size_t i = 0; i < value.size(); ++i) each_object(at / i, value[i]);
    }
  }

  void each_number(const Pointer& at, const Json& value) {
    if (value.is_number()) {
      if (at == Pointer("/headrace")) return;
      const auto with = [&](const Json& number) {
        Json changed = spec_;
        changed[at] = number;
        add(changed);
      };
      if (value.is_number_integer()) {
        const auto v = value.get<int64_t>();
        if (v > 1) {
          with(1);
          with(v / 2);
          with(v - 1);
        }
        if (v != 0) with(0);
      } else if (value.get<double>() != 0 && value.get<double>() != 1) {
        with(1);
        with(0);
      }
      return;
    }
    if (value.is_object()) {
      for (const auto& [key, member] : value.items()) each_number(at / key, member);
    } else if (value.is_array()) {
      for (size_t i = 0; i < value.size(); ++i) each_number(at / i, value[i]);
    }
  }

  Json spec_;
  std::string text_;
  std::vector<std::string> list_;
};

}  // namespace

std::vector<std::string> simpler_specs(const std::string& spec) { return Edits(spec).run(); }

}  // namespace headrace::ladder
