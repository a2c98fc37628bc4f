// headrace ops: the operations of the spec language.
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "compiler/spec/op_reference.h"
#include "compiler/spec/op_reference_text.h"
#include "compiler/spec/suggest.h"
#include "compiler/spec/text.h"

namespace headrace::cli {
namespace {

class Ops final : public Command {
 public:
  CLI::App* declare(CLI::App& parent) override {
    CLI::App* app = parent.add_subcommand("ops", "Lists the operations of pipelines, or explains one");
    app->footer(
        "Examples:\n"
        "  headrace ops\n"
        "  headrace ops random_resized_crop");
    CLI::Option* const name =
        app->add_option("NAME", name_, "print this operation's keys, defaults and examples")->type_name("");
    app->add_flag("--markdown", markdown_, "print all operations in full, as docs/spec.md has them")
        ->excludes(name);
    return app;
  }

  ExitCode run() override {
    if (markdown_) {
      print(spec::ops_markdown());
    } else if (!name_) {
      print(spec::ops_text());
    } else if (const spec::OpReference* op = spec::find_op_reference(*name_)) {
      print(spec::op_text(*op));
    } else {
      std::vector<std::string_view> names;
      for (const spec::OpReference& each : spec::op_references()) names.push_back(each.name);
      throw CLI::ValidationError("NAME",
                                 "there is no operation " + spec::quote(*name_) + spec::hint(*name_, names));
    }
    return kOk;
  }

 private:
  std::optional<std::string> name_;
  bool markdown_ = false;
};

}  // namespace

std::unique_ptr<Command> make_ops() { return std::make_unique<Ops>(); }

}  // namespace headrace::cli
