//! Sums over box-shaped neighbourhoods.

/// Replaces every voxel by the sum over the voxels within `radius` of it along each axis, itself included, inside the
/// box of the given size (x fastest).
///
/// One running sum per axis: the cost does not depend on the radius. Whole numbers, so that sums are exact.
pub(crate) fn window_sums(voxels: &mut Vec<u64>, size: [usize; 3], radius: [usize; 3]) {
    let mut summed = vec![0; voxels.len()];
    let mut stride = 1;
    for axis in 0..3 {
        let n = size[axis];
        if radius[axis] > 0 && n > 1 {
            let block = n * stride;
            for (from, to) in voxels
                .chunks_exact(block)
                .zip(summed.chunks_exact_mut(block))
            {
                running_sum(from, to, stride, radius[axis].min(n - 1));
            }
            std::mem::swap(voxels, &mut summed);
        }
        stride *= n;
    }
}

/// Sums of `2 radius + 1` consecutive lines of `stride` voxels; beyond the ends there is nothing.
fn running_sum(from: &[u64], to: &mut [u64], stride: usize, radius: usize) {
    let line = |k: usize| &from[k * stride..(k + 1) * stride];
    let n = from.len() / stride;
    let mut sum = vec![0; stride];
    let add = |k: usize, sum: &mut [u64]| {
        for (s, v) in sum.iter_mut().zip(line(k)) {
            *s += v;
        }
    };
    for k in 0..radius {
        add(k, &mut sum);
    }
    for (k, to) in to.chunks_exact_mut(stride).enumerate() {
        if k + radius < n {
            add(k + radius, &mut sum);
        }
        if k > radius {
            for (s, v) in sum.iter_mut().zip(line(k - radius - 1)) {
                *s -= v;
            }
        }
        to.copy_from_slice(&sum);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feature::texture::testing;

    proptest! {
        #[test]
        fn agrees_with_adding_neighbours(
            (size, voxels) in testing::regions(1000),
            radius in prop::array::uniform3(0_usize..8),
        ) {
            let mut sums: Vec<u64> = voxels.iter().map(|v| u64::from(*v)).collect();
            window_sums(&mut sums, size, radius);
            let at = |[x, y, z]: [usize; 3]| x + size[0] * (y + size[1] * z);
            for voxel in testing::positions(size) {
                let want: u64 = testing::neighbours(size, voxel, radius)
                    .chain([voxel])
                    .map(|n| u64::from(voxels[at(n)]))
                    .sum();
                prop_assert_eq!(sums[at(voxel)], want, "window around {:?} of {:?}", voxel, radius);
            }
        }
    }
}
