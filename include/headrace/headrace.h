/* headrace from C: datasets, pipelines compiled ahead of time (`headrace compile --emit so`), and the loader. It needs
 * libheadrace-runtime, which has no compiler in it.
 *
 * Handles are opaque; each has a function that gives it back, which accepts NULL. A function that can fail has a last
 * parameter `error`: where it is not NULL, *error is set to a new error, to be freed by the caller; on success it is
 * left alone. Strings that are returned belong to the handle they came from. No function may be called for one
 * handle by two threads at once, but for those that give a batch back. Nothing is thrown. */
#ifndef HEADRACE_HEADRACE_H
#define HEADRACE_HEADRACE_H

#include <stddef.h>
#include <stdint.h>

#include "headrace/object.h"

#if defined(__GNUC__)
#define HEADRACE_API __attribute__((visibility("default")))
#else
#define HEADRACE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct headrace_error headrace_error;
typedef struct headrace_dataset headrace_dataset;
typedef struct headrace_program headrace_program;
typedef struct headrace_loader headrace_loader;
typedef struct headrace_batch headrace_batch;
typedef struct headrace_digest headrace_digest;

/* "0.1.0" */
HEADRACE_API const char* headrace_version(void);

/* The first problem's stable name, such as "object.abi"; and all problems, one a line: "error[code] where: message". */
HEADRACE_API const char* headrace_error_code(const headrace_error* error);
HEADRACE_API const char* headrace_error_message(const headrace_error* error);
HEADRACE_API void headrace_error_free(headrace_error* error);

/* NULL if it cannot be opened. */
HEADRACE_API headrace_dataset* headrace_dataset_open(const char* path, headrace_error** error);
HEADRACE_API uint64_t headrace_dataset_samples(const headrace_dataset* dataset);
HEADRACE_API void headrace_dataset_close(headrace_dataset* dataset); /* loaders made of it go on */

/* Checks and loads an object: a shared object's file, or one that is linked into this program (`--emit obj`). `isa`
 * names one of its levels; NULL: the best that this CPU has. */
HEADRACE_API headrace_program* headrace_program_load(const char* path, const char* isa, headrace_error** error);
HEADRACE_API headrace_program* headrace_program_from_object(const hr_object* object, const char* isa,
                                                            headrace_error** error);
/* The same for objects that call C functions (headrace/user_op.h), from the libraries at these paths. No others are ever
 * loaded. */
HEADRACE_API headrace_program* headrace_program_load_with(const char* path, const char* isa,
                                                          const char* const* libraries, size_t library_count,
                                                          headrace_error** error);
HEADRACE_API headrace_program* headrace_program_from_object_with(const hr_object* object, const char* isa,
                                                                 const char* const* libraries, size_t library_count,
                                                                 headrace_error** error);
HEADRACE_API const char* headrace_program_isa(const headrace_program* program);
HEADRACE_API const char* headrace_program_key(const headrace_program* program); /* of its code, 64 digits */
HEADRACE_API void headrace_program_free(headrace_program* program);             /* loaders made of it go on */

#define HEADRACE_MAX_RANK 8
typedef struct headrace_output {
  const char* name;
  const char* dtype;  /* "u8", "f16", "bf16", "f32", "i64" */
  const char* layout; /* "NHWC", "NCHW", "channels_last"; "none" if it is no image */
  uint64_t rank;
  int64_t shape[HEADRACE_MAX_RANK];   /* of one sample */
  int64_t strides[HEADRACE_MAX_RANK]; /* in elements */
  uint64_t sample_bytes;
} headrace_output;

HEADRACE_API size_t headrace_program_output_count(const headrace_program* program);
/* 0, or -1 if there is no output of that number. */
HEADRACE_API int headrace_program_output(const headrace_program* program, size_t index, headrace_output* output);

typedef struct headrace_loader_options {
  uint64_t batch_size;
  uint64_t threads; /* 0: the CPUs this process may use */
  uint64_t seed;
  uint64_t limit;            /* only as many positions of each epoch; 0: all */
  uint64_t rank, world_size; /* this loader's share of each global batch */
  const char* order;         /* "sequential", "random", "quasi_random" */
  const char* tail;          /* "drop", "pad", "wrap" */
} headrace_loader_options;

/* The library's defaults, and over them what the program's spec says. The strings live as long as the program. */
HEADRACE_API headrace_loader_options headrace_loader_defaults(const headrace_program* program);

/* NULL on error. `options` may be NULL: the defaults. */
HEADRACE_API headrace_loader* headrace_loader_create(const headrace_dataset* dataset, const headrace_program* program,
                                                     const headrace_loader_options* options, headrace_error** error);
HEADRACE_API uint64_t headrace_loader_batches_per_epoch(const headrace_loader* loader);
/* 0, or -1 on error. */
HEADRACE_API int headrace_loader_start_epoch(headrace_loader* loader, uint64_t epoch, headrace_error** error);
/* 1: *batch is the epoch's next batch. 0: there are no more. -1: error. In both latter cases *batch is NULL. */
HEADRACE_API int headrace_loader_next(headrace_loader* loader, headrace_batch** batch, headrace_error** error);
HEADRACE_API void headrace_loader_free(headrace_loader* loader); /* batches stay valid */

HEADRACE_API uint64_t headrace_batch_rows(const headrace_batch* batch);
HEADRACE_API uint64_t headrace_batch_samples(const headrace_batch* batch); /* rows that are not padding */
/* Start of an output's tensor, [rows, shape...]; NULL if there is no output of that number. */
HEADRACE_API void* headrace_batch_output(const headrace_batch* batch, size_t index);
/* As many dataset indices as there are samples. */
HEADRACE_API const uint64_t* headrace_batch_sample_ids(const headrace_batch* batch);
HEADRACE_API void headrace_batch_release(headrace_batch* batch); /* on any thread */

/* XXH3-128 over all bytes of all outputs, in the order of samples. */
HEADRACE_API headrace_digest* headrace_digest_create(const headrace_program* program);
HEADRACE_API void headrace_digest_add(headrace_digest* digest, const headrace_batch* batch);
HEADRACE_API const char* headrace_digest_hex(headrace_digest* digest); /* of all that was added so far */
HEADRACE_API void headrace_digest_free(headrace_digest* digest);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* HEADRACE_HEADRACE_H */
