#include "object_testing.h"

#include <gtest/gtest.h>

#include "runtime/aot/elf_file.h"

namespace headrace::testing {

Bytes sealed_object(const std::string& metadata, Arch arch) {
  Bytes file = forged_object(metadata, arch);
  const Status sealed = aot::seal_content(file, "forged");
  EXPECT_TRUE(sealed.ok()) << sealed.to_string();
  return file;
}

}  // namespace headrace::testing
