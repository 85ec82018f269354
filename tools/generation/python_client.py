# SPDX-License-Identifier: Apache-2.0
"""python_client: the typed methods of tools/python/tapswitch.py, between its two marks."""

from generation.python_types import Types, fields_of

BEGIN = "# ---- made by tools/generate from rpc.discover: do not edit ----\n"
END = "# ---- end of what tools/generate made ----\n"

# Results that are called otherwise than their method.
RESULTS = {"stats.get": "stats", "stats.rates": "rates", "frame.trace": "trace"}


def generate(document, source):
    """The 'source' of the client with everything between its marks made anew."""
    head, rest = source.split(BEGIN)
    tail = rest.split(END)[1]
    return head + BEGIN + typed_part(document) + END + tail


def typed_part(document):
    types = Types()
    signatures = [signature(types, method) for method in document["methods"]]
    parts = types.classes()
    for class_name, prefix, wait in (("TypedMethods", "", ""), ("AsyncMethods", "async ", "await ")):
        methods = [method_text(one, prefix, wait) for one in signatures]
        parts.append(class_text(class_name, prefix, methods))
    return "\n\n" + "\n\n\n".join(parts) + "\n\n\n"


def signature(types, method):
    """(name, summary, type of the parameters, whether descriptors go with them, type of the
    result)"""
    params = [(field["name"], {"description": field.get("description"), **field["schema"],
                               **described(field)}, field["required"])
              for field in method["params"] if field["name"] != "dry_run"]
    name = method["name"]
    taken = types.object(f"{name}_params", params) if params else None
    takes_fds = any(field["name"] == "fd" for field in method["params"])
    return name, method["summary"], taken, takes_fds, \
        result_type(types, name, without_plan(method))


def described(field):
    return {"description": field["description"]} if "description" in field else {}


def without_plan(method):
    """The schema of what comes back when it was not a dry run."""
    schema = method["result"]["schema"]
    # A plan that comes back in any case is no other shape.
    has_plan = any(field["name"] == "dry_run" for field in method["params"])
    return schema["anyOf"][0] if has_plan and "anyOf" in schema else schema


def result_type(types, name, schema):
    noun, verb = name.split(".")
    if name in RESULTS:
        return types.of(schema, RESULTS[name])
    if verb in ("get", "add", "set"):
        return types.of(schema, noun)
    if "properties" in schema:
        return types.object(f"{name}_result", fields_of(schema), noun)
    return types.of(schema, f"{name}_result")


def method_text(one, prefix, wait):
    name, summary, taken, takes_fds, given = one
    params = ", *, fds: Sequence[int] = ()" if takes_fds else ""
    params += f", **params: Unpack[{taken}]" if taken else ""
    arguments = f'"{name}", params' if taken else f'"{name}", {{}}'
    arguments += ", fds" if takes_fds else ""
    return (f"    {prefix}def {name.replace('.', '_')}(self{params}) -> {given}:\n"
            f'        """{name}: {summary}."""\n'
            f"        return cast({given!r}, {wait}self.call({arguments}))\n")


def class_text(name, prefix, methods):
    return (f"class {name}(ABC):\n"
            f'    """One method for each of the daemon\'s, with its parameters by name."""\n\n'
            f"    @abstractmethod\n"
            f"    {prefix}def call(self, method: str, params: Mapping[str, object],\n"
            f"    {' ' * len(prefix)}         fds: Sequence[int] = ()) -> Any:\n"
            f'        """Calls any method; Refused if the daemon refuses. The descriptors "fds" go\n'
            f'        with it: what it calls "fd" is an index in them."""\n\n'
            + "\n".join(methods).rstrip("\n"))
