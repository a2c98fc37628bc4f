/* An ahead-of-time object as its code sees it: the one symbol a compiled pipeline shows to the world. A shared
 * object (`headrace compile --emit so`) has it under the name headrace_object; a relocatable one (`--emit obj`)
 * as headrace_object_NAME, so that several can be linked into one program. Loading an object means checking its
 * metadata and choosing a level: headrace/aot.h does so in C++, headrace/headrace.h in C. */
#ifndef HEADRACE_OBJECT_H
#define HEADRACE_OBJECT_H

#include "headrace/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A function generated code calls. Each has a type of its own; kernels/symbols.def lists them. */
typedef int32_t (*hr_kernel_fn)(void);

/* How an hr_decoder begins. Generated code reaches kernel functions through the decoder that each of them gets
 * as its first argument, so that an object has no undefined symbols and no memory of its own to write to. */
typedef struct hr_decoder_head {
  const hr_kernel_fn* kernels; /* in the order of kernels/symbols.def */
} hr_decoder_head;

/* The pipeline compiled for one instruction-set level. */
typedef struct hr_object_level {
  hr_plan_fn plan;
  hr_run_fn run;
  hr_batch_fn batch; /* null if no operation mixes samples */
} hr_object_level;

#define HR_OBJECT_MAGIC 0x314a424f43455248u /* "HRECOBJ1", little-endian */

typedef struct hr_object {
  uint64_t magic;          /* HR_OBJECT_MAGIC */
  uint32_t abi_version;    /* HR_ABI_VERSION of the compiler */
  uint32_t level_count;
  const uint8_t* metadata; /* docs/aot.md describes it */
  uint64_t metadata_bytes;
  const hr_object_level* levels; /* in the order of the metadata's levels */
} hr_object;

/* Metadata is an ELF note of this owner and type. */
#define HR_OBJECT_NOTE_OWNER "headrace"
#define HR_OBJECT_NOTE_TYPE 1u

#ifdef __cplusplus
} /* extern "C" */

static_assert(sizeof(hr_object_level) == 24, "hr_object_level is part of the ABI");
static_assert(sizeof(hr_object) == 40, "hr_object is part of the ABI");
#endif
#endif /* HEADRACE_OBJECT_H */
