"""Pictures with a palette of 256 colours: a third of the bytes, each colour close to its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MOST_COLOURS = 256
_STEPS = (1, 2, 4, 8, 16, 32, 64)  # of 255: colours that lie within one become the commonest of them


def with_palette(image: Image.Image) -> Image.Image:
    """Return an image with a palette.

    Of colours that lie close together the commonest stands for all, so that background, ink and lines keep theirs to
    the bit and only the shades of their edges move, by less than the first step that leaves few enough colours.

    Examples
    --------
    >>> image = with_palette(Image.new("RGB", (3, 2), "#0072b2"))
    >>> image.mode, image.convert("RGB").getpixel((0, 0))
    ('P', (0, 114, 178))
    """
    pixels = np.asarray(image.convert("RGB"), dtype=np.int64)
    packed = pixels @ np.array([1 << 16, 1 << 8, 1])
    codes, place, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1)
    order = np.argsort(-counts, kind="stable")
    first, group = _grouped(colours[order])
    number = np.empty(len(codes), dtype=np.uint8)
    number[order] = group
    return _image(number[place.reshape(packed.shape)], colours[order][first])


def _grouped(colours: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first colour of each group, and the group of each colour, with the finest step that will do."""
    for step in _STEPS:
        _, first, group = np.unique(colours // step, axis=0, return_index=True, return_inverse=True)
        if len(first) <= MOST_COLOURS:
            return first, group.ravel()
    raise AssertionError("the last step leaves 64 colours")


def _image(numbers: NDArray[np.uint8], colours: NDArray[np.int64]) -> Image.Image:
    image = Image.fromarray(numbers, mode="P")
    image.putpalette(colours.astype(np.uint8).tobytes())
    return image
