#!/usr/bin/env python3
"""An adapter for radgauge: connects an implementation of radiomic features with the harness.

It works as it is: it computes the mean intensity of images that need no processing, and says `unsupported` of all
else. Put your implementation where it says HERE. It needs Python 3.8 and no packages.

    radgauge adapter check 'python3 adapter.py'
    radgauge certify --adapter 'python3 adapter.py'

The protocol is explained in harness/adapters/README.md of radgauge. Standard output belongs to it: print nothing there,
write to standard error what you want to see.
"""

import gzip
import json
import struct
import sys

HELLO = {
    # HERE: who you are, and what can be asked of you. What is not listed is not asked, and counts as unsupported.
    "implementation": {"name": "mytool", "version": "0.0.0", "language": "python"},
    "adapter": {"name": "mytool-radgauge", "version": "0.1.0"},
    "capabilities": {
        "families": ["stat"],
        "aggregations": [],
        "discretisation": [],
        "interpolation": [],
        "filters": [],
        "response_maps": False,
    },
    # Whether the same question always has the same answer; small cases are asked twice to see.
    "deterministic": True,
}


class Unsupported(Exception):
    """The case asks for something that the implementation does not do."""


def compute(image, mask, request):
    """The values of a case, by key. HERE: call your implementation.

    What it cannot honour in `request["processing"]` it must refuse with `Unsupported`, and never approximate. For a
    single feature without a value give ("undefined", "why") or ("unsupported", "why") instead of a number.
    """
    processing = request["processing"]
    for step in ("interpolate", "resegment"):
        if processing[step] is not None:
            raise Unsupported("no such step here yet: " + step)
    if processing["round_on_load"]:
        image = [float(round(value)) for value in image]
    inside = [value for value, label in zip(image, mask) if label == request["roi"]["label"]]
    return {"stat/-/Q4LE": sum(inside) / len(inside)}


def read_nifti(path):
    """The voxels of the NIfTI files that radgauge writes, x fastest. HERE: use your own reader, which knows spacing."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        data = file.read()
    size = struct.unpack_from("<8h", data, 40)
    kind = {2: "B", 4: "h", 16: "f", 64: "d"}[struct.unpack_from("<h", data, 70)[0]]
    slope, intercept = struct.unpack_from("<2f", data, 112)
    count = size[1] * size[2] * size[3]
    return [slope * voxel + intercept for voxel in struct.unpack_from("<%d%s" % (count, kind), data, 352)]


def number(value):
    """JSON has no NaN and no infinities: they are sent as strings."""
    value = float(value)
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return value


def entry(key, values):
    value = values.get(key, ("unsupported", "not implemented"))
    if isinstance(value, tuple):
        return {"key": key, "status": value[0], "reason": value[1]}
    return {"key": key, "value": number(value)}


def case(request):
    image = read_nifti(request["image"]["path"])
    mask = read_nifti(request["roi"]["path"])
    values = compute(image, mask, request)
    return {"kind": "result", "values": [entry(key, values) for key in request["features"]]}


def answer(request):
    if request["op"] == "hello":
        return dict(HELLO, kind="hello", protocol=1)
    try:
        return case(request)
    except Unsupported as reason:
        return {"kind": "unsupported", "reason": str(reason)}
    except Exception as error:  # the next case may go well
        return {"kind": "error", "message": "%s: %s" % (type(error).__name__, error)}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "bye":
            return
        response = dict(answer(request), id=request["id"])
        sys.stdout.write(json.dumps(response, allow_nan=False) + "\n")
        sys.stdout.flush()


main()
