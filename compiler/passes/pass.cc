#include "compiler/passes/pass.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "compiler/spec/suggest.h"
#include "compiler/spec/text.h"

namespace headrace::passes {

namespace {
constexpr Pass kPasses[] = {
    {"infer", Tag::exact, infer},
    {"canonicalize", Tag::exact, canonicalize},
    {"hoist-geometry", Tag::exact, hoist_geometry},
    {"fold-flips", Tag::exact, fold_flips},
    {"fuse-resample", Tag::exact, fuse_resample},
    {"compose-affine", Tag::approx, compose_affine},
    {"widen-resample", Tag::approx, widen_resample},
    {"resample-planes", Tag::approx, resample_planes},
    {"fuse-strips", Tag::exact, fuse_strips},
    {"cleanup", Tag::exact, canonicalize},
};

bool known(const std::string& name) {
  return std::any_of(std::begin(kPasses), std::end(kPasses), [&](const Pass& p) { return p.name == name; });
}
}  // namespace

std::span<const Pass> all() { return kPasses; }

Status run(graph::Graph& graph, const Options& options) {
  Status status;
  auto check_name = [&](const std::string& name) {
    if (known(name)) return;
    std::string list;
    std::vector<std::string_view> names;
    for (const Pass& p : kPasses) {
      names.push_back(p.name);
      list += (list.empty() ? "" : ", ") + std::string(p.name);
    }
    const auto near = spec::nearest(name, names);
    status.add("compile.unknown_pass", "",
               "there is no pass " + spec::quote(name) +
                   (near ? "; did you mean " + spec::quote(*near) + "?" : "; the passes are " + list));
  };
  if (!options.stop_after.empty()) check_name(options.stop_after);
  for (const std::string& name : options.disable) check_name(name);
  if (!status.ok()) return status;

  for (const Pass& pass : kPasses) {
    const bool skip = (pass.tag == Tag::approx && graph.numerics == Numerics::exact) ||
                      std::find(options.disable.begin(), options.disable.end(), pass.name) != options.disable.end();
    if (!skip) {
      std::optional<graph::Graph> before;
      if (options.after) before = graph;
      const auto start = std::chrono::steady_clock::now();
      pass.run(graph);
      const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
      if (options.after) options.after(pass, !(graph == *before), graph, ns);
      Status verified = graph::verify(graph);
      if (!verified.ok()) {
        Status failed("compile.internal", std::string(pass.name), "the pass left a graph that does not verify");
        failed.append(verified);
        return failed;
      }
    }
    if (pass.name == options.stop_after) break;
  }
  return {};
}

}  // namespace headrace::passes
