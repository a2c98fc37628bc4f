// The C interface over the C++ one. No exception passes it.
#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "headrace/aot.h"
#include "headrace/dataset.h"
#include "headrace/digest.h"
#include "headrace/headrace.h"
#include "headrace/loader.h"
#include "runtime/aot/object_program.h"

using namespace headrace;  // NOLINT(google-build-using-namespace): the C ABI has no namespace

struct headrace_error {
  std::string code, message;
};
struct headrace_dataset {
  std::shared_ptr<const Dataset> dataset;
};
struct headrace_program {
  std::shared_ptr<const Program> program;
  ObjectInfo info;
  LoaderOptions loader;
};
struct headrace_loader {
  std::unique_ptr<Loader> loader;
  size_t outputs;
};
struct headrace_batch {
  Batch batch;
  size_t outputs;
};
struct headrace_digest {
  ProgramInfo info;
  Digest digest;
  std::string hex;
};

namespace {

void set_error(headrace_error** error, const Status& status) {
  if (error != nullptr) *error = new headrace_error{status.code(), status.to_string()};
}

/// Runs `body`, which returns an Expected; its value, or `failed` with the error set.
template <class T, class Body>
T guarded(headrace_error** error, T failed, Body body) noexcept {
  try {
    auto result = body();
    if (result.ok()) return std::move(result).value();
    set_error(error, result.status());
  } catch (const std::exception& e) {
    try {
      set_error(error, Status("internal", "", e.what()));
    } catch (...) {
      if (error != nullptr) *error = nullptr;  // not even the error can be told
    }
  }
  return failed;
}

Expected<ObjectOptions> object_options(const char* isa, const char* const* libraries, size_t library_count) {
  ObjectOptions options;
  options.libraries.assign(libraries, libraries + library_count);
  if (isa == nullptr) return options;
  options.isa = parse_isa(isa);
  if (!options.isa) return Status("object.isa", "", "\"" + std::string(isa) + "\" is no level");
  return options;
}

Expected<headrace_program*> make_program(aot::LoadedObject loaded) {
  HR_ASSIGN_OR_RETURN(LoaderOptions loader, object_loader_options(loaded.info));
  return new headrace_program{std::move(loaded.program), std::move(loaded.info), std::move(loader)};
}

Expected<LoaderOptions> loader_options(const headrace_program& program, const headrace_loader_options* given) {
  LoaderOptions options = program.loader;
  if (given == nullptr) return options;
  options.batch_size = given->batch_size;
  options.threads = static_cast<unsigned>(std::min<uint64_t>(given->threads, UINT32_MAX));
  options.seed = given->seed;
  options.limit = given->limit;
  options.rank = given->rank;
  options.world_size = given->world_size;
  if (given->order != nullptr) {
    HR_ASSIGN_OR_RETURN(options.order, parse_order(given->order));
  }
  if (given->tail != nullptr) {
    HR_ASSIGN_OR_RETURN(options.tail, parse_tail(given->tail));
  }
  return options;
}

}  // namespace

const char* headrace_version(void) { return HEADRACE_VERSION; }

const char* headrace_error_code(const headrace_error* error) { return error->code.c_str(); }
const char* headrace_error_message(const headrace_error* error) { return error->message.c_str(); }
void headrace_error_free(headrace_error* error) { delete error; }

headrace_dataset* headrace_dataset_open(const char* path, headrace_error** error) {
  return guarded<headrace_dataset*>(error, nullptr, [&]() -> Expected<headrace_dataset*> {
    HR_ASSIGN_OR_RETURN(auto dataset, Dataset::open(path));
    return new headrace_dataset{std::move(dataset)};
  });
}
uint64_t headrace_dataset_samples(const headrace_dataset* dataset) { return dataset->dataset->size(); }
void headrace_dataset_close(headrace_dataset* dataset) { delete dataset; }

headrace_program* headrace_program_load_with(const char* path, const char* isa, const char* const* libraries,
                                             size_t library_count, headrace_error** error) {
  return guarded<headrace_program*>(error, nullptr, [&]() -> Expected<headrace_program*> {
    HR_ASSIGN_OR_RETURN(const ObjectOptions options, object_options(isa, libraries, library_count));
    HR_ASSIGN_OR_RETURN(aot::LoadedObject loaded, aot::load(path, options));
    return make_program(std::move(loaded));
  });
}
headrace_program* headrace_program_from_object_with(const hr_object* object, const char* isa,
                                                    const char* const* libraries, size_t library_count,
                                                    headrace_error** error) {
  return guarded<headrace_program*>(error, nullptr, [&]() -> Expected<headrace_program*> {
    HR_ASSIGN_OR_RETURN(const ObjectOptions options, object_options(isa, libraries, library_count));
    HR_ASSIGN_OR_RETURN(aot::LoadedObject loaded, aot::load(*object, options));
    return make_program(std::move(loaded));
  });
}
headrace_program* headrace_program_load(const char* path, const char* isa, headrace_error** error) {
  return headrace_program_load_with(path, isa, nullptr, 0, error);
}
headrace_program* headrace_program_from_object(const hr_object* object, const char* isa, headrace_error** error) {
  return headrace_program_from_object_with(object, isa, nullptr, 0, error);
}
const char* headrace_program_isa(const headrace_program* program) { return program->program->info().isa.c_str(); }
const char* headrace_program_key(const headrace_program* program) { return program->info.key.c_str(); }
void headrace_program_free(headrace_program* program) { delete program; }

size_t headrace_program_output_count(const headrace_program* program) {
  return program->program->info().outputs.size();
}
int headrace_program_output(const headrace_program* program, size_t index, headrace_output* output) {
  const std::vector<ProgramOutput>& outputs = program->program->info().outputs;
  if (index >= outputs.size() || outputs[index].shape.size() > HEADRACE_MAX_RANK) return -1;
  const ProgramOutput& o = outputs[index];
  // The names of types and layouts are literals.
  *output = {o.name.c_str(), dtype_name(o.dtype).data(), layout_name(o.layout).data(), o.shape.size(), {}, {}, o.sample_bytes};
  std::copy(o.shape.begin(), o.shape.end(), output->shape);
  std::copy(o.strides.begin(), o.strides.end(), output->strides);
  return 0;
}

headrace_loader_options headrace_loader_defaults(const headrace_program* program) {
  const LoaderOptions& o = program->loader;
  return {o.batch_size, o.threads, o.seed, o.limit, o.rank, o.world_size, order_name(o.order).data(), tail_name(o.tail).data()};
}
headrace_loader* headrace_loader_create(const headrace_dataset* dataset, const headrace_program* program,
                                        const headrace_loader_options* options, headrace_error** error) {
  return guarded<headrace_loader*>(error, nullptr, [&]() -> Expected<headrace_loader*> {
    HR_ASSIGN_OR_RETURN(const LoaderOptions checked, loader_options(*program, options));
    HR_ASSIGN_OR_RETURN(auto loader, Loader::create(dataset->dataset, program->program, checked));
    return new headrace_loader{std::move(loader), program->program->info().outputs.size()};
  });
}
uint64_t headrace_loader_batches_per_epoch(const headrace_loader* loader) { return loader->loader->batches_per_epoch(); }
int headrace_loader_start_epoch(headrace_loader* loader, uint64_t epoch, headrace_error** error) {
  return guarded(error, -1, [&]() -> Expected<int> {
    HR_RETURN_IF_ERROR(loader->loader->start_epoch(epoch));
    return 0;
  });
}
int headrace_loader_next(headrace_loader* loader, headrace_batch** batch, headrace_error** error) {
  *batch = nullptr;
  return guarded(error, -1, [&]() -> Expected<int> {
    HR_ASSIGN_OR_RETURN(Batch next, loader->loader->next());
    if (!next) return 0;
    *batch = new headrace_batch{std::move(next), loader->outputs};
    return 1;
  });
}
void headrace_loader_free(headrace_loader* loader) { delete loader; }

uint64_t headrace_batch_rows(const headrace_batch* batch) { return batch->batch.rows(); }
uint64_t headrace_batch_samples(const headrace_batch* batch) { return batch->batch.samples(); }
void* headrace_batch_output(const headrace_batch* batch, size_t index) {
  return index < batch->outputs ? const_cast<uint8_t*>(batch->batch.output(index)) : nullptr;
}
const uint64_t* headrace_batch_sample_ids(const headrace_batch* batch) { return batch->batch.sample_ids().data(); }
void headrace_batch_release(headrace_batch* batch) { delete batch; }

headrace_digest* headrace_digest_create(const headrace_program* program) {
  try {
    return new headrace_digest{program->program->info(), {}, {}};
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void headrace_digest_add(headrace_digest* digest, const headrace_batch* batch) {
  digest->digest.add(batch->batch, digest->info);
}
const char* headrace_digest_hex(headrace_digest* digest) {
  digest->hex = digest->digest.hex();
  return digest->hex.c_str();
}
void headrace_digest_free(headrace_digest* digest) { delete digest; }
