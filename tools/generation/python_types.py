# SPDX-License-Identifier: Apache-2.0
"""python_types: JSON Schema as Python's types: each object becomes a TypedDict, objects of the same
shape become one."""

import keyword
import textwrap

SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
LINE = 100

# Objects that are the same wherever they are.
SAME_EVERYWHERE = ("vlan", "flood", "conditions")


def pascal(text):
    """'fdb.list' and 'dot1q-tunnel' as FdbList and Dot1qTunnel."""
    words = text.replace(".", " ").replace("-", " ").replace("_", " ").split()
    return "".join(word[0].upper() + word[1:] for word in words)


def singular(text):
    """'entries', 'switches' and 'ports' as one of them; 'egress' is one."""
    for plural, one in (("ies", "y"), ("ches", "ch"), ("ss", "ss"), ("s", "")):
        if text.endswith(plural):
            return text.removesuffix(plural) + one
    return text


class Types:
    """Gives each schema its type, and remembers the classes that those types need."""

    def __init__(self):
        # (body of a class, what keeps it apart from others of that body, members whose names are
        # words of Python): its name
        self._names = {}
        self._hints = set()

    def classes(self):
        """The source of all classes, each after those it needs."""
        return [class_of(name, body, reserved)
                for (body, _, reserved), name in self._names.items()]

    def of(self, schema, hint):
        """The type of 'schema' as source text; 'hint' names it if it needs a class."""
        for several in ("anyOf", "oneOf"):
            if several in schema:
                types = [self.of(one, variant_hint(one, hint)) for one in schema[several]]
                return " | ".join(dict.fromkeys(types))
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "enum" in schema:
            return f"Literal[{', '.join(map(repr, schema['enum']))}]"
        kind = schema.get("type")
        if kind == "array":
            return f"list[{self.of(schema['items'], singular(hint))}]"
        if kind != "object":
            return SCALARS[kind] if kind else "Any"
        if "properties" in schema:
            return self.object(hint, fields_of(schema))
        return f"dict[str, {self.of(schema.get('additionalProperties', {}), singular(hint))}]"

    def object(self, hint, fields, noun=None):
        """The class for an object of these (name, schema, is_required), which is about 'noun'."""
        lines, reserved = [], []
        for name, schema, is_required in fields:
            if name.startswith("$"):
                continue  # "$schema" is for editors, and no name in Python
            assert name.isidentifier(), name
            kind = self.of(schema, hint_within(noun or hint, name))
            text = kind if is_required else f"NotRequired[{kind}]"
            if keyword.iskeyword(name):
                reserved.append((name, text))
                continue
            lines += field_lines(name, text, schema.get("description"))
        # Each method has parameters of its own, even if they are like another's.
        key = ("\n".join(lines) or "    pass", hint if hint.endswith("_params") else "",
               tuple(reserved))
        if key not in self._names:
            self._names[key] = self._free_name(pascal(hint) if fields else "Nothing")
        return self._names[key]

    def _free_name(self, name):
        free, number = name, 2
        while free in self._hints:
            free, number = f"{name}{number}", number + 1
        self._hints.add(free)
        return free


def class_of(name, body, reserved):
    """The source of a class. A body cannot have members that are words of Python: a base has."""
    if not reserved:
        return f"class {name}(TypedDict):\n{body}"
    members = ", ".join(f'"{member}": {kind}' for member, kind in reserved)
    return (f'{name}Base = TypedDict("{name}Base", {{{members}}})\n\n\n'
            f"class {name}({name}Base):\n{body}")


def fields_of(schema):
    """The members of an object as (name, schema, is_required)."""
    required = schema.get("required", ())
    return [(name, field, name in required) for name, field in schema["properties"].items()]


def variant_hint(schema, hint):
    """The variants of an object are told apart by a constant: 'access' of a 'vlan'."""
    constants = [field["const"] for field in schema.get("properties", {}).values()
                 if "const" in field]
    return f"{constants[0]}_{hint}" if constants else hint


def hint_within(hint, name):
    """What a member of 'hint' is called: one of the 'ports' of a list of ports is a port."""
    if singular(name) == hint or name in SAME_EVERYWHERE:
        return name
    return f"{hint}_{name}"


def field_lines(name, kind, description):
    line = f"    {name}: {kind}"
    if not description:
        return [line]
    if len(line) + 4 + len(description) <= LINE:
        return [f"{line}  # {description}"]
    return [*textwrap.wrap(description, LINE, initial_indent="    # ", subsequent_indent="    # "),
            line]
