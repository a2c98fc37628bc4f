// The reference of the ops whose meaning users write themselves.
#include "compiler/spec/op_reference_parts.h"
#include "ir/expr.h"

namespace headrace::spec {
namespace {

constexpr const char* kTypes = R"("u8" or "f32")";

constexpr const char* kExpressionMeaning =
    "arithmetic with `x` (the channel's value), `c` (its number: 0 red, 1 green, 2 blue) and `r`, `g`, `b` "
    "(all channels of the pixel); `+ - * /`, comparisons, `&& || !`, "
    "`min max clamp abs floor ceil trunc round sqrt fma select`";

OpReference map() {
  return {"map",
          OpKind::user,
          "on a u8 or f32 image",
          R"(Computes each channel of each pixel by an expression of your own. It becomes part of the same
loop as the operations around it, and costs what its arithmetic costs. [user_ops.md](user_ops.md) has
examples and says which op to use when; [ir.md](ir.md#expressions) defines every operator and function to
the bit.)",
          {required_key("expr",
                        "an expression such as \"clamp(x * 1.2, 0, 255)\", of at most " +
                            std::to_string(expr::kMaxWritten) + " characters",
                        kExpressionMeaning),
           optional_key("dtype", kTypes, "as the image", "the type of the result")},
          R"(All arithmetic is f32; u8 pixels count as 0 to 255. A u8 image stays u8 unless `dtype` is
`"f32"`: the result is rounded to nearest even and clamped to 0..255, as `convert` does. So what follows,
`normalize` above all, sees an image as before. An expression whose values u8 cannot hold, such as
`x / 255`, is an error until `dtype` says what is meant. An f32 image stays f32; one that is f16 or bf16
already cannot be mapped. As long as the image is u8, a map may stand anywhere after `decode`, also before
a `resize`, but for a decode with `"idct_scale": "auto"`, which has no pixels before its first resize.)",
          {R"json([{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
 {"op": "map", "expr": "clamp(x * 1.2, 0, 255)"}])json",
           R"json([{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
 {"op": "map", "expr": "select(c == 0, fma(x, 0.0171, -2.118), x / 255 - 0.5)", "dtype": "f32"}])json"},
          {"Expressions", "Graph IR: ops"}};
}

OpReference call() {
  return {"call",
          OpKind::user,
          "on a u8 or f32 image, before `layout`",
          R"(Hands the image to a C function of yours and goes on with what it wrote. The function stands
apart: the image before it is written to memory, and the image after it read from there.
[user_ops.md](user_ops.md) shows how one is written, and
[`headrace/user_op.h`](../include/headrace/user_op.h) declares it.)",
          {required_key("symbol", "the name of a C function", "the function's name"),
           required_key("library", "a library's file name without folders, such as \"filters.so\"",
                        "the shared library it is in"),
           required_key("per", R"("image" or "row")",
                        "whether it gets the whole image, or one row after the other"),
           default_key("in", kTypes, R"("u8")", "what it reads; the image must be of this type here"),
           default_key("out", kTypes, R"("u8")", "what it writes")},
          R"(It gets and leaves images of one size, R G B interleaved. A spec cannot load a library:
`library` must be the file name of one that is named where the pipeline is run, `--library PATH` on the
command line (`run`, `bench`, `explain`, `tune`, `view`), `CompileOptions::libraries` or
`ObjectOptions::libraries` in C++, `libraries=` in Python. `call` comes before `layout`; crops, flips and
resizes may stand before and after it (a resize only as long as the image is u8).)",
          {R"([{"op": "decode", "field": "image"}, {"op": "resize", "size": [32, 32]},
 {"op": "call", "symbol": "sharpen", "library": "filters.so", "per": "image"}])"},
          {"Graph IR: ops"}};
}

}  // namespace

std::vector<OpReference> user_op_references() { return {map(), call()}; }

}  // namespace headrace::spec
