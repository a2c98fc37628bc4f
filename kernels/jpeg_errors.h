// What can go wrong in a JPEG file, in headrace's words: libjpeg's codes to stable messages.
#pragma once

#include <cstdint>
#include <string_view>

#include "headrace/abi.h"
#include "headrace/status.h"
#include "kernels/jpeg_library.h"

namespace headrace::jpeg {

/// Kind of a failure.
enum class Fault : uint8_t {
  none,
  damaged,      ///< the file breaks its own format
  unsupported,  ///< a valid kind of JPEG that headrace does not decode
  limit,        ///< larger than allowed, or memory ran out
  internal      ///< a defect of headrace
};

/// A failure as plain data, so that it survives longjmp.
struct Failure {
  Fault fault = Fault::none;
  int64_t args[2] = {0, 0};  ///< limit: what was asked, the limit
  char text[HR_ERROR_TEXT] = {0};
};

hr_result fault_result(Fault fault);       ///< "damaged" is HR_E_DECODE, and so on
std::string_view fault_code(Fault fault);  ///< the Status code: "decode.damaged", and so on
Status status_of(const Failure& failure);  ///< `where` is empty

/// Said by newer libraries' headers as much as by older libraries' errors.
inline constexpr char kLosslessText[] = "lossless JPEG is not supported";

/// Describes libjpeg's current message (an error, or a warning that headrace takes for one).
void describe_message(j_common_ptr cinfo, Failure& out);

/// Whether a warning of this code means that pixels are lost. Others (extraneous bytes between
/// markers, unknown JFIF or Adobe versions) leave the image as it was meant.
bool is_fatal_warning(int code);

}  // namespace headrace::jpeg
