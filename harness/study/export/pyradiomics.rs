//! PyRadiomics' parameter file (versions 3.0 and 3.1): `imageType`, `featureClass`, `setting`.
//!
//! PyRadiomics has one way of aggregating for all matrices: 3D or, with `force2D`, slices merged into one matrix a
//! direction; averaged over directions or, with `weightingNorm: no_weighting`, merged. The file takes the way that most
//! features need.

use radgauge_engine::{
    feature::{Aggregation, FeatureKey},
    settings::{Alignment, Discretise, Interpolation, Settings},
};
use radgauge_reference::dialects::Name;

use super::{
    Export, Request, Tool, dialect, float, left_out_lines, name_of, not_honoured_lines, one_line,
};

/// Names that the table has and that PyRadiomics 3 refuses, since they equal others.
const REFUSED: [&str; 6] = [
    "glcm_Dissimilarity",
    "glcm_Homogeneity1",
    "glcm_Homogeneity2",
    "glcm_SumVariance",
    "gldm_DependencePercentage",
    "gldm_GrayLevelNonUniformityNormalized",
];

/// A way of aggregating.
struct Way {
    /// With directions, and without.
    aggregations: [Aggregation; 2],
    /// By what name the dialect knows the first.
    in_dialect: Aggregation,
    settings: &'static [&'static str],
    words: &'static str,
}

const WAYS: [Way; 4] = [
    Way {
        aggregations: [Aggregation::Averaged3d, Aggregation::Volume],
        in_dialect: Aggregation::Averaged3d,
        settings: &[],
        words: "3D, averaged over directions",
    },
    Way {
        aggregations: [Aggregation::Merged3d, Aggregation::Volume],
        in_dialect: Aggregation::Averaged3d,
        settings: &["weightingNorm: no_weighting"],
        words: "3D, directions merged",
    },
    Way {
        aggregations: [Aggregation::DirectionMerged, Aggregation::SlicesMerged],
        in_dialect: Aggregation::DirectionMerged,
        settings: &["force2D: true", "force2Ddimension: 0"],
        words: "2.5D, averaged over directions",
    },
    Way {
        aggregations: [Aggregation::Merged2d, Aggregation::SlicesMerged],
        in_dialect: Aggregation::DirectionMerged,
        settings: &[
            "force2D: true",
            "force2Ddimension: 0",
            "weightingNorm: no_weighting",
        ],
        words: "2.5D, directions merged",
    },
];

impl Way {
    fn computes(&self, key: &FeatureKey) -> bool {
        key.aggregation == Aggregation::None || self.aggregations.contains(&key.aggregation)
    }
}

/// A feature of a class: its name, its key, what has to be known of it.
type Line<'a> = (&'a str, String, Option<String>);

pub(super) fn export(request: &Request<'_>) -> Export {
    let settings = request.settings;
    let count = |way: &Way| request.keys.iter().filter(|key| way.computes(key)).count();
    // The first of those that compute most.
    let way = WAYS
        .iter()
        .rev()
        .max_by_key(|way| count(way))
        .expect("there are four");
    let mut not_honoured = Vec::new();
    let setting = setting(settings, way, &mut not_honoured);

    let dialect = dialect("pyradiomics");
    let mut covered = Vec::new();
    let mut left_out = Vec::new();
    let mut classes: Vec<(&str, Vec<Line<'_>>)> = Vec::new();
    for key in request.keys {
        match name(dialect, key, way, settings) {
            Ok((name, note)) => {
                covered.push(key.to_string());
                let (class, feature) = name.split_once('_').unwrap_or(("", name));
                let line = (feature, key.to_string(), note);
                match classes.iter_mut().find(|(known, _)| *known == class) {
                    Some((_, features)) => features.push(line),
                    None => classes.push((class, vec![line])),
                }
            }
            Err(reason) => left_out.push((key.to_string(), reason)),
        }
    }

    let mut lines = request.preamble(Tool::Pyradiomics);
    lines.push(format!("Texture matrices: {}.", way.words));
    lines.extend(not_honoured_lines(Tool::Pyradiomics, &not_honoured));
    lines.extend(left_out_lines(&left_out));
    let mut text = String::new();
    for line in lines {
        text += &format!("# {}\n", one_line(&line));
    }
    text += "\nimageType:\n  Original: {}\n\nfeatureClass:\n";
    for (class, features) in &classes {
        text += &format!("  {class}:\n");
        for (feature, key, note) in features {
            let note = note
                .as_ref()
                .map_or(String::new(), |note| format!(": {note}"));
            text += &format!(
                "    - '{feature}'  # {}\n",
                one_line(&format!("{key}{note}"))
            );
        }
    }
    text += "\nsetting:\n";
    for line in setting {
        text += &format!("  {line}\n");
    }
    Export {
        text,
        covered,
        left_out,
        not_honoured,
    }
}

/// What PyRadiomics calls a feature, or why it cannot be asked for it.
fn name<'a>(
    dialect: &'a radgauge_reference::dialects::Dialect,
    key: &FeatureKey,
    way: &Way,
    settings: &Settings,
) -> Result<(&'a str, Option<String>), String> {
    if !way.computes(key) {
        return Err(match WAYS.iter().any(|way| way.computes(key)) {
            true => format!(
                "a file has one way of aggregating, and this one has {}",
                way.words
            ),
            false => format!("PyRadiomics has no {} aggregation", key.aggregation.slug()),
        });
    }
    if key.feature.family.reads_levels() && bins(&settings.discretise).is_none() {
        return Err("PyRadiomics has no such discretisation".to_owned());
    }
    let mut in_dialect = *key;
    if key.aggregation == way.aggregations[0] {
        in_dialect.aggregation = way.in_dialect;
    }
    let is_usable = |name: &Name| !REFUSED.contains(&name.name.as_str());
    name_of(dialect, &in_dialect, is_usable).map_err(|reason| {
        match name_of(dialect, &in_dialect, |_| true) {
            Ok((name, _)) => format!("PyRadiomics 3 refuses `{name}`, since it equals another"),
            Err(_) => reason,
        }
    })
}

/// The setting of a discretisation; `None` for those that PyRadiomics does not have.
fn bins(method: &Discretise) -> Option<String> {
    match method {
        Discretise::FixedBinNumber { bins } => Some(format!("binCount: {bins}")),
        Discretise::FixedBinSize { width } | Discretise::FixedBinWidthPyradiomics { width } => {
            Some(format!("binWidth: {}", float(*width)))
        }
        Discretise::None => Some("binWidth: 1.0".to_owned()),
        Discretise::Equalise { .. } | Discretise::LloydMax { .. } => None,
    }
}

/// The lines of `setting`, and what they do not honour.
fn setting(settings: &Settings, way: &Way, not_honoured: &mut Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut differs = |what: String| not_honoured.push(what);
    if settings.round_on_load {
        differs("rounding of intensities after loading: PyRadiomics has none".to_owned());
    }
    match &settings.interpolate {
        None => lines.push("resampledPixelSpacing:  # none".to_owned()),
        Some(interpolate) => {
            let mut spacing: Vec<String> =
                interpolate.spacing_mm.iter().map(|mm| float(*mm)).collect();
            // 0: as it is.
            spacing.resize(3, "0".to_owned());
            lines.push(format!("resampledPixelSpacing: [{}]", spacing.join(", ")));
            match interpolate.image {
                Interpolation::Nearest => lines.push("interpolator: sitkNearestNeighbor".to_owned()),
                Interpolation::Linear => lines.push("interpolator: sitkLinear".to_owned()),
                Interpolation::CubicSpline => lines.push("interpolator: sitkBSpline".to_owned()),
                Interpolation::CubicConvolution => differs(
                    "cubic convolution: PyRadiomics has none, and interpolates with its default, the cubic B-spline"
                        .to_owned(),
                ),
            }
            if interpolate.align != Alignment::Corner {
                differs(format!(
                    "alignment of grids (`{}`): PyRadiomics aligns the corners of the first voxels",
                    word(&interpolate.align)
                ));
            }
            if interpolate.mask != Interpolation::Nearest {
                differs(format!(
                    "mask interpolation (`{}`, from a partial volume of {} on): PyRadiomics takes the nearest neighbour",
                    word(&interpolate.mask),
                    interpolate.mask_threshold
                ));
            }
            if interpolate.round {
                differs(
                    "rounding of intensities after interpolation: PyRadiomics has none".to_owned(),
                );
            }
        }
    }
    match (settings.resegment.range, settings.resegment.outlier_sigma) {
        (None, None) => {}
        (Some([low, high]), sigma) => {
            lines.push("resegmentMode: absolute".to_owned());
            lines.push(match (low.is_finite(), high.is_finite()) {
                (_, true) if low.is_finite() => {
                    format!("resegmentRange: [{}, {}]", float(low), float(high))
                }
                (true, _) => format!("resegmentRange: [{}]", float(low)),
                (_, true) => format!("resegmentRange: [-.inf, {}]", float(high)),
                (false, false) => "resegmentRange:  # every intensity".to_owned(),
            });
            if let Some(sigma) = sigma {
                differs(format!(
                    "outlier limits of {sigma} standard deviations: PyRadiomics has either a range or such limits"
                ));
            }
        }
        (None, Some(sigma)) => {
            lines.push("resegmentMode: sigma".to_owned());
            lines.push(format!(
                "resegmentRange: [{}, {}]",
                float(-sigma),
                float(sigma)
            ));
        }
    }
    if settings.resegment != Default::default() {
        // The morphological mask is not re-segmented.
        lines.push("resegmentShape: false".to_owned());
    }
    match bins(&settings.discretise) {
        Some(line) => lines.push(line),
        None => differs(format!(
            "discretisation (`{}`): PyRadiomics has none such, and features that need it are left out",
            word(&settings.discretise)
        )),
    }
    match settings.discretise {
        Discretise::FixedBinSize { .. } => differs(
            "fixed bin size: PyRadiomics lays bin edges at multiples of the width and counts grey levels from the region's \
             lowest bin, not from the lower end of the re-segmentation range"
                .to_owned(),
        ),
        Discretise::None => differs(
            "no discretisation: bins of width 1 leave grey levels as they are only where they are whole and begin with 1"
                .to_owned(),
        ),
        _ => {}
    }
    let texture = &settings.texture;
    lines.push(format!("distances: [{}]", texture.glcm_distance));
    lines.push(format!("gldm_a: {}", texture.ngldm_coarseness));
    for (matrix, distance) in [
        ("NGTDM", texture.ngtdm_distance),
        ("NGLDM", texture.ngldm_distance),
    ] {
        if distance != texture.glcm_distance {
            differs(format!(
                "{matrix} distance {distance}: PyRadiomics has one distance for all matrices, that of the GLCM"
            ));
        }
    }
    lines.push("symmetricalGLCM: true".to_owned());
    lines.push("voxelArrayShift: 0".to_owned());
    lines.extend(way.settings.iter().map(|line| (*line).to_owned()));
    lines
}

/// A value as it is written in settings.
fn word<T: serde::Serialize>(value: &T) -> String {
    match toml::Value::try_from(value) {
        Ok(toml::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => "?".to_owned(),
    }
}
