// Ctrl-C while native code is at work.
#pragma once

namespace headrace::python {

/// Runs the handlers of signals that arrived, from a thread without the GIL; whether one raised an exception
/// (KeyboardInterrupt), which is then set.
bool signals_raised();

}  // namespace headrace::python
