#include "runtime/loader/loader_config.h"

#include <algorithm>
#include <string>

#include "runtime/platform/topology.h"

namespace headrace {
namespace {

constexpr unsigned kMaxThreads = 1024;
constexpr unsigned kMaxRingSlots = 1024;
constexpr unsigned kDefaultRingSlots = 3;
constexpr uint64_t kLargeRing = uint64_t{256} << 20;  // bytes; larger default rings have a slot less
// More than any machine's memory; keeps sums of sizes far from overflow.
constexpr uint64_t kMaxSlotBytes = uint64_t{1} << 48;

std::string number(uint64_t n) { return std::to_string(n); }
std::string plural(uint64_t n, const char* what) { return number(n) + " " + what + (n == 1 ? "" : "s"); }

/// "image (image), label (i64)".
std::string field_list(const Schema& schema) {
  std::string text;
  for (const Schema::Field& f : schema.fields) {
    if (!text.empty()) text += ", ";
    text += f.name + " (" + std::string(field_kind_name(f.kind)) + ")";
  }
  return text.empty() ? "none" : text;
}

Status map_fields(const Dataset& dataset, const ProgramInfo& info, std::vector<size_t>& map) {
  Status status;
  const Schema& schema = dataset.schema();
  for (const ProgramField& field : info.fields) {
    const std::string wanted = "the pipeline reads the field \"" + field.name + "\" (" +
                               std::string(field_kind_name(field.kind)) + "), ";
    const std::optional<size_t> index = dataset.field_index(field.name);
    if (!index) {
      status.add("loader.field", dataset.path(),
                 wanted + "which the file does not have; its fields are: " + field_list(schema));
    } else if (const FieldKind kind = schema.fields[*index].kind; kind != field.kind) {
      status.add("loader.field", dataset.path(),
                 wanted + "which the file holds as " + std::string(field_kind_name(kind)) +
                     "; its fields are: " + field_list(schema));
    } else {
      map.push_back(*index);
    }
  }
  return status;
}

Status count_batches(const Dataset& dataset, const LoaderOptions& options, LoaderConfig& config) {
  const uint64_t size = dataset.size();
  if (size == 0) return {"loader.empty", dataset.path(), "the dataset has no samples"};
  const bool limited = options.limit != 0 && options.limit < size;
  const uint64_t used = limited ? options.limit : size;
  config.batch_size = options.batch_size;
  if (options.batch_size == 0)
    return {"loader.batch_size", dataset.path(), "the batch size must be at least 1"};
  config.batches = used / options.batch_size;
  config.samples = config.batches * options.batch_size;
  if (!options.drop_last) {
    config.samples = used;
    config.batches += used % options.batch_size != 0;
  } else if (config.batches == 0) {
    return {
        "loader.batch_size", dataset.path(),
        "batch size " + number(options.batch_size) + " is larger than " +
            (limited ? "the limit of " + plural(used, "sample") : "the dataset's " + plural(used, "sample")) +
            " and drop_last drops the only, partial batch: use a batch size of at most " + number(used) +
            " or \"drop_last\": false"};
  }
  return {};
}

Status lay_out(const ProgramInfo& info, LoaderConfig& config) {
  BatchLayout& layout = config.layout;
  layout.samples = std::min(config.batch_size, config.samples);
  if (info.outputs.empty()) return {"loader.program", "", "the pipeline has no outputs"};
  uint64_t bytes = 0;
  for (const ProgramOutput& output : info.outputs) {
    if (output.sample_bytes == 0) {
      return {"loader.program", "", "the pipeline's output \"" + output.name + "\" is empty"};
    }
    if (output.sample_bytes > (kMaxSlotBytes - bytes) / layout.samples) {
      return {"loader.batch_size", "",
              "a batch of " + plural(layout.samples, "sample") + " of " +
                  plural(output.sample_bytes, "byte") + " (output \"" + output.name +
                  "\") is larger than any memory"};
    }
    layout.offsets.push_back(bytes);
    layout.sample_bytes.push_back(output.sample_bytes);
    const uint64_t tensor = layout.samples * output.sample_bytes;
    constexpr uint64_t kAlignment = platform::Buffer::kAlignment;
    bytes += (tensor + kAlignment - 1) / kAlignment * kAlignment;
  }
  layout.bytes = bytes;
  return {};
}

}  // namespace

Expected<LoaderConfig> make_loader_config(const Dataset& dataset, const Program& program,
                                          const LoaderOptions& options) {
  LoaderConfig config;
  const ProgramInfo& info = program.info();
  Status status = map_fields(dataset, info, config.field_map);
  const Status counted = count_batches(dataset, options, config);
  status.append(counted);
  if (counted.ok()) status.append(lay_out(info, config));
  if (options.threads > kMaxThreads) {
    status.add("loader.threads", "",
               number(options.threads) + " threads are more than the " + number(kMaxThreads) + " allowed");
  }
  if (options.ring_slots > kMaxRingSlots) {
    status.add(
        "loader.ring_slots", "",
        number(options.ring_slots) + " ring slots are more than the " + number(kMaxRingSlots) + " allowed");
  }
  config.threads = options.threads;
  if (config.threads == 0) {
    const Expected<unsigned> threads = platform::default_threads();
    if (threads.ok()) config.threads = std::min(*threads, kMaxThreads);
    status.append(threads.status());
  }
  if (!status.ok()) return status;
  const bool large = config.layout.bytes > kLargeRing / kDefaultRingSlots;
  config.ring_slots = options.ring_slots != 0 ? options.ring_slots : kDefaultRingSlots - (large ? 1 : 0);
  return config;
}

}  // namespace headrace
