//! Growth and shrinkage by a share of the volume.

use radgauge_engine::{
    filter::Dimension,
    volume::{Image, Mask},
};
use serde::{Deserialize, Serialize};

use super::{OnMask, PerturbError, error::check_value, neighbours::neighbours, seed::Random};

/// Grows or shrinks the region to a volume, to the voxel.
///
/// # Formula
/// ```text
/// V = ⌊V₀ (1 + fraction)⌋ voxels
/// grow     repeatedly adds the shell of voxels outside that share a face with one inside
/// shrink   repeatedly takes the shell of voxels inside that share a face with one outside
/// ```
/// Whole shells as long as they do not pass V; of the last one a random subset. Its voxels are put in order of their place
/// (x fastest), and the i-th of them is exchanged with the one at i + index(n − i) by stream 0 of the
/// [seed](super::SeedKey), for i from 0 on: the first ones are the subset. In the slice, four neighbours count instead of
/// six. Beyond the image all is outside; a region that cannot grow so far is refused, as is one of which no voxel would be
/// left.
///
/// MIRP means the same. CERR rescales the slice by a random factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeFraction {
    /// Change of the volume: 0.1 grows by a tenth; above −1, up to 10.
    pub fraction: f64,
    /// In the slice or in the volume.
    #[serde(default)]
    pub dimension: Dimension,
}

/// A product this close below a whole number is that: 100 · 1.15 rounds to 114.99999999999999.
const WHOLE_TOLERANCE: f64 = 1e-9;

impl OnMask for VolumeFraction {
    fn check(&self) -> Result<(), PerturbError> {
        check_value(
            self.fraction > -1.0 && self.fraction <= 10.0,
            "volume-fraction.fraction",
            "a change of the volume above -1 and up to 10",
            self.fraction,
        )
    }

    fn apply(&self, _: &Image, mask: &Mask, random: &Random) -> Result<Mask, PerturbError> {
        let of = mask.count();
        let wanted = of as f64 * (1.0 + self.fraction);
        let wanted = (wanted + WHOLE_TOLERANCE * wanted).floor() as usize;
        if wanted == 0 {
            return Err(PerturbError::TooSmall {
                kind: "volume-fraction",
                left: 0,
                of,
                least: 1,
            });
        }
        let grows = wanted > of;
        let size = mask.size();
        let mut mask = mask.clone();
        let mut volume = of;
        let mut shell = self.first_shell(&mask, grows);
        while volume != wanted {
            if shell.is_empty() {
                return Err(PerturbError::NoRoom {
                    kind: "volume-fraction",
                    wanted,
                    most: volume,
                });
            }
            let missing = wanted.abs_diff(volume);
            if shell.len() > missing {
                draw_first(&mut shell, missing, random);
                shell.truncate(missing);
            }
            let voxels = mask.as_mut_slice();
            for at in &shell {
                voxels[*at] = grows;
            }
            volume = if grows {
                volume + shell.len()
            } else {
                volume - shell.len()
            };
            let mut next: Vec<usize> = shell
                .iter()
                .flat_map(|at| neighbours(*at, size, self.dimension))
                .filter(|at| voxels[*at] != grows)
                .collect();
            next.sort_unstable();
            next.dedup();
            shell = next;
        }
        Ok(mask)
    }
}

impl VolumeFraction {
    /// The voxels next to the contour, in order: outside it to grow, inside it to shrink.
    fn first_shell(&self, mask: &Mask, grows: bool) -> Vec<usize> {
        let size = mask.size();
        let voxels = mask.as_slice();
        let faces = 2 * self.dimension.axes();
        let inside = (0..voxels.len()).filter(|at| voxels[*at]);
        if !grows {
            return inside
                .filter(|at| {
                    // At the border of the image there are fewer: beyond it is outside.
                    let within = neighbours(*at, size, self.dimension).filter(|at| voxels[*at]);
                    within.count() < faces
                })
                .collect();
        }
        let mut shell: Vec<usize> = inside
            .flat_map(|at| neighbours(at, size, self.dimension))
            .filter(|at| !voxels[*at])
            .collect();
        shell.sort_unstable();
        shell.dedup();
        shell
    }
}

/// Puts a random subset first: the beginning of a Fisher–Yates shuffle.
fn draw_first(shell: &mut [usize], count: usize, random: &Random) {
    let mut stream = random.stream(0);
    for i in 0..count {
        let other = i + stream.index(shell.len() - i);
        shell.swap(i, other);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use radgauge_engine::volume::{Grid, Volume};

    use super::*;
    use crate::perturb::{Perturbation, SeedKey};

    fn changed(
        mask: &Mask,
        fraction: f64,
        dimension: Dimension,
        draw: u32,
    ) -> Result<Mask, PerturbError> {
        let step = VolumeFraction {
            fraction,
            dimension,
        };
        let random =
            SeedKey::of_name(1, "volume").random(&Perturbation::VolumeFraction(step.clone()), draw);
        let image = mask.map(|_| 0.0);
        step.apply(&image, mask, &random)
    }

    fn cube(edge: usize, of: usize) -> Mask {
        let low = (of - edge) / 2;
        let is_in = move |i: usize| (low..low + edge).contains(&i);
        Volume::from_fn(Grid::axis_aligned([of; 3], [1.0; 3]), |[x, y, z]| {
            is_in(x) && is_in(y) && is_in(z)
        })
    }

    #[test]
    fn volumes_are_hit_to_the_voxel() {
        let mask = cube(5, 15);
        for fraction in [
            -0.99, -0.5, -0.1, -0.01, 0.0, 0.004, 0.1, 0.15, 0.29, 1.0, 5.0,
        ] {
            let mask = changed(&mask, fraction, Dimension::Volume, 0).expect("there is room");
            // 1.15 · 125 is 143.75, 1.29 · 125 is 161.25: exact decimals.
            let wanted = ((1000.0 + 1000.0 * fraction).round() as usize) * 125 / 1000;
            assert_eq!(mask.count(), wanted, "{fraction}");
        }
        let hundred = Volume::from_fn(Grid::axis_aligned([10, 10, 3], [1.0; 3]), |[.., z]| z == 1);
        let grown = changed(&hundred, 0.15, Dimension::Volume, 0).expect("there is room");
        assert_eq!(grown.count(), 115, "100 · 1.15 rounds below 115");
    }

    #[test]
    fn shells_are_whole_but_the_last() {
        // The first shell of a cube of 3³ has 6 · 9 voxels.
        let mask = cube(3, 11);
        let shell = changed(&mask, 54.0 / 27.0, Dimension::Volume, 0).expect("there is room");
        let steps = |[x, y, z]: [usize; 3]| {
            let out = |i: usize| i.abs_diff(5).saturating_sub(1);
            out(x) + out(y) + out(z)
        };
        let expected = Volume::from_fn(mask.grid().clone(), |voxel| steps(voxel) <= 1);
        assert_eq!(shell, expected, "one step");
        for draw in 0..3 {
            let more = changed(&mask, 2.5, Dimension::Volume, draw).expect("there is room");
            let is_between =
                more.voxels()
                    .indexed_iter()
                    .all(|((x, y, z), inside)| match steps([x, y, z]) {
                        0 | 1 => *inside,
                        2 => true,
                        _ => !inside,
                    });
            assert!(is_between, "the first shell whole, of the second a part");
        }
        let draws =
            [0, 1].map(|draw| changed(&mask, 0.5, Dimension::Volume, draw).expect("there is room"));
        assert!(draws[0] != draws[1], "another draw, another part");
        let flat = changed(&mask, 0.5, Dimension::Slice, 0).expect("there is room");
        assert!(
            flat.voxels()
                .indexed_iter()
                .all(|((.., z), inside)| !inside || (4..=6).contains(&z)),
            "in the slice"
        );
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let full = cube(4, 4);
        let error = changed(&full, 0.1, Dimension::Volume, 0).expect_err("no room");
        assert_eq!(
            error.to_string(),
            "`volume-fraction` needs 70 voxels, but the region can grow to 64 at most within the image"
        );
        let one = cube(1, 3);
        let error = changed(&one, -0.1, Dimension::Volume, 0).expect_err("nothing left");
        assert!(
            error.to_string().contains("would leave 0 of the 1 voxels"),
            "{error}"
        );
        assert_eq!(
            changed(&one, 0.5, Dimension::Volume, 0).expect("stays"),
            one,
            "1.5 voxels are one"
        );
    }

    proptest! {
        #[test]
        fn grows_around_and_shrinks_within(
            size in prop::array::uniform3(1_usize..6),
            voxels in prop::collection::vec(any::<bool>(), 125),
            fraction in -0.99..2.0_f64,
            draw in 0_u32..4,
        ) {
            let grid = Grid::axis_aligned(size, [1.0; 3]);
            let n = grid.len();
            let mask = Volume::from_flat(grid, voxels[..n].to_vec());
            prop_assume!(mask.count() > 0);
            match changed(&mask, fraction, Dimension::Volume, draw) {
                Ok(new) => {
                    let wanted = (mask.count() as f64 * (1.0 + fraction) * (1.0 + 1e-9)).floor() as usize;
                    prop_assert_eq!(new.count(), wanted);
                    let mut pairs = mask.as_slice().iter().zip(new.as_slice());
                    let holds = if fraction >= 0.0 { pairs.all(|(old, new)| *new || !old) } else { pairs.all(|(old, new)| *old || !new) };
                    prop_assert!(holds, "around or within");
                }
                Err(PerturbError::NoRoom { most, .. }) => prop_assert!(most <= n, "all that there is"),
                Err(PerturbError::TooSmall { left: 0, .. }) => {}
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }
}
