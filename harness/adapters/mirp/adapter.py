#!/usr/bin/env python3
"""MIRP for radgauge. How each field of a request is honoured is said in README.md beside this file.

    radgauge certify --adapter 'ENVIRONMENT/bin/python harness/adapters/mirp/adapter.py'

--exact computes Moran's I and Geary's C without MIRP's approximation, which takes much longer.
"""

import logging
import os
import sys
import warnings
from importlib.metadata import version

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import itk
import numpy as np

from serve import Unsupported, keys, names, range_ends, serve

warnings.filterwarnings("ignore")
logging.disable(logging.INFO)

from mirp import extract_features_and_images

IS_EXACT = "--exact" in sys.argv[1:]

HELLO = {
    "implementation": {"name": "MIRP", "version": version("mirp"), "language": "python"},
    "adapter": {"name": "radgauge-mirp", "version": "0.1.0"},
    "capabilities": {
        "families": ["morph", "loc", "stat", "ih", "ivh", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm"],
        "aggregations": ["2d_avg", "2d_mrg", "25d_avg", "25d_mrg", "3d_avg", "3d_mrg", "2d", "25d", "3d"],
        "discretisation": ["fbs", "fbn"],
        "interpolation": ["nearest", "linear", "cubic-spline"],
        "filters": [],
        "response_maps": False,
    },
    "deterministic": True,
}

FAMILIES = {
    "morph": "morphological", "loc": "local_intensity", "stat": "statistical", "ih": "intensity_histogram",
    "ivh": "intensity_volume_histogram", "glcm": "glcm", "glrlm": "glrlm", "glszm": "glszm", "gldzm": "gldzm",
    "ngtdm": "ngtdm", "ngldm": "ngldm",
}
SPATIAL_METHODS = {
    "2d_avg": "2d_average", "2d_mrg": "2d_slice_merge", "25d_avg": "2.5d_direction_merge",
    "25d_mrg": "2.5d_volume_merge", "3d_avg": "3d_average", "3d_mrg": "3d_volume_merge", "2d": "2d", "25d": "2.5d",
    "3d": "3d",
}
SPLINE_ORDERS = {"nearest": 0, "linear": 1, "cubic-spline": 3}
KEYS = {row["name"]: keys(row)[0] for row in names("mirp")}


def only(value, expected, field):
    if value != expected:
        raise Unsupported("%s: MIRP has %s, %s is asked for" % (field, expected, value))


def spline_order(method, field):
    if method not in SPLINE_ORDERS:
        raise Unsupported("%s: MIRP has no %s" % (field, method))
    return SPLINE_ORDERS[method]


def discretisation(step, prefix, has_range):
    method = step["method"]
    if method == "none":
        return {prefix + "_method": "none"}
    if method == "fbn":
        return {prefix + "_method": "fixed_bin_number", prefix + "_n_bins": step["bins"]}
    if method == "fbs":
        if not has_range:
            raise Unsupported("%s: without a range, MIRP lays the first bin elsewhere than at the minimum" % prefix)
        return {prefix + "_method": "fixed_bin_size", prefix + "_bin_width": step["width"]}
    raise Unsupported("%s: MIRP has no %s" % (prefix, method))


def is_whole(path):
    """Whether every intensity of an image is whole."""
    voxels = itk.array_view_from_image(itk.imread(path))
    return bool(np.all(voxels == np.round(voxels)))


def settings(request):
    """MIRP's keywords for the processing that the request asks for."""
    processing = request["processing"]
    interpolate, resegment = processing["interpolate"], processing["resegment"]
    texture = processing["texture"]
    for field, expected in (("glcm_distance", 1), ("ngtdm_distance", 1), ("ngldm_distance", 1), ("ngldm_coarseness", 0)):
        only(texture[field], expected, field)

    keywords = {"by_slice": processing["dimension"] == "2d", "anti_aliasing": False, "no_approximation": IS_EXACT}
    is_rounded = processing["round_on_load"]
    if interpolate is not None:
        # MIRP rounds CT images, at both places, and no others.
        only(interpolate["round"], is_rounded, "interpolate.round where round_on_load is %s" % is_rounded)
        only(interpolate["align"], "centre", "interpolate.align")
        keywords["new_spacing"] = [float(spacing) for spacing in reversed(interpolate["spacing_mm"])]
        keywords["spline_order"] = spline_order(interpolate["image"], "interpolate.image")
        keywords["roi_spline_order"] = spline_order(interpolate["mask"], "interpolate.mask")
        keywords["roi_interpolation_mask_inclusion_threshold"] = interpolate["mask_threshold"]
    # MIRP rounds CT images, which changes nothing where intensities are whole, and treats the intensity-volume histogram
    # of other images in a way of its own.
    if is_rounded or (interpolate is None and is_whole(request["image"]["path"])):
        keywords["image_modality"] = "ct"
    elif processing["ivh"]["method"] == "none" and any(key.startswith("ivh/") for key in request["features"]):
        raise Unsupported("ivh: MIRP discretises the intensities of images other than CT")

    has_range = False
    if resegment is not None:
        if resegment["range"] is not None:
            low, high = range_ends(resegment["range"])
            if np.isinf(low) or np.isinf(high):
                raise Unsupported("resegment.range: this adapter passes on closed intervals only")
            keywords["resegmentation_intensity_range"] = [low, high]
            has_range = True
        if resegment["outlier_sigma"] is not None:
            keywords["resegmentation_sigma"] = resegment["outlier_sigma"]
    keywords.update(discretisation(processing["discretise"], "base_discretisation", has_range))
    keywords.update(discretisation(processing["ivh"], "ivh_discretisation", has_range))

    wanted = [key.split("/")[:2] for key in request["features"] if not key.startswith("diag/")]
    keywords["base_feature_families"] = sorted({FAMILIES[family] for family, _ in wanted})
    for family in ("glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm"):
        methods = sorted({SPATIAL_METHODS[aggregation] for name, aggregation in wanted if name == family})
        if methods:
            keywords[family + "_spatial_method"] = methods
    for family, fields in (("glcm", {"glcm_distance": [1.0]}),
                           ("ngldm", {"ngldm_distance": [1.0], "ngldm_difference_level": [0.0]})):
        if any(name == family for name, _ in wanted):
            keywords.update(fields)
    return keywords


def feature(column):
    """The key of a column: its name without the discretisation."""
    for mark in ("_fbn_n", "_fbs_w"):
        at = column.rfind(mark)
        if at > 0 and column[at + len(mark):].replace(".", "").isdigit():
            column = column[:at]
    return KEYS.get(column)


def stages(image, mask):
    """Image and region at the end of processing. MIRP hands out no earlier state."""
    voxels = image.get_voxel_grid()
    interpolated = {"mean_int": voxels.mean(), "min_int": voxels.min(), "max_int": voxels.max()}
    inside = mask.roi_intensity.get_voxel_grid().astype(bool)
    morphological = mask.roi_morphology.get_voxel_grid().astype(bool)
    resegmented = {
        "int_mask_vox_count": inside.sum(), "morph_mask_vox_count": morphological.sum(),
        "int_mask_mean_int": voxels[inside].mean(), "int_mask_min_int": voxels[inside].min(),
        "int_mask_max_int": voxels[inside].max(),
    }
    for axis, name in ((2, "x"), (1, "y"), (0, "z")):
        interpolated["img_dim_" + name] = voxels.shape[axis]
        interpolated["vox_dim_" + name] = image.image_spacing[axis]
        resegmented["int_mask_dim_" + name] = inside.shape[axis]
        for what, voxels_inside in (("int", inside), ("morph", morphological)):
            where = np.nonzero(voxels_inside)[axis]
            resegmented["%s_mask_bb_dim_%s" % (what, name)] = where.max() - where.min() + 1
    return {"interpolated": interpolated, "resegmented": resegmented}


def case(request):
    used = settings(request)
    features, images, masks = extract_features_and_images(
        image=request["image"]["path"], mask=request["roi"]["path"], roi_name=str(request["roi"]["label"]),
        write_features=False, export_features=True, write_images=False, export_images=True,
        image_export_format="native", **used,
    )[0]
    values = {}
    for column in features.columns:
        key = feature(column)
        if key is not None:
            values[key] = features[column].iloc[0]
    return values, {}, "MIRP hands out no such state of image and region", stages(images[0], masks[0]), used


serve(HELLO, case)
