#include "compiler/aot/c_header.h"

#include <algorithm>
#include <cctype>

namespace headrace {
namespace {

std::string upper(const std::string& name) {
  std::string text = name;
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string joined(const std::vector<int64_t>& numbers) {
  std::string text;
  for (const int64_t n : numbers) text += (text.empty() ? "" : ", ") + std::to_string(n);
  return text;
}

/// Text that cannot end the comment it stands in.
std::string in_comment(std::string text) {
  for (size_t at = 0; (at = text.find("*/", at)) != std::string::npos;) text.replace(at, 2, "* /");
  return text;
}

class Header {
 public:
  explicit Header(const ObjectInfo& info) : info_(info), prefix_(upper(info.name) + "_") {}

  std::string text() {
    introduction();
    const std::string guard = "HEADRACE_OBJECT_" + upper(info_.name) + "_H";
    line("#ifndef " + guard);
    line("#define " + guard);
    line("");
    line("#include \"headrace/object.h\"");
    line("");
    constants();
    calls();
    fields();
    outputs();
    line("#ifdef __cplusplus");
    line("extern \"C\" {");
    line("#endif");
    line("");
    line("/* The pipeline in " + info_.name + ".o (`headrace compile --emit obj`). A shared object has it as headrace_object. */");
    line("extern const hr_object headrace_object_" + info_.name + ";");
    line("");
    line("#ifdef __cplusplus");
    line("}");
    line("#endif");
    line("#endif /* " + guard + " */");
    return text_;
  }

 private:
  void line(const std::string& s) { text_ += s + "\n"; }
  void define(const std::string& name, const std::string& value) { line("#define " + prefix_ + name + " " + value); }

  void introduction() {
    line("/* Pipeline \"" + info_.name + "\", compiled ahead of time by " + info_.producer + ".");
    line(" *");
    line(" *   " + in_comment(info_.spec));
    line(" *");
    line(" * Load it with headrace_program_load() or headrace_program_from_object() (headrace/headrace.h), or with");
    line(" * headrace::load_object() (headrace/aot.h), which check it and choose the best level this CPU has. Whoever calls");
    line(" * the entry points themselves finds their contract in headrace/abi.h:");
    line(" *");
    line(" *   levels[i].plan(hr_plan_frame*)   without the sample's data: slots, byte ranges, scratch size");
    line(" *   levels[i].run(hr_run_frame*)     one sample to the outputs");
    line(" *   levels[i].batch(hr_batch_frame*) " + std::string(info_.program.mixes ? "mixes pairs of rows of a batch" : "null: nothing here mixes samples") + " */");
  }

  void constants() {
    std::string levels;
    for (const ObjectLevel& level : info_.levels) levels += (levels.empty() ? "" : ",") + level.isa;
    define("ABI_VERSION", std::to_string(info_.abi_version) + "u");
    define("KEY", "\"" + info_.key + "\" /* SHA-256 over all that made the code */");
    define("LEVEL_COUNT", std::to_string(info_.levels.size()));
    define("LEVELS", "\"" + levels + "\" /* of " + std::string(arch_name(info_.arch)) + "; levels[] in this order */");
    define("NUMERICS", "\"" + std::string(numerics_name(info_.program.numerics)) + "\"");
    define("ENCODINGS", std::to_string(info_.encodings) + "u /* images it runs: bit e for HR_ENCODING_* e */");
    line("/* Values plan() hands on to run(). Scratch memory depends on the sample: hr_plan_frame.scratch_bytes, aligned to");
    line(" * HR_BUFFER_ALIGNMENT. */");
    define("SLOT_COUNT", std::to_string(info_.program.slot_count));
    line("");
  }

  void calls() {
    if (info_.program.calls.empty()) return;
    line("/* C functions it calls (headrace/user_op.h), in the order of hr_run_frame.functions. Whoever loads the object names");
    line(" * their libraries.");
    for (const ProgramCall& c : info_.program.calls) line(" *   " + in_comment(c.symbol + " of " + c.library));
    line(" */");
    define("FUNCTION_COUNT", std::to_string(info_.program.calls.size()));
    line("");
  }

  void fields() {
    line("/* Fields of the dataset, in the order of hr_run_frame.fields. */");
    line("enum {");
    for (const ProgramField& f : info_.program.fields) {
      line("  " + prefix_ + "FIELD_" + upper(f.name) + ", /* " + std::string(field_kind_name(f.kind)) + " */");
    }
    line("  " + prefix_ + "FIELD_COUNT");
    line("};");
    line("");
  }

  void outputs() {
    line("/* Outputs, in the order of hr_run_frame.outputs. Shapes are of one sample, strides in elements; a batch puts samples");
    line(" * one after another. */");
    line("enum {");
    for (const ProgramOutput& o : info_.program.outputs) line("  " + prefix_ + "OUTPUT_" + upper(o.name) + ",");
    line("  " + prefix_ + "OUTPUT_COUNT");
    line("};");
    for (const ProgramOutput& o : info_.program.outputs) {
      const std::string name = upper(o.name) + "_";
      define(name + "DTYPE", "\"" + std::string(dtype_name(o.dtype)) + "\"");
      if (o.layout != Layout::none) define(name + "LAYOUT", "\"" + std::string(layout_name(o.layout)) + "\"");
      define(name + "RANK", std::to_string(o.shape.size()));
      if (!o.shape.empty()) {
        define(name + "SHAPE", joined(o.shape));
        define(name + "STRIDES", joined(o.strides));
      }
      define(name + "SAMPLE_BYTES", std::to_string(o.sample_bytes) + "u");
    }
    line("");
  }

  const ObjectInfo& info_;
  std::string prefix_, text_;
};

}  // namespace

std::string object_c_header(const ObjectInfo& info) { return Header(info).text(); }

}  // namespace headrace
