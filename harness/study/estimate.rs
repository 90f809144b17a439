//! What a study would take: counts, and time and memory from a sample of its scans.

use std::{
    collections::BTreeSet,
    fmt::Write,
    time::{Duration, Instant},
};

use radgauge_engine::{process::interpolate::interpolation_grid, volume::Grid};
use radgauge_phantoms::perturb::SeedKey;

use super::{
    cases::Scan,
    compute::{self, Point, Work},
    plan::Plan,
};

/// So many scans are looked at.
const SAMPLE: usize = 12;

/// Bytes per voxel of a scan: intensity and mask.
const SCAN_BYTES: usize = 9;

/// Bytes per voxel of the interpolated grid: intensities, what interpolation holds in between, partial volumes, masks.
const INTERPOLATED_BYTES: usize = 8 + 8 + 8 + 4;

/// Bytes per voxel that a filter needs beside the image: the response and its transforms.
const FILTER_BYTES: usize = 8 + 2 * 16;

/// What a study would take.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Cases that cannot be read, of those that were looked at, and why.
    pub unreadable: Vec<(String, String)>,
    /// Cases that were read.
    pub sampled: usize,
    /// Largest scan of the sample, in voxels.
    pub scan_voxels: usize,
    /// Largest interpolated grid of the sample, in voxels.
    pub interpolated_voxels: usize,
    /// Time of one thread for all cells, by one implementation; absent when it was not measured.
    pub work: Option<Duration>,
}

/// Looks at a sample of the scans, and computes one of them under all settings.
#[must_use]
pub fn estimate(plan: &Plan, measures: bool) -> Estimate {
    let mut estimate = Estimate {
        unreadable: Vec::new(),
        sampled: 0,
        scan_voxels: 0,
        interpolated_voxels: 0,
        work: None,
    };
    for planned in &plan.cases {
        if let Err(reason) = &planned.content {
            estimate
                .unreadable
                .push((planned.case.id.clone(), reason.clone()));
        }
    }
    let readable: Vec<usize> = (0..plan.cases.len())
        .filter(|case| plan.cases[*case].content.is_ok())
        .collect();
    let step = readable.len().div_ceil(SAMPLE).max(1);
    let mut volumes = Vec::new();
    for index in readable.iter().step_by(step) {
        let case = &plan.cases[*index].case;
        match case.read() {
            Err(reason) => estimate.unreadable.push((case.id.clone(), reason)),
            Ok(scan) => {
                let grid = scan.image.grid();
                estimate.sampled += 1;
                estimate.scan_voxels = estimate.scan_voxels.max(grid.len());
                let interpolated = largest_grid(plan, grid);
                estimate.interpolated_voxels = estimate.interpolated_voxels.max(interpolated);
                let volume = scan.mask.count() as f64 * grid.voxel_volume_mm3();
                volumes.push((volume, *index));
            }
        }
    }
    if measures && !volumes.is_empty() {
        volumes.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let (volume, index) = volumes[volumes.len() / 2];
        if let Ok(scan) = plan.cases[index].case.read() {
            let one = time(plan, &plan.cases[index].case.id, &scan);
            // Time goes with the volume of the region.
            let mean = volumes.iter().map(|(v, _)| v).sum::<f64>() / volumes.len() as f64;
            let share = if volume > 0.0 { mean / volume } else { 1.0 };
            let units = (readable.len() * plan.draws.len()) as f64;
            estimate.work = Duration::try_from_secs_f64(one.as_secs_f64() * share * units).ok();
        }
    }
    estimate
}

/// Voxels of the largest grid that a scan is interpolated to.
fn largest_grid(plan: &Plan, grid: &Grid) -> usize {
    let sizes = plan.points.points.iter().map(|point| {
        let interpolate = point.settings.interpolate.as_ref();
        interpolate.map_or(grid.len(), |settings| {
            interpolation_grid(grid, &settings.spacing_mm, settings.align)
                .map_or(0, |grid| grid.len())
        })
    });
    sizes.max().unwrap_or(0)
}

/// Time of one thread for the unperturbed scan under all settings.
fn time(plan: &Plan, case: &str, scan: &Scan) -> Duration {
    let points = plan.points.points.iter().enumerate();
    let points = points.map(|(index, point)| Point {
        index,
        settings: &point.settings,
        keys: &plan.points.keys[index],
    });
    let work = Work {
        case,
        draws: vec![(0, &plan.draws[0], points.collect())],
        key: SeedKey::of_name(plan.seed, case),
    };
    let compute = || {
        let start = Instant::now();
        compute::by_engine(scan, &work, &mut |_, _, _| true);
        start.elapsed()
    };
    match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
        Ok(pool) => pool.install(compute),
        Err(_) => compute(),
    }
}

/// The plan in words.
#[must_use]
pub fn render(plan: &Plan, estimate: &Estimate, implementations: usize, jobs: usize) -> String {
    let mut text = String::new();
    write_into(&mut text, plan, estimate, implementations, jobs)
        .expect("writing to memory cannot fail");
    text
}

fn write_into(
    text: &mut String,
    plan: &Plan,
    estimate: &Estimate,
    implementations: usize,
    jobs: usize,
) -> std::fmt::Result {
    let (cases, draws) = (plan.cases.len(), plan.draws.len());
    let points = &plan.points.points;
    let cells = plan.cells() * implementations;
    writeln!(text, "{}", plan.title)?;
    writeln!(
        text,
        "cases            {cases}, of which {} cannot be read",
        estimate.unreadable.len()
    )?;
    for (case, reason) in &estimate.unreadable {
        writeln!(text, "                 {case}: {reason}")?;
    }
    writeln!(
        text,
        "perturbations    {} of every scan, and the scan as it is",
        draws - 1
    )?;
    writeln!(text, "settings         {}", points.len())?;
    for axis in &plan.points.axes {
        writeln!(text, "  {:<14} {}", axis.name, axis.levels.join(", "))?;
    }
    writeln!(text, "features         {}", plan.points.features.len())?;
    if implementations > 1 {
        writeln!(text, "implementations  {implementations}")?;
    }
    writeln!(
        text,
        "cells            {cells} = {cases} cases × {draws} scans × {} settings{}",
        points.len(),
        match implementations {
            1 => String::new(),
            n => format!(" × {n} implementations"),
        }
    )?;
    // What the engine shares.
    let distinct =
        |text: &dyn Fn(usize) -> String| (0..points.len()).map(text).collect::<BTreeSet<_>>().len();
    let interpolate = |i: usize| format!("{:?}", points[i].settings.interpolate);
    let filter = |i: usize| format!("{} {:?}", interpolate(i), points[i].settings.filter);
    let region = |i: usize| format!("{} {:?}", filter(i), points[i].settings.resegment);
    let levels = |i: usize| format!("{} {:?}", region(i), points[i].settings.discretise);
    let groups = plan.groups().len();
    writeln!(
        text,
        "shared           {cases} scans read, {} interpolated, {} filtered, {} discretised",
        cases * groups * distinct(&interpolate),
        cases * groups * distinct(&filter),
        cases * draws * distinct(&levels),
    )?;
    let has_filter = points.iter().any(|point| point.settings.filter.is_some());
    let interpolated = INTERPOLATED_BYTES + if has_filter { FILTER_BYTES } else { 0 };
    let bytes =
        jobs * (SCAN_BYTES * estimate.scan_voxels + interpolated * estimate.interpolated_voxels);
    writeln!(
        text,
        "memory           about {} MiB for {jobs} threads, by the largest of {} scans that were read",
        bytes.div_ceil(1 << 20) + 64,
        estimate.sampled
    )?;
    match estimate.work {
        Some(work) => writeln!(
            text,
            "time             about {} for {jobs} threads, measured on one scan",
            in_words(work.as_secs_f64() / jobs as f64)
        ),
        None => writeln!(text, "time             not measured"),
    }
}

fn in_words(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
