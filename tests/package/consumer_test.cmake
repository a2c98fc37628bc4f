# Installs the build into a fresh prefix, builds examples/consumer against it, runs its programs and compares
# what they print.
cmake_minimum_required(VERSION 3.25)

function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed (${result}): ${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect_match text pattern)
  if(NOT text MATCHES "${pattern}")
    message(FATAL_ERROR "expected a match of\n${pattern}\nin\n${text}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix --config ${CONFIG})

# Nothing of the source or build tree may be named in what was installed.
file(GLOB_RECURSE package_files ${WORK}/prefix/*.cmake)
if(NOT package_files)
  message(FATAL_ERROR "no CMake package was installed in ${WORK}/prefix")
endif()
cmake_path(GET CONSUMER PARENT_PATH examples)
cmake_path(GET examples PARENT_PATH source)
foreach(file IN LISTS package_files)
  file(READ ${file} content)
  foreach(place IN ITEMS ${source}/ ${BUILD}/)
    string(FIND "${content}" "${place}" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${file} names ${place}")
    endif()
  endforeach()
endforeach()

# Moved once, to prove that the package does not remember where it was installed.
file(RENAME ${WORK}/prefix ${WORK}/moved)
set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
step(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_BUILD_TYPE=${CONFIG}
  -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${flags} -DCMAKE_PREFIX_PATH=${WORK}/moved)
step(${CMAKE_COMMAND} --build ${WORK}/build --config ${CONFIG})

set(data ${WORK}/gradients.hrd)
step(${WORK}/build/write_and_read ${data})
expect_match("${output}" "^24 samples\ngradient/0: 40 x 64, red, sum of pixels [0-9]+\ngradient/7: 47 x 57, green, sum of pixels [0-9]+\ngradient/23: 63 x 41, blue, sum of pixels [0-9]+\n$")

set(epochs "epoch 0: 5 batches, 24 samples, sum of labels 24\nepoch 1: 5 batches, 24 samples, sum of labels 24\n")
step(${WORK}/build/train ${data} 1)
expect_match("${output}" "^${epochs}digest [0-9a-f]+\n$")
set(one_thread "${output}")
step(${WORK}/build/train ${data} 2)
if(NOT output STREQUAL one_thread)
  message(FATAL_ERROR "with one thread:\n${one_thread}with two:\n${output}")
endif()

# Programs that only handle datasets carry no compiler.
step(ldd ${WORK}/build/write_and_read)
if(output MATCHES "LLVM")
  message(FATAL_ERROR "write_and_read links LLVM:\n${output}")
endif()

# Neither do those that run what the installed command has compiled ahead of time; from C++ and from C.
if(AOT)
  step(${CMAKE_COMMAND} -S ${examples}/aot -B ${WORK}/aot -G ${GENERATOR} -DCMAKE_BUILD_TYPE=${CONFIG}
    -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${flags} -DCMAKE_C_FLAGS=${flags} -DCMAKE_PREFIX_PATH=${WORK}/moved)
  step(${CMAKE_COMMAND} --build ${WORK}/aot --config ${CONFIG})
  step(${WORK}/moved/bin/headrace compile ${examples}/imagenet_eval.json --data ${data} --emit so -o ${WORK}/eval.so)
  step(${WORK}/aot/run_object ${WORK}/eval.so ${data} 1 8)
  expect_match("${output}" "^pipeline imagenet_eval, level [^\n]*, 24 samples\nfirst batch after [0-9.]+ ms\ndigest [0-9a-f]+\n$")
  string(REGEX MATCH "digest [0-9a-f]+" digest "${output}")
  step(${WORK}/aot/run_object_c ${WORK}/eval.so ${data} 2 8)
  expect_match("${output}" "\n${digest}\n$")
  foreach(program IN ITEMS run_object run_object_c)
    step(ldd ${WORK}/aot/${program})
    if(output MATCHES "LLVM")
      message(FATAL_ERROR "${program} links LLVM:\n${output}")
    endif()
  endforeach()
endif()
file(REMOVE_RECURSE ${WORK})
