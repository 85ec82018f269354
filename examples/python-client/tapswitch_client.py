"""Adds two ports to a running tapswitchd, pings across, and prints statistics."""

import json
import os
import socket
import subprocess
import sys


class Refused(Exception):
    """What the daemon answered instead of a result."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.data = error.get("data", {})


class Tapswitch:
    """A session with the daemon: one line a request, one line an answer."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._lines = self._socket.makefile("rw", encoding="utf-8", newline="\n")
        self._last_id = 0

    def call(self, method, **params):
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
        self._lines.write(json.dumps(request) + "\n")
        self._lines.flush()
        reply = json.loads(self._lines.readline())
        if "error" in reply:
            raise Refused(reply["error"])
        return reply["result"]


def main(path, left, right):
    switch = Tapswitch(path)
    info = switch.call("system.info")
    print(f"tapswitch {info['version']}: {info['ports']} ports")

    for name, namespace, address in [("left", left, "10.79.0.1/24"), ("right", right, "10.79.0.2/24")]:
        port = switch.call("port.add", name=name, namespace=namespace, addresses=[address],
                           vlan={"mode": "access", "pvid": 10})
        print(f"added {name}: {port['state']}")

    try:
        switch.call("port.set", name="left", vlan={"mode": "access", "pvid": 5000})
    except Refused as refusal:
        data = refusal.data
        print(f"refused: {data['kind']}: {data['field']}: {data['problem']} (allowed: {data['allowed']})")

    ping = subprocess.run(["ip", "netns", "exec", left, "ping", "-c", "3", "-i", "0.2", "10.79.0.2"],
                          stdout=subprocess.DEVNULL, check=False)
    print("ping:", "answered" if ping.returncode == 0 else "not answered")

    for name, counters in switch.call("stats.get")["ports"].items():
        print(f"{name}: in {counters['in_octets']} octets, out {counters['out_octets']} octets")


if __name__ == "__main__":
    main(os.environ["TAPSWITCH_SOCKET"], *sys.argv[1:])
