#include "headrace/loader_state.h"

namespace headrace {

std::string LoaderState::to_json() const {
  return "{\"state\":" + std::to_string(version) + ",\"numerics\":" + std::to_string(numerics_version) +
         ",\"seed\":" + std::to_string(seed) + ",\"epoch\":" + std::to_string(epoch) +
         ",\"consumed\":" + std::to_string(consumed) + ",\"of\":\"" + dataset + "/" + pipeline + "/" + order +
         "\"}";
}

Status compare_states(const LoaderState& saved, const LoaderState& current) {
  Status status;
  const auto text = [](const std::string& value) { return value.empty() ? std::string("none") : value; };
  const auto compare = [&](const char* code, const std::string& a, const std::string& b,
                           const std::string& what, const std::string& meaning) {
    if (a != b)
      status.add(code, "",
                 what + " was " + text(a) + " when the state was saved and is " + text(b) + " now" + meaning);
  };
  compare("state.numerics", std::to_string(saved.numerics_version), std::to_string(current.numerics_version),
          "the numerics version", ": this release may compute other bytes");
  compare("state.seed", std::to_string(saved.seed), std::to_string(current.seed), "the seed", "");
  compare("state.dataset", saved.dataset, current.dataset, "the dataset's fingerprint",
          ": the file has other samples");
  compare("state.pipeline", saved.pipeline, current.pipeline, "the pipeline's key",
          ": it computes something else");
  compare("state.order", saved.order, current.order, "the order's key",
          ": order, window, pages, selection, weights, limit, tail policy or global batch differ");
  return status;
}

}  // namespace headrace
