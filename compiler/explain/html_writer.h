// Small tools for writing HTML: everything that comes from outside goes through escaped().
#pragma once

#include <string>
#include <string_view>

#include "headrace/explain.h"

namespace headrace::explaining {

/// Text in which no character means anything to HTML, between tags and in attributes: markup is escaped,
/// control characters and bytes that are no UTF-8 become U+FFFD.
std::string escaped(std::string_view text);

std::string html_bytes(double bytes);  ///< "12.3 KiB"
std::string html_time(double ns);      ///< "12.3 &micro;s"
std::string fixed(double v, int digits);

/// A CSS class for a kind: "entropy".
std::string_view kind_class(StageKind kind);

/// Parts of the page.
std::string html_style(const Explanation& explanation);
std::string html_graph(const Explanation& explanation);  ///< an SVG picture
std::string html_times(const Explanation& explanation);
std::string html_code(const Explanation& explanation);

/// The id of a stage's part of the page.
std::string stage_anchor(size_t stage);

}  // namespace headrace::explaining
