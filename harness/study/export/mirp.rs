//! MIRP's settings file (version 2): `general`, `image_interpolation`, `mask_interpolation`, `mask_resegmentation`,
//! `feature_computation`. MIRP computes families as a whole; a comment names the columns to keep.

use radgauge_engine::{
    feature::{Aggregation, Family, FeatureKey},
    settings::{Alignment, Discretise, Interpolation, Settings},
};

use super::{
    Export, Request, Tool, dialect, float, left_out_lines, name_of, not_honoured_lines, one_line,
};

/// A section of the file and its elements.
type Section = (&'static str, Vec<(&'static str, String)>);

pub(super) fn export(request: &Request<'_>) -> Export {
    let settings = request.settings;
    let dialect = dialect("mirp");
    let mut covered: Vec<FeatureKey> = Vec::new();
    let mut columns = Vec::new();
    let mut left_out = Vec::new();
    for key in request.keys {
        match name(dialect, key, settings) {
            Ok((name, note)) => {
                covered.push(*key);
                let note = note.map_or(String::new(), |note| format!(" ({note})"));
                columns.push(format!("  {name}{note}: {key}"));
            }
            Err(reason) => left_out.push((key.to_string(), reason)),
        }
    }
    let mut not_honoured = Vec::new();
    let sections = sections(settings, &covered, &mut not_honoured);

    let mut lines = request.preamble(Tool::Mirp);
    lines.extend(not_honoured_lines(Tool::Mirp, &not_honoured));
    lines.extend(left_out_lines(&left_out));
    lines.push(
        "MIRP computes families as a whole. Keep these columns; those of discretised intensities end in the discretisation \
         (_fbn_n32, _fbs_w25.0):"
            .to_owned(),
    );
    lines.extend(columns);
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!--\n".to_owned();
    for line in lines {
        text += &format!("{}\n", comment(&line));
    }
    text += "-->\n<root>\n  <config>\n";
    for (section, elements) in sections {
        text += &format!("    <{section}>\n");
        for (name, value) in elements {
            text += &format!("      <{name}>{value}</{name}>\n");
        }
        text += &format!("    </{section}>\n");
    }
    text += "  </config>\n</root>\n";
    Export {
        text,
        covered: covered.iter().map(ToString::to_string).collect(),
        left_out,
        not_honoured,
    }
}

/// A line that may stand in a comment of XML: no `--`, and no character that XML forbids.
fn comment(line: &str) -> String {
    let line: String = one_line(line)
        .chars()
        .filter(|c| !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect();
    // A space after every hyphen that follows another, and none at the end of the line, which `-->` might follow.
    let mut line = line.replace("--", "- -").replace("--", "- -");
    if line.ends_with('-') {
        line.push(' ');
    }
    line
}

/// The column, or why it cannot be asked for.
fn name<'a>(
    dialect: &'a radgauge_reference::dialects::Dialect,
    key: &FeatureKey,
    settings: &Settings,
) -> Result<(&'a str, Option<String>), String> {
    let family = key.feature.family;
    if family.reads_levels() && bins(&settings.discretise).is_none() {
        return Err("MIRP has no such discretisation".to_owned());
    }
    if family == Family::IntensityVolumeHistogram && bins(&settings.ivh).is_none() {
        return Err("MIRP has no such discretisation of the intensity-volume histogram".to_owned());
    }
    if is_by_slice(settings)
        && matches!(
            spatial_method(key.aggregation),
            Some("3d" | "3d_average" | "3d_volume_merge")
        )
    {
        return Err("MIRP computes no 3D matrices where it interpolates slice by slice".to_owned());
    }
    if family == Family::Ngtdm && settings.texture.ngtdm_distance != 1 {
        return Err("MIRP has a distance of 1 only".to_owned());
    }
    name_of(dialect, key, |_| true)
}

fn is_by_slice(settings: &Settings) -> bool {
    settings
        .interpolate
        .as_ref()
        .is_some_and(|interpolate| interpolate.spacing_mm.len() == 2)
}

fn family_name(family: Family) -> &'static str {
    match family {
        Family::Morphology => "morphological",
        Family::LocalIntensity => "local_intensity",
        Family::IntensityStatistics => "statistical",
        Family::IntensityHistogram => "intensity_histogram",
        Family::IntensityVolumeHistogram => "intensity_volume_histogram",
        Family::Glcm => "glcm",
        Family::Glrlm => "glrlm",
        Family::Glszm => "glszm",
        Family::Gldzm => "gldzm",
        Family::Ngtdm => "ngtdm",
        Family::Ngldm => "ngldm",
    }
}

fn spatial_method(aggregation: Aggregation) -> Option<&'static str> {
    match aggregation {
        Aggregation::None => None,
        Aggregation::SliceDirectionAveraged => Some("2d_average"),
        Aggregation::SliceMerged => Some("2d_slice_merge"),
        Aggregation::DirectionMerged => Some("2.5d_direction_merge"),
        Aggregation::Merged2d => Some("2.5d_volume_merge"),
        Aggregation::Averaged3d => Some("3d_average"),
        Aggregation::Merged3d => Some("3d_volume_merge"),
        Aggregation::BySlice => Some("2d"),
        Aggregation::SlicesMerged => Some("2.5d"),
        Aggregation::Volume => Some("3d"),
    }
}

/// Method and parameter of a discretisation: its name, `n_bins` or `bin_width`, the number.
type Bins = (&'static str, Option<(&'static str, String)>);

/// `None` for the methods that MIRP does not have.
fn bins(method: &Discretise) -> Option<Bins> {
    match method {
        Discretise::None => Some(("none", None)),
        Discretise::FixedBinNumber { bins } => {
            Some(("fixed_bin_number", Some(("n_bins", bins.to_string()))))
        }
        Discretise::FixedBinSize { width } => {
            Some(("fixed_bin_size", Some(("bin_width", float(*width)))))
        }
        Discretise::FixedBinWidthPyradiomics { width } => Some((
            "fixed_bin_size_pyradiomics",
            Some(("bin_width", float(*width))),
        )),
        Discretise::Equalise { .. } | Discretise::LloydMax { .. } => None,
    }
}

fn sections(
    settings: &Settings,
    keys: &[FeatureKey],
    not_honoured: &mut Vec<String>,
) -> Vec<Section> {
    let is_pyradiomics = matches!(
        settings.discretise,
        Discretise::FixedBinWidthPyradiomics { .. }
    );
    let boolean = |value: bool| if value { "True" } else { "False" }.to_owned();
    let mut sections: Vec<Section> = vec![(
        "general",
        vec![
            ("by_slice", boolean(is_by_slice(settings))),
            ("ibsi_compliant", boolean(!is_pyradiomics)),
            ("no_approximation", boolean(true)),
        ],
    )];
    let rounds = settings
        .interpolate
        .as_ref()
        .is_some_and(|interpolate| interpolate.round);
    match (settings.round_on_load, rounds) {
        (true, true) => not_honoured.push(
            "rounding of intensities: MIRP rounds those of CT images, and of no others".to_owned(),
        ),
        (false, false) => not_honoured.push(
            "no rounding of intensities: MIRP rounds those of CT images, after loading and after interpolation".to_owned(),
        ),
        _ => not_honoured.push(
            "rounding of intensities at one place only: MIRP rounds CT images after loading and after interpolation, and no \
             others"
                .to_owned(),
        ),
    }
    if let Some(interpolate) = &settings.interpolate {
        if interpolate.align != Alignment::Centre {
            not_honoured
                .push("alignment of grids: MIRP aligns the centres of both grids".to_owned());
        }
        // z, y, x.
        let spacing: Vec<String> = interpolate
            .spacing_mm
            .iter()
            .rev()
            .map(|mm| float(*mm))
            .collect();
        let mut image = vec![("new_spacing", spacing.join(", "))];
        match spline_order(interpolate.image) {
            Some(order) => image.push(("spline_order", order.to_owned())),
            None => not_honoured.push(
                "cubic convolution: MIRP has none, and interpolates with its default, the cubic spline".to_owned(),
            ),
        }
        image.push(("anti_aliasing", boolean(false)));
        sections.push(("image_interpolation", image));
        let mut mask = Vec::new();
        match spline_order(interpolate.mask) {
            Some(order) => mask.push(("spline_order", order.to_owned())),
            None => not_honoured.push(
                "cubic convolution of the mask: MIRP has none, and interpolates linearly"
                    .to_owned(),
            ),
        }
        mask.push(("incl_threshold", float(interpolate.mask_threshold)));
        sections.push(("mask_interpolation", mask));
    }
    let mut resegment = Vec::new();
    if let Some([low, high]) = settings.resegment.range {
        let end = |value: f64| match value.is_finite() {
            true => float(value),
            false => "nan".to_owned(),
        };
        resegment.push(("intensity_range", format!("{}, {}", end(low), end(high))));
    }
    if let Some(sigma) = settings.resegment.outlier_sigma {
        resegment.push(("sigma", float(sigma)));
    }
    if !resegment.is_empty() {
        sections.push(("mask_resegmentation", resegment));
    }
    let has_low = settings
        .resegment
        .range
        .is_some_and(|[low, _]| low.is_finite());
    let is_fixed_size = |method: &Discretise| matches!(method, Discretise::FixedBinSize { .. });
    if !has_low && (is_fixed_size(&settings.discretise) || is_fixed_size(&settings.ivh)) {
        not_honoured.push(
            "fixed bin size without a lower end of the re-segmentation range: MIRP lays the first bin at -1000 in CT and at \
             0 in PET, not at the region's minimum"
                .to_owned(),
        );
    }
    if settings.ivh == Discretise::None
        && keys
            .iter()
            .any(|key| key.feature.family == Family::IntensityVolumeHistogram)
    {
        not_honoured.push(
            "intensity-volume histogram without discretisation: MIRP discretises intensities of images other than CT"
                .to_owned(),
        );
    }
    sections.push(("feature_computation", feature_computation(settings, keys)));
    if settings.texture.glcm_distance != 1
        || settings.texture.ngldm_distance != 1
        || settings.texture.ngldm_coarseness != 0
    {
        not_honoured.push(
            "names of columns: those below are for distance 1 and coarseness 0, MIRP puts yours in their place".to_owned(),
        );
    }
    sections
}

fn spline_order(interpolation: Interpolation) -> Option<&'static str> {
    match interpolation {
        Interpolation::Nearest => Some("0"),
        Interpolation::Linear => Some("1"),
        Interpolation::CubicSpline => Some("3"),
        Interpolation::CubicConvolution => None,
    }
}

fn feature_computation(settings: &Settings, keys: &[FeatureKey]) -> Vec<(&'static str, String)> {
    let families: Vec<Family> = Family::ALL
        .into_iter()
        .filter(|family| keys.iter().any(|key| key.feature.family == *family))
        .collect();
    let names: Vec<&str> = families.iter().map(|family| family_name(*family)).collect();
    let mut elements = vec![("feature_families", names.join(", "))];
    let reads_levels = families.iter().any(|family| family.reads_levels());
    if reads_levels && let Some((method, parameter)) = bins(&settings.discretise) {
        elements.push(("discretisation_method", method.to_owned()));
        match parameter {
            Some(("n_bins", bins)) => elements.push(("discretisation_n_bins", bins)),
            Some((_, width)) => elements.push(("discretisation_bin_width", width)),
            None => {}
        }
    }
    if families.contains(&Family::IntensityVolumeHistogram)
        && let Some((method, parameter)) = bins(&settings.ivh)
    {
        elements.push(("ivh_discretisation_method", method.to_owned()));
        match parameter {
            Some(("n_bins", bins)) => elements.push(("ivh_discretisation_n_bins", bins)),
            Some((_, width)) => elements.push(("ivh_discretisation_bin_width", width)),
            None => {}
        }
    }
    let texture = &settings.texture;
    for (family, element) in [
        (Family::Glcm, "glcm_spatial_method"),
        (Family::Glrlm, "glrlm_spatial_method"),
        (Family::Glszm, "glszm_spatial_method"),
        (Family::Gldzm, "gldzm_spatial_method"),
        (Family::Ngtdm, "ngtdm_spatial_method"),
        (Family::Ngldm, "ngldm_spatial_method"),
    ] {
        let mut methods: Vec<&str> = Vec::new();
        for key in keys.iter().filter(|key| key.feature.family == family) {
            if let Some(method) = spatial_method(key.aggregation)
                && !methods.contains(&method)
            {
                methods.push(method);
            }
        }
        if methods.is_empty() {
            continue;
        }
        match family {
            Family::Glcm => {
                elements.push(("glcm_distance", float(f64::from(texture.glcm_distance))));
            }
            Family::Ngldm => {
                elements.push(("ngldm_distance", float(f64::from(texture.ngldm_distance))));
                elements.push((
                    "ngldm_difference_level",
                    float(f64::from(texture.ngldm_coarseness)),
                ));
            }
            _ => {}
        }
        elements.push((element, methods.join(", ")));
    }
    elements
}
