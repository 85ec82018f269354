# SPDX-License-Identifier: Apache-2.0
"""links: what it costs to look at the frames of a link, and how true the conditions of one are.

All is measured of one switch between two stations on TAPs. Figures that compare are taken within
seconds of each other. The switch is left to the scheduler, for whoever writes a capture works beside
it, as in life.
"""

import re
import signal
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from benchmark.lab import BenchError, Lab, wait_until
from benchmark.measures import count, flooding, iperf, latency
from benchmark.peers import Tapswitch

MEMORY = "/dev/shm"
RATES = {"1mbit": 1e6, "10mbit": 1e7, "100mbit": 1e8, "1gbit": 1e9}
LOSS = 0.1
DELAY = 100  # milliseconds
WINDOW = 64 << 20  # bytes that TCP may have under way
FRAME, PAYLOAD = 1514, 1448  # bytes, of a full segment
CALM = 5  # milliseconds; no answer takes so long without conditions


class Link:
    """A switch and two stations, and what a round measures of them."""

    def __init__(self, lab, bin_directory, effort):
        self.lab, self.bin, self.effort = lab, bin_directory, effort
        self.peer = Tapswitch(lab, bin_directory)
        self.peer.start()
        self.peer.use_congestion(effort.congestion)
        for station in (self.peer.a, self.peer.b):
            for name in ("tcp_rmem", "tcp_wmem"):
                station.namespace.run("sysctl", "-qw", f"net.ipv4.{name}=4096 131072 {WINDOW}")

    def set(self, **conditions):
        """Those of what the switch sends to B; without any it is a perfect line again."""
        self.peer.call("port.set", name="b", conditions=conditions or None)

    # ---- captures

    @contextmanager
    def captured(self, to, has_pipes=False):
        """While it lasts all frames of both ports are captured."""
        command = (self.bin / "tapctl", "--socket", self.peer.socket, "capture", "a", "b", "-w", to)
        writer = self.lab.start(*command, has_pipes=has_pipes)
        self.lab.wait_for(writer, lambda: self.peer.call("capture.list")["captures"], "it is captured")
        try:
            yield
        finally:
            writer.kill()
            writer.wait()
            wait_until(lambda: not self.peer.call("capture.list")["captures"], "it is no more")

    def stream(self, seconds=None, *options):
        """Bits a second of one TCP stream."""
        report, *_ = iperf(self.peer, seconds or self.effort.tcp, *options)
        return report["end"]["sum_received"]["bits_per_second"]

    def captured_streams(self):
        alone = self.stream()
        with self.captured("/dev/null"):
            beside = self.stream()
        with self.captured("-", has_pipes=True):  # nobody reads
            stopped = self.stream()
        return {"capture_stream": beside / alone, "capture_stopped": stopped / alone}

    def flooded(self, size):
        """While it lasts A sends frames to B as fast as it can."""
        self.peer.meet()
        return flooding(self.peer, size, self.peer.b.mac())

    def captured_frames(self):
        """Each frame is captured at the port by which it comes in and at that by which it leaves."""
        def written():
            return self.peer.call("capture.list")["captures"][0]["frames"] / 2

        with tempfile.TemporaryDirectory(dir=MEMORY) as directory:
            with self.flooded(60):
                alone, _ = count(self.peer.b.received, time.monotonic, self.effort.frames)
            with self.captured(Path(directory) / "ours.pcapng"), self.flooded(60):
                ours, _ = count(written, time.monotonic, self.effort.frames)
            theirs = self.dumped_frames(Path(directory) / "theirs.pcap")
        return {"capture_frames": ours / alone, "capture_tcpdump": ours / theirs}

    def dumped_frames(self, file):
        """How many frames a second tcpdump writes of what B receives."""
        dump = self.lab.start("tcpdump", "-n", "-p", "-i", self.peer.b.interface, "-w", file,
                              namespace=self.peer.b.namespace)
        self.lab.wait_for(dump, file.exists, "tcpdump listens")
        with self.flooded(60):
            began = time.monotonic()
            time.sleep(self.effort.frames)
        dump.send_signal(signal.SIGINT)
        dump.wait()
        seconds = time.monotonic() - began
        captured = re.search(r"(\d+) packets captured", self.lab.said_by(dump))
        if not captured:
            raise BenchError("tcpdump does not say how much it has captured")
        return int(captured[1]) / seconds

    # ---- conditions

    def loss(self):
        """How far the loss of some 100,000 frames is from what it should be, in its own σ."""
        self.set(loss=f"{LOSS:.0%}", seed=time.monotonic_ns() % 1_000_000)
        before = self.lost_and_sent()
        with self.flooded(60):
            wait_until(lambda: self.lost_and_sent()[1] - before[1] > 100_000, "they are sent")
        lost, sent = (now - then for now, then in zip(self.lost_and_sent(), before))
        return {"condition_loss": abs(lost - LOSS * sent) / (LOSS * (1 - LOSS) * sent) ** 0.5}

    def lost_and_sent(self):
        counters = self.peer.call("stats.get", port="b")["ports"]["b"]
        return counters["drops"].get("condition_loss", 0), counters["out_unicast"]

    def rates(self):
        """How far the worst of them is off, in percent."""
        worst = 0.0
        for text, rate in RATES.items():
            self.set(rate=text)
            with self.flooded(FRAME):
                frames, _ = count(self.peer.b.received, time.monotonic,
                                  1.0 if self.effort.is_short else 5.0)
            worst = max(worst, abs(frames * FRAME * 8 / rate - 1) * 100)
        return {"condition_rate": worst}

    def delayed(self):
        """A stream at 1 Gbit/s on a line of 100 ms, and what an answer takes beyond these."""
        self.set(delay="100ms")
        answer = latency(self.peer, self.effort)["latency"] / 1e3
        self.set(delay="100ms", rate="1gbit")
        got = self.stream(4 if self.effort.is_short else 10, "-O", 4) * FRAME / PAYLOAD
        return {"condition_stream": got / RATES["1gbit"],
                "condition_delay": answer - DELAY}

    def answer(self):
        """What one takes, in milliseconds."""
        said = self.peer.a.namespace.run("ping", "-n", "-c", 1, self.peer.b.address)
        return float(re.search(r"time=([\d.]+) ms", said)[1])

    def removed(self):
        """How long after the conditions are taken away answers are quick, beside a stream that does
        not fill the switch."""
        self.set(delay="100ms", rate="1gbit")
        stream = self.lab.start(*self.peer.iperf_client(8, "-b", "200M"),
                                namespace=self.peer.a.namespace)
        time.sleep(2)
        began = time.monotonic()
        self.set()
        wait_until(lambda: self.answer() < CALM, "answers are quick again")
        took = time.monotonic() - began
        stream.kill()
        stream.wait()
        return {"condition_removed": took * 1e3}


def measure(results, bin_directory, rounds, effort, only, attempt):
    """The figures of the groups 'capture' and 'conditions', as far as they are wanted."""
    wanted = {"capture": (Link.captured_streams, Link.captured_frames),
              "conditions": (Link.loss, Link.rates, Link.delayed, Link.removed)}
    with Lab() as lab:
        link = Link(lab, bin_directory, effort)
        for number in range(rounds):
            for group in (name for name in wanted if name in only):
                for part in wanted[group]:
                    found = attempt(f"round {number + 1} of {rounds}: {part.__name__}", part, link)
                    link.set()
                    for key, value in (found or {}).items():
                        results.record(key, Tapswitch.name, value)
