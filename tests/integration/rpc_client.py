# SPDX-License-Identifier: Apache-2.0
"""rpc_client: JSON-RPC 2.0, one message a line, over the daemon's Unix socket.

Small on purpose and on the standard library alone: a second reading of docs/control-protocol.md
that shares no code with the daemon. Every wait ends after 'timeout' seconds.
"""

import itertools
import json
import socket


class RpcError(Exception):
    """The daemon refused: 'code', 'message' and 'data' are the error object's."""

    def __init__(self, error):
        super().__init__(f"{error['message']} (code {error['code']}, data {error.get('data')})")
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data", {})

    @property
    def kind(self):
        return self.data.get("kind")


def listens(path):
    """Whether a daemon accepts at 'path': its file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


class RpcClient:
    """One session. Use it in a 'with', or close() it."""

    def __init__(self, path, timeout=10.0):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")
        self._ids = itertools.count(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._lines.close()
        self._socket.close()

    def call(self, method, params=None):
        """The method's result; RpcError if it was refused."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method}
        if params is not None:
            request["params"] = params
        self.send(request)
        reply = self.read()
        assert reply["jsonrpc"] == "2.0" and reply["id"] == request["id"], reply
        if "error" in reply:
            raise RpcError(reply["error"])
        return reply["result"]

    def send(self, message):
        """Any JSON value as one line: a request, a notification, a batch, or none of them."""
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def send_bytes(self, data):
        """Bytes as they are, to try what the daemon makes of nonsense."""
        self._socket.sendall(data)

    def read_bytes(self, count):
        """As many bytes of what comes, whatever they are."""
        return self._lines.read(count)

    def finish_sending(self):
        """Closes our half; replies can still be read."""
        self._socket.shutdown(socket.SHUT_WR)

    def read(self):
        """The next message; EOFError if the daemon has closed the session."""
        line = self._lines.readline()
        if not line:
            raise EOFError("the daemon closed the session")
        return json.loads(line)
