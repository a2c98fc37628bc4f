// The `headrace` program.
#include "cli/command.h"

int main(int argc, char** argv) { return headrace::cli::run_command_line(argc, argv); }
