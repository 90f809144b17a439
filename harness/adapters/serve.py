"""What the adapters of this folder share: the protocol's loop, and IBSI's names of a program's features."""

import csv
import hashlib
import json
import math
import os
import sys

DIALECTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "reference", "src", "dialects")


class Unsupported(Exception):
    """The case asks for something that the program does not do."""


def names(program):
    """The rows of a dialect: the program's name of a feature, its family, code and aggregations, and what is known."""
    with open(os.path.join(DIALECTS, program + ".csv"), newline="") as file:
        for row in csv.DictReader(file):
            if row["feature"]:
                row["family"], row["code"] = row["feature"].split("/")
                row["aggregations"] = row["aggregations"].split(" ")
                yield row


def keys(row):
    """The keys that a name may stand for."""
    return ["%s/%s/%s" % (row["family"], aggregation, row["code"]) for aggregation in row["aggregations"]]


def number(value):
    """JSON has no NaN and no infinities: they are sent as strings."""
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return value


def plain(value):
    """Settings as JSON holds them, whatever numbers are among them."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return number(value) if isinstance(value, float) else value


def range_ends(ends):
    """The ends of an interval, which may be the strings `-Inf` and `+Inf`."""
    return [float(end) for end in ends]


def entry(key, values, reasons, otherwise):
    if key in values:
        return {"key": key, "value": number(values[key])}
    return {"key": key, "status": "unsupported", "reason": reasons.get(key, otherwise)}


def file(path):
    with open(path, "rb") as content:
        return {"path": path, "sha256": hashlib.sha256(content.read()).hexdigest()}


def serve(hello, case, response_map=None):
    """Answers until goodbye. `case` gives the values by key, reasons by key for some that it has not, the reason for all
    others, diagnostic features by stage, and the settings used. `response_map` writes a file and gives its path."""
    # Libraries print where they like; the protocol gets a channel of its own.
    protocol = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "bye":
            return
        if request["op"] == "hello":
            response = dict(hello, kind="hello", protocol=1)
        else:
            response = answer(request, case, response_map)
        response["id"] = request["id"]
        protocol.write(json.dumps(response, allow_nan=False) + "\n")
        protocol.flush()


def answer(request, case, response_map):
    try:
        if (request.get("outputs") or {}).get("response_map"):
            return {"kind": "result", "values": [], "response_map": file(response_map(request))}
        values, reasons, otherwise, stages, used = case(request)
    except Unsupported as reason:
        return {"kind": "unsupported", "reason": str(reason)}
    except Exception as error:
        return {"kind": "error", "message": "%s: %s" % (type(error).__name__, error)}
    values = dict(values)
    for stage, quantities in stages.items():
        for quantity, value in quantities.items():
            values.setdefault("diag/%s/%s" % (stage, quantity), value)
    return {
        "kind": "result",
        "values": [entry(key, values, reasons, otherwise) for key in request["features"]],
        "diagnostics": {
            "stages": {
                stage: {quantity: number(value) for quantity, value in quantities.items()}
                for stage, quantities in stages.items()
            }
        },
        "settings_used": plain(used),
    }
