// The reference of the ops that mix pairs of samples.
#include "compiler/spec/batch.h"
#include "compiler/spec/op_reference_parts.h"

namespace headrace::spec {
namespace {

constexpr const char* kPlace = "in `batch`";

KeyReference alpha_key() {
  return default_key("alpha", "a number from 0.001 to 1000", "1",
                     "below 1: shares near 0 and 1 are likely; 1: all are equally likely; above 1: near 1/2");
}

KeyReference chance_key() {
  return default_key("p", std::string(kProbabilityText), "1",
                     "probability, for each batch, that anything is done");
}

KeyReference outputs_key(const std::string& meaning) {
  return required_key("outputs", "a list of names of outputs", meaning);
}

/// A spec with an image, a label, and `steps` as its batch section.
std::string example(const std::string& steps) {
  return R"({"headrace": 1,
 "outputs": {
   "image": [{"op": "decode", "field": "image"}, {"op": "random_resized_crop", "size": [224, 224]}],
   "label": [{"op": "field", "field": "label"}, {"op": "one_hot", "classes": 1000},
             {"op": "label_smoothing", "epsilon": 0.1}]},
 "batch": [)" +
         steps + "]}";
}

OpReference mixup() {
  return {
      "mixup",
      OpKind::batch,
      kPlace,
      R"(Blends the two samples. They become `share * a + (1 - share) * b` and
`share * b + (1 - share) * a`, where *share* is a number from Beta(alpha, alpha). Computed in f32 and
rounded once to the output's type.)",
      {outputs_key("what is blended, all by the same share: images and vectors"), alpha_key(), chance_key()},
      "",
      {example(R"({"op": "mixup", "alpha": 0.2, "outputs": ["image", "label"]})")},
      {"Graph IR: batches", "Random numbers"}};
}

OpReference cutmix() {
  return {"cutmix",
          OpKind::batch,
          kPlace,
          R"(Exchanges a rectangle between the two samples' images (torchvision's CutMix). Its sides are
`sqrt(1 - share)` of the image's, where *share* is a number from Beta(alpha, alpha), its middle lies
anywhere in the image, what stands out is cut off. Vectors are blended by the share of the image's area
that the rectangle leaves.)",
          {outputs_key("images, all of one size, at least one, which get the same rectangle; vectors"),
           alpha_key(), chance_key()},
          "",
          {example(R"({"op": "cutmix", "p": 0.5, "outputs": ["image", "label"]})")},
          {"Graph IR: batches", "Random numbers"}};
}

OpReference random_choice() {
  return {"random_choice",
          OpKind::batch,
          "in `batch`, not in another `random_choice`",
          "Does one of several, chosen for each batch.",
          {required_key("ops", "a list of 2 to " + std::to_string(kMaxChoices) + " batch ops",
                        "`mixup` and `cutmix` to choose from"),
           optional_key("weights", "a number for each of the ops, from 1e-6 to 1e6, in a list", "all 1",
                        "how likely each is, in proportion")},
          "",
          {example(R"(
   {"op": "random_choice", "weights": [1, 1],
    "ops": [{"op": "mixup", "alpha": 0.2, "p": 0.9, "outputs": ["image", "label"]},
            {"op": "cutmix", "alpha": 1, "p": 0.9, "outputs": ["image", "label"]}]})")},
          {"Graph IR: batches", "Random numbers"}};
}

}  // namespace

std::vector<OpReference> batch_op_references() { return {mixup(), cutmix(), random_choice()}; }

}  // namespace headrace::spec
