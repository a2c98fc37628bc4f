#include "kernels/jpeg_errors.h"

#include <array>
#include <cstdio>

namespace headrace::jpeg {
namespace {

struct Text {
  int code;
  Fault fault;
  const char* format;  ///< with libjpeg's integer parameters of this code, in its order
};

constexpr int kLosslessFrame = 0xC3;

constexpr std::array kTexts = {
    Text{JWRN_JPEG_EOF, Fault::damaged, "premature end of JPEG data"},
    Text{JERR_INPUT_EOF, Fault::damaged, "premature end of JPEG data"},
    Text{JERR_INPUT_EMPTY, Fault::damaged, "the file is empty"},
    Text{JWRN_HIT_MARKER, Fault::damaged,
         "compressed data ends too early: a marker comes before the scan is complete"},
    Text{JWRN_HUFF_BAD_CODE, Fault::damaged, "bad Huffman code in compressed data"},
    Text{JWRN_ARITH_BAD_CODE, Fault::damaged, "bad arithmetic code in compressed data"},
    Text{JWRN_MUST_RESYNC, Fault::damaged, "found marker 0x%02x where restart marker %d was expected"},
    Text{JERR_NO_SOI, Fault::damaged, "not a JPEG file: starts with 0x%02x 0x%02x"},
    Text{JERR_NO_IMAGE, Fault::damaged, "the JPEG file holds tables but no image"},
    Text{JERR_EMPTY_IMAGE, Fault::damaged, "the image has no pixels: width or height is 0"},
    Text{JERR_IMAGE_TOO_BIG, Fault::unsupported, "the image is larger than %u pixels on a side"},
    Text{JERR_BAD_PRECISION, Fault::unsupported, "%d-bit samples are not supported, only 8-bit ones"},
    Text{JERR_SOF_UNSUPPORTED, Fault::unsupported, "JPEG frame type 0x%02x is not supported"},
    Text{JERR_FRACT_SAMPLE_NOTIMPL, Fault::unsupported,
         "chroma sampling ratios that are not whole numbers are not supported"},
    Text{JERR_CCIR601_NOTIMPL, Fault::unsupported, "co-sited chroma sampling is not supported"},
    Text{JERR_CONVERSION_NOTIMPL, Fault::unsupported, "the file's colour space is not supported"},
    Text{JERR_ARITH_NOTIMPL, Fault::unsupported, "this libjpeg is built without arithmetic coding"},
    Text{JERR_NOT_COMPILED, Fault::unsupported,
         "this libjpeg is built without support for this kind of JPEG"},
    Text{JERR_UNKNOWN_MARKER, Fault::unsupported, "marker 0x%02x is not supported"},
    Text{JERR_COMPONENT_COUNT, Fault::unsupported, "%d colour components are not supported, at most %d"},
    Text{JERR_SOI_DUPLICATE, Fault::damaged, "two start-of-image markers"},
    Text{JERR_SOF_DUPLICATE, Fault::damaged, "two frame headers"},
    Text{JERR_SOF_NO_SOS, Fault::damaged, "a frame header without any scan"},
    Text{JERR_SOS_NO_SOF, Fault::damaged, "a scan before the frame header"},
    Text{JERR_EOI_EXPECTED, Fault::damaged, "another scan after the last one"},
    Text{JERR_BAD_COMPONENT_ID, Fault::damaged, "a scan names component %d, which it cannot"},
    Text{JERR_BAD_SAMPLING, Fault::damaged, "bad sampling factors"},
    Text{JERR_BAD_MCU_SIZE, Fault::damaged, "sampling factors too large for an interleaved scan"},
    Text{JERR_BAD_LENGTH, Fault::damaged, "bad marker length"},
    Text{JERR_BAD_PROGRESSION, Fault::damaged, "bad progressive scan parameters Ss=%d Se=%d Ah=%d Al=%d"},
    Text{JERR_BAD_HUFF_TABLE, Fault::damaged, "bad Huffman table"},
    Text{JERR_NO_HUFF_TABLE, Fault::damaged, "Huffman table 0x%02x is used but not defined"},
    Text{JERR_DHT_INDEX, Fault::damaged, "bad Huffman table index %d"},
    Text{JERR_NO_QUANT_TABLE, Fault::damaged, "quantisation table 0x%02x is used but not defined"},
    Text{JERR_DQT_INDEX, Fault::damaged, "bad quantisation table index %d"},
    Text{JERR_NO_ARITH_TABLE, Fault::damaged, "arithmetic table 0x%02x is used but not defined"},
    Text{JERR_DAC_INDEX, Fault::damaged, "bad arithmetic conditioning index %d"},
    Text{JERR_DAC_VALUE, Fault::damaged, "bad arithmetic conditioning value 0x%x"},
    Text{JERR_OUT_OF_MEMORY, Fault::limit, "out of memory while decoding"},
    Text{JERR_NO_BACKING_STORE, Fault::limit, "out of memory while decoding"},
};

}  // namespace

hr_result fault_result(Fault fault) {
  switch (fault) {
    case Fault::none:
      return HR_OK;
    case Fault::damaged:
    case Fault::unsupported:
      return HR_E_DECODE;
    case Fault::limit:
      return HR_E_LIMIT;
    case Fault::internal:
      return HR_E_INTERNAL;
  }
  return HR_E_INTERNAL;
}

std::string_view fault_code(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "";
    case Fault::damaged:
      return "decode.damaged";
    case Fault::unsupported:
      return "decode.unsupported";
    case Fault::limit:
      return "decode.limit";
    case Fault::internal:
      return "internal";
  }
  return "internal";
}

Status status_of(const Failure& failure) {
  return {std::string(fault_code(failure.fault)), "", failure.text};
}

bool is_fatal_warning(int code) {
  switch (code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      return true;
    default:
      return false;
  }
}

void describe_message(j_common_ptr cinfo, Failure& out) {
  const int code = cinfo->err->msg_code;
  if (code == JERR_SOF_UNSUPPORTED && cinfo->err->msg_parm.i[0] == kLosslessFrame) {
    out.fault = Fault::unsupported;
    std::snprintf(out.text, sizeof(out.text), "%s", kLosslessText);
    return;
  }
  for (const Text& text : kTexts) {
    if (text.code != code) continue;
    const int* p = cinfo->err->msg_parm.i;
    out.fault = text.fault;
    std::snprintf(out.text, sizeof(out.text), text.format, p[0], p[1], p[2], p[3]);
    return;
  }
  // The rest are states a file should not be able to cause: the library's own words serve best.
  char library_text[JMSG_LENGTH_MAX];
  cinfo->err->format_message(cinfo, library_text);
  out.fault = Fault::damaged;
  std::snprintf(out.text, sizeof(out.text), "libjpeg: %.190s", library_text);
}

}  // namespace headrace::jpeg
