"""Hashes under which pictures that look alike are close: made to find copies that were resized or compressed anew.

The 64 coefficients of lowest frequency of the discrete cosine transform of a small grey picture, each as one bit: is it
above the median? Compression and resizing change high frequencies, so few bits turn (Zauner: Implementation and
Benchmarking of Perceptual Image Hash Functions, 2010, section 3.2.1).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SIDE, KEPT = 32, 8
BITS = KEPT * KEPT
Hashes = npt.NDArray[np.uint8]
Squares = npt.NDArray[np.uint8]

_LUMINANCE = (np.float32(0.299), np.float32(0.587), np.float32(0.114))


def perceptual_hashes(squares: Squares) -> Hashes:
    """(N, 8) bytes, 64 bits each, of (N, 32, 32, 3) pictures; the number of bits that differ is a distance."""
    grey = sum(weight * squares[..., channel].astype(np.float32) for channel, weight in enumerate(_LUMINANCE))
    basis = _cosines()
    spectrum = (basis @ grey @ basis.T).reshape(len(squares), BITS)
    # The mean brightness is no part of the looks.
    median = np.median(spectrum[:, 1:], axis=1, keepdims=True)
    return np.packbits(spectrum > median, axis=1)


def mirrored(squares: Squares) -> Squares:
    """Pictures with left and right exchanged."""
    return squares[:, :, ::-1]


def _cosines() -> npt.NDArray[np.float32]:
    """(8, 32) lowest frequencies of the cosine transform (type II)."""
    frequency, position = np.arange(KEPT)[:, None], np.arange(SIDE)[None, :]
    return np.cos(np.pi * frequency * (2 * position + 1) / (2 * SIDE)).astype(np.float32)
