#!/usr/bin/env python3
"""MIRP for radgauge. How each field of a request is honoured is said in README.md beside this file.

    radgauge certify --adapter 'ENVIRONMENT/bin/python harness/adapters/mirp/adapter.py'

--exact computes Moran's I and Geary's C without MIRP's approximation, which takes much longer.
"""

import logging
import math
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
# scipy's names: its `mirror` does not repeat the voxel at the edge, which IBSI's does.
BOUNDARIES = {"zero": "constant", "nearest": "nearest", "periodic": "wrap", "mirror": "reflect"}
POOLING_METHODS = {"average": "mean", "max": "max", "min": "min"}
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


def boundary(image_filter):
    condition = image_filter["boundary"]
    if isinstance(condition, dict):
        only(condition["constant"], 0, "filter.boundary.constant")
        condition = "zero"
    return BOUNDARIES[condition]


def rotations(image_filter, prefix):
    pooling = image_filter.get("pooling")
    keywords = {prefix + "_rotation_invariance": pooling is not None}
    if pooling is not None:
        keywords[prefix + "_pooling_method"] = POOLING_METHODS[pooling]
    return keywords


def mean(image_filter):
    return {"filter_kernels": "mean", "mean_filter_kernel_size": image_filter["support"]}


def laplacian_of_gaussian(image_filter):
    return {
        "filter_kernels": "laplacian_of_gaussian",
        "laplacian_of_gaussian_sigma": image_filter["sigma_mm"],
        "laplacian_of_gaussian_kernel_truncate": image_filter["cutoff"],
    }


def laws(image_filter):
    distance = image_filter.get("energy_distance")
    energy = {"laws_compute_energy": distance is not None}
    if distance is not None:
        energy["laws_delta"] = distance
    return {
        "filter_kernels": "laws",
        "laws_kernel": image_filter["kernel"].lower(),
        **energy,
        **rotations(image_filter, "laws"),
    }


def separable_wavelet(image_filter):
    return {
        "filter_kernels": "separable_wavelet",
        "separable_wavelet_families": image_filter["wavelet"],
        "separable_wavelet_set": image_filter["subband"].lower(),
        "separable_wavelet_decomposition_level": image_filter["level"],
        "separable_wavelet_stationary": True,
        **rotations(image_filter, "separable_wavelet"),
    }


def gabor(image_filter):
    step, pooling = image_filter.get("delta_theta_rad"), image_filter.get("pooling")
    if image_filter["orthogonal_planes"]:
        # MIRP pools planes as it pools orientations, and only where there is a step: here, of a whole turn.
        step, pooling = step or math.tau, pooling or "average"
        only(pooling, "average", "filter.pooling with orthogonal_planes")
    keywords = {
        "filter_kernels": "gabor",
        "gabor_sigma": image_filter["sigma_mm"],
        "gabor_lambda": image_filter["lambda_mm"],
        "gabor_gamma": image_filter["gamma"],
        "gabor_theta": math.degrees(image_filter["theta_rad"]),
        "gabor_response": image_filter["response"],
        "gabor_rotation_invariance": image_filter["orthogonal_planes"],
    }
    if step is not None:
        degrees = 360.0 / round(math.tau / step)
        if not (360.0 / degrees).is_integer():
            raise Unsupported("filter.delta_theta_rad: to MIRP, %r degrees are no fraction of a turn" % degrees)
        keywords.update(gabor_theta_step=degrees, gabor_pooling_method=POOLING_METHODS[pooling])
    return keywords


def simoncelli(image_filter):
    only(image_filter["boundary"], "periodic", "filter.boundary of a Simoncelli wavelet")
    only(image_filter["frequencies"], "endpoints", "filter.frequencies")
    return {
        "filter_kernels": "nonseparable_wavelet",
        "nonseparable_wavelet_families": "simoncelli",
        "nonseparable_wavelet_decomposition_level": image_filter["level"],
        "nonseparable_wavelet_response": "real",
    }


def riesz(image_filter):
    of = image_filter["of"]
    if of["kind"] == "identity":
        raise Unsupported("filter.of: MIRP transforms filters only, not the image")
    only(image_filter["dimension"], "3d", "filter.dimension of a Riesz transform")
    only(image_filter["frequencies"], "endpoints", "filter.frequencies")
    only(image_filter.get("structure_sigma_mm"), None, "filter.structure_sigma_mm")
    keywords = FILTERS[of["kind"]]({**image_filter, **of})
    keywords["filter_kernels"] = "riesz_" + keywords["filter_kernels"]
    keywords["riesz_filter_order"] = image_filter["order"][::-1]
    # Wanted by MIRP, and used in aligned transforms only.
    keywords["riesz_filter_tensor_sigma"] = 1.0
    keywords["ibsi_compliant"] = False
    return keywords


def laplacian(image_filter):
    stencil = {"2d": 5, "3d": 7}[image_filter["dimension"]]
    return {"filter_kernels": "laplacian", "laplace_stencil_size": stencil, "ibsi_compliant": False}


def without_parameters(kernel):
    return lambda image_filter: {"filter_kernels": kernel, "ibsi_compliant": False}


# MIRP's Gaussian is not normalised after truncation, and its local binary patterns are of another kind.
FILTERS = {
    "mean": mean, "laplacian-of-gaussian": laplacian_of_gaussian, "laws": laws, "gabor": gabor,
    "separable-wavelet": separable_wavelet, "simoncelli": simoncelli, "riesz": riesz,
    "sobel": without_parameters("sobel"), "laplacian": laplacian, "square": without_parameters("pyradiomics_square"),
    "square-root": without_parameters("pyradiomics_square_root"),
    "logarithm": without_parameters("pyradiomics_logarithm"),
    "exponential": without_parameters("pyradiomics_exponential"),
}

HELLO = {
    "implementation": {"name": "MIRP", "version": version("mirp"), "language": "python"},
    "adapter": {"name": "radgauge-mirp", "version": "0.1.0"},
    "capabilities": {
        "families": list(FAMILIES),
        "aggregations": list(SPATIAL_METHODS),
        "discretisation": ["fbs", "fbn"],
        "interpolation": list(SPLINE_ORDERS),
        "filters": list(FILTERS),
        "response_maps": True,
        "dicom": True,
    },
    "deterministic": True,
}


def filter_keywords(image_filter):
    """MIRP's keywords for a filter. Features are asked of the response map only."""
    kind = image_filter["kind"]
    if kind not in FILTERS:
        raise Unsupported("filter: MIRP has no %s" % kind)
    keywords = FILTERS[kind](image_filter)
    if "boundary" in image_filter:
        keywords["boundary_condition"] = boundary(image_filter)
    return keywords


def is_by_slice(processing, families):
    """MIRP has one switch for filters and for all else."""
    dimension, image_filter = processing["dimension"], processing["filter"] or {}
    of_filter = "3d" if image_filter.get("orthogonal_planes") else image_filter.get("dimension", dimension)
    # Without interpolation, nothing on the way to these features depends on it.
    if of_filter != dimension and (processing["interpolate"] is not None or families - {"stat", "ih", "ivh"}):
        raise Unsupported("filter.dimension: MIRP works in %s throughout, or not at all" % of_filter)
    return of_filter == "2d"


def is_whole(path):
    """Whether every intensity of an image is whole."""
    voxels = itk.array_view_from_image(itk.imread(path))
    return bool(np.all(voxels == np.round(voxels)))


def settings(request):
    """MIRP's keywords for the processing that the request asks for."""
    processing = request["processing"]
    interpolate, resegment = processing["interpolate"], processing["resegment"]
    texture, image_filter = processing["texture"], processing["filter"]
    for field, expected in (("glcm_distance", 1), ("ngtdm_distance", 1), ("ngldm_distance", 1), ("ngldm_coarseness", 0)):
        only(texture[field], expected, field)
    wanted = [key.split("/")[:2] for key in request["features"] if not key.startswith("diag/")]
    families = {family for family, _ in wanted}

    keywords = {"by_slice": is_by_slice(processing, families), "anti_aliasing": False, "no_approximation": IS_EXACT}
    path = request["image"]["path"]
    is_rounded = processing["round_on_load"]
    if interpolate is not None:
        # MIRP rounds CT images, at both places, and no others. Whole intensities are rounded already.
        is_rounded = is_rounded or (interpolate["round"] and not os.path.isdir(path) and is_whole(path))
        only(interpolate["round"], is_rounded, "interpolate.round where round_on_load is %s" % is_rounded)
        only(interpolate["align"], "centre", "interpolate.align")
        if os.path.isdir(path):
            only(is_rounded, True, "round_on_load of a CT series that is interpolated")
        keywords["new_spacing"] = [float(spacing) for spacing in reversed(interpolate["spacing_mm"])]
        keywords["spline_order"] = spline_order(interpolate["image"], "interpolate.image")
        keywords["roi_spline_order"] = spline_order(interpolate["mask"], "interpolate.mask")
        keywords["roi_interpolation_mask_inclusion_threshold"] = interpolate["mask_threshold"]
    # MIRP rounds CT images, which changes nothing where intensities are whole, and treats the intensity-volume histogram
    # of other images, and of every response map, in a way of its own.
    is_ct = is_rounded or (interpolate is None and is_whole(path))
    if is_ct:
        keywords["image_modality"] = "ct"
    if processing["ivh"]["method"] == "none" and "ivh" in families and (image_filter or not is_ct):
        raise Unsupported("ivh: MIRP discretises the intensities of images other than CT")

    has_range = False
    if resegment is not None:
        if resegment["range"] is not None:
            ends = range_ends(resegment["range"])
            # MIRP's name of an open end.
            keywords["resegmentation_intensity_range"] = [np.nan if np.isinf(end) else end for end in ends]
            has_range = bool(np.isfinite(ends[0]))
        if resegment["outlier_sigma"] is not None:
            keywords["resegmentation_sigma"] = resegment["outlier_sigma"]

    if image_filter is None:
        prefix = "base"
    else:
        prefix = "response_map"
        has_range = False
        keywords.update(filter_keywords(image_filter), base_feature_families="none")
        families -= {"morph"}
    keywords.update(discretisation(processing["discretise"], prefix + "_discretisation", has_range))
    keywords.update(discretisation(processing["ivh"], "ivh_discretisation", has_range))
    keywords[prefix + "_feature_families"] = sorted(FAMILIES[family] for family in families) or "none"
    for family in ("glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm"):
        methods = sorted({SPATIAL_METHODS[aggregation] for name, aggregation in wanted if name == family})
        if methods:
            keywords[family + "_spatial_method"] = methods
    for family, fields in (("glcm", {"glcm_distance": [1.0]}),
                           ("ngldm", {"ngldm_distance": [1.0], "ngldm_difference_level": [0.0]})):
        if family in families:
            keywords.update(fields)
    return keywords


def feature(column):
    """The key of a column: its name without the discretisation, and without the filter that comes before it."""
    for mark in ("_fbn_n", "_fbs_w"):
        at = column.rfind(mark)
        if at > 0 and column[at + len(mark):].replace(".", "").isdigit():
            column = column[:at]
    while column and column not in KEYS:
        column = column.partition("_")[2]
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


def extract(request, keywords, with_features):
    return extract_features_and_images(
        image=request["image"]["path"], mask=request["roi"]["path"], roi_name=str(request["roi"]["label"]),
        write_features=False, export_features=with_features, write_images=False, export_images=True,
        image_export_format="native", **keywords,
    )[0]


def case(request):
    used = settings(request)
    features, images, masks = extract(request, used, True)
    values = {}
    for column in () if features is None else features.columns:
        key = feature(column)
        if key is not None:
            values[key] = features[column].iloc[0]
    return values, {}, "MIRP hands out no such value", stages(images[0], masks[0]), used


def response_map(request):
    """Writes the response map of the whole image, which MIRP hands out after the image itself."""
    images, _ = extract(request, settings(request), False)
    voxels = images[-1].get_voxel_grid()
    if not np.all(np.isfinite(voxels)):
        raise ValueError("MIRP's response map has voxels that are no numbers")
    image = itk.image_from_array(voxels)
    image.SetSpacing([float(spacing) for spacing in reversed(images[-1].image_spacing)])
    path = os.path.join("work", "map.nii")
    itk.imwrite(image, path)
    return path


serve(HELLO, case, response_map)
