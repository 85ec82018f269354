# SPDX-License-Identifier: Apache-2.0
"""rpc.discover: a document as the OpenRPC specification 1.3 has it, with schemas that hold."""

import re

import jsonschema
import pytest

from lab import Lab
from conftest import require_root

# Which members each object of OpenRPC may have [spec.open-rpc.org]; those with True must be there.
# All may have members that begin with "x-".
DOCUMENT = {"openrpc": True, "info": True, "methods": True, "servers": False, "components": False,
            "externalDocs": False}
INFO = {"title": True, "version": True, "description": False, "termsOfService": False,
        "contact": False, "license": False}
METHOD = {"name": True, "params": True, "result": False, "summary": False, "description": False,
          "tags": False, "externalDocs": False, "deprecated": False, "servers": False,
          "errors": False, "links": False, "paramStructure": False, "examples": False}
CONTENT_DESCRIPTOR = {"name": True, "schema": True, "required": False, "summary": False,
                      "description": False, "deprecated": False}
ERROR = {"code": True, "message": True, "data": False}

# Parameters with which each method that only asks can be asked on a switch with the port 'a'.
QUESTIONS = {"switch.get": {"name": "sw0"}, "port.get": {"name": "a"},
             "frame.trace": {"port": "a", "frame": "ffffffffffff02000000000108060001"},
             "config.diff": {"config": {"version": 1, "switches": {}}},
             "event.subscribe": {"topics": ["port", "switch", "vlan", "fdb"], "snapshot": True},
             "event.unsubscribe": {"subscription": 1}}


def check_members(value, members, where):
    assert isinstance(value, dict), where
    strange = [key for key in value if key not in members and not key.startswith("x-")]
    missing = [key for key, is_required in members.items() if is_required and key not in value]
    assert (strange, missing) == ([], []), where


def check_schema(schema, where):
    assert isinstance(schema, (dict, bool)), where
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.fixture(scope="module", name="document")
def discovered():
    require_root()
    lab = Lab()
    try:
        lab.start()
        yield lab.call("rpc.discover")
        lab.stop()
    finally:
        lab.remove()


def test_document_is_openrpc(document):
    check_members(document, DOCUMENT, "document")
    assert re.fullmatch(r"1\.3\.\d+", document["openrpc"])
    check_members(document["info"], INFO, "info")
    names = [method["name"] for method in document["methods"]]
    assert names and len(set(names)) == len(names)


def test_methods_are_openrpc(document):
    for method in document["methods"]:
        where = method["name"]
        check_members(method, METHOD, where)
        assert method.get("paramStructure") in ("by-name", "by-position", "either"), where
        required = [param.get("required", False) for param in method["params"]]
        assert required == sorted(required, reverse=True), f"{where}: required ones come first"
        names = [param["name"] for param in method["params"]]
        assert len(set(names)) == len(names), where
        for descriptor in (*method["params"], method["result"]):
            check_members(descriptor, CONTENT_DESCRIPTOR, where)
            check_schema(descriptor["schema"], where)
        for error in method.get("errors", []):
            check_members(error, ERROR, where)
            assert isinstance(error["code"], int), where


def test_defaults_fit_their_own_schemas(document):
    for method in document["methods"]:
        for param in method["params"]:
            if isinstance(param["schema"], dict) and "default" in param["schema"]:
                jsonschema.validate(param["schema"]["default"], param["schema"],
                                    jsonschema.Draft202012Validator)


def test_answers_are_as_the_document_says(lab):
    lab.call("port.add", {"name": "a", "vlan": {"mode": "access", "pvid": 10}})
    lab.call("fdb.add", {"mac": "02:00:00:00:00:01", "vlan": 10, "port": "a"})
    client = lab.client()
    asked = [method for method in client.call("rpc.discover")["methods"]
             if not method["x-changes"]]
    for method in asked:
        params = QUESTIONS.get(method["name"], {})
        answer = client.call(method["name"], params)
        jsonschema.validate(answer, method["result"]["schema"], jsonschema.Draft202012Validator)
        for param in method["params"]:
            if param["name"] in params:
                jsonschema.validate(params[param["name"]], param["schema"],
                                    jsonschema.Draft202012Validator)
    assert len(asked) > 15
