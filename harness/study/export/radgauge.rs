//! Settings of `radgauge extract`, narrowed to the families and aggregations with features that can be trusted.

use radgauge_engine::feature::Aggregation;

use super::{Export, Request, Tool, one_line};

pub(super) fn export(request: &Request<'_>) -> Export {
    let mut settings = request.settings.clone();
    let keys = request.keys;
    settings
        .features
        .families
        .retain(|family| keys.iter().any(|key| key.feature.family == *family));
    let is_used =
        |aggregation: &Aggregation| keys.iter().any(|key| key.aggregation == *aggregation);
    settings.features.aggregations.retain(is_used);
    let mut lines = request.preamble(Tool::Radgauge);
    lines.push(
        "Families are computed as a whole; of their features, those that can be trusted are:"
            .to_owned(),
    );
    lines.extend(
        keys.iter()
            .map(|key| format!("  {key} {}", key.feature.name)),
    );
    let mut text = String::new();
    for line in lines {
        text += &format!("# {}\n", one_line(&line));
    }
    text += "\n";
    text += &settings.to_toml();
    Export {
        text,
        covered: keys.iter().map(ToString::to_string).collect(),
        left_out: Vec::new(),
        not_honoured: Vec::new(),
    }
}
