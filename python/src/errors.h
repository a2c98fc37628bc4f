// Status values as the Python exception headrace.Error.
#pragma once

#include <nanobind/nanobind.h>

#include <utility>

#include "headrace/status.h"

namespace headrace::python {

/// Thrown by bindings for a failed Status; becomes headrace.Error (or a subclass of it) in Python.
struct StatusError {
  Status status;
};

inline void check(const Status& status) {
  if (!status.ok()) throw StatusError{status};
}

template <class T>
T unwrap(Expected<T>&& result) {
  if (!result.ok()) throw StatusError{result.status()};
  return std::move(result).value();
}

/// The Python exception of a failed Status, not raised.
nanobind::object to_exception(const Status& status);

void register_errors();

}  // namespace headrace::python
