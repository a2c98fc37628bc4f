"""Processes with all that they started: processor time, memory, and their end."""

from __future__ import annotations

import os
import pathlib
import re
import signal

_TICKS = os.sysconf("SC_CLK_TCK")
_ANONYMOUS = re.compile(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", re.M)
_FILE = re.compile(r"^Pss_File:\s+(\d+) kB", re.M)


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third on; empty if it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def tree(root: int) -> list[int]:
    """The process and all below it."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = _stat(int(name))
            if stat:
                children.setdefault(int(stat[1]), []).append(int(name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of the processes that live, and of those below them that were waited for."""
    stats = [_stat(pid) for pid in tree(root)]
    return sum(int(field) for stat in stats if stat for field in stat[11:15]) / _TICKS


def memory_mb(root: int) -> tuple[float, float]:
    """(all, without mapped files), each page that several processes share counted once in all."""
    anonymous = mapped = 0
    for pid in tree(root):
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        anonymous += sum(int(kb) for kb in _ANONYMOUS.findall(text))
        mapped += sum(int(kb) for kb in _FILE.findall(text))
    return (anonymous + mapped) * 1024 / 1e6, anonymous * 1024 / 1e6


def end_session(session: int) -> None:
    """Ends what is left of a session that this process started."""
    try:
        os.killpg(session, signal.SIGKILL)
    except ProcessLookupError:
        pass
