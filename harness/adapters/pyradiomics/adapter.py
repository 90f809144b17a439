#!/usr/bin/env python3
"""PyRadiomics for radgauge. How each field of a request is honoured is said in README.md beside this file.

    radgauge certify --adapter 'ENVIRONMENT/bin/python harness/adapters/pyradiomics/adapter.py'

What PyRadiomics cannot do as it is asked is refused. With --as-the-tool-does, interpolation and fixed bin size are done
in PyRadiomics' own way instead, and `settings_used` says what was not honoured: that is what its users get.
"""

import logging
import os
import sys
import warnings

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import numpy as np
import SimpleITK as sitk

from serve import Unsupported, keys, names, range_ends, serve

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import radiomics
from radiomics import featureextractor

OWN_WAY = "--as-the-tool-does" in sys.argv[1:]

HELLO = {
    "implementation": {"name": "PyRadiomics", "version": radiomics.__version__.lstrip("v"), "language": "python"},
    "adapter": {
        "name": "radgauge-pyradiomics" + (" --as-the-tool-does" if OWN_WAY else ""),
        "version": "0.1.0",
    },
    "capabilities": {
        "families": ["morph", "stat", "ih", "glcm", "glrlm", "glszm", "ngtdm", "ngldm"],
        "aggregations": ["25d_avg", "25d_mrg", "3d_avg", "3d_mrg", "25d", "3d"],
        "discretisation": ["fbn", "fbw-pyradiomics"] + (["fbs"] if OWN_WAY else []),
        "interpolation": ["nearest", "linear", "cubic-spline"],
        "filters": [],
        "response_maps": False,
    },
    "deterministic": True,
}

CLASSES = {"morph": "shape", "stat": "firstorder", "ih": "firstorder", "glcm": "glcm", "glrlm": "glrlm",
           "glszm": "glszm", "ngtdm": "ngtdm", "ngldm": "gldm"}
INTERPOLATORS = {"nearest": "sitkNearestNeighbor", "linear": "sitkLinear", "cubic-spline": "sitkBSpline"}
# PyRadiomics 3.0 says `Homogeneity1` and the like of features that it has under another name as well; those raise.
GONE = {"glcm_Dissimilarity", "glcm_Homogeneity1", "glcm_Homogeneity2", "glcm_SumVariance",
        "gldm_DependencePercentage", "gldm_GrayLevelNonUniformityNormalized"}
# Shape features that are off unless they are asked for by name.
DEPRECATED_SHAPE = {"Compactness1", "Compactness2", "SphericalDisproportion"}

# By key: the class and the feature, and by what the aggregation is reached.
NAMES, OTHER = {}, {}
for row in names("pyradiomics"):
    for key in keys(row):
        if row["relation"] == "other":
            OTHER[key] = "another definition: " + row["note"]
        elif row["name"] not in GONE:
            NAMES[key] = row["name"]
            # Without weights, the matrices of all directions are merged.
            NAMES[key.replace("d_avg/", "d_mrg/")] = row["name"]


def is_merged(key):
    return key.split("/")[1].endswith("_mrg")


def is_by_slice(key, dimension):
    aggregation = key.split("/")[1]
    return aggregation.startswith("25d") if aggregation != "-" else dimension == "2d"


def settings(request):
    """PyRadiomics' settings for the processing that is asked for, and what of it they do not honour."""
    processing = request["processing"]
    interpolate, resegment = processing["interpolate"], processing["resegment"]
    texture = processing["texture"]
    not_honoured = []
    used = {"voxelArrayShift": 0, "symmetricalGLCM": True, "gldm_a": texture["ngldm_coarseness"],
            "additionalInfo": True, "label": request["roi"]["label"]}
    distances = {texture[name] for name in ("glcm_distance", "ngtdm_distance", "ngldm_distance")}
    if len(distances) != 1:
        raise Unsupported("texture: PyRadiomics has one distance for all matrices")
    used["distances"] = sorted(distances)

    if interpolate is not None:
        if interpolate["image"] not in INTERPOLATORS:
            raise Unsupported("interpolate.image: PyRadiomics has no " + interpolate["image"])
        for field, own in (("align", "corner"), ("mask", "nearest"), ("round", False)):
            if interpolate[field] != own:
                not_honoured.append("interpolate.%s: PyRadiomics has %s" % (field, str(own).lower()))
        if interpolate["mask"] != "nearest":
            not_honoured.append("interpolate.mask_threshold: PyRadiomics has none")
        spacing = list(interpolate["spacing_mm"])
        used["resampledPixelSpacing"] = spacing + [0] * (3 - len(spacing))
        used["interpolator"] = INTERPOLATORS[interpolate["image"]]
    if not_honoured and not OWN_WAY:
        raise Unsupported("; ".join(not_honoured))

    if resegment is not None:
        if resegment["range"] is not None and resegment["outlier_sigma"] is not None:
            raise Unsupported("resegment: PyRadiomics has either a range or outlier limits")
        if resegment["range"] is not None:
            used["resegmentRange"] = range_ends(resegment["range"])
        else:
            used["resegmentRange"] = [-resegment["outlier_sigma"], resegment["outlier_sigma"]]
            used["resegmentMode"] = "sigma"

    method = processing["discretise"]["method"]
    if method == "fbn":
        used["binCount"] = processing["discretise"]["bins"]
    elif method in ("fbs", "fbw-pyradiomics"):
        used["binWidth"] = processing["discretise"]["width"]
        if method == "fbs":
            not_honoured.append("discretise: PyRadiomics lays bin edges at multiples of the width")
    elif method == "none":
        used["binWidth"] = 1
    return used, not_honoured


def read(request):
    image = sitk.ReadImage(request["image"]["path"], sitk.sitkFloat64)
    mask = sitk.ReadImage(request["roi"]["path"], sitk.sitkUInt8)
    if request["processing"]["round_on_load"]:
        image = sitk.Round(image)
    return image, mask


def check_grey_levels(image, mask, label):
    """Bins of width 1 leave grey levels as they are only where they are whole and begin with 1."""
    inside = sitk.GetArrayViewFromImage(image)[sitk.GetArrayViewFromImage(mask) == label]
    if np.any(inside != np.round(inside)) or inside.min() != 1:
        raise Unsupported("discretise: without discretisation, PyRadiomics needs whole grey levels from 1 on")


def extract(image, mask, used, wanted):
    """What PyRadiomics gives for classes and features."""
    extractor = featureextractor.RadiomicsFeatureExtractor(**used)
    extractor.disableAllFeatures()
    extractor.enableFeaturesByName(**wanted)
    return extractor.execute(image, mask)


def stages(result, image):
    """What PyRadiomics says of its stages. It crops the image while it resamples it, so that its size says nothing."""
    found = {"initial": {}, "interpolated": {}, "resegmented": {}}
    # `original` is the mask as given, and so what it is without resampling.
    for stage, name in (("initial", "original"), ("interpolated", "interpolated"), ("resegmented", "resegmented")):
        prefix = "diagnostics_Mask-%s_" % name
        if prefix + "VoxelNum" not in result:
            continue
        quantities = found[stage]
        count = result[prefix + "VoxelNum"]
        box = result[prefix + "BoundingBox"][3:]
        quantities["int_mask_vox_count"] = count
        for axis, size in zip("xyz", box):
            quantities["int_mask_bb_dim_" + axis] = size
        if stage != "resegmented":
            quantities["morph_mask_vox_count"] = count
            for axis, size in zip("xyz", box):
                quantities["morph_mask_bb_dim_" + axis] = size
        for quantity, what in (("mean", "Mean"), ("min", "Minimum"), ("max", "Maximum")):
            if prefix + what in result:
                quantities["int_mask_%s_int" % quantity] = result[prefix + what]
    voxels = sitk.GetArrayViewFromImage(image)
    found["initial"].update(mean_int=voxels.mean(), min_int=voxels.min(), max_int=voxels.max())
    for axis, size, spacing in zip("xyz", image.GetSize(), image.GetSpacing()):
        found["initial"].update({"img_dim_" + axis: size, "vox_dim_" + axis: spacing, "int_mask_dim_" + axis: size})
    interpolated = result.get("diagnostics_Image-interpolated_Spacing")
    if interpolated is not None:
        found["interpolated"].update({"vox_dim_" + axis: spacing for axis, spacing in zip("xyz", interpolated)})
    return found


def case(request):
    used, not_honoured = settings(request)
    image, mask = read(request)
    dimension = request["processing"]["dimension"]
    reads_levels = any(key.split("/")[0] not in ("morph", "stat", "diag") for key in request["features"])
    if request["processing"]["discretise"]["method"] == "none" and reads_levels:
        check_grey_levels(image, mask, request["roi"]["label"])

    # One extraction for each way of aggregating that is wanted.
    extractions = {}
    for key in request["features"]:
        if key in NAMES:
            how = (is_by_slice(key, dimension), is_merged(key))
            extractions.setdefault(how, []).append(key)
    values, found = {}, {}
    for (by_slice, merged), wanted_keys in sorted(extractions.items()):
        wanted = {}
        for key in wanted_keys:
            class_name, feature = NAMES[key].split("_", 1)
            wanted.setdefault(class_name, []).append(feature)
        keywords = dict(used)
        if by_slice:
            keywords.update(force2D=True, force2Ddimension=0)
        if merged:
            keywords["weightingNorm"] = "no_weighting"
        result = extract(image, mask, keywords, wanted)
        found = found or stages(result, image)
        for key in wanted_keys:
            values[key] = result["original_" + NAMES[key]]
    mode = "as the tool does" if OWN_WAY else "strict"
    return values, OTHER, "PyRadiomics does not have it", found, dict(used, mode=mode, not_honoured=not_honoured)


serve(HELLO, case)
