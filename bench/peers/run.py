#!/usr/bin/env python3
"""Measures headrace and its peers side by side: same photographs, same pipeline.

    bench/peers/setup.sh VENVS [HEADRACE]
    bench/peers/run.py --venvs VENVS --out RESULTS [--docs]

Each measurement is a process of its own, held to as many CPUs as it has threads; rounds take turns over all
peers, and medians are reported. Takes --minutes at most. Ctrl-C ends early: what was measured is reported. A
peer that fails is listed with its error. docs/peers.md says what is measured and how to read it.
"""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

from jobs import Job
from peers import CASES, PEERS, Case, Peer, chosen
from processes import end_session, memory_mb
from report import write_report

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from photos_argument import add_photos  # noqa: E402

ROOT = HERE.parents[1]
TIMEOUT_SECONDS = 180
MEMORY_INTERVAL_SECONDS = 0.2
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


class Failed(Exception):
    """A peer's process did not do what it should; the text is its own last words."""


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_photos(parser)
    parser.add_argument("--venvs", type=pathlib.Path, required=True, help="folder that setup.sh was given")
    parser.add_argument(
        "--headrace", type=pathlib.Path, help="folder with a built package, in place of an installed one"
    )
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for results and stored data")
    parser.add_argument("--peers", default="", help="comma-separated: " + ", ".join(p.name for p in PEERS))
    parser.add_argument("--cases", default=",".join(c.name for c in CASES))
    parser.add_argument(
        "--threads",
        default="1,2",
        help="numbers of threads or workers; the first case has all, others the first",
    )
    parser.add_argument("--all-threads", action="store_true", help="all cases with all numbers of threads")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="of steady measurement, at least")
    parser.add_argument("--minutes", type=float, default=19.0, help="nothing is begun after that")
    parser.add_argument(
        "--docs", action="store_true", help="also update docs/peers.md, its plot, and bench/results"
    )
    return parser.parse_args()


class Session:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.out = options.out.resolve()
        self.cpus = sorted(os.sched_getaffinity(0))
        self.results: dict = {
            "date": datetime.date.today().isoformat(),
            "machine": {"cpu": cpu_model(), "cpus": len(self.cpus), "system": " ".join([platform.system(), platform.release().split("-")[0]])},
            "photographs": {},
            "rounds": 0,
            "peers": {},
            "runs": [],
        }
        self.started = time.monotonic()

    # --- processes ---

    def job(self, action: str, peer: Peer, **fields) -> Job:
        data = self.out / "data" / peer.name.replace(":", "-")
        return Job(action, str(self.options.photos.resolve()), str(data), peer.variant, **fields)

    def python(self, peer: Peer) -> pathlib.Path:
        return self.options.venvs.resolve() / peer.venv / "bin" / "python"

    def run(self, peer: Peer, job: Job, module: str = "worker.py") -> dict:
        """What the process said, with its memory and the time to its first batch."""
        python = self.python(peer)
        if not python.exists():
            raise Failed(f"{python.parent.parent.name}: no such virtual environment; setup.sh makes it")
        env = {
            **os.environ,
            **ONE_THREAD,
            "HEADRACE_CACHE_DIR": str(self.out / "cache"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        if self.options.headrace and peer.module == "peer_headrace":
            env["PYTHONPATH"] = str(self.options.headrace.resolve())
        errors = self.out / "stderr.txt"
        with open(errors, "wb") as stderr, open(self.out / "stdout.txt", "wb") as stdout:
            start = time.monotonic()
            process = subprocess.Popen(
                [python, HERE / module, peer.module, job.to_json()],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env=env,
                cwd=self.out,
                start_new_session=True,
            )
            try:
                memory = self.watch(process)
            finally:
                end_session(process.pid)
                process.wait()
        said: dict = {}
        for line in (self.out / "stdout.txt").read_text(errors="replace").splitlines():
            if line.startswith("{"):
                said |= json.loads(line)
        if process.returncode != 0:
            raise Failed(last_words(errors.read_text(errors="replace"), process.returncode))
        if "first_batch" in said:
            said["first_batch"] -= start
        return said | {"memory_mb": memory[0], "anonymous_mb": memory[1]}

    def watch(self, process: subprocess.Popen) -> tuple[float, float]:
        """Waits for its end; (all memory, without mapped files) at their highest."""
        highest = (0.0, 0.0)
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            now = memory_mb(process.pid)
            highest = (max(highest[0], now[0]), max(highest[1], now[1]))
            try:
                process.wait(MEMORY_INTERVAL_SECONDS)
                return highest
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    raise Failed(f"did not end within {TIMEOUT_SECONDS} s") from None

    # --- steps ---

    def save(self) -> None:
        path = self.out / "results.json"
        path.with_suffix(".new").write_text(json.dumps(self.results, indent=1) + "\n")
        path.with_suffix(".new").replace(path)

    def show(self, text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        print(f"[{minutes:02}:{seconds:02}] {text}", file=sys.stderr, flush=True)

    def prepare(self, peers: list[Peer]) -> list[Peer]:
        """Writes what peers read, and compares their centre crops; returns those that can."""
        reference = self.out / "reference.npy"
        pillow = next(p for p in PEERS if p.module == "peer_pillow")
        ready = []
        try:
            job = self.job("check", pillow, case="center", reference=str(reference))
            self.run(pillow, job, "make_reference.py")
        except Failed as failure:
            raise SystemExit(f"the reference cannot be made: {failure}")
        for peer in peers:
            self.show(f"prepare and check {peer.name}")
            entry = self.results["peers"][peer.name] = {
                "label": peer.label,
                "stores": peer.stores,
                "pixels": peer.pixels,
                "cannot": dict(peer.cannot),
            }
            try:
                stored = self.run(peer, self.job("prepare", peer))
                entry["bytes_per_image"] = stored["bytes"] / stored["images"]
                if not any(name == "center-f32" for name, _ in peer.cannot):
                    check = self.job("check", peer, case="center", reference=str(reference), threads=1)
                    said = self.run(peer, check)
                    entry["check"] = {name: said[name] for name in ("mean", "max", "photographs")}
                    entry["check"]["same"] = peer.compared
                ready.append(peer)
            except Failed as failure:
                entry["error"] = str(failure)
                self.show(f"  {failure}")
            self.save()
        return ready

    def plan(self) -> list[tuple[Case, int]]:
        names = self.options.cases.split(",")
        cases = [c for c in CASES if c.name in names]
        if len(cases) != len(names):
            raise SystemExit(f"--cases: choose from {', '.join(c.name for c in CASES)}")
        threads = [int(n) for n in self.options.threads.split(",")]
        if max(threads) > len(self.cpus):
            raise SystemExit(f"--threads: this process may use {len(self.cpus)} CPUs only")
        return [
            (case, n)
            for index, case in enumerate(cases)
            for n in (threads if index == 0 or self.options.all_threads else threads[:1])
        ]

    def measure(self, peer: Peer, case: Case, threads: int, number: int) -> None:
        job = self.job(
            "measure", peer, case=case.case, dtype=case.dtype, threads=threads,
            seconds=self.options.seconds, cpus=tuple(self.cpus[-threads:]),
        )  # fmt: skip
        run = {"peer": peer.name, "case": case.name, "threads": threads, "round": number}
        try:
            said = self.run(peer, job)
            run |= {
                "images_per_second": said["images"] / said["seconds"],
                "cpu_ms_per_image": said["cpu_seconds"] / said["images"] * 1e3,
                "first_batch_seconds": said["first_batch"],
                "memory_mb": said["memory_mb"],
                "anonymous_mb": said["anonymous_mb"],
                "load_average": os.getloadavg()[0],
            }
            self.results["peers"][peer.name] |= {"versions": said["versions"]}
            self.results["peers"][peer.name].setdefault("batch", {})[case.name] = said["batch"]
            self.show(
                f"  {run['images_per_second']:,.0f} images/s, first batch {run['first_batch_seconds']:.2f} s"
            )
        except Failed as failure:
            run["error"] = str(failure)
            self.show(f"  {failure}")
        self.results["runs"].append(run)
        self.save()

    def rounds(self, peers: list[Peer]) -> None:
        plan = self.plan()
        steps = [(p, c, n) for (c, n), p in itertools.product(plan, peers) if c.name not in dict(p.cannot)]
        for number in range(self.options.rounds):
            for index, (peer, case, threads) in enumerate(steps, 1):
                if time.monotonic() - self.started > self.options.minutes * 60:
                    return self.show(f"{self.options.minutes:g} minutes are over in round {number + 1}")
                where = f"round {number + 1} of {self.options.rounds}, {index} of {len(steps)}"
                self.show(f"{where}: {peer.name}, {case.name}, {threads} thread{'s' if threads > 1 else ''}")
                self.measure(peer, case, threads, number)
            self.results["rounds"] = number + 1


def last_words(text: str, code: int) -> str:
    """The line that says what went wrong, without paths."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line or "error" in line] or lines
    what = errors[-1] if errors else f"exit status {code}"
    words = [w.rsplit("/", 1)[-1] if w.lstrip("\"'(").startswith("/") else w for w in what.split()]
    return " ".join(words)[:300]


def cpu_model() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def main() -> None:
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    session = Session(options)
    peers = chosen(options.peers)
    session.plan()
    files = session.job("prepare", peers[0]).files()
    total = sum(f.stat().st_size for f in files)
    session.results["photographs"] = {"count": len(files), "bytes": total}
    try:
        session.rounds(session.prepare(peers))
    except KeyboardInterrupt:
        session.show("interrupted; what was measured is reported")
    session.save()
    write_report(session.results, session.out, ROOT if options.docs else None)


if __name__ == "__main__":
    main()
