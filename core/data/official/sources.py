"""Where torchvision's sets are published, as torchvision 0.29 has it: addresses, checksums, folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from core.messages import Message


class File(NamedTuple):
    """One published file.

    Attributes:
        md5: in hexadecimal, "" where none was published.
        folder: where it goes, below the root of torchvision's sets.
        unpacks_to: what unpacking it makes in that folder; empty for a file that is used as it is.
    """

    url: str
    md5: str
    folder: str = ""
    unpacks_to: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Source:
    """What a set is downloaded from: about how many megabytes, in which files, and what its publishers allow."""

    megabytes: int
    files: tuple[File, ...]
    licence: str


_OMNIGLOT = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/"
_FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_OXFORD = "https://www.robots.ox.ac.uk/~vgg/data/"
_FLOWERS, _PETS = f"{_OXFORD}flowers/102/", f"{_OXFORD}pets/data/"


def _omniglot(part: str, md5: str) -> File:
    return File(f"{_OMNIGLOT}{part}.zip", md5, "omniglot-py", (part,))


def _fashion(name: str, md5: str) -> File:
    return File(f"{_FASHION}{name}.gz", md5, "FashionMNIST/raw", (name,))


def _pets(name: str, md5: str) -> File:
    return File(f"{_PETS}{name}.tar.gz", md5, "oxford-iiit-pet", (name,))


SOURCES = {
    "Omniglot": Source(
        16,
        (
            _omniglot("images_background", "68d2efa1b9178cc56df9314c21c6e718"),
            _omniglot("images_evaluation", "6b91aef0f799c5bb55b94e3f2daec811"),
        ),
        "MIT",
    ),
    "FashionMNIST": Source(
        31,
        (
            _fashion("train-images-idx3-ubyte", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            _fashion("train-labels-idx1-ubyte", "25c81989df183df01b3e8a0aad5dffbe"),
            _fashion("t10k-images-idx3-ubyte", "bef4ecab320f06d8554ea6380940ec79"),
            _fashion("t10k-labels-idx1-ubyte", "bb300cfdad3c16e7a12a480ee83cd310"),
        ),
        "MIT",
    ),
    "Flowers102": Source(
        345,
        (
            File(f"{_FLOWERS}102flowers.tgz", "52808999861908f626f3c1f4e79d11fa", "flowers-102", ("jpg",)),
            File(f"{_FLOWERS}imagelabels.mat", "e0620be6f572b9609742df49c70aed4d", "flowers-102"),
            File(f"{_FLOWERS}setid.mat", "a5357ecc9cb78c4bef273ce3793fc85c", "flowers-102"),
        ),
        Message("licence-not-stated"),
    ),
    "OxfordIIITPet": Source(
        811,
        (_pets("images", "5c4f3ee8e5d25df40f4fd59a7f44e54c"), _pets("annotations", "95a8c909bbe2e81eed6a22bccdf3f68f")),
        "CC BY-SA 4.0",
    ),
    "FGVCAircraft": Source(
        2_753,
        (File(f"{_OXFORD}fgvc-aircraft/archives/fgvc-aircraft-2013b.tar.gz", "", unpacks_to=("fgvc-aircraft-2013b",)),),
        Message("licence-for-research"),
    ),
    "Food101": Source(
        4_997,
        (
            File(
                "http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz",
                "85eeb15f3717b99a5da872d97d918f87",
                unpacks_to=("food-101",),
            ),
        ),
        Message("licence-for-research"),
    ),
}
