// In place of the measurements, where headrace is built without its code generator.
#include "headrace/explain.h"

namespace headrace {

Expected<Explanation> explain(std::string_view, std::shared_ptr<const Dataset>, const ExplainOptions&) {
  return Status(
      "compile.no_jit", "",
      "headrace was built without its compiler (HEADRACE_JIT=OFF), and there is no code to explain");
}

}  // namespace headrace
