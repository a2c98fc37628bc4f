/* Runs a pipeline that was compiled ahead of time over a dataset, from C.
 *
 *   run_object_c OBJECT.so FILE.hrd [THREADS [BATCH_SIZE [EPOCHS]]] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "headrace/headrace.h"

static void stop(headrace_error* error) {
  fprintf(stderr, "%s\n", error ? headrace_error_message(error) : "out of memory");
  headrace_error_free(error);
  exit(1);
}

static uint64_t argument(int argc, char** argv, int i, uint64_t otherwise) {
  return i < argc ? strtoull(argv[i], NULL, 10) : otherwise;
}

static void print_outputs(const headrace_program* program) {
  for (size_t i = 0; i < headrace_program_output_count(program); ++i) {
    headrace_output output;
    if (headrace_program_output(program, i, &output) != 0) continue;
    printf("output %s: %s", output.name, output.dtype);
    for (uint64_t d = 0; d < output.rank; ++d) printf("%s%lld", d == 0 ? " " : " x ", (long long)output.shape[d]);
    printf(", %llu bytes a sample\n", (unsigned long long)output.sample_bytes);
  }
}

int main(int argc, char** argv) {
  headrace_error* error = NULL;
  if (argc < 3 || argc > 6) {
    fprintf(stderr, "usage: run_object_c OBJECT.so FILE.hrd [THREADS [BATCH_SIZE [EPOCHS]]]\n");
    return 2;
  }
  headrace_program* program = headrace_program_load(argv[1], NULL, &error);
  if (!program) stop(error);
  headrace_dataset* dataset = headrace_dataset_open(argv[2], &error);
  if (!dataset) stop(error);

  headrace_loader_options options = headrace_loader_defaults(program);
  options.threads = argument(argc, argv, 3, 0);
  options.batch_size = argument(argc, argv, 4, 32);
  headrace_loader* loader = headrace_loader_create(dataset, program, &options, &error);
  if (!loader) stop(error);

  headrace_digest* digest = headrace_digest_create(program);
  if (!digest) stop(NULL);
  uint64_t samples = 0;
  for (uint64_t epoch = 0; epoch < argument(argc, argv, 5, 1); ++epoch) {
    headrace_batch* batch;
    int more;
    if (headrace_loader_start_epoch(loader, epoch, &error) != 0) stop(error);
    while ((more = headrace_loader_next(loader, &batch, &error)) == 1) {
      samples += headrace_batch_samples(batch);
      headrace_digest_add(digest, batch);
      headrace_batch_release(batch);
    }
    if (more != 0) stop(error);
  }
  print_outputs(program);
  printf("level %s, %llu samples\ndigest %s\n", headrace_program_isa(program), (unsigned long long)samples,
         headrace_digest_hex(digest));

  headrace_digest_free(digest);
  headrace_loader_free(loader);
  headrace_dataset_close(dataset);
  headrace_program_free(program);
  return 0;
}
