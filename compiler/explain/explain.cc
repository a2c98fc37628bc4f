#include "headrace/explain.h"

#include <algorithm>
#include <set>

#include "compiler/explain/best_calls.h"
#include "compiler/explain/fusion.h"
#include "compiler/explain/instrument.h"
#include "compiler/explain/listing.h"
#include "compiler/explain/measured_program.h"
#include "compiler/explain/memory.h"
#include "compiler/explain/peaks.h"
#include "compiler/explain/stage_roles.h"
#include "compiler/lower/lower.h"
#include "compiler/passes/pass.h"
#include "compiler/pipeline/front_end.h"
#include "headrace/loader.h"
#include "runtime/dataset/info.h"
#include "runtime/platform/topology.h"
#include "runtime/platform/user_functions.h"

namespace headrace {
namespace {

using namespace explaining;

constexpr uint64_t kCountedSamples = 24;  // counting takes some thirty times as long as running
constexpr uint64_t kLargestBatch = 32;
constexpr double kCacheLine = 64;
constexpr const char* kLinesFile = "loop";  // no such file need be: the page has the text

/// A spec on its way through the compiler, and the measurements of what came of it.
class Explainer {
 public:
  Explainer(std::string_view spec, std::shared_ptr<const Dataset> dataset, const ExplainOptions& options)
      : spec_(spec), dataset_(std::move(dataset)), options_(options) {}

  Expected<Explanation> run() {
    if (dataset_->size() == 0) return Status("explain.empty", dataset_->path(), "has no samples to measure");
    HR_RETURN_IF_ERROR(build());
    HR_RETURN_IF_ERROR(measure_times());
    HR_RETURN_IF_ERROR(count_work());
    HR_ASSIGN_OR_RETURN(out_.peaks, measure_peaks(target_, clock_));
    floors();
    HR_RETURN_IF_ERROR(attach_code());
    return std::move(out_);
  }

 private:
  Status build() {
    HR_RETURN_IF_ERROR(check_schedule(options_.schedule));
    HR_RETURN_IF_ERROR(codegen::check_executable_memory());
    HR_ASSIGN_OR_RETURN(FrontEnd front, front_end(spec_, dataset_.get(), options_.numerics));
    graph_ = std::move(front.graph);
    HR_RETURN_IF_ERROR(passes::run(graph_));
    const std::optional<Isa> isa = options_.isa ? options_.isa : best_isa();
    if (!isa || !isa_supported(*isa)) {
      return {"isa.unsupported", "",
              "this CPU cannot run " + std::string(isa ? isa_name(*isa) : "x86-64-v3") +
                  ", and nothing can be measured"};
    }
    schedule_ = schedule_for(*isa, options_.schedule);
    target_ = {*isa, schedule_.vector_bits};
    facts_ = facts_of(dataset_.get());
    HR_ASSIGN_OR_RETURN(lowered_, lower(graph_, schedule_, facts_));
    table_.emplace(lowered_.module);
    out_.loop_text = loop::print(lowered_.module, lines_);
    describe(*isa);
    explain_fusion(spec_, graph_, lowered_, *table_, schedule_, out_);
    stages();
    return {};
  }

  void describe(Isa isa) {
    out_.generator = "LLVM " + codegen::llvm_version();
    out_.isa = isa_name(isa);
    out_.numerics = numerics_name(graph_.numerics);
    out_.vector_bits = schedule_.vector_bits;
    out_.cpu = platform::host_facts().cpu_model;
    out_.clock = clock_.name();
    out_.data = dataset_->path();
    std::set<std::string> encodings;
    for (const auto& field : summarize(*dataset_).fields) {
      if (field.kind != FieldKind::image) continue;
      for (const auto& [encoding, payloads] : field.payloads) encodings.insert(encoding);
    }
    for (const std::string& e : encodings) out_.encodings += (out_.encodings.empty() ? "" : ", ") + e;
    for (const ProgramOutput& o : lowered_.info.outputs) out_.output_bytes += double(o.sample_bytes);
  }

  void stages() {
    for (size_t i = 0; i < table_->names.size(); ++i) {
      ExplainedStage& s = out_.stages.emplace_back();
      s.name = table_->names[i];
      s.generated = i < table_->in_module;
      const StageRole role = role_of(s.name, s.generated);
      s.kind = role.kind;
      s.what = role.what;
      const auto nodes = lowered_.nodes.find(s.name);
      if (nodes != lowered_.nodes.end()) s.nodes.assign(nodes->second.begin(), nodes->second.end());
      if (s.generated) s.first_line = lines_.functions.at(&lowered_.module.functions[i]);
    }
    // A kernel reads for the resamples of coded fields, or calls functions of the user's.
    for (ExplainedStage& s : out_.stages) {
      if (s.name == kUserCall) s.what = "C functions of yours: " + called_functions();
    }
    for (graph::ValueId id = 0; id < graph_.nodes.size(); ++id) {
      const graph::Node& n = graph_[id];
      for (ExplainedStage& s : out_.stages) {
        if (n.op == graph::Op::call && s.name == kUserCall) s.nodes.push_back(id);
      }
      if (n.op != graph::Op::resample || graph_[n.operands[0]].type.kind != graph::Kind::coded) continue;
      for (ExplainedStage& s : out_.stages) {
        if (!s.generated && s.kind == StageKind::entropy) s.nodes.push_back(id);
      }
    }
  }

  std::string called_functions() const {
    std::string list;
    for (const ProgramCall& call : lowered_.info.calls)
      list += (list.empty() ? "" : ", ") + call.symbol + " of " + call.library;
    return list;
  }

  LoaderOptions loader_options(uint64_t samples) const {
    LoaderOptions options;
    options.threads = 1;
    options.order = Order::sequential;
    options.limit = samples;
    options.batch_size = std::min(samples, kLargestBatch);
    if (lowered_.info.mixes) options.batch_size = std::max<uint64_t>(2, options.batch_size / 2 * 2);
    options.tail = lowered_.info.mixes ? Tail::wrap : Tail::pad;
    options.limits = options_.limits;
    return options;
  }

  // Always the same epoch, whose random draws are the same.
  static Status run_epoch(Loader& loader) {
    HR_RETURN_IF_ERROR(loader.start_epoch(0));
    for (;;) {
      HR_ASSIGN_OR_RETURN(const Batch batch, loader.next());
      if (!batch) return {};
    }
  }

  // The same samples with and without timers, in turn; of each sample the round counts in which it was
  // disturbed least.
  Status measure_times() {
    out_.samples = std::min(options_.samples, dataset_->size());
    out_.rounds = options_.rounds;
    BestCalls plain_calls, timed_calls;
    StageClock stage_clock(table_->names.size(), clock_);
    Hooks plain;
    plain.leave = [&](const char* entry, uint64_t ticks) { plain_calls.add(entry, ticks); };
    HR_ASSIGN_OR_RETURN(const auto plain_program, MeasuredProgram::create(lowered_.module, lowered_.info,
                                                                          target_, clock_, std::move(plain)));
    Hooks timed;
    timed.enter = [&](const char* entry) {
      stage_clock.clear();
      stage_clock.enter(table_->number(entry));
    };
    timed.leave = [&](const char* entry, uint64_t ticks) {
      stage_clock.leave();
      timed_calls.add(entry, ticks, &stage_clock);
    };
    HR_ASSIGN_OR_RETURN(const auto timed_program,
                        MeasuredProgram::create(with_timers(lowered_.module, *table_, stage_clock),
                                                lowered_.info, target_, clock_, std::move(timed)));
    HR_ASSIGN_OR_RETURN(const auto plain_bound, bind_functions(plain_program, options_.libraries));
    HR_ASSIGN_OR_RETURN(const auto timed_bound, bind_functions(timed_program, options_.libraries));
    HR_ASSIGN_OR_RETURN(const auto plain_loader,
                        Loader::create(dataset_, plain_bound, loader_options(out_.samples)));
    HR_ASSIGN_OR_RETURN(const auto timed_loader,
                        Loader::create(dataset_, timed_bound, loader_options(out_.samples)));
    for (unsigned round = 0; round <= options_.rounds;
         ++round) {  // and one in which pages and buffers are touched
      plain_calls.begin_round();
      HR_RETURN_IF_ERROR(run_epoch(*plain_loader));
      timed_calls.begin_round();
      HR_RETURN_IF_ERROR(run_epoch(*timed_loader));
    }
    const auto samples = double(std::max<size_t>(timed_calls.calls("run"), 1));
    const auto ns = [&](uint64_t ticks) { return double(clock_.nanoseconds(ticks)) / samples; };
    out_.plain_ns = ns(plain_calls.ticks());
    out_.timed_ns = ns(timed_calls.ticks());
    const std::vector<uint64_t> ticks = timed_calls.stage_ticks(out_.stages.size()),
                                calls = timed_calls.stage_calls(out_.stages.size());
    for (size_t i = 0; i < out_.stages.size(); ++i) {
      out_.stages[i].ns = ns(ticks[i]);
      out_.stages[i].calls = double(calls[i]) / samples;
    }
    for (ExplainedSeam& seam : out_.seams) {
      for (const ExplainedStage& s : out_.stages)
        seam.used = seam.used && (seam.callee != s.name || s.calls > 0);
    }
    return {};
  }

  Status count_work() {
    WorkCounter counter(table_->names.size());
    HR_ASSIGN_OR_RETURN(const auto memory, MemoryProbe::create(graph_, schedule_, facts_));
    double coded = 0, scratch = 0;
    Hooks hooks;
    hooks.enter = [&](const char* entry) { counter.enter(table_->number(entry)); };
    uint64_t counted = 0;
    hooks.leave = [&](const char* entry, uint64_t) {
      counter.leave();
      counted += std::string_view(entry) == "run";
    };
    hooks.planned = [&](const hr_plan_frame& frame) {
      memory->sample(frame);
      scratch += double(frame.scratch_bytes);
      out_.largest_scratch_bytes = std::max(out_.largest_scratch_bytes, double(frame.scratch_bytes));
      for (uint32_t i = 0; i < frame.field_count; ++i) {
        if (lowered_.info.fields[i].kind == FieldKind::image)
          coded += double(frame.ranges[i].end - frame.ranges[i].begin);
      }
    };
    HR_ASSIGN_OR_RETURN(
        const auto program,
        MeasuredProgram::create(with_counters(lowered_.module, *table_, counter, schedule_.vector_bits),
                                lowered_.info, target_, clock_, std::move(hooks)));
    const uint64_t samples = std::min({kCountedSamples, options_.samples, dataset_->size()});
    HR_ASSIGN_OR_RETURN(const auto bound, bind_functions(program, options_.libraries));
    HR_ASSIGN_OR_RETURN(const auto loader, Loader::create(dataset_, bound, loader_options(samples)));
    HR_RETURN_IF_ERROR(run_epoch(*loader));
    const auto n = double(std::max<uint64_t>(counted, 1));
    out_.coded_bytes = coded / n;
    out_.scratch_bytes = scratch / n;
    for (const ExplainedMemory& part : memory->parts()) {
      if (part.largest > 0) out_.memory.push_back(part);
    }
    for (size_t i = 0; i < out_.stages.size(); ++i) {
      const Work& w = counter.work(i);
      ExplainedStage& s = out_.stages[i];
      s.bytes_read = double(w.lines_read) * kCacheLine / n;
      s.bytes_written = double(w.lines_written) * kCacheLine / n;
      s.bytes_loaded = double(w.loaded) / n;
      s.bytes_stored = double(w.stored) / n;
      s.vector_ops = double(w.vector_ops) / n;
      streamed_.push_back(double(w.lines_streamed) * kCacheLine / n);
    }
    foreign_bytes(*memory);
    return {};
  }

  // What kernels read and write, which is not counted: the sample's coded bytes, of packed images what the
  // IDCT reads, and the images that functions get and leave.
  void foreign_bytes(const MemoryProbe& memory) {
    double coefficients = 0;
    for (const ExplainedStage& s : out_.stages) {
      if (s.kind == StageKind::idct) coefficients += s.bytes_read;
    }
    for (ExplainedStage& s : out_.stages) {
      if (s.name == "hr_packed_unit") s.bytes_written = coefficients;
      if (s.name == kUserCall) {
        s.bytes_read = memory.handed_bytes();
        s.bytes_written = memory.left_bytes();
      }
      if ((s.name == "hr_packed_unit" || s.name == "hr_image_rows") && s.calls > 0)
        s.bytes_read = out_.coded_bytes;
    }
  }

  // The least time a stage can take: each limit of the processor alone, and the largest counts.
  void floors() {
    const ExplainedPeaks& p = out_.peaks;
    for (size_t i = 0; i < out_.stages.size(); ++i) {
      ExplainedStage& s = out_.stages[i];
      const auto limit = [&](double ns, const char* by) {
        if (ns <= s.floor_ns) return;
        s.floor_ns = ns;
        s.floor_by = by;
      };
      if (s.generated && (s.name == "plan" || !table_->callees[i].empty()))
        continue;  // what decides and calls has none
      limit(streamed_[i] / p.memory_bytes_per_ns, "memory");
      limit((s.bytes_read + s.bytes_written - streamed_[i]) / p.l2_bytes_per_ns, "second cache");
      limit((s.bytes_loaded + s.bytes_stored) / p.l1_bytes_per_ns, "first cache");
      limit(s.vector_ops / p.vector_ops_per_ns, "arithmetic");
    }
  }

  Status attach_code() {
    codegen::Target target = target_;
    target.debug_source = kLinesFile;
    HR_ASSIGN_OR_RETURN(const std::string assembly,
                        codegen::emit_text(lowered_.module, target, codegen::Form::assembly));
    auto listing = read_listing(assembly);
    const auto lines = int(std::count(out_.loop_text.begin(), out_.loop_text.end(), '\n'));
    for (size_t i = 0; i < table_->in_module; ++i) {
      ExplainedStage& s = out_.stages[i];
      const int next = i + 1 < table_->in_module ? out_.stages[i + 1].first_line - 1 : lines + 1;
      s.line_count = next - s.first_line;
      s.code = std::move(listing[s.name]);
    }
    return {};
  }

  std::string_view spec_;
  std::shared_ptr<const Dataset> dataset_;
  ExplainOptions options_;
  platform::TickClock clock_;
  graph::Graph graph_;
  Schedule schedule_;
  Facts facts_;
  codegen::Target target_;
  Lowered lowered_;
  loop::Lines lines_;
  std::optional<FunctionTable> table_;
  std::vector<double> streamed_;  // bytes, by stage
  Explanation out_;
};

}  // namespace

Expected<Explanation> explain(std::string_view spec_json, std::shared_ptr<const Dataset> dataset,
                              const ExplainOptions& options) {
  return Explainer(spec_json, std::move(dataset), options).run();
}

}  // namespace headrace
