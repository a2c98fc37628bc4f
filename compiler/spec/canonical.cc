#include "compiler/spec/canonical.h"

#include <map>
#include <string_view>

#include "compiler/spec/filter.h"
#include "compiler/spec/text.h"

namespace headrace {
namespace {

using spec::json_string;
using spec::number_text;

constexpr std::string_view kSharedPrefix = "/shared/";

std::string size_text(const Size2& s) {
  return "[" + std::to_string(s.height) + "," + std::to_string(s.width) + "]";
}

std::string pair_text(const std::pair<double, double>& p) {
  return "[" + number_text(p.first) + "," + number_text(p.second) + "]";
}

std::string list_text(const std::vector<double>& values) {
  std::string out = "[";
  for (const double v : values) out += (out.size() > 1 ? "," : "") + number_text(v);
  return out + "]";
}

/// The keys of a Filter, each with a comma before it.
std::string filter_text(Filter filter) {
  std::string out = ",\"filter\":" + json_string(spec::filter_name(filter));
  if (spec::is_bilinear(filter))
    out += filter == Filter::bilinear ? ",\"antialias\":true" : ",\"antialias\":false";
  return out;
}

/// The keys of an op after "op", each with a comma before it.
struct ParamsText {
  std::string operator()(const spec::Field& p) const {
    return ",\"field\":" + json_string(p.field) + (p.length ? ",\"length\":" + std::to_string(*p.length) : "");
  }
  std::string operator()(const spec::Decode& p) const {
    const bool scaled = p.idct_scale == spec::IdctScale::automatic;
    return ",\"field\":" + json_string(p.field) + (scaled ? ",\"idct_scale\":\"auto\"" : "");
  }
  std::string operator()(const spec::Crop& p) const {
    return ",\"top\":" + std::to_string(p.top) + ",\"left\":" + std::to_string(p.left) +
           ",\"size\":" + size_text(p.size);
  }
  std::string operator()(const spec::CenterCrop& p) const { return ",\"size\":" + size_text(p.size); }
  std::string operator()(const spec::RandomCrop& p) const { return ",\"size\":" + size_text(p.size); }
  std::string operator()(const spec::RandomResizedCrop& p) const {
    return ",\"size\":" + size_text(p.size) + ",\"scale\":" + pair_text(p.scale) +
           ",\"ratio\":" + pair_text(p.ratio) + filter_text(p.filter);
  }
  std::string operator()(const spec::Resize& p) const {
    return (p.size ? ",\"size\":" + size_text(*p.size)
                   : ",\"short_side\":" + std::to_string(p.short_side.value_or(0))) +
           filter_text(p.filter);
  }
  std::string operator()(const spec::Flip& p) const { return p.p ? ",\"p\":" + number_text(*p.p) : ""; }
  std::string operator()(const spec::Normalize& p) const {
    return ",\"mean\":" + list_text(p.mean) + ",\"std\":" + list_text(p.std) + ",\"range\":[0," +
           std::to_string(p.range) + "]";
  }
  std::string operator()(const spec::Convert& p) const {
    return ",\"dtype\":" + json_string(dtype_name(p.dtype)) +
           (p.scale ? ",\"scale\":" + number_text(*p.scale) : "");
  }
  std::string operator()(const spec::Map& p) const {
    return ",\"expr\":" + json_string(p.expr) + (p.dtype ? ",\"dtype\":" + json_string(dtype_name(*p.dtype)) : "");
  }
  std::string operator()(const spec::Call& p) const {
    return ",\"symbol\":" + json_string(p.symbol) + ",\"library\":" + json_string(p.library) +
           (p.by_row ? ",\"per\":\"row\"" : ",\"per\":\"image\"") + ",\"in\":" + json_string(dtype_name(p.in)) +
           ",\"out\":" + json_string(dtype_name(p.out));
  }
  std::string operator()(const spec::OneHot& p) const {
    return p.classes ? ",\"classes\":" + std::to_string(*p.classes) : "";
  }
  std::string operator()(const spec::LabelSmoothing& p) const { return ",\"epsilon\":" + number_text(p.epsilon); }
  std::string operator()(const spec::SetLayout& p) const {
    return ",\"layout\":" + json_string(layout_name(p.layout));
  }
};

std::string op_text(const spec::Op& op) {
  return "{\"op\":" + json_string(op.name) + std::visit(ParamsText(), op.params) + "}";
}

/// Name of the shared op this one stands for; empty if it is the list's own.
std::string_view shared_name(const spec::Op& op) {
  const std::string_view id = op.rng_id;
  return id.substr(0, kSharedPrefix.size()) == kSharedPrefix ? id.substr(kSharedPrefix.size())
                                                             : std::string_view();
}

/// A use states its filter, so that it does not matter which use the shared op is written after.
std::string element_text(const spec::Op& op) {
  const std::string_view shared = shared_name(op);
  if (shared.empty()) return op_text(op);
  const Filter* filter = spec::filter_of(op.params);
  return "{\"use\":" + json_string(shared) + (filter != nullptr ? filter_text(*filter) : "") + "}";
}

std::string loader_text(const spec::LoaderDefaults& loader) {
  std::string out;
  const auto add = [&](const std::string& key, const std::string& value) {
    out += (out.empty() ? "\"" : ",\"") + key + "\":" + value;
  };
  if (loader.order) add("order", json_string(*loader.order));
  if (loader.window_bytes) add("window_bytes", std::to_string(*loader.window_bytes));
  if (loader.tail) add("tail", json_string(*loader.tail));
  return "{" + out + "}";
}

std::string mix_text(const spec::Mix& m) {
  std::string out = std::string("{\"op\":") + (m.cuts ? "\"cutmix\"" : "\"mixup\"") + ",\"alpha\":" + number_text(m.alpha) +
                    ",\"p\":" + number_text(m.p) + ",\"outputs\":[";
  for (size_t i = 0; i < m.outputs.size(); ++i) out += (i > 0 ? "," : "") + json_string(m.outputs[i]);
  return out + "]}";
}

/// The section with its key and a comma before it; empty if nothing is mixed.
std::string batch_text(const std::vector<spec::BatchStep>& batch) {
  std::string out;
  for (const spec::BatchStep& step : batch) {
    std::string ops;
    for (const spec::Mix& m : step.ops) ops += (ops.empty() ? "" : ",") + mix_text(m);
    out += out.empty() ? "" : ",";
    out += step.weights.empty()
               ? ops
               : "{\"op\":\"random_choice\",\"ops\":[" + ops + "],\"weights\":" + list_text(step.weights) + "}";
  }
  return batch.empty() ? "" : ",\"batch\":[" + out + "]";
}

/// The shared op itself: as in its first use.
std::string shared_text(const spec::Spec& spec) {
  std::map<std::string_view, const spec::Op*> ops;
  for (const spec::Output& output : spec.outputs) {
    for (const spec::Op& op : output.ops) {
      if (const std::string_view name = shared_name(op); !name.empty()) ops.emplace(name, &op);
    }
  }
  std::string out;
  for (const auto& [name, op] : ops) out += (out.empty() ? "" : ",") + json_string(name) + ":" + op_text(*op);
  return "{" + out + "}";
}

}  // namespace

std::string canonical_json(const spec::Spec& spec) {
  std::string out = "{\"headrace\":1,\"numerics\":" + json_string(numerics_name(spec.numerics)) +
                    ",\"loader\":" + loader_text(spec.loader) + ",\"shared\":" + shared_text(spec) +
                    ",\"outputs\":{";
  for (size_t i = 0; i < spec.outputs.size(); ++i) {
    const spec::Output& output = spec.outputs[i];
    out += (i > 0 ? "," : "") + json_string(output.name) + ":[";
    for (size_t k = 0; k < output.ops.size(); ++k) out += (k > 0 ? "," : "") + element_text(output.ops[k]);
    out += "]";
  }
  return out + "}" + batch_text(spec.batch) + "}";
}

}  // namespace headrace
