# SPDX-License-Identifier: Apache-2.0
"""port_checks: what is true of ports of every kind."""

import pytest

from rpc_client import RpcError


def assert_mistake(lab, field, port):
    """What is wrong with 'port' is told by its field, and nothing is left of it."""
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", port)
    assert refusal.value.kind == "invalid_params"
    assert refusal.value.data["field"] == field
    assert lab.call("port.list")["ports"] == []


def assert_in_document(lab, ports):
    """Ports of sw0 that a document has are made, and stand in the next one as they were said.
    Returns the first one."""
    document = lab.call("config.get", {"format": "minimal"})
    document["switches"]["sw0"]["ports"].update(ports)
    lab.call("config.apply", {"config": document, "mode": "replace"})
    again = lab.call("config.get", {"format": "minimal"})
    assert {name: again["switches"]["sw0"]["ports"][name] for name in ports} == ports
    assert lab.call("config.diff", {"config": again})["plan"] == []
    return document
