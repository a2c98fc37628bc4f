// JPEG files written from coefficients by libjpeg, and split and rebuilt by headrace, for tests of both.
#pragma once

#include <string>
#include <vector>

#include "jpeg_testing.h"
#include "kernels/jpeg_coefficients.h"
#include "kernels/jpeg_recipe.h"

namespace headrace::testing {

struct RecodeSpec {
  bool progressive = false;
  bool optimize = false;     ///< Huffman tables made for the file
  bool interleaved = true;   ///< of sequential files: one scan, or one for each component
  int restart_interval = 0;  ///< MCUs
};

/// "progressive optimised restart 3".
std::string describe(const RecodeSpec& spec);

Bytes write_jpeg(const CoefficientImage& image, const RecodeSpec& spec);

/// An image of this size, YCbCr with the given luma sampling factors, or gray if h is 0; coefficients all
/// zero.
CoefficientImage blank_image(uint32_t width, uint32_t height, int h, int v);

/// Fills all blocks, padding included, with what JPEG can encode: AC of +-1023, DC of -1024 to 1023;
/// sometimes dense, mostly sparse, often small, with long runs of empty blocks.
void randomize(CoefficientImage& image, std::mt19937& rng);

/// Where the entropy-coded data that begin at `from` end: at the next marker but those of restarts.
size_t scan_end(const Bytes& jpeg, size_t from);

/// Where the data of the scan begin whose header is at `sos`.
size_t scan_begin(const Bytes& jpeg, size_t sos);

/// "" if equal but for padding blocks, else the first difference.
std::string compare(const CoefficientImage& a, const CoefficientImage& b);

/// A file's coefficients and recipe.
struct Split {
  CoefficientImage image;
  JpegRecipe recipe;
  bool byte_exact = false;
};

/// `error` is "" if all went well.
Split split(const Bytes& jpeg, std::string& error);

/// The file again, from an image whose padding blocks hold something else. `error` as of split().
Bytes rebuild(const Split& s, std::string& error);

/// "" if the file comes back byte for byte, and its recipe says so.
std::string round_trip(const Bytes& jpeg, Split* split_out = nullptr);

}  // namespace headrace::testing
