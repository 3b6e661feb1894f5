"""What a graphics card does: whether it computes what the processor does, and images a second of ResNet-50.

On the card every loss learns three steps, goes on from its saved state and embeds, beside the processor in float32.
Then ResNet-50 learns by Multi-Similarity and MDR at 224 pixels in batches of 128: as this program trains, as a plain
script of ImageFolder, DataLoader's workers and pytorch-metric-learning does, and with a batch that already lies on the
card.

    python benchmarks/gpu.py [--seconds 40]

Without a card it says so and measures nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from torch import Tensor, nn

from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.losses import LOSSES
from core.models.device import Device, choose_device
from core.models.inference import embed_batch
from core.progress import Reporter
from core.training.batches import batches_of
from core.training.prefetcher import Prefetcher
from core.training.recipe import Recipe, load_recipe, override
from core.training.step import TrainingStep
from core.training.training_data import open_training_data

# Sums in another order: of the loss of a step, and of an entry of an embedding of unit length.
LOSS_TOLERANCE, EMBEDDING_TOLERANCE = 2e-3, 2e-3
STEPS = 3
WARM_UP = 3
LEVELS = (-3.0, 0.0, 3.0)
# Negatives that are drawn come from the device's own random numbers, so triplets are all taken.
NEEDS = {"triplet": ("loss.sampling=all",), "binary-triplet": ("loss.positives=2",), "regression": ("loss.targets=2",)}
SMALL = ("model.width=8", "model.embedding_size=16", "model.input_size=32", "model.prepared_size=36")


@dataclass(frozen=True)
class Size:
    """How much is measured; the default is what docs/benchmarks.md tells."""

    backbone: str = "resnet50"
    side: int = 224
    prepared: int = 256
    classes: int = 32
    images: int = 4
    per_class: int = 40
    pixels: tuple[int, int] = (500, 375)
    workers: int = os.cpu_count() or 1
    seconds: float = 40.0

    @property
    def batch(self) -> int:
        return self.classes * self.images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=Size.seconds, help="how long each speed is measured")
    seconds = parser.parse_args().seconds
    if not torch.cuda.is_available():
        print("No CUDA device here: nothing is measured.")
        return
    report(choose_device("cuda"), Size(seconds=seconds))
    print(f"peak memory on the card {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")


def report(device: Device, size: Size) -> None:
    print(f"{device.name}, {size.workers} cores; Python {platform.python_version()}, {platform.system()}")
    print(f"torch {torch.__version__} (CUDA {torch.version.cuda}), torchvision {torchvision.__version__}")
    lines = [agreement(name, device) for name in LOSSES]
    print("\n".join(lines))
    wrong = sum("differs" in line for line in lines)
    print(
        f"{len(lines) - wrong} of {len(lines)} losses as on the processor (loss within {LOSS_TOLERANCE:g} of its size,"
        f" embeddings within {EMBEDDING_TOLERANCE:g})"
    )
    with tempfile.TemporaryDirectory() as folder:
        write_photographs(Path(folder), size)
        for precision in ("float32", "bf16"):
            speeds(Path(folder), device, size, precision)
    if wrong:
        sys.exit(1)


def agreement(name: str, device: Device) -> str:
    """A line on one loss: how far learning, going on and embedding on `device` are from the processor's."""
    recipe = override(
        load_recipe("small"),
        *SMALL,
        f"loss.name={name}",
        *NEEDS.get(name, ()),
        "batch.classes=3",
        "batch.images=4",
        "training.precision=float32",
    )
    batch = _Batch(recipe)
    # Convolutions in TF32, torch's default, are another arithmetic.
    before, torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.allow_tf32, False
    try:
        here, there = (TrainingStep(recipe, place, batch.codes) for place in (choose_device("cpu"), device))
        pairs = [(batch.learn(here, step), batch.learn(there, step)) for step in range(STEPS)]
        resumed = TrainingStep(recipe, device, batch.codes)
        resumed.embedder.load_state_dict(there.embedder.state_dict())
        resumed.restore({key: tensor.clone() for key, tensor in there.tensors().items()})
        pairs.append((batch.learn(there, STEPS), batch.learn(resumed, STEPS)))
        batch.learn(here, STEPS)
        vectors = [batch.embed(here, choose_device("cpu")), batch.embed(there, device)]
    finally:
        torch.backends.cudnn.allow_tf32 = before
    *learnt, went_on = [abs(one - other) / max(abs(one), 1e-3) for one, other in pairs]
    apart = float(np.abs(vectors[0] - vectors[1]).max())
    fine = max(*learnt, went_on) <= LOSS_TOLERANCE and apart <= EMBEDDING_TOLERANCE
    figures = f"learning {max(learnt):.1e}  going on {went_on:.1e}  embedding {apart:.1e}"
    return f"{name:24} {figures}  {'as on the processor' if fine else 'differs'}"


class _Batch:
    """The same twelve images for every loss."""

    def __init__(self, recipe: Recipe) -> None:
        random = np.random.default_rng(0)
        side = recipe.model.prepared_size
        self.codes = np.repeat(np.arange(3), 4)
        self._targets = random.normal(size=(12, 2)).astype(np.float32)
        colours = random.integers(40, 215, (3, 1, 1, 3))[self.codes]
        self._images = np.clip(colours + random.normal(0, 30, (12, side, side, 3)), 0, 255).astype(np.uint8)

    def learn(self, training_step: TrainingStep, step: int) -> float:
        return training_step.run(self._images, self.codes, step, 1e-3, self._targets).loss

    def embed(self, training_step: TrainingStep, device: Device) -> np.ndarray:
        """The embeddings of the images as they are measured."""
        return embed_batch(training_step.embedder.eval(), self._images, device)


def write_photographs(folder: Path, size: Size) -> None:
    """JPEGs as large as photographs of the field's data sets, below `folder`/train/CLASS."""
    wide, high = size.pixels
    random = np.random.default_rng(0)
    seeds = [(number, index) for number in range(size.classes * 2) for index in range(size.per_class)]

    def write(seed: tuple[int, int]) -> None:
        number, index = seed
        own = np.random.default_rng(seed)
        coarse = Image.fromarray(own.integers(0, 255, (high // 16, wide // 16, 3), dtype=np.uint8))
        place = folder / "train" / f"class {number:03}" / f"{index:03}.jpg"
        coarse.resize((wide, high), Image.Resampling.BICUBIC).save(place, quality=90)

    for number in range(size.classes * 2):
        (folder / "train" / f"class {number:03}").mkdir(parents=True)
    random.shuffle(seeds)
    with ThreadPoolExecutor(size.workers) as pool:
        list(pool.map(write, seeds))


def speeds(folder: Path, device: Device, size: Size, precision: str) -> dict[str, float]:
    """Images a second of each way to train in `precision`, printed with their ratios."""
    steps = {
        "this program": our_steps(folder, device, size, precision),
        "a plain script": plain_steps(folder, device, size, precision),
        "data on the card": resident_steps(device, size, precision),
    }
    found: dict[str, float] = {}
    for name, taken in steps.items():
        found[name] = rate(taken, size, lambda: _finish(device))
        print(
            f"{precision:8} {name:18} {found[name]:8,.0f} images/s"
            f"  {found[name] / found['this program']:5.2f} times this program",
            flush=True,
        )
    return found


def rate(steps: Iterator[object], size: Size, finish: Callable[[], None]) -> float:
    """Images a second of `steps`, without the first ones; the iterator is closed."""
    for _ in range(WARM_UP):
        next(steps)
    finish()
    began, count = time.perf_counter(), 0
    while count == 0 or time.perf_counter() - began < size.seconds:
        next(steps)
        count += 1
    finish()
    seconds = time.perf_counter() - began
    steps.close()  # type: ignore[attr-defined]
    return count * size.batch / seconds


def benchmark_recipe(size: Size, precision: str) -> Recipe:
    """Multi-Similarity and MDR with the views of the published recipes."""
    return override(
        load_recipe("cub-multi-similarity"),
        f"model.backbone={size.backbone}",
        "model.weights=random",
        f"model.input_size={size.side}",
        f"model.prepared_size={size.prepared}",
        "regularization.name=mdr",
        "batch.sampling=covering",
        f"batch.classes={size.classes}",
        f"batch.images={size.images}",
        "training.steps_per_epoch=100",
        f"training.precision={precision}",
    )


def our_steps(folder: Path, device: Device, size: Size, precision: str) -> Iterator[object]:
    """Steps as the trainer does them; the squares are decoded before the first, as in a run."""
    recipe = benchmark_recipe(size, precision)
    data = open_training_data(open_catalog(DataSource(str(folder))), recipe, Reporter(), lambda: False)
    training_step, batches = TrainingStep(recipe, device, data.train_codes), batches_of(recipe, data)
    step = 0
    for epoch in range(1, 1_000_000):
        with Prefetcher(data.images, [data.train[batch] for batch in batches.epoch(epoch)]) as feed:
            for rows, images in feed:
                yield training_step.run(images, data.catalog.codes[rows], step, 1e-4)
                step += 1


def plain_steps(folder: Path, device: Device, size: Size, precision: str) -> Iterator[object]:
    """Steps as a script of the field's usual libraries does them."""
    from pytorch_metric_learning.samplers import MPerClassSampler
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms

    changes = transforms.Compose(
        [
            transforms.RandomResizedCrop(size.side, scale=(0.16, 1.0)),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    pictures = datasets.ImageFolder(str(folder / "train"), changes)
    sampler = MPerClassSampler(pictures.targets, size.images, size.batch, length_before_new_iter=100 * size.batch)
    card = device.kind == "cuda"
    loader = DataLoader(
        pictures, size.batch, sampler=sampler, num_workers=size.workers, drop_last=True, pin_memory=card
    )
    step = _PlainStep(device, size, precision)
    while True:
        for images, labels in loader:
            yield step(images.to(device.torch, non_blocking=True), labels.to(device.torch, non_blocking=True))


def resident_steps(device: Device, size: Size, precision: str) -> Iterator[object]:
    """Steps of the plain script on a batch that is there already: what no feeding of images can exceed."""
    images = torch.randn(size.batch, 3, size.side, size.side, device=device.torch)
    labels = torch.arange(size.classes, device=device.torch).repeat_interleave(size.images)
    step = _PlainStep(device, size, precision)
    while True:
        yield step(images, labels)


class _PlainStep:
    """Network, losses and optimiser, written as in a script."""

    def __init__(self, device: Device, size: Size, precision: str) -> None:
        from pytorch_metric_learning.losses import MultiSimilarityLoss
        from pytorch_metric_learning.miners import MultiSimilarityMiner

        network = torchvision.models.get_model(size.backbone)
        network.fc = nn.Linear(network.fc.in_features, 512)
        self._network = network.to(device.torch, memory_format=torch.channels_last).train()
        self._miner, self._loss = MultiSimilarityMiner(0.1), MultiSimilarityLoss(2, 40, 0.5)
        self._mdr = _PlainMdr().to(device.torch)
        self._optimizer = torch.optim.Adam([*self._network.parameters(), *self._mdr.parameters()], lr=1e-4)
        self._half = torch.autocast(device.kind, dtype=torch.bfloat16, enabled=precision == "bf16")

    def __call__(self, images: Tensor, labels: Tensor) -> float:
        with self._half:
            embeddings = self._network(images.contiguous(memory_format=torch.channels_last))
        embeddings = nn.functional.normalize(embeddings.float())
        loss = self._loss(embeddings, labels, self._miner(embeddings, labels)) + 0.1 * self._mdr(embeddings)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        return float(loss.detach())


class _PlainMdr(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.levels = nn.Parameter(torch.tensor(LEVELS))
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("deviation", torch.ones(()))

    def forward(self, embeddings: Tensor) -> Tensor:
        # With a little below the root: it has no slope at 0.
        distances = ((embeddings[:, None] - embeddings).square().sum(2) + 1e-8).sqrt()
        with torch.no_grad():
            self.mean.mul_(0.9).add_(0.1 * distances.mean())
            self.deviation.mul_(0.9).add_(0.1 * distances.std())
        others = ~torch.eye(len(distances), dtype=torch.bool, device=distances.device)
        normalized = ((distances - self.mean) / self.deviation)[others]
        return (normalized[:, None] - self.levels).abs().min(dim=1).values.mean()


def _finish(device: Device) -> None:
    if device.kind == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
