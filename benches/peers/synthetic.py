"""Makes the synthetic image and its region of interest.

usage: synthetic.py IMAGE MASK

White noise under a periodic Gaussian of 3 voxels, with a mean of 50 and a standard deviation of 100, on 256 x 256 x 128
voxels of 1 mm; a ball of 498,944 voxels around the middle.
"""

import sys

import nibabel
import numpy
from scipy.ndimage import gaussian_filter

SHAPE = (128, 256, 256)  # z, y, x
RADIUS = 49.2

noise = numpy.random.Generator(numpy.random.PCG64(20261123)).standard_normal(SHAPE)
smooth = gaussian_filter(noise, 3.0, mode="wrap", truncate=4.0)
image = (50.0 + 100.0 * (smooth - smooth.mean()) / smooth.std()).astype(numpy.float32)
z, y, x = (i - (n - 1) / 2 for i, n in zip(numpy.ogrid[tuple(map(slice, SHAPE))], SHAPE))
mask = (x * x + y * y + z * z <= RADIUS * RADIUS).astype(numpy.uint8)
assert mask.sum() == 498_944, "the ball of the benches"
for path, volume in zip(sys.argv[1:], (image, mask)):
    nibabel.save(nibabel.Nifti1Image(volume.transpose(2, 1, 0), numpy.eye(4)), path)
