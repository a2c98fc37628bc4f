#include <gtest/gtest.h>

#include <cstring>

#include "dataset_testing.h"
#include "runtime/loader/npy.h"

namespace headrace {
namespace {

using testing::Bytes;
using testing::read_bytes;
using testing::TempDir;

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  Bytes out(values.size() * sizeof(T));
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

/// What follows the header, whose length is checked.
Bytes data_of(const Bytes& file) {
  EXPECT_GE(file.size(), 64u);
  const size_t header = 10 + file[8] + 256u * file[9];
  EXPECT_EQ(header % 64, 0u);
  EXPECT_LE(header, file.size());
  return {file.begin() + static_cast<ptrdiff_t>(header), file.end()};
}

TEST(Npy, HeaderIsTheFormatsToTheByte) {
  const std::vector<int64_t> shape = {32, 3, 224, 224};
  const std::string header = npy_header(DType::f16, shape);
  std::string expected("\x93NUMPY\x01\x00\x76\x00", 10);
  expected += "{'descr': '<f2', 'fortran_order': False, 'shape': (32, 3, 224, 224), }";
  expected.append(128 - 1 - expected.size(), ' ');
  expected += '\n';
  EXPECT_EQ(header, expected);
}

TEST(Npy, OneDimensionIsATupleToo) {
  EXPECT_NE(npy_header(DType::i64, std::vector<int64_t>{7}).find("'shape': (7,), }"), std::string::npos);
}

TEST(Npy, NamesEveryDtype) {
  const std::vector<int64_t> shape = {1};
  const std::pair<DType, const char*> expected[] = {{DType::u8, "'|u1'"},
                                                    {DType::f16, "'<f2'"},
                                                    {DType::bf16, "'<u2'"},
                                                    {DType::f32, "'<f4'"},
                                                    {DType::i64, "'<i8'"}};
  for (const auto& [dtype, descr] : expected) {
    const std::string header = npy_header(dtype, shape);
    EXPECT_NE(header.find(descr), std::string::npos) << header;
    EXPECT_EQ(header.size() % 64, 0u);
  }
}

TEST(Npy, LabelsAreWrittenAsTheyAre) {
  const TempDir dir;
  const std::vector<int64_t> labels = {4, -1, int64_t{1} << 40};
  const ProgramOutput output = {"label", DType::i64, Layout::none, {}, {}, 8};
  const Bytes data = bytes_of(labels);
  ASSERT_EQ(write_npy(dir / "l.npy", output, data.data(), 3).to_string(), "");
  EXPECT_EQ(data_of(read_bytes(dir / "l.npy")), data);
  EXPECT_EQ(dir.names(), std::vector<std::string>{"l.npy"});
}

TEST(Npy, ChannelsLastIsStoredInTheOrderOfItsShape) {
  const TempDir dir;
  // Shape [3, 2, 2] in memory order y, x, c: element (c, y, x) lies at 3 * (2 * y + x) + c.
  const ProgramOutput output = {"image", DType::f16, Layout::channels_last, {3, 2, 2}, {1, 6, 3}, 24};
  std::vector<uint16_t> memory, expected;
  for (uint16_t i = 0; i < 24; ++i) memory.push_back(static_cast<uint16_t>(1000 + i));
  for (uint16_t sample = 0; sample < 2; ++sample) {
    for (uint16_t c = 0; c < 3; ++c) {
      for (uint16_t pixel = 0; pixel < 4; ++pixel) {
        expected.push_back(static_cast<uint16_t>(1000 + 12 * sample + 3 * pixel + c));
      }
    }
  }
  const Bytes data = bytes_of(memory);
  ASSERT_EQ(write_npy(dir / "i.npy", output, data.data(), 2).to_string(), "");
  const Bytes file = read_bytes(dir / "i.npy");
  EXPECT_EQ(data_of(file), bytes_of(expected));
  EXPECT_NE(std::string(file.begin(), file.end()).find("'shape': (2, 3, 2, 2)"), std::string::npos);
}

TEST(Npy, ReplacesAnOlderFile) {
  const TempDir dir;
  testing::write_text(dir / "x.npy", "older");
  const ProgramOutput output = {"x", DType::u8, Layout::nhwc, {1, 2, 3}, {6, 3, 1}, 6};
  const Bytes data = {1, 2, 3, 4, 5, 6};
  ASSERT_EQ(write_npy(dir / "x.npy", output, data.data(), 1).to_string(), "");
  EXPECT_EQ(data_of(read_bytes(dir / "x.npy")), data);
}

TEST(Npy, RefusesStridesThatLeaveTheSample) {
  const TempDir dir;
  const Bytes data(64);
  const ProgramOutput beyond = {"image", DType::u8, Layout::nhwc, {2, 2, 3}, {7, 3, 1}, 12};
  EXPECT_EQ(
      write_npy(dir / "x.npy", beyond, data.data(), 1).to_string(),
      "error[save.output] " + (dir / "x.npy") + ": output \"image\" does not fill its 12 bytes per sample");
  const ProgramOutput missing = {"image", DType::u8, Layout::nhwc, {2, 2, 3}, {6, 3}, 12};
  EXPECT_EQ(write_npy(dir / "x.npy", missing, data.data(), 1).to_string(),
            "error[save.output] " + (dir / "x.npy") + ": output \"image\" has not one stride per dimension");
  EXPECT_TRUE(dir.names().empty());
}

TEST(Npy, SaysWhereItCannotWrite) {
  const TempDir dir;
  const ProgramOutput output = {"x", DType::u8, Layout::none, {}, {}, 1};
  const Bytes data = {1};
  EXPECT_EQ(write_npy(dir / "none/x.npy", output, data.data(), 1).to_string(),
            "error[data.io] " + (dir / "none/x.npy") + ": cannot be created: its folder does not exist");
}

}  // namespace
}  // namespace headrace
