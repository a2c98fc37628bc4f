// One pass over the samples, by one way of reading them.
#pragma once

#include <cstdint>
#include <string>

#include "bench/io/io_data.h"

namespace headrace::bench {

enum class Way : uint8_t {
  mmap,    ///< the engines
  pread,   //
  direct,  //
  plain,   ///< the mapping of the dataset file without an engine: no advice, nothing read ahead
  files    ///< a file per sample: open, read, close
};
enum class Order : uint8_t { sequential, random, quasi_random };

std::string name_of(Way way);
std::string name_of(Order order);

struct EpochPlan {
  Way way = Way::mmap;
  Order order = Order::sequential;
  unsigned workers = 2;
  unsigned epochs = 1;        ///< the last one is measured
  uint64_t memory_bytes = 0;  ///< of the engine; 0: its default
  bool verify = true;         ///< page hashes
  bool touch = true;          ///< workers read all bytes (XXH3); else they only get and release them
};

struct EpochResult {
  double seconds = 0;
  uint64_t bytes = 0;  ///< of samples delivered
  uint64_t samples = 0;
  uint64_t device_bytes = 0;  ///< that this process had read from the device
  uint64_t major_faults = 0;
  std::string error;
};

EpochResult run_epochs(const IoData& data, const EpochPlan& plan);

}  // namespace headrace::bench
