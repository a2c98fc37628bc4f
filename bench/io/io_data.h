// What the I/O benchmarks read: a dataset file, and the same samples as files of their own.
#pragma once

#include <cstdint>
#include <string>

namespace headrace::bench {

struct IoData {
  std::string dataset;  ///< path of the .hrd file
  std::string folder;   ///< of files "<sample / 1000>/<sample>"
  uint64_t samples = 0;
  uint64_t bytes = 0;  ///< of all samples
};

/// Makes them under `folder`, unless they are there. Sizes are spread like those of JPEGs of 500 x 400
/// pixels: 40 to 150 KB, 92 KB on average. Exits with a message on failure.
IoData make_io_data(const std::string& folder, uint64_t samples);

std::string sample_path(const IoData& data, uint64_t sample);

/// Takes the dataset file, or all sample files, out of the page cache, or reads them into it.
void drop_dataset(const IoData& data);
void warm_dataset(const IoData& data);
void drop_files(const IoData& data);
void warm_files(const IoData& data);

}  // namespace headrace::bench
