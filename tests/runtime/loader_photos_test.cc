// The loader over dataset files with JPEG images, decoded by the program through its worker's decoder.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "dataset_testing.h"
#include "kernels/decoder.h"
#include "loader_testing.h"
#include "runtime/dataset/import.h"

namespace headrace::testing {
namespace {

/// Output "mean": the mean of the image's R, G and B values, and the label, as u8.
class MeanProgram : public Program {
 public:
  MeanProgram() {
    info_.fields = {{"label", FieldKind::i64}, {"image", FieldKind::image}};
    info_.outputs = {{"mean", DType::u8, Layout::none, {4}, {1}, 4}};
  }
  const ProgramInfo& info() const override { return info_; }

  hr_result plan(hr_plan_frame& f) const override {
    f.scratch_bytes = uint64_t{f.fields[1].width} * f.fields[1].height * 3;
    return HR_OK;
  }

  hr_result run(hr_run_frame& f) const override {
    const hr_field& image = f.fields[1];
    const int64_t w = image.width;
    const int64_t h = image.height;
    int64_t window[2] = {};
    hr_result result = hr_image_open(f.decoder, image.data, static_cast<int64_t>(image.size), w, h, image.encoding,
                                     static_cast<int64_t>(image.planes), 0, 0, h, w, window, f.error);
    if (result == HR_OK) result = hr_image_rows(f.decoder, f.scratch, w * 3, h, f.error);
    if (result == HR_OK) result = hr_image_close(f.decoder, f.error);
    if (result != HR_OK) return result;
    uint64_t sum[3] = {};
    for (int64_t i = 0; i < w * h * 3; ++i) sum[i % 3] += f.scratch[i];
    for (int c = 0; c < 3; ++c) f.outputs[0][c] = static_cast<uint8_t>(sum[c] / static_cast<uint64_t>(w * h));
    f.outputs[0][3] = static_cast<uint8_t>(f.fields[0].value);
    return HR_OK;
  }

 private:
  ProgramInfo info_;
};

/// A file of `samples` JPEG images, the one numbered `changed` as `change` makes it.
template <class Change>
void write_jpegs(const std::string& path, uint64_t samples, uint64_t changed, Change change) {
  Expected<std::unique_ptr<DatasetWriter>> writer = DatasetWriter::create(path, image_schema());
  ASSERT_TRUE(writer.ok()) << writer.status().to_string();
  for (uint64_t s = 0; s < samples; ++s) {
    const auto width = static_cast<uint32_t>(20 + s % 7 * 9);
    const auto height = static_cast<uint32_t>(17 + s % 5 * 11);
    Bytes jpeg = make_jpeg(width, height, 3, static_cast<uint32_t>(s));
    if (s == changed) change(jpeg);
    const std::string key = "cat/" + std::to_string(s) + ".jpg";
    const FieldValue values[] = {FieldValue::image(jpeg, HR_ENCODING_JPEG, width, height),
                                 FieldValue::integer(static_cast<int64_t>(s % 2)), FieldValue::bytes(key)};
    ASSERT_TRUE((*writer)->add(values).ok());
  }
  const Status status = (*writer)->finish();
  ASSERT_TRUE(status.ok()) << status.to_string();
}

std::vector<uint8_t> means(Loader& loader, uint64_t epoch, Status& status) {
  std::vector<uint8_t> all;
  status = loader.start_epoch(epoch);
  while (status.ok()) {
    Expected<Batch> batch = loader.next();
    status = batch.status();
    if (!batch.ok() || !*batch) break;
    all.insert(all.end(), batch->output(0), batch->output(0) + batch->samples() * 4);
  }
  return all;
}

std::unique_ptr<Loader> open(const std::string& path, unsigned threads, uint64_t batch_size, Order order) {
  Expected<std::shared_ptr<const Dataset>> dataset = Dataset::open(path);
  EXPECT_TRUE(dataset.ok()) << dataset.status().to_string();
  if (!dataset.ok()) return nullptr;
  LoaderOptions options;
  options.threads = threads;
  options.batch_size = batch_size;
  options.order = order;
  options.tail = Tail::pad;
  return make_loader(*dataset, std::make_shared<MeanProgram>(), options);
}

TEST(LoaderPhotos, ManyThreadsMakeTheSameBatches) {
  const TempDir dir;
  write_jpegs(dir / "a.hrd", 60, 60, [](Bytes&) {});
  for (const Order order : {Order::sequential, Order::random, Order::quasi_random}) {
    Status status;
    const std::vector<uint8_t> reference = means(*open(dir / "a.hrd", 1, 60, order), 3, status);
    ASSERT_TRUE(status.ok()) << status.to_string();
    ASSERT_EQ(reference.size(), 240u);
    for (const unsigned threads : {2u, 4u}) {
      EXPECT_EQ(means(*open(dir / "a.hrd", threads, 7, order), 3, status), reference);
    }
  }
}

TEST(LoaderPhotos, TruncatedImagesAreNamed) {
  const TempDir dir;
  write_jpegs(dir / "a.hrd", 30, 17, [](Bytes& jpeg) { jpeg.resize(jpeg.size() * 2 / 3); });
  for (const unsigned threads : {1u, 3u}) {
    Status status;
    const std::unique_ptr<Loader> loader = open(dir / "a.hrd", threads, 8, Order::sequential);
    EXPECT_EQ(means(*loader, 0, status).size(), 64u);
    EXPECT_EQ(status.to_string(),
              "error[sample.decode] " + (dir / "a.hrd") +
                  ": sample 17 (key \"cat/17.jpg\"), field \"image\": premature end of JPEG data");
  }
}

TEST(LoaderPhotos, ExtraneousBytesAreCounted) {
  const TempDir dir;
  write_jpegs(dir / "a.hrd", 30, 17, [](Bytes& jpeg) {
    const uint8_t junk[] = {1, 2, 3};
    jpeg.insert(jpeg.begin() + 2, std::begin(junk), std::end(junk));  // between the first two markers
  });
  Status status;
  const std::unique_ptr<Loader> loader = open(dir / "a.hrd", 2, 8, Order::random);
  EXPECT_EQ(means(*loader, 0, status).size(), 120u);
  EXPECT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(loader->stats().decode_warnings, 1u);
}

TEST(LoaderPhotos, DamagedPagesAreNamed) {
  const TempDir dir;
  write_jpegs(dir / "a.hrd", 30, 30, [](Bytes&) {});
  Bytes file = read_bytes(dir / "a.hrd");
  const Bytes wanted = make_jpeg(20 + 17 % 7 * 9, 17 + 17 % 5 * 11, 3, 17);
  const auto at = std::search(file.begin(), file.end(), wanted.begin(), wanted.end());
  ASSERT_NE(at, file.end());
  *(at + 100) ^= 1;
  write_bytes(dir / "a.hrd", file);
  Status status;
  means(*open(dir / "a.hrd", 2, 8, Order::sequential), 0, status);
  EXPECT_EQ(status.code(), "data.page");
  EXPECT_NE(status.to_string().find("sample 0 (cat/0.jpg)"), std::string::npos) << status.to_string();
}

TEST(LoaderPhotos, SharedPhotosLoad) {
  const std::string folder = HEADRACE_SHARED_DIR "/photos/train";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no " << folder;
  const TempDir dir;
  const Expected<ImportReport> report = import_folder(folder, dir / "a.hrd", ImportOptions());
  ASSERT_TRUE(report.ok()) << report.status().to_string();
  Status status;
  const std::vector<uint8_t> reference = means(*open(dir / "a.hrd", 1, 64, Order::random), 1, status);
  ASSERT_TRUE(status.ok()) << status.to_string();
  EXPECT_GT(reference.size(), 0u);
  EXPECT_EQ(means(*open(dir / "a.hrd", 4, 13, Order::random), 1, status), reference);
}

}  // namespace
}  // namespace headrace::testing
