#include "runtime/loader/trace_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace headrace {
namespace {

constexpr uint64_t kShortestWaitNs = 1000;

struct KindText {
  std::string_view name;
  bool wait = false, place = true, sample = false;
};

KindText text_of(SpanKind kind) {
  switch (kind) {
    case SpanKind::sample:
      return {.name = "sample", .sample = true};
    case SpanKind::plan:
      return {.name = "plan", .sample = true};
    case SpanKind::io_wait:
      return {.name = "wait for data", .wait = true, .sample = true};
    case SpanKind::entropy:
      return {.name = "decode entropy", .sample = true};
    case SpanKind::code:
      return {.name = "code", .sample = true};
    case SpanKind::mix:
      return {.name = "mix"};
    case SpanKind::buffer_wait:
      return {.name = "wait for buffer", .wait = true, .place = false};  // of the batch to come
    case SpanKind::consumer_wait:
      return {.name = "consumer wait", .wait = true};
    case SpanKind::delivered:
      return {.name = "batch delivered"};
  }
  return {.name = "?"};
}

std::string_view name_of(TraceCounter counter) {
  switch (counter) {
    case TraceCounter::batches_ready:
      return "batches ready";
    case TraceCounter::bytes_read:
      return "bytes read";
  }
  return "?";
}

void append_decimal(std::string& out, uint64_t value) {
  std::array<char, 20> digits = {};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape = {};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

void TraceJson::begin(const Facts& facts) {
  out_ += "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"writer\":";
  append_string(out_, "headrace " HEADRACE_VERSION);
  out_ += ",\"clock\":";
  append_string(out_, facts.clock);
  number(",\"begin_unix_ms\":", static_cast<uint64_t>(std::max<int64_t>(facts.unix_begin_ms, 0)));
  number(",\"lost_events\":", facts.lost);
  out_ += "},\"traceEvents\":[";
  metadata(0, "process_name", facts.process_name);
}

void TraceJson::track(size_t number_of, std::string_view text) {
  metadata(number_of + 1, "thread_name", text);
  start_event('M', number_of + 1);
  out_ += ",\"name\":\"thread_sort_index\"";
  number(",\"args\":{\"sort_index\":", number_of);
  out_ += "}}";
}

void TraceJson::lost(size_t track, uint64_t ticks, uint64_t events) {
  start_event('i', track + 1);
  microseconds(",\"ts\":", nanoseconds(ticks));
  out_ += ",\"s\":\"t\"";
  name("earlier events lost");
  number(",\"args\":{\"events\":", events);
  out_ += "}}";
}

void TraceJson::event(size_t track, const TraceEvent& e) {
  if (!e.is_counter) return span(track + 1, e);
  start_event('C', track + 1);
  microseconds(",\"ts\":", nanoseconds(e.begin));
  name(name_of(e.counter));
  number(",\"args\":{\"value\":", e.value);
  out_ += "}}";
}

void TraceJson::end() { out_ += "\n]}\n"; }

void TraceJson::span(size_t thread, const TraceEvent& e) {
  const KindText text = text_of(e.kind);
  const bool moment = e.kind == SpanKind::delivered;
  // Both ends are rounded alike, so that what lay inside something else still does.
  const uint64_t begin = nanoseconds(e.begin), end = moment ? begin : std::max(nanoseconds(e.end), begin);
  if (text.wait && end - begin < kShortestWaitNs) return;
  start_event(moment ? 'i' : 'X', thread);
  microseconds(",\"ts\":", begin);
  if (moment) {
    out_ += ",\"s\":\"t\"";
  } else {
    microseconds(",\"dur\":", end - begin);
  }
  name(text.name);
  out_ += ",\"args\":{";
  if (text.place) {
    number("\"epoch\":", e.place.epoch);
    number(",\"batch\":", e.place.batch);
  }
  if (text.sample) number(",\"sample\":", e.place.sample);
  out_ += "}}";
}

void TraceJson::start_event(char phase, size_t thread) {
  out_ += first_ ? "\n{\"ph\":\"" : ",\n{\"ph\":\"";
  first_ = false;
  out_ += phase;
  number("\",\"pid\":", process_);
  number(",\"tid\":", thread);
}

void TraceJson::microseconds(std::string_view key, uint64_t ns) {
  number(key, ns / 1000);
  const uint64_t rest = ns % 1000;
  out_ += '.';
  out_ += static_cast<char>('0' + rest / 100);
  out_ += static_cast<char>('0' + rest / 10 % 10);
  out_ += static_cast<char>('0' + rest % 10);
}

void TraceJson::number(std::string_view key, uint64_t value) {
  out_ += key;
  append_decimal(out_, value);
}

void TraceJson::name(std::string_view text) {
  out_ += ",\"name\":";
  append_string(out_, text);
}

void TraceJson::metadata(size_t thread, std::string_view what, std::string_view text) {
  start_event('M', thread);
  name(what);
  out_ += ",\"args\":{\"name\":";
  append_string(out_, text);
  out_ += "}}";
}

}  // namespace headrace
