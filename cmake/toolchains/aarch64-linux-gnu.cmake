# For -DCMAKE_TOOLCHAIN_FILE: 64-bit Arm Linux, with the distribution's cross compiler. HEADRACE_ARM64_LIBRARIES names a
# folder that holds the arm64 packages of the libraries headrace needs, unpacked.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES HEADRACE_ARM64_LIBRARIES)

if(HEADRACE_ARM64_LIBRARIES)
  set(headrace_arm64 ${HEADRACE_ARM64_LIBRARIES}/usr)
  set(ENV{PKG_CONFIG_LIBDIR} ${headrace_arm64}/lib/aarch64-linux-gnu/pkgconfig)
  set(ENV{PKG_CONFIG_SYSROOT_DIR} ${HEADRACE_ARM64_LIBRARIES})
  foreach(language IN ITEMS C CXX)
    set(CMAKE_${language}_FLAGS_INIT "-isystem ${headrace_arm64}/include/aarch64-linux-gnu")
  endforeach()
  foreach(kind IN ITEMS EXE SHARED)
    # -L too: not every package's pkg-config file names the folder of its architecture.
    set(CMAKE_${kind}_LINKER_FLAGS_INIT
      "-L${headrace_arm64}/lib/aarch64-linux-gnu -Wl,-rpath-link,${headrace_arm64}/lib/aarch64-linux-gnu")
  endforeach()
endif()
