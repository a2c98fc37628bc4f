// libFuzzer's interface to mutators. Replay calls the same.
#pragma once

#include <cstddef>
#include <cstdint>

/// Changes data[0, size) in place and returns its new size, at most `max_size`. Each target defines it.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed);

/// A mutation that knows nothing of the format; libFuzzer or replay_main.cc has it.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
