// Dataset files changed on purpose, with hashes that are right again.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "dataset_testing.h"
#include "headrace/dataset.h"
#include "runtime/dataset/format.h"
#include "runtime/dataset/header.h"
#include "runtime/dataset/info.h"

namespace headrace::testing {

using format::Header;
using format::SectionKind;

/// A dataset file in memory that can be changed and sealed again with right hashes.
class Forgery {
 public:
  explicit Forgery(const std::string& path)
      : path_(path), bytes_(read_bytes(path)), header(format::load<Header>(bytes_)) {}

  template <class T>
  T get(uint64_t at) const {
    return format::load<T>(bytes_, at);
  }
  template <class T>
  void put(uint64_t at, T value) {
    format::store(bytes_, at, value);
  }
  Bytes& bytes() { return bytes_; }

  uint64_t section(SectionKind kind, uint32_t owner = format::kNoField) const {
    return find_section(header, kind, owner)->offset;
  }

  /// Where page `index` starts.
  uint64_t page(uint64_t index) const { return page_entry(index).offset; }

  /// Puts the right hash into a page and the page table.
  void seal_page(uint64_t index) {
    format::PageEntry e = page_entry(index);
    e.hash = hash64(std::span(bytes_).subspan(e.offset, e.bytes - 8));
    put(e.offset + e.bytes - 8, e.hash);
    put(section(SectionKind::pages) + index * sizeof e, e);
  }

  /// Writes it with every section and header hash recomputed.
  void save() {
    for (uint32_t i = 0; i < std::min(header.section_count, format::kMaxSections); ++i) {
      format::SectionEntry& s = header.sections[i];
      if (s.offset <= bytes_.size() && s.bytes <= bytes_.size() - s.offset) {
        s.hash = hash64(std::span(bytes_).subspan(s.offset, s.bytes));
      }
    }
    seal_header(header);
    put(0, header);
    put(4096, header);
    write_bytes(path_, bytes_);
  }

  /// Saves it, opens it, and returns the error or "".
  std::string open() {
    save();
    const auto d = Dataset::open(path_);
    if (!d.ok()) {
      const Diagnostic e = d.status().errors().front();
      EXPECT_EQ(e.where, path_);
      return e.code + ": " + e.message;
    }
    // Whatever opens can be read without leaving the file; hashes of pages are not asked for here.
    const auto lax = Dataset::open(path_, {.verify_pages = false});
    (void)contents(**lax);
    (void)contents(**d);
    (void)verify_all(**d);
    (void)summarize(**d);
    return "";
  }

 private:
  format::PageEntry page_entry(uint64_t index) const {
    return get<format::PageEntry>(section(SectionKind::pages) + index * sizeof(format::PageEntry));
  }

  std::string path_;
  Bytes bytes_;

 public:
  Header header;
};

}  // namespace headrace::testing
