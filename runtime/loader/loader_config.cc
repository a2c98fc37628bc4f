#include "runtime/loader/loader_config.h"

#include <algorithm>
#include <string>

#include "runtime/platform/topology.h"

namespace headrace {
namespace {

constexpr unsigned kMaxThreads = 1024;
constexpr unsigned kMaxRingSlots = 1024;
constexpr unsigned kDefaultRingSlots = 3;
constexpr uint64_t kHoldFactor =
    4;  // of the ring may exist while the user holds batches, if no budget is given
constexpr uint64_t kLargeRing = uint64_t{192} << 20;  // bytes; larger default rings have a slot less
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

Status lay_out(const ProgramInfo& info, uint64_t rows, BatchLayout& layout) {
  if (rows == 0) return {"loader.batch_size", "", "the batch size must be at least 1"};
  if (info.mixes && rows % 2 != 0) {
    return {"loader.batch_size", "",
            "the pipeline mixes pairs of samples, for which a batch needs an even number of rows, not " +
                number(rows)};
  }
  layout.rows = rows;
  layout.mixes = info.mixes;
  if (info.outputs.empty()) return {"loader.program", "", "the pipeline has no outputs"};
  uint64_t bytes = 0;
  for (const ProgramOutput& output : info.outputs) {
    if (output.sample_bytes == 0) {
      return {"loader.program", "", "the pipeline's output \"" + output.name + "\" is empty"};
    }
    if (output.sample_bytes > (kMaxSlotBytes - bytes) / layout.rows) {
      return {"loader.batch_size", "",
              "a batch of " + plural(layout.rows, "sample") + " of " + plural(output.sample_bytes, "byte") +
                  " (output \"" + output.name + "\") is larger than any memory"};
    }
    layout.offsets.push_back(bytes);
    layout.sample_bytes.push_back(output.sample_bytes);
    const uint64_t tensor = layout.rows * output.sample_bytes;
    constexpr uint64_t kAlignment = platform::Buffer::kAlignment;
    bytes += (tensor + kAlignment - 1) / kAlignment * kAlignment;
  }
  layout.bytes = bytes;
  return {};
}

/// The ring in bytes that may be taken: enough for one buffer at least.
Status size_ring(const LoaderOptions& options, uint64_t buffer_bytes, RingSize& ring) {
  if (options.ring_slots > kMaxRingSlots) {
    return {
        "loader.ring_slots", "",
        number(options.ring_slots) + " ring slots are more than the " + number(kMaxRingSlots) + " allowed"};
  }
  const bool large = buffer_bytes > kLargeRing / kDefaultRingSlots;
  ring.slots = options.ring_slots != 0 ? options.ring_slots : kDefaultRingSlots - (large ? 1 : 0);
  ring.most = kHoldFactor * ring.slots;
  ring.huge_tlb = options.io.huge_tlb;
  ring.prefault = !options.pin_threads;
  if (options.ring_bytes == 0) return {};
  ring.most = options.ring_bytes / buffer_bytes;
  const uint64_t least = options.ring_slots != 0 ? options.ring_slots : 1;
  if (ring.most < least) {
    return {"loader.ring_bytes", "",
            "ring_bytes is " + number(options.ring_bytes) + ", less than " + plural(least, "batch buffer") +
                " of " + plural(buffer_bytes, "byte") + (least == 1 ? " takes" : " take")};
  }
  ring.slots = std::min(ring.slots, ring.most);
  return {};
}

}  // namespace

Expected<LoaderConfig> make_loader_config(const Dataset& dataset, const Program& program,
                                          const LoaderOptions& options) {
  LoaderConfig config;
  const ProgramInfo& info = program.info();
  Status status = map_fields(dataset, info, config.field_map);
  const Status laid_out = lay_out(info, options.batch_size, config.layout);
  status.append(laid_out);
  if (laid_out.ok()) status.append(size_ring(options, config.layout.bytes, config.ring));
  if (options.threads > kMaxThreads) {
    status.add("loader.threads", "",
               number(options.threads) + " threads are more than the " + number(kMaxThreads) + " allowed");
  }
  config.threads = options.threads;
  if (config.threads == 0) {
    const Expected<unsigned> threads = platform::default_threads();
    if (threads.ok()) config.threads = std::min(*threads, kMaxThreads);
    status.append(threads.status());
  }
  if (!status.ok()) return status;
  return config;
}

}  // namespace headrace
