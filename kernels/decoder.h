// Image decoding as generated code calls it: C ABI, one decoder per thread, nothing thrown, nothing
// unwound through the caller (libjpeg's longjmp stays inside each call). Images come out as 8-bit RGB.
#pragma once

#include "headrace/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a decoder refuses before it allocates. */
typedef struct hr_decode_limits {
  uint64_t max_pixels; /* width x height; default 100 million */
  uint64_t max_memory; /* bytes of what grows with the image; default 2 GiB */
  uint32_t max_scans;  /* of a JPEG file; default 500 */
} hr_decode_limits;

/* A decoder (an opaque handle, used by one thread at a time); null only if memory is exhausted. */
void* hr_decoder_create(const hr_decode_limits* limits_or_null);
void hr_decoder_destroy(void* decoder);

/* Makes a decoder count the time it spends on entropy decoding (packed images) and in libjpeg-turbo (JPEGs),
 * in ticks of a clock; by default, and with null, it does not. An image costs two readings of the clock for
 * each call of libjpeg-turbo, or row of tiles. */
typedef uint64_t (*hr_clock)(void);
void hr_decoder_set_clock(void* decoder, hr_clock clock_or_null);

/* Ticks counted since the decoder was created. */
uint64_t hr_decoder_ticks(void* decoder);

/* Starts decoding rows [top, top + rows) x columns [left, left + cols) of an image in encoding
 * HR_ENCODING_JPEG, _PACKED or _YCC, whose stored metadata says width x height and, for the latter two,
 * `planes` (HR_PLANES_*); a file that says otherwise is HR_E_DECODE, raw planes that are too short are
 * HR_E_SHORT. Whatever was open on this decoder is dropped. Fills window[0] with how many pixels to the left
 * of `left` each delivered row starts and window[1] with the bytes of a delivered row (at most width * 3).
 * The pixels of the rectangle equal those of libjpeg-turbo's full decode (islow, fancy upsampling) bit for
 * bit: of the file, or of that which the planes were made from. */
int32_t hr_image_open(void* decoder, const uint8_t* data, int64_t size, int64_t width, int64_t height,
                      int64_t encoding, int64_t planes, int64_t top, int64_t left, int64_t rows, int64_t cols,
                      int64_t* window, hr_error* error);

/* The same of the image decoded at `scale` of 8 of its size: 4, 2, 1, or 8 for hr_image_open() itself. The
 * rectangle lies in the scaled image of ceil(height scale / 8) x ceil(width scale / 8) pixels, which are
 * those of libjpeg-turbo's decode with scale_num = scale, scale_denom = 8. Raw planes (HR_ENCODING_YCC) have
 * scale 8 only. */
int32_t hr_image_open_scaled(void* decoder, const uint8_t* data, int64_t size, int64_t width, int64_t height,
                             int64_t encoding, int64_t planes, int64_t scale, int64_t top, int64_t left,
                             int64_t rows, int64_t cols, int64_t* window, hr_error* error);

/* Delivers the next `rows` rows to dst, dst + stride, ... (stride >= window[1]). */
int32_t hr_image_rows(void* decoder, uint8_t* dst, int64_t stride, int64_t rows, hr_error* error);

/* Ends the image; never decodes further. Warnings met are added to error->warnings. */
int32_t hr_image_close(void* decoder, hr_error* error);

#ifdef __cplusplus
}
#endif
