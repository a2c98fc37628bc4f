/* The interface between compiled pipelines and whoever runs them: fixed-width C structures, no
 * C++ and no LLVM. A compiled pipeline has three entry points:
 *
 *   plan(frame)   without the sample's data: draws the random numbers, computes crop rectangles and
 *                 the scratch size, says which bytes of each field run() will read;
 *   run(frame)    one sample from field data to the outputs;
 *   batch(frame)  operations that mix two samples of a batch (mixup, cutmix); null where there are none.
 *
 * Each returns an hr_result. Generated code allocates nothing, throws nothing and touches no thread
 * local storage. Any change of a structure here changes HR_ABI_VERSION. */
#ifndef HEADRACE_ABI_H
#define HEADRACE_ABI_H

#include <stdint.h>

#include "headrace/user_op.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HR_ABI_VERSION 4u

/* Alignment in bytes of scratch memory and of batch buffers. */
#define HR_BUFFER_ALIGNMENT 64u

typedef int32_t hr_result;
enum {
  HR_OK = 0,
  HR_E_DECODE = 1,        /* the image's bytes are damaged; error.text says how */
  HR_E_CROP_OUTSIDE = 2,  /* args: top, left, height, width, image height, image width */
  HR_E_ENCODING = 3,      /* args: the encoding found, the encodings compiled for (bit set) */
  HR_E_LIMIT = 4,         /* args: what was asked, the limit */
  HR_E_ABI = 5,           /* args: version found, version expected */
  HR_E_ALIGNMENT = 7,     /* args: the output's number, the alignment its memory needs, in bytes */
  HR_E_SHORT = 8,         /* a raw image has too few bytes; args: bytes it has, bytes it needs */
  HR_E_LABEL = 9,         /* args: the label, the number of classes; it is not one of them */
  HR_E_USER = 10,         /* a user's function failed; args: what it returned, the row it was called for or -1 */
  HR_E_INTERNAL = 6       /* error.text says what; always a defect of headrace */
};

/* How an image field's bytes are stored. */
enum {
  HR_ENCODING_NONE = 0, /* not an image */
  HR_ENCODING_JPEG = 1, /* a JPEG file, untouched */
  HR_ENCODING_RGB = 2,  /* height x width x 3 bytes, row-major, R G B */
  /* The plane encodings; hr_field.planes says how the planes are made up. Width and height are at most 65535. */
  HR_ENCODING_PACKED = 3, /* a JPEG's quantised coefficients, packed anew (docs/format.md) */
  HR_ENCODING_YCC = 4     /* the component planes one after another, each dense, one byte a sample, nothing else */
};

/* How the planes of a plane encoding are made up (hr_field.planes): one of 0 to 4, or 444 with the flag. Every other
 * value is refused when the image is opened (HR_E_DECODE). Component 0 has height x width samples, the other two
 * ceil(height / v_max) x ceil(width / h_max). */
enum {
  HR_PLANES_GRAY = 0, /* one plane */
  HR_PLANES_444 = 1,  /* h_max x v_max = 1 x 1 */
  HR_PLANES_422 = 2,  /* 2 x 1 */
  HR_PLANES_420 = 3,  /* 2 x 2 */
  HR_PLANES_440 = 4,  /* 1 x 2 */
  HR_PLANES_MASK = 7,
  HR_PLANES_RGB = 8 /* flag: the planes are R, G, B (4:4:4 only), not Y, Cb, Cr */
};

/* Why a JPEG was not packed (ImageEntry.aux of a `jpeg` image; not part of hr_field). */
enum {
  HR_KEPT_AS_ASKED = 0,       /* nobody asked to pack it */
  HR_KEPT_CMYK = 1,
  HR_KEPT_ARITHMETIC = 2,
  HR_KEPT_SAMPLING = 3,       /* sampling factors that packing does not know */
  HR_KEPT_INCOMPLETE = 4,     /* progressive scans that lack coefficient bits: libjpeg smooths such blocks */
  HR_KEPT_OTHER = 5,          /* anything else that packing does not know */
  HR_KEPT_NOT_EXACT = 6,      /* its bytes could not be written again from its coefficients, and had to be */
  HR_KEPT_LARGER = 7,         /* packing made it larger */
  HR_KEPT_COUNT = 8
};

/* One field of one sample. 48 bytes. */
typedef struct hr_field {
  const uint8_t* data; /* payload; null in plan() and for scalars */
  uint64_t size;       /* bytes at data */
  int64_t value;       /* scalar fields: the value (f64 by its bits) */
  uint32_t width;      /* images: pixels */
  uint32_t height;     /* images: pixels */
  uint32_t encoding;   /* HR_ENCODING_* */
  uint32_t channels;   /* images: channels as stored (1, 3, 4) */
  uint64_t planes;     /* plane encodings: HR_PLANES_*, from the record; else 0 */
} hr_field;

/* What the random numbers of a sample are keyed by (with the op's own id). 24 bytes. */
typedef struct hr_key {
  uint64_t seed;
  uint64_t epoch;
  uint64_t sample; /* record index in the dataset, not the position in the order */
} hr_key;

/* Half-open range of a field's payload bytes. */
typedef struct hr_byte_range {
  uint64_t begin;
  uint64_t end;
} hr_byte_range;

#define HR_ERROR_TEXT 224
typedef struct hr_error {
  int32_t code;     /* an hr_result */
  int32_t warnings; /* tolerated oddities met while decoding (extraneous bytes, ...) */
  int64_t args[6];
  char text[HR_ERROR_TEXT]; /* NUL-terminated; empty where args say it all */
} hr_error;

/* A user's function as code calls it. 24 bytes. */
typedef struct hr_user_function {
  hr_user_fn function;
  const char* symbol; /* for errors */
  const char* library;
} hr_user_function;

/* How a user's function is called (bits). */
enum {
  HR_CALL_READS_F32 = 1, /* else u8 */
  HR_CALL_WRITES_F32 = 2,
  HR_CALL_BY_ROW = 4 /* else once for the image */
};

typedef struct hr_plan_frame {
  uint32_t abi_version;
  uint32_t field_count;
  const hr_field* fields; /* metadata only */
  hr_key key;
  int64_t* slots;         /* out: slot_count values, handed on to run() */
  hr_byte_range* ranges;  /* out: field_count ranges */
  uint64_t scratch_bytes; /* out: what run() needs for this sample */
  hr_error* error;        /* out */
} hr_plan_frame;

typedef struct hr_run_frame {
  uint32_t abi_version;
  uint32_t field_count;
  const hr_field* fields;
  hr_key key;
  const int64_t* slots;    /* from plan() of the same sample */
  uint8_t* scratch;        /* HR_BUFFER_ALIGNMENT aligned; contents undefined */
  uint64_t scratch_bytes;  /* at least what plan() asked for */
  /* This sample's place in each output's batch buffer, aligned to the largest power of two that divides
   * the output's bytes per sample, but at most to HR_BUFFER_ALIGNMENT: as in a batch that starts aligned. */
  uint8_t* const* outputs;
  void* decoder;           /* an hr_decoder of the calling thread */
  hr_error* error;         /* out */
  /* The functions the pipeline calls, in the order it names them; null where it calls none. A Program sets it. */
  const hr_user_function* functions;
} hr_run_frame;

/* Row i of a batch is mixed with row i + rows / 2, and that one with row i: pairs are disjoint, so that each can be mixed
 * as soon as its two samples are there, by any thread. In the global batch the partners are half a global batch
 * apart, whatever the number of ranks. */
typedef struct hr_batch_frame {
  uint32_t abi_version;
  uint32_t reserved;
  hr_key key;              /* sample holds the number of the global batch in the epoch */
  uint64_t rows;           /* of the batch; even */
  uint64_t begin;          /* pairs begin <= i < end <= rows / 2 are to be mixed */
  uint64_t end;
  const uint8_t* mask;     /* rows bytes; a pair of which one row has 0 (padding, a failed sample) is left alone */
  uint8_t* const* outputs; /* row 0 of each output's tensor, aligned to HR_BUFFER_ALIGNMENT */
  hr_error* error;         /* out */
} hr_batch_frame;

typedef hr_result (*hr_plan_fn)(hr_plan_frame*);
typedef hr_result (*hr_run_fn)(hr_run_frame*);
typedef hr_result (*hr_batch_fn)(hr_batch_frame*);

#ifdef __cplusplus
} /* extern "C" */

static_assert(sizeof(hr_field) == 48, "hr_field is part of the ABI");
static_assert(sizeof(hr_key) == 24, "hr_key is part of the ABI");
static_assert(sizeof(hr_error) == 280, "hr_error is part of the ABI");
static_assert(sizeof(hr_user_function) == 24, "hr_user_function is part of the ABI");
#endif
#endif /* HEADRACE_ABI_H */
