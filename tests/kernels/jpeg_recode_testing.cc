#include "jpeg_recode_testing.h"

#include <cstdlib>
#include <cstring>

#include "kernels/jpeg_library.h"

namespace headrace::testing {
namespace {

void set_components(jpeg_compress_struct& cinfo, const CoefficientImage& image) {
  for (size_t i = 0; i < image.components.size(); ++i) {
    const CoefficientComponent& c = image.components[i];
    jpeg_component_info& to = cinfo.comp_info[i];
    to.component_id = c.id;
    to.h_samp_factor = c.h_samp;
    to.v_samp_factor = c.v_samp;
    to.quant_tbl_no = static_cast<int>(i);
    if (!cinfo.quant_tbl_ptrs[i])
      cinfo.quant_tbl_ptrs[i] = jpeg_alloc_quant_table(reinterpret_cast<j_common_ptr>(&cinfo));
    std::memcpy(cinfo.quant_tbl_ptrs[i]->quantval, c.quant.data(), sizeof(c.quant));
    cinfo.quant_tbl_ptrs[i]->sent_table = FALSE;
  }
}

void fill_arrays(jpeg_compress_struct& cinfo, const CoefficientImage& image, jvirt_barray_ptr* arrays) {
  const auto common = reinterpret_cast<j_common_ptr>(&cinfo);
  for (size_t i = 0; i < image.components.size(); ++i) {
    const CoefficientComponent& c = image.components[i];
    for (uint32_t row = 0; row < c.padded_high; ++row) {
      JBLOCKARRAY to = cinfo.mem->access_virt_barray(common, arrays[i], row, 1, TRUE);
      std::memcpy(to[0], &c.block(row, 0), size_t{c.padded_wide} * sizeof(JBLOCK));
    }
  }
}

}  // namespace

std::string describe(const RecodeSpec& spec) {
  std::string s = spec.progressive   ? "progressive"
                  : spec.interleaved ? "sequential"
                                     : "one scan per component";
  if (spec.optimize) s += " optimised";
  if (spec.restart_interval) s += " restart " + std::to_string(spec.restart_interval);
  return s;
}

Bytes write_jpeg(const CoefficientImage& image, const RecodeSpec& spec) {
  jpeg_error_mgr errors;
  jpeg_compress_struct cinfo;
  cinfo.err =
      jpeg_std_error(&errors);  // exits with a message: coefficients that cannot be coded are a broken test
  jpeg_create_compress(&cinfo);
  unsigned char* out = nullptr;
  unsigned long out_size = 0;
  jpeg_mem_dest(&cinfo, &out, &out_size);
  const int count = static_cast<int>(image.components.size());
  cinfo.image_width = image.width;
  cinfo.image_height = image.height;
  cinfo.input_components = count;
  cinfo.in_color_space = count == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
  jpeg_set_defaults(&cinfo);
  set_components(cinfo, image);
  jvirt_barray_ptr arrays[3];
  for (int i = 0; i < count; ++i) {
    const CoefficientComponent& c = image.components[i];
    arrays[i] = cinfo.mem->request_virt_barray(reinterpret_cast<j_common_ptr>(&cinfo), JPOOL_IMAGE, TRUE,
                                               c.padded_wide, c.padded_high, c.v_samp);
  }
  cinfo.optimize_coding = spec.optimize ? TRUE : FALSE;
  cinfo.restart_interval = static_cast<unsigned>(spec.restart_interval);
  std::vector<jpeg_scan_info> script;
  if (spec.progressive) {
    jpeg_simple_progression(&cinfo);
  } else if (!spec.interleaved) {
    for (int c = 0; c < count; ++c) script.push_back({1, {c, 0, 0, 0}, 0, 63, 0, 0});
    cinfo.scan_info = script.data();
    cinfo.num_scans = count;
  }
  jpeg_write_coefficients(&cinfo, arrays);
  fill_arrays(cinfo, image, arrays);
  jpeg_finish_compress(&cinfo);
  jpeg_destroy_compress(&cinfo);
  Bytes jpeg(out, out + out_size);
  std::free(out);
  return jpeg;
}

CoefficientImage blank_image(uint32_t width, uint32_t height, int h, int v) {
  const bool gray = h == 0;
  const auto blocks = [](uint32_t samples) { return (samples + 7) / 8; };
  CoefficientImage image;
  image.width = width;
  image.height = height;
  image.color = gray ? CoefficientColor::gray : CoefficientColor::ycbcr;
  image.h_max = static_cast<uint8_t>(gray ? 1 : h);
  image.v_max = static_cast<uint8_t>(gray ? 1 : v);
  image.components.resize(gray ? 1 : 3);
  for (size_t i = 0; i < image.components.size(); ++i) {
    CoefficientComponent& c = image.components[i];
    c.id = static_cast<uint8_t>(i + 1);
    c.h_samp = i == 0 ? image.h_max : 1;
    c.v_samp = i == 0 ? image.v_max : 1;
    c.blocks_wide = blocks((width * c.h_samp + image.h_max - 1) / image.h_max);
    c.blocks_high = blocks((height * c.v_samp + image.v_max - 1) / image.v_max);
    c.padded_wide = (c.blocks_wide + c.h_samp - 1) / c.h_samp * c.h_samp;
    c.padded_high = (c.blocks_high + c.v_samp - 1) / c.v_samp * c.v_samp;
    c.quant.fill(static_cast<uint16_t>(3 + i));
    c.blocks.resize(size_t{c.padded_wide} * c.padded_high);
  }
  return image;
}

void randomize(CoefficientImage& image, std::mt19937& rng) {
  const auto between = [&](int low, int high) {
    return low + static_cast<int>(rng() % static_cast<uint32_t>(high - low + 1));
  };
  for (CoefficientComponent& c : image.components) {
    for (CoefficientBlock& block : c.blocks) {
      block.fill(0);
      const int kind = between(0, 9);
      if (kind < 4) continue;  // empty
      block[0] = static_cast<int16_t>(kind == 9 ? (rng() % 2 ? 1023 : -1024) : between(-1024, 1023));
      const int limit = kind == 8 ? 1023 : kind == 7 ? 40 : 2;
      const uint32_t one_in = kind == 9 ? 1 : kind == 8 ? 3 : 12;
      for (size_t i = 1; i < 64; ++i) {
        if (rng() % one_in == 0) block[i] = static_cast<int16_t>(between(-limit, limit));
      }
    }
  }
}

size_t scan_end(const Bytes& jpeg, size_t from) {
  for (size_t i = from; i + 1 < jpeg.size(); ++i) {
    if (jpeg[i] == 0xFF && jpeg[i + 1] != 0 && (jpeg[i + 1] < 0xD0 || jpeg[i + 1] > 0xD7)) return i;
  }
  return jpeg.size();
}

size_t scan_begin(const Bytes& jpeg, size_t sos) {
  return sos + 2 + (size_t{jpeg[sos + 2]} << 8 | jpeg[sos + 3]);
}

std::string compare(const CoefficientImage& a, const CoefficientImage& b) {
  if (a.width != b.width || a.height != b.height || a.components.size() != b.components.size()) return "size";
  for (size_t i = 0; i < a.components.size(); ++i) {
    const CoefficientComponent &x = a.components[i], &y = b.components[i];
    const std::string name = "component " + std::to_string(i);
    if (x.id != y.id || x.quant != y.quant || x.h_samp != y.h_samp || x.v_samp != y.v_samp) return name;
    if (x.blocks_wide != y.blocks_wide || x.blocks_high != y.blocks_high) return name + " blocks";
    if (x.padded_wide != y.padded_wide || x.padded_high != y.padded_high) return name + " padded blocks";
    for (uint32_t row = 0; row < x.blocks_high; ++row) {
      for (uint32_t column = 0; column < x.blocks_wide; ++column) {
        if (x.block(row, column) != y.block(row, column)) {
          return name + " block at row " + std::to_string(row) + ", column " + std::to_string(column);
        }
      }
    }
  }
  return "";
}

Split split(const Bytes& jpeg, std::string& error) {
  Split s;
  Status status = read_coefficients(jpeg, kDefaultDecodeLimits, s.image);
  if (status.ok()) status = make_jpeg_recipe(jpeg, s.image, s.recipe, s.byte_exact);
  error = status.to_string();
  return s;
}

Bytes rebuild(const Split& s, std::string& error) {
  CoefficientImage image = s.image;
  for (CoefficientComponent& c : image.components) {
    for (uint32_t row = 0; row < c.padded_high; ++row) {
      for (uint32_t column = row < c.blocks_high ? c.blocks_wide : 0; column < c.padded_wide; ++column) {
        c.blocks[size_t{row} * c.padded_wide + column].fill(-77);
      }
    }
  }
  Bytes out = {1, 2, 3};
  error = jpeg_rebuild(s.recipe.headers, s.recipe.extra, image, UINT64_MAX, out).to_string();
  return out;
}

std::string round_trip(const Bytes& jpeg, Split* split_out) {
  std::string error;
  const Split s = split(jpeg, error);
  if (split_out) *split_out = s;
  if (!error.empty()) return error;
  const Bytes again = rebuild(s, error);
  if (!error.empty()) return error;
  if (again != jpeg) return s.byte_exact ? "not the same bytes, though said to be" : "not the same bytes";
  return s.byte_exact ? "" : "the same bytes, though said not to be";
}

}  // namespace headrace::testing
