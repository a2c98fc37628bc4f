#include "tests/ladder/ladder.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "compiler/frontend/build_graph.h"
#include "compiler/passes/pass.h"
#include "compiler/spec.h"
#include "tests/compiler/batch_testing.h"
#include "tests/compiler/random_spec.h"
#include "tests/compiler/random_stream.h"
#include "tests/ladder/graph_steps.h"
#include "tests/ladder/private_folder.h"
#include "tests/ladder/rung_programs.h"
#include "tests/ladder/stored_samples.h"

namespace headrace::ladder {
namespace {

using testing::difference;
using testing::run_sample;
using testing::RunResult;

using Clock = std::chrono::steady_clock;

constexpr int kMixedBatches = 2;

std::string first_word(const std::string& rung) { return rung.substr(0, rung.find(' ')); }

/// One case on its way up.
class Climber {
 public:
  Climber(const LadderCase& c, const std::string& only, const Tamper& tamper, testing::StageCache& cache,
          const std::function<void(const std::string&)>& on_rung)
      : case_(c),
        only_(only),
        tamper_(tamper),
        cache_(cache),
        on_rung_(on_rung),
        choices_(choose(c.variation)) {}

  Expected<Climb> run() {
    const auto& fields = testing::random_spec_fields();
    HR_ASSIGN_OR_RETURN(const spec::Spec spec, parse_spec(case_.spec, &fields));
    HR_ASSIGN_OR_RETURN(const graph::Graph built, build_graph(spec, &fields));
    climb_.calls = uint64_t(std::count_if(built.nodes.begin(), built.nodes.end(),
                                          [](const graph::Node& n) { return n.op == graph::Op::call; }));
    HR_ASSIGN_OR_RETURN(steps_, graph_steps(built, tamper_));
    HR_ASSIGN_OR_RETURN(StoredSamples stored, StoredSamples::create(case_, folder_.path()));
    samples_ = &stored.all();
    HR_RETURN_IF_ERROR(interpret(built));
    if (!climb_.failure) HR_RETURN_IF_ERROR(generate(stored));
    end();
    return std::move(climb_);
  }

 private:
  bool wanted(const std::string& rung) const { return only_.empty() || only_ == rung; }
  const Program& reference() const { return *steps_.back().program; }

  void failed(const std::string& rung, const std::string& difference) {
    if (!climb_.failure) climb_.failure = Failure{rung, difference};
  }

  void begin(const std::string& rung) {
    end();
    current_ = first_word(rung);
    if (on_rung_) on_rung_(rung);
  }
  void end() {
    const auto now = Clock::now();
    if (!current_.empty())
      climb_.microseconds[current_] +=
          uint64_t(std::chrono::duration_cast<std::chrono::microseconds>(now - began_).count());
    began_ = now;
  }

  static Status blamed(const std::string& rung, const Status& status) {
    return Status("ladder.rung", rung, "its program cannot be made: " + status.to_string());
  }

  RunResult run_on(const Program& program, const Sample& s) {
    return run_sample(program, s.image, s.key, s.label);
  }

  // The graph interpreter, pass by pass; leaves what the other rungs are compared with.
  Status interpret(const graph::Graph& built) {
    for (const Sample& s : *samples_) {
      // What a full decode says of a damaged file is not what a cropped one says.
      const bool last_only = s.damaged || (!only_.empty() && first_word(only_) != "pass");
      RunResult before;
      for (size_t i = last_only ? steps_.size() - 1 : 0; i < steps_.size(); ++i) {
        const std::string rung = i == 0 ? "pass" : "pass " + steps_[i].pass;
        begin(rung);
        RunResult after = run_on(*steps_[i].program, s);
        ++climb_.runs["pass"];
        if (!after.problem.empty()) failed(rung, s.name + ": " + after.problem);
        if (i > 0 && !last_only && steps_[i].exact && wanted(rung)) {
          if (std::string d = difference(before, after); !d.empty()) failed(rung, s.name + ": " + d);
        }
        before = std::move(after);
      }
      results_.push_back(std::move(before));
      ++(results_.back().code == HR_OK ? climb_.kinds[encoding_name(s.image.encoding)] : climb_.refused);
      climb_.refused_by_functions += results_.back().code == HR_E_USER;
    }
    return climb_.failure ? Status() : leave_out_a_pass(built);
  }

  static std::string encoding_name(uint32_t encoding) {
    static constexpr const char* kNames[] = {"none", "jpeg", "rgb", "packed", "ycc"};
    return encoding < std::size(kNames) ? kNames[encoding] : "?";
  }

  // In exact numerics every pass may be left out.
  Status leave_out_a_pass(const graph::Graph& built) {
    if (built.numerics != Numerics::exact || tamper_.graph) return {};
    std::vector<std::string> names;
    for (const passes::Pass& p : passes::all()) {
      if (p.tag == passes::Tag::exact) names.emplace_back(p.name);
    }
    const std::string pass = names[case_.variation % names.size()], rung = "without " + pass;
    if (!wanted(rung)) return {};
    begin(rung);
    const auto programs = without_pass(built, pass);
    if (!programs.ok()) return blamed(rung, programs.status());
    for (const ProgramPtr& program : *programs) {
      for (size_t i = 0; i < samples_->size() && !climb_.failure; ++i) {
        const Sample& s = (*samples_)[i];
        if (s.damaged) continue;
        ++climb_.runs["without"];
        if (std::string d = difference(results_[i], run_on(*program, s)); !d.empty())
          failed(rung, s.name + " (" + program->info().engine + "): " + d);
      }
    }
    return {};
  }

  // One rung of those that are compared with the reference. False: it differs, or is not made.
  using Make = std::function<Expected<ProgramPtr>(const std::string& rung)>;
  Status try_rung(const std::string& rung, const Make& make, ProgramPtr* keep = nullptr) {
    if (climb_.failure || (!wanted(rung) && keep == nullptr)) return {};
    begin(rung);
    auto program = make(rung);
    if (!program.ok()) return blamed(rung, program.status());
    if (keep != nullptr) *keep = *program;
    if (!wanted(rung)) return {};
    for (size_t i = 0; i < samples_->size(); ++i) {
      const Sample& s = (*samples_)[i];
      ++climb_.runs[first_word(rung)];
      if (std::string d = difference(results_[i], run_on(**program, s)); !d.empty()) {
        failed(rung, s.name + ": " + d);
        return {};
      }
    }
    if (!reference().info().mixes) return {};
    int mixed = 0;
    if (std::string d = testing::compare_batches(reference(), **program, case_.seed, kMixedBatches, mixed);
        !d.empty())
      failed(rung, d);
    return {};
  }

  Status generate(StoredSamples& stored) {
    const RungPrograms programs(cache_, tamper_, steps_.back().graph, choices_, folder_.path());
    HR_RETURN_IF_ERROR(try_rung("loop " + schedule_name(choices_.loop),
                                [&](const std::string& r) { return programs.loop(r); }));
    if (choices_.levels.empty()) return {};
    const Choices::Level& plain = choices_.levels[choices_.plain];
    const Choices::Level& cached = choices_.levels[choices_.cached];
    HR_RETURN_IF_ERROR(try_rung("O0 " + plain.name(), [&](const std::string& r) {
      return programs.code(r, plain, codegen::Effort::none);
    }));
    // The loader runs the last of these, or one of the objects.
    const bool loads_code = case_.variation % 3 == 0, loads_cached = case_.variation % 3 == 1;
    const bool threads = only_.empty() || first_word(only_) == "loader";
    ProgramPtr loaded;
    for (const Choices::Level& level : choices_.levels) {
      HR_RETURN_IF_ERROR(try_rung(
          "O2 " + level.name(),
          [&](const std::string& r) { return programs.code(r, level, codegen::Effort::full); },
          threads && loads_code ? &loaded : nullptr));
    }
    HR_RETURN_IF_ERROR(try_rung(
        "cached " + cached.name(), [&](const std::string& r) { return programs.cached(r, cached); },
        threads && loads_cached ? &loaded : nullptr));
    HR_RETURN_IF_ERROR(objects(programs, threads && !loads_code && !loads_cached ? &loaded : nullptr));
    return threads ? load(stored, loaded) : Status();
  }

  Status objects(const RungPrograms& programs, ProgramPtr* keep) {
    if (climb_.failure || (!only_.empty() && first_word(only_) != "aot" && keep == nullptr)) return {};
    std::vector<std::string> rungs;
    for (const Choices::Level& level : choices_.levels) rungs.push_back("aot " + level.name());
    begin(rungs.front());
    if (const Status s = programs.write_object(rungs); !s.ok()) return blamed("aot", s);
    for (size_t i = 0; i < rungs.size(); ++i) {
      const auto make = [&](const std::string& r) { return programs.aot(r, choices_.levels[i]); };
      HR_RETURN_IF_ERROR(try_rung(rungs[i], make, keep));
    }
    return {};
  }

  Status load(StoredSamples& stored, ProgramPtr program) {
    if (climb_.failure) return {};
    HR_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset, stored.dataset());
    if (!dataset) return {};
    for (const unsigned threads : {1u, 2u, 4u}) {
      const std::string rung = "loader " + std::to_string(threads);
      if (!wanted(rung) || climb_.failure) continue;
      begin(rung);
      ProgramPtr used = program;
      if (tamper_.program) tamper_.program(rung, used);
      climb_.runs["loader"] += dataset->size();
      const std::string d = compare_loader(dataset, used, reference(), *samples_, results_, case_, threads);
      if (!d.empty()) failed(rung, d);
    }
    return {};
  }

  const LadderCase& case_;
  const std::string& only_;
  const Tamper& tamper_;
  testing::StageCache& cache_;
  const std::function<void(const std::string&)>& on_rung_;
  const Choices choices_;
  const PrivateFolder folder_;
  std::vector<GraphStep> steps_;
  const std::vector<Sample>* samples_ = nullptr;
  std::vector<RunResult> results_;  // of the reference
  std::string current_;             // kind of the rung that is being tried
  Clock::time_point began_ = Clock::now();
  Climb climb_;
};

}  // namespace

Expected<Climb> Ladder::climb(const LadderCase& c, const std::string& only) {
  return Climber(c, only, tamper_, cache_, on_rung).run();
}

}  // namespace headrace::ladder
