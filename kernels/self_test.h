// Whether the JPEG library at hand computes the pixels headrace's numbers are stated for.
#pragma once

#include "headrace/status.h"

namespace headrace {

/// Decodes a small built-in JPEG (4:2:0, strong chroma), whole and in part, and compares the pixels
/// with what libjpeg-turbo makes of it. Fails with "decode.self_test" where the library's arithmetic
/// differs: images still decode there, but to other bytes than on other machines.
Status decoder_self_test();

}  // namespace headrace
