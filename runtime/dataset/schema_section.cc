#include "runtime/dataset/schema_section.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "headrace/counted.h"
#include "runtime/dataset/printable.h"

namespace headrace {
namespace {

using format::FieldEntry;
using format::Storage;

constexpr size_t kMaxName = 63;

bool is_field_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_kind(uint32_t kind) {
  return kind >= static_cast<uint32_t>(FieldKind::image) && kind <= static_cast<uint32_t>(FieldKind::bytes);
}

uint32_t entry_bytes(FieldKind kind) {
  switch (kind) {
    case FieldKind::image:
      return sizeof(format::ImageEntry);
    case FieldKind::bytes:
      return sizeof(format::BytesEntry);
    case FieldKind::i64:
    case FieldKind::f64:
      break;
  }
  return 8;
}

bool may_be_stored(FieldKind kind, uint32_t storage) {
  switch (kind) {
    case FieldKind::image:
      return storage == static_cast<uint32_t>(Storage::page);
    case FieldKind::bytes:
      return storage == static_cast<uint32_t>(Storage::page) ||
             storage == static_cast<uint32_t>(Storage::blob);
    case FieldKind::i64:
    case FieldKind::f64:
      break;
  }
  return storage == static_cast<uint32_t>(Storage::record);
}

/// The value names of one field: a table of names_count + 1 ascending offsets, then the bytes between them.
/// Tables and bytes of all fields ascend too (`free` is where the next may start), so that a small section
/// cannot claim to hold many names.
Expected<std::vector<std::string>> decode_names(std::span<const uint8_t> section, const FieldEntry& e,
                                                uint64_t& free, const std::string& path,
                                                const std::string& where) {
  std::vector<std::string> names;
  if (e.names_count == 0) return names;
  const Status bad("data.schema", path, where + ": its value names lie outside the schema section");
  if (e.names_offset < free || e.names_offset > section.size() ||
      e.names_count >= (section.size() - e.names_offset) / 8)
    return bad;
  uint64_t begin = format::load<uint64_t>(section, e.names_offset);
  if (begin < e.names_offset + 8 * (e.names_count + 1)) return bad;
  for (uint64_t i = 1; i <= e.names_count; ++i) {
    const auto end = format::load<uint64_t>(section, e.names_offset + 8 * i);
    if (begin > end || end > section.size()) return bad;
    names.emplace_back(reinterpret_cast<const char*>(section.data()) + begin, end - begin);
    begin = end;
  }
  free = begin;
  return names;
}

}  // namespace

Status check_schema(const Schema& schema, const std::string& path) {
  Status status;
  const auto add = [&](const std::string& message) { status.add("data.schema", path, message); };
  if (schema.fields.empty()) add("a schema needs at least one field");
  if (schema.fields.size() > format::kMaxFields) {
    add("a schema may have 1024 fields, not " + std::to_string(schema.fields.size()));
    return status;
  }
  std::set<std::string_view> seen;
  for (const Schema::Field& f : schema.fields) {
    const std::string name = "\"" + printable(f.name) + "\"";
    if (!is_field_name(f.name)) add("field name " + name + " is not 1 to 63 of [A-Za-z0-9_]");
    if (!seen.insert(f.name).second) add("field name " + name + " is used twice");
    if (!is_kind(static_cast<uint32_t>(f.kind))) {
      add("field " + name + " has the unknown kind " + std::to_string(static_cast<unsigned>(f.kind)));
    }
    if (!f.value_names.empty() && f.kind != FieldKind::i64) {
      add("field " + name + " is " + std::string(field_kind_name(f.kind)) +
          "; only i64 fields may name their values");
    }
  }
  return status;
}

RecordLayout layout_of(const Schema& schema) {
  RecordLayout layout;
  for (const Schema::Field& f : schema.fields) {
    RecordLayout::Field field;
    field.kind = f.kind;
    field.offset = static_cast<uint32_t>(layout.record_bytes);
    if (f.kind == FieldKind::image) field.storage = Storage::page;
    if (f.kind == FieldKind::bytes) field.storage = f.name == "key" ? Storage::blob : Storage::page;
    layout.record_bytes += entry_bytes(f.kind);
    layout.fields.push_back(field);
  }
  return layout;
}

std::vector<uint8_t> encode_schema(const Schema& schema, const RecordLayout& layout) {
  std::vector<uint8_t> out(schema.fields.size() * sizeof(FieldEntry));
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    const Schema::Field& f = schema.fields[i];
    FieldEntry e;
    std::copy(f.name.begin(), f.name.end(), e.name.begin());
    e.kind = static_cast<uint32_t>(f.kind);
    e.storage = static_cast<uint32_t>(layout.fields[i].storage);
    e.entry_offset = layout.fields[i].offset;
    e.entry_bytes = entry_bytes(f.kind);
    if (!f.value_names.empty()) {
      e.names_offset = out.size();
      e.names_count = f.value_names.size();
      uint64_t at = out.size() + 8 * (f.value_names.size() + 1);
      out.resize(at);
      uint64_t slot = e.names_offset;
      format::store(out, slot, at);
      for (const std::string& name : f.value_names) {
        out.insert(out.end(), name.begin(), name.end());
        at += name.size();
        format::store(out, slot += 8, at);
      }
      out.resize(format::align_up(out.size(), 8));
    }
    format::store(out, i * sizeof(FieldEntry), e);
  }
  out.resize(format::align_up(out.size(), format::kBlock));
  return out;
}

Expected<DecodedSchema> decode_schema(std::span<const uint8_t> section, uint32_t field_count,
                                      uint64_t record_bytes, const std::string& path) {
  if (field_count > section.size() / sizeof(FieldEntry)) {
    return Status("data.schema", path,
                  "the schema section is too small for " + counted(field_count, "field"));
  }
  DecodedSchema out;
  out.layout.record_bytes = record_bytes;
  uint64_t end = 0;
  uint64_t names_free = field_count * sizeof(FieldEntry);
  for (uint32_t i = 0; i < field_count; ++i) {
    const auto e = format::load<FieldEntry>(section, i * sizeof(FieldEntry));
    const std::string where = "field " + std::to_string(i);
    const auto bad = [&](const std::string& what) {
      return Status("data.schema", path, where + ": " + what);
    };
    if (e.name.back() != '\0') return bad("its name is longer than 63 bytes");
    if (!is_kind(e.kind)) return bad("unknown kind " + std::to_string(e.kind));
    const auto kind = static_cast<FieldKind>(e.kind);
    if (!may_be_stored(kind, e.storage)) {
      return bad("kind " + std::string(field_kind_name(kind)) + " with the storage " +
                 std::to_string(e.storage));
    }
    if (e.entry_bytes != entry_bytes(kind) || e.entry_offset < end || e.entry_offset % 8 != 0 ||
        e.entry_offset > record_bytes || e.entry_bytes > record_bytes - e.entry_offset) {
      return bad("its entry of " + counted(e.entry_bytes, "byte") + " at " + std::to_string(e.entry_offset) +
                 " does not fit a record of " + counted(record_bytes, "byte"));
    }
    if (e.page_group != 0) return bad("page group " + std::to_string(e.page_group) + ", expected 0");
    end = e.entry_offset + e.entry_bytes;

    Schema::Field f;
    f.name = e.name.data();
    f.kind = kind;
    HR_ASSIGN_OR_RETURN(f.value_names, decode_names(section, e, names_free, path, where));
    out.schema.fields.push_back(std::move(f));
    out.layout.fields.push_back({kind, static_cast<Storage>(e.storage), e.entry_offset});
  }
  HR_RETURN_IF_ERROR(check_schema(out.schema, path));
  return out;
}

}  // namespace headrace
