#!/usr/bin/env bash
# Builds what headrace's wheels link, as static libraries with position-independent code, into /opt/deps, and collects
# the licences. Run by the Dockerfile beside it, which names the versions.
set -euo pipefail

PREFIX=/opt/deps
WORK="$(mktemp -d)"
mkdir -p "$PREFIX/licenses"
cd "$WORK"

# fetch ADDRESS: unpacks an archive into ./source
fetch() {
  rm -rf source && mkdir source
  curl -fsSL "$1" | tar -xa --strip-components 1 -C source -f - 2>/dev/null ||
    { curl -fsSL "$1" -o archive && tar -xf archive --strip-components 1 -C source; }
}

# build NAME FOLDER CMAKE_ARGUMENTS...
build() {
  local folder="$2"
  cmake -S "$folder" -B build-"$1" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_INSTALL_PREFIX="$PREFIX" -DBUILD_SHARED_LIBS=OFF "${@:3}"
  cmake --build build-"$1"
  cmake --install build-"$1"
  rm -rf build-"$1"
}

github=https://github.com
fetch "$github/libjpeg-turbo/libjpeg-turbo/releases/download/$JPEG/libjpeg-turbo-$JPEG.tar.gz"
build jpeg source -DENABLE_SHARED=OFF -DWITH_TURBOJPEG=OFF
cp source/LICENSE.md "$PREFIX/licenses/libjpeg-turbo.md"

fetch "$github/pnggroup/libpng/archive/refs/tags/v$PNG.tar.gz"
build png source -DPNG_SHARED=OFF -DPNG_TESTS=OFF -DPNG_TOOLS=OFF
cp source/LICENSE "$PREFIX/licenses/libpng.txt"

fetch "$github/facebook/zstd/releases/download/v$ZSTD/zstd-$ZSTD.tar.gz"
build zstd source/build/cmake -DZSTD_BUILD_SHARED=OFF -DZSTD_BUILD_PROGRAMS=OFF
cp source/LICENSE "$PREFIX/licenses/zstd.txt"

fetch "$github/Cyan4973/xxHash/archive/refs/tags/v$XXHASH.tar.gz"
build xxhash source/cmake_unofficial -DXXHASH_BUILD_XXHSUM=OFF
cp source/LICENSE "$PREFIX/licenses/xxhash.txt"

fetch "$github/nlohmann/json/releases/download/v$JSON/json.tar.xz"
build json source -DJSON_BuildTests=OFF
cp source/LICENSE.MIT "$PREFIX/licenses/nlohmann-json.txt"

fetch "$github/CLIUtils/CLI11/archive/refs/tags/v$CLI.tar.gz"
build cli source -DCLI11_BUILD_TESTS=OFF -DCLI11_BUILD_EXAMPLES=OFF
cp source/LICENSE "$PREFIX/licenses/cli11.txt"

fetch "$github/llvm/llvm-project/releases/download/llvmorg-$LLVM/llvm-project-$LLVM.src.tar.xz"
build llvm source/llvm -DLLVM_ENABLE_PROJECTS=lld -DLLVM_TARGETS_TO_BUILD="X86;AArch64" -DLLVM_BUILD_TOOLS=OFF \
  -DLLVM_INCLUDE_TESTS=OFF -DLLVM_INCLUDE_BENCHMARKS=OFF -DLLVM_INCLUDE_EXAMPLES=OFF -DLLVM_ENABLE_TERMINFO=OFF \
  -DLLVM_ENABLE_LIBXML2=OFF -DLLVM_ENABLE_LIBEDIT=OFF -DLLVM_ENABLE_Z3_SOLVER=OFF -DLLVM_ENABLE_CURL=OFF \
  -DLLVM_ENABLE_RTTI=ON -DLLVM_ENABLE_ZLIB=OFF -DLLVM_ENABLE_ZSTD=OFF
cp source/llvm/LICENSE.TXT "$PREFIX/licenses/llvm.txt"
cp source/lld/LICENSE.TXT "$PREFIX/licenses/lld.txt"

cp "$(dirname "$(find / -path '*gcc-toolset-14*' -name COPYING.RUNTIME 2>/dev/null | head -1)")/COPYING.RUNTIME" \
  "$PREFIX/licenses/libstdc++.txt" 2>/dev/null || true
rm -rf "$WORK"
