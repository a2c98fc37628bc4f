// Batches as NumPy .npy files (format version 1.0), readable by numpy.load().
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "headrace/program.h"
#include "headrace/status.h"

namespace headrace {

/// The file's header up to the data, a multiple of 64 bytes: magic, version, dtype and shape, C order. bf16,
/// which NumPy does not know, is "<u2": each element's 16 bits as an unsigned integer.
std::string npy_header(DType dtype, std::span<const int64_t> shape);

/// Writes `samples` samples of an output as one array of shape [samples, ...output.shape], in C order of that
/// shape whatever the output's strides. `data` is where the first sample starts; samples follow one another
/// at output.sample_bytes. The file appears complete or not at all and replaces one of the same name.
/// Errors: "save.output" (the output's shape, strides and size contradict one another), "data.io".
Status write_npy(const std::string& path, const ProgramOutput& output, const uint8_t* data, uint64_t samples);

}  // namespace headrace
