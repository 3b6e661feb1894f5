"""How fast photographs become small squares, against Pillow decoding them whole.

3,000 decodings of photographs of 400 x 533 pixels, made once as collages of real or drawn pictures, to squares of 128
pixels: at JPEG quality 60, with as many bytes as photographs of that size have, and at 90, with twice as many. Pillow
without draft mode decodes every pixel and then resizes; `decode_square` lets the JPEG decoder leave out what the square
would not show, but both read all bytes. Both sides take turns in the same run; the fastest round counts.

    python -m benchmarks.decode [--images 3000] [--rounds 3] [--photographs FOLDER]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from core.data.images import decode_square

WIDTH, HEIGHT, SIZE = 400, 533, 128
QUALITIES = (60, 90)
DIFFERENT = 300
GOAL, THREADS, THREADS_GOAL = 1.8, 2, 1.5
PIECE, PORTION = 8, 300
REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "clothing" / "images"

Square = npt.NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=3000, help="decodings of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--photographs", type=Path, default=REAL, help="a folder of JPEG files to make collages of")
    arguments = parser.parse_args()
    for quality in QUALITIES:
        with tempfile.TemporaryDirectory() as folder:
            _compare(photographs(Path(folder), arguments.photographs, quality), arguments.images, arguments.rounds)


def _compare(different: Sequence[Path], images: int, rounds: int) -> None:
    paths = [different[number % len(different)] for number in range(images)]
    plain, ours, threaded = [], [], []
    for _ in range(rounds):
        plain.append(seconds(decode_whole, paths, 1))
        ours.append(seconds(decode_reduced, paths, 1))
        threaded.append(seconds(decode_reduced, paths, THREADS))
    errors = [np.abs(decode_whole(path).astype(int) - decode_reduced(path)).mean() for path in different]
    size = np.mean([path.stat().st_size for path in different])
    one, two, whole = min(ours), min(threaded), min(plain)
    print(f"{images:,} photographs of {WIDTH} x {HEIGHT}, {size / 1e3:.0f} kB each, to {SIZE} pixels")
    print(f"Pillow, every pixel       {whole:6.2f} s   {images / whole:6.0f} images/s")
    print(f"decode_square             {one:6.2f} s   {images / one:6.0f} images/s   {_times(whole / one, GOAL)}")
    print(
        f"decode_square, {THREADS} threads  {two:6.2f} s   {images / two:6.0f} images/s   "
        f"{_times(one / two, THREADS_GOAL)} of one thread"
    )
    print(f"mean difference of a pixel {np.mean(errors):.2f} of 255, of the worst picture {max(errors):.2f}")


def photographs(folder: Path, source: Path, quality: int) -> list[Path]:
    """Collages of four pictures each, saved at a JPEG quality; the pictures are drawn where there are none."""
    generator = np.random.default_rng(0)
    real = sorted(source.glob("*.jpg")) if source.is_dir() else []
    made = []
    for number in range(DIFFERENT):
        collage = Image.new("RGB", (WIDTH, HEIGHT))
        for place in range(4):
            part = _picture(real, generator)
            part = ImageOps.fit(part, (WIDTH // 2, HEIGHT // 2 + 1))
            collage.paste(part, (place % 2 * WIDTH // 2, place // 2 * HEIGHT // 2))
        made.append(folder / f"{number}.jpg")
        collage.save(made[-1], quality=quality)
    return made


def _picture(real: Sequence[Path], generator: np.random.Generator) -> Image.Image:
    if real:
        with Image.open(real[int(generator.integers(len(real)))]) as image:
            return image.convert("RGB")
    soft = Image.fromarray(generator.integers(0, 256, (20, 15, 3), dtype=np.uint8)).resize((WIDTH, HEIGHT))
    grain = generator.normal(0, 6, (HEIGHT, WIDTH, 1))
    return Image.fromarray(np.clip(np.asarray(soft) + grain, 0, 255).astype(np.uint8))


def decode_whole(path: Path) -> Square:
    """Every pixel decoded, then resized: what the result is compared with."""
    with Image.open(path) as image:
        fitted = ImageOps.fit(image.convert("RGB"), (SIZE, SIZE), Image.Resampling.BICUBIC)
        return np.asarray(fitted, dtype=np.uint8)


def decode_reduced(path: Path) -> Square:
    """As trainer, gallery and thumbnails do it."""
    return decode_square(path, SIZE)


def seconds(decode: Callable[[Path], Square], paths: Sequence[Path], threads: int) -> float:
    """Wall-clock time of all paths, over several pools of threads with different memory."""
    taken = 0.0
    occupied: list[list[bytearray]] = []
    for start in range(0, len(paths), PORTION):
        portion = paths[start : start + PORTION]
        pieces = [portion[at : at + PIECE] for at in range(0, len(portion), PIECE)]
        with ThreadPoolExecutor(threads, initializer=lambda: occupied.append(_some_memory())) as pool:
            began = time.perf_counter()
            for _ in pool.map(lambda piece: [decode(path) for path in piece] and None, pieces):
                pass
            taken += time.perf_counter() - began
    return taken


def _some_memory() -> list[bytearray]:
    # libjpeg-turbo writes a row past the processor's cache if Pillow's buffer for it happens to start at a multiple of
    # 32 bytes, which costs a tenth of the time. Where a thread's memory begins would decide that for a whole run.
    return [bytearray(random.randrange(500, 2000)) for _ in range(random.randrange(1, 30))]


def _times(ratio: float, goal: float) -> str:
    return f"{ratio:4.2f} times (goal >= {goal:g}{'' if ratio >= goal else ', missed'})"


if __name__ == "__main__":
    main()
