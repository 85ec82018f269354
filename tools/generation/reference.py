# SPDX-License-Identifier: Apache-2.0
"""reference: docs/reference.md, every method with its parameters and its result."""

HEAD = """# Methods of the control socket

<!-- Made by tools/generate from rpc.discover: do not edit. -->

What is common to all methods is told in [control-protocol.md](control-protocol.md). `tapctl` has a verb for each:
`port.add` is `tapctl port add`. A method that **changes** something is refused on the read-only socket and takes
`"dry_run": true`: everything is checked, and `{"plan": [...]}` comes back.
"""


def generate(document):
    parts = [HEAD]
    noun = None
    for method in document["methods"]:
        if (now := method["name"].split(".")[0]) != noun:
            noun = now
            parts.append(f"## {noun}\n")
        parts.append(method_text(method))
    return "\n".join(parts)


def method_text(method):
    params = [param for param in method["params"] if param["name"] != "dry_run"]
    changes = ""
    if method.get("x-changes"):
        is_dry = len(params) < len(method["params"])
        changes = " **Changes.**" if is_dry else " **Changes**, and takes no `dry_run`."
    lines = [f"### {method['name']}\n", f"{capital(method['summary'])}.{changes}\n"]
    if params:
        lines += ["| parameter | allowed | default | |", "|---|---|---|---|"]
        lines += [param_row(param) for param in params]
        lines.append("")
    schema = method["result"]["schema"]
    if method.get("x-changes") and "anyOf" in schema:
        schema = schema["anyOf"][0]
    fields = list(result_lines(schema, ""))
    if fields:
        lines += ["Result:\n", *fields, ""]
    else:
        lines.append("Result: an empty object.\n" if "type" in schema else "Result: the document.\n")
    return "\n".join(lines)


def capital(text):
    return text[0].upper() + text[1:]


def param_row(param):
    schema = param["schema"]
    default = "**required**" if param["required"] else code(schema["default"]) \
        if "default" in schema else ""
    return (f"| `{param['name']}` | {cell(allowed(schema))} | {default} "
            f"| {cell(param.get('description', ''))} |")


def code(value):
    text = {True: "true", False: "false", None: "null"}.get(value) if \
        isinstance(value, (bool, type(None))) else str(value)
    return f"`{text}`" if text else '`""`'


def cell(text):
    return text.replace("|", "\\|")


def allowed(schema):
    """In words what a value may be."""
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return schema.get("description") if several == "anyOf" and "description" in schema \
                and not is_field_text(schema) else " or ".join(map(allowed, schema[several]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    kind = schema.get("type", "anything")
    if "format" in schema:
        return schema.get("description", schema["format"])
    if kind == "integer":
        return f"{schema['minimum']} to {schema['maximum']}"
    if kind == "boolean":
        return "`true`, `false`"
    if kind == "string":
        return "text" if "maxLength" not in schema else f"text of at most {schema['maxLength']} bytes"
    if kind == "array":
        return f"a list, each: {allowed(schema['items'])}"
    if kind == "object":
        names = ", ".join(f"`{name}`" for name in schema.get("properties", {}))
        return f"an object of {names}" if names else "an object"
    return kind


def is_field_text(schema):
    # A union of objects says more by its parts.
    return any("properties" in one for one in schema.get("anyOf", ()))


def result_lines(schema, indent):
    """The members of a result as a list, and theirs below them."""
    for name, field in schema.get("properties", {}).items():
        text = field.get("description", "")
        yield f"{indent}- `{name}`" + (f": {text}" if text else "")
        inner = field.get("items", field)
        if isinstance(inner.get("additionalProperties"), dict):
            inner = inner["additionalProperties"]
        yield from result_lines(inner, indent + "  ")
