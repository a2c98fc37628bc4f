#include "tests/ir/resize_testing.h"

#include <fstream>
#include <sstream>

namespace headrace::ir_testing {

graph::ImageValue make_image(int64_t width, int64_t height, uint32_t seed, bool extremes) {
  graph::ImageValue image;
  image.width = width;
  image.height = height;
  uint32_t state = seed;
  for (int64_t i = 0; i < width * height * 3; ++i) {
    state = state * 1664525u + 1013904223u;
    const uint32_t byte = state >> 24;
    image.ints.push_back(int16_t(!extremes ? byte : byte > 127 ? 255u : 0u));
  }
  return image;
}

graph::ImageValue resize(const graph::ImageValue& in, geometry::Size size, const std::string& filter,
                         const std::string& arith) {
  return graph::resize_image(in, size, {0, 0, size.height, size.width}, false, false, false, false, filter,
                             arith);
}

std::string Golden::name() const {
  return filter + " " + std::to_string(width) + "x" + std::to_string(height) + " to " +
         std::to_string(to_width) + "x" + std::to_string(to_height) + (extremes ? " extremes" : "");
}

std::vector<Golden> read_goldens(const std::string& filter) {
  std::ifstream in(std::string(HEADRACE_SOURCE_DIR) + "/tests/ir/resize_golden.txt");
  std::vector<Golden> goldens;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    Golden g;
    std::string kind;
    std::istringstream words(line);
    words >> g.filter >> g.width >> g.height >> g.to_width >> g.to_height >> g.seed >> kind;
    g.extremes = kind == "extremes";
    if (int64_t left, top, right, bottom; words >> left >> top >> right >> bottom) {
      g.box = {{left, right - left}, {top, bottom - top}};
    }
    for (int64_t y = 0; y < g.to_height && std::getline(in, line); ++y) {
      for (size_t i = 0; i + 1 < line.size(); i += 2) {
        g.pixels.push_back(int16_t(std::stoi(line.substr(i, 2), nullptr, 16)));
      }
    }
    if (g.filter == filter) goldens.push_back(std::move(g));
  }
  return goldens;
}

}  // namespace headrace::ir_testing
