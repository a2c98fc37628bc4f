/* A pipeline that is part of the program: checks the generated header against the object it describes, then runs one
 * epoch of FILE and prints its digest. */
#include <stdio.h>
#include <string.h>

#include "headrace/headrace.h"
#include "linked_pipeline.h"

static int fail(const char* what, headrace_error* error) {
  fprintf(stderr, "%s: %s\n", what, error ? headrace_error_message(error) : "not as expected");
  headrace_error_free(error);
  return 1;
}

static int check_image(const headrace_output* o) {
  const int64_t shape[] = {LINKED_PIPELINE_IMAGE_SHAPE}, strides[] = {LINKED_PIPELINE_IMAGE_STRIDES};
  return o->rank == LINKED_PIPELINE_IMAGE_RANK && memcmp(o->shape, shape, sizeof shape) == 0 &&
         memcmp(o->strides, strides, sizeof strides) == 0 && o->sample_bytes == LINKED_PIPELINE_IMAGE_SAMPLE_BYTES &&
         strcmp(o->dtype, LINKED_PIPELINE_IMAGE_DTYPE) == 0 && strcmp(o->layout, LINKED_PIPELINE_IMAGE_LAYOUT) == 0 &&
         strcmp(o->name, "image") == 0;
}

int main(int argc, char** argv) {
  headrace_error* error = NULL;
  headrace_output output;
  if (argc != 2) return fail("usage: linked_object FILE", NULL);
  if (headrace_object_linked_pipeline.abi_version != LINKED_PIPELINE_ABI_VERSION ||
      headrace_object_linked_pipeline.level_count != LINKED_PIPELINE_LEVEL_COUNT) {
    return fail("the descriptor", NULL);
  }
  headrace_program* program = headrace_program_from_object(&headrace_object_linked_pipeline, NULL, &error);
  if (!program) return fail("loading", error);
  if (strcmp(headrace_program_key(program), LINKED_PIPELINE_KEY) != 0) return fail("the key", NULL);
  if (headrace_program_output_count(program) != LINKED_PIPELINE_OUTPUT_COUNT) return fail("the number of outputs", NULL);
  if (headrace_program_output(program, LINKED_PIPELINE_OUTPUT_IMAGE, &output) != 0 || !check_image(&output)) {
    return fail("the image", NULL);
  }
  if (headrace_program_output(program, LINKED_PIPELINE_OUTPUT_COUNT, &output) != -1) return fail("an output too many", NULL);
  /* Errors are values: a level that there is none of. */
  if (headrace_program_from_object(&headrace_object_linked_pipeline, "x86-64-v9", &error) ||
      strcmp(headrace_error_code(error), "object.isa") != 0) {
    return fail("an unknown level", NULL);
  }
  headrace_error_free(error);
  error = NULL;

  headrace_dataset* dataset = headrace_dataset_open(argv[1], &error);
  if (!dataset) return fail("the dataset", error);
  headrace_loader_options options = headrace_loader_defaults(program);
  options.batch_size = 4;
  options.threads = 2;
  headrace_loader* loader = headrace_loader_create(dataset, program, &options, &error);
  if (!loader) return fail("the loader", error);
  headrace_dataset_close(dataset);
  headrace_digest* digest = headrace_digest_create(program);
  headrace_batch* batch = NULL;
  int more;
  if (headrace_loader_start_epoch(loader, 0, &error) != 0) return fail("the epoch", error);
  while ((more = headrace_loader_next(loader, &batch, &error)) == 1) {
    if (headrace_batch_rows(batch) != 4 || !headrace_batch_output(batch, 0) || headrace_batch_output(batch, 9) ||
        headrace_batch_sample_ids(batch)[0] >= 100) {
      return fail("a batch", NULL);
    }
    headrace_digest_add(digest, batch);
    headrace_batch_release(batch);
  }
  if (more < 0) return fail("a batch", error);
  printf("digest %s\n", headrace_digest_hex(digest));
  headrace_digest_free(digest);
  headrace_loader_free(loader);
  headrace_program_free(program);
  return 0;
}
