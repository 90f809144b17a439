"""Loads an image and a mask into a peer and extracts once for every line on standard input.

usage: worker.py TOOL WORKLOAD IMAGE MASK

Answers each line with the number of feature values. The settings are those of IBSI 1 configuration C, or as near as the
tool comes, and for the ball 32 bins in three dimensions; every feature that the tool has.
"""

import logging
import os
import sys
import warnings


def pyradiomics(is_ct, image, mask):
    import SimpleITK
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    ct = {"binWidth": 25, "resegmentRange": [-1000, 400], "resampledPixelSpacing": [2, 2, 2], "interpolator": "sitkLinear"}
    extractor = RadiomicsFeatureExtractor(additionalInfo=False, **(ct if is_ct else {"binCount": 32}))
    image, mask = SimpleITK.ReadImage(image), SimpleITK.ReadImage(mask)
    return lambda: len(extractor.execute(image, mask, label=1))


def mirp(is_ct, image, mask):
    from mirp import extract_features

    settings = {"base_feature_families": "all", "by_slice": False, "write_features": False, "export_features": True}
    settings |= {"glcm_distance": [1.0], "ngldm_distance": [1.0], "ngldm_difference_level": [0.0]}
    settings |= {f"{family}_spatial_method": ["3d_average", "3d_volume_merge"] for family in ("glcm", "glrlm")}
    settings |= {f"{family}_spatial_method": ["3d"] for family in ("glszm", "gldzm", "ngtdm", "ngldm")}
    if is_ct:
        settings |= {"image_modality": "ct", "new_spacing": 2.0, "spline_order": 1, "anti_aliasing": False}
        settings |= {"resegmentation_intensity_range": [-1000.0, 400.0]}
        for use, width in (("base", 25.0), ("ivh", 2.5)):
            settings[f"{use}_discretisation_method"] = "fixed_bin_size"
            settings[f"{use}_discretisation_bin_width"] = width
    else:
        for use, bins in (("base", 32), ("ivh", 1000)):
            settings[f"{use}_discretisation_method"] = "fixed_bin_number"
            settings[f"{use}_discretisation_n_bins"] = bins
    families = ("morph_", "loc_", "stat_", "ih_", "ivh_", "cm_", "rlm_", "szm_", "dzm_", "ngt_", "ngl_")

    def extract():
        # It takes files: reading them again is part of its time, some tenths of a second.
        (table,) = extract_features(image=image, mask=mask, **settings)
        return sum(name.startswith(families) for name in table.columns)

    return extract


def pictologics(is_ct, image, mask):
    from pictologics import RadiomicsPipeline
    from pictologics.loader import load_image

    def step(name, **parameters):
        return {"step": name, "params": parameters}

    features = {"families": ["intensity", "morphology", "texture", "histogram", "ivh"]}
    features |= {"include_spatial_intensity": True, "include_local_intensity": True}
    if is_ct:
        grid = {"new_spacing": (2.0, 2.0, 2.0), "interpolation": "linear", "round_intensities": True}
        ivh = {"method": "FBS", "bin_width": 2.5, "min_val": -1000}
        steps = [
            step("binarize_mask", threshold=0.5),
            step("resample", mask_interpolation="linear", mask_threshold=0.5, **grid),
            step("resegment", range_min=-1000, range_max=400, apply_to="intensity"),
            step("discretise", method="FBS", bin_width=25.0, min_val=-1000),
            step("extract_features", ivh_discretisation=ivh, ivh_params={"target_range_max": 400}, **features),
        ]
    else:
        ivh = {"method": "FBN", "n_bins": 1000}
        bins = {"bin_width": 1.0, "min_val": 0.5, "max_val": 1000.5}
        steps = [
            step("discretise", method="FBN", n_bins=32),
            step("extract_features", ivh_discretisation=ivh, ivh_params=bins, **features),
        ]
    pipeline = RadiomicsPipeline()
    pipeline.add_config("timed", steps)
    image, mask = load_image(image), load_image(mask)
    return lambda: len(pipeline.run(image, mask=mask, config_names=["timed"])["timed"])


def main():
    tool, workload, image, mask = sys.argv[1:]
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    # Only the answers go to standard output, whatever the tool prints.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    tools = {"pyradiomics": pyradiomics, "mirp": mirp, "pictologics": pictologics}
    extract = tools[tool](workload == "ct_c", image, mask)
    for _ in sys.stdin:
        print(extract(), file=answers, flush=True)


if __name__ == "__main__":
    main()
