"""Draws the figures of methods.md from the losses themselves, as SVG on white, so that both themes of a page show them.

python docs/draw_figures.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import numpy as np
import torch

from core.losses import MultiLevelDistanceRegularization, MultiSimilarityLoss, TripletLoss
from core.losses.pair_weighting import pair_weights
from core.losses.proxy_anchor import pull, push
from core.sampling.dense_batches import DenseBatches

FOLDER = Path(__file__).parent / "figures"
INK, FAINT = "#1f2328", "#8c959f"
BLUE, ORANGE, GREEN, PURPLE = "#0b63c4", "#c2500a", "#1a7f37", "#8250df"
TEXT = 'font-family="Helvetica, Arial, sans-serif" font-size="13"'


class Drawing:
    """Shapes on white, in points from the upper left."""

    def __init__(self, width: float, height: float) -> None:
        self._size = width, height
        self._shapes: list[str] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str = INK, width: float = 1, dash: str = ""):
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._shapes.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
            f' stroke-width="{width}"{dashes}/>'
        )

    def path(self, points: Sequence[tuple[float, float]], colour: str, dash: str = "") -> None:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._shapes.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')

    def dot(self, x: float, y: float, colour: str, radius: float = 5, hollow: bool = False) -> None:
        fill, edge = ("white", colour) if hollow else (colour, "white")
        self._shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="{edge}"/>')

    def diamond(self, x: float, y: float, colour: str, radius: float = 9) -> None:
        corners = f"{x},{y - radius} {x + radius},{y} {x},{y + radius} {x - radius},{y}"
        self._shapes.append(f'<polygon points="{corners}" fill="{colour}" stroke="white"/>')

    def box(self, x: float, y: float, width: float, height: float, colour: str, opacity: float = 1) -> None:
        self._shapes.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"'
            f' fill-opacity="{opacity}"/>'
        )

    def text(self, x: float, y: float, words: str, colour: str = INK, anchor: str = "start") -> None:
        self._shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def save(self, name: str) -> None:
        width, height = self._size
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        )
        body = "\n".join(self._shapes)
        FOLDER.mkdir(exist_ok=True)
        text = f'{head} {TEXT}>\n<rect width="{width}" height="{height}" fill="white"/>\n{body}\n</svg>\n'
        (FOLDER / f"{name}.svg").write_text(text, encoding="utf-8")


class Axes:
    """A plot inside a drawing: data from `x_range` and `y_range` in the rectangle at (left, top)."""

    def __init__(
        self,
        drawing: Drawing,
        left: float,
        top: float,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        title: str,
        x_title: str,
        size: tuple[float, float] = (300, 170),
    ) -> None:
        self._drawing, self._left, self._top, self._size = drawing, left, top, size
        self._x, self._y = x_range, y_range
        right, bottom = left + size[0], top + size[1]
        drawing.line(left, bottom, right, bottom)
        drawing.line(left, top, left, bottom)
        drawing.text(left, top - 10, title)
        drawing.text((left + right) / 2, bottom + 34, x_title, anchor="middle")
        for value in np.linspace(*x_range, 5):
            x, _ = self.at(value, y_range[0])
            drawing.line(x, bottom, x, bottom + 4)
            drawing.text(x, bottom + 18, f"{value:g}", anchor="middle")
        for value in np.linspace(*y_range, 3):
            _, y = self.at(x_range[0], value)
            drawing.line(left - 4, y, left, y)
            drawing.text(left - 7, y + 4, f"{value:g}", anchor="end")

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self._x[0]) / (self._x[1] - self._x[0])
        up = (y - self._y[0]) / (self._y[1] - self._y[0])
        return self._left + across * self._size[0], self._top + (1 - up) * self._size[1]

    def curve(self, xs: Sequence[float], ys: Sequence[float], colour: str, dash: str = "") -> None:
        points = [self.at(float(x), float(np.clip(y, *self._y))) for x, y in zip(xs, ys, strict=True)]
        self._drawing.path(points, colour, dash)

    def upright(self, x: float, words: str, colour: str, dash: str = "4 3") -> None:
        (x, top), (_, bottom) = self.at(x, self._y[1]), self.at(x, self._y[0])
        self._drawing.line(x, top, x, bottom, colour, 1.2, dash)
        self._drawing.text(x + 4, top + 12, words, colour)


def legend(drawing: Drawing, x: float, y: float, entries: Sequence[tuple[str, str]]) -> None:
    """Short strokes of each colour with their words, one under the other."""
    for row, (words, colour) in enumerate(entries):
        drawing.line(x, y + 19 * row, x + 20, y + 19 * row, colour, 2.5)
        drawing.text(x + 27, y + 19 * row + 4, words)


def mining() -> None:
    """One anchor's similarities on a line, and what Multi-Similarity mines of them."""
    drawing = Drawing(720, 170)
    own, other, epsilon = [0.35, 0.55, 0.75, 0.9], [-0.2, 0.05, 0.3, 0.5, 0.62], 0.1
    similarity = torch.tensor([1.0, *own, *other])
    labels = torch.tensor([0] * (1 + len(own)) + list(range(1, 1 + len(other))))
    # Rows that have these products with the anchor; the rest of their directions is their own.
    rows = torch.cat([similarity[:, None], torch.diag((1 - similarity**2).clamp_min(0).sqrt())], dim=1)
    mined = [pairs[pairs[:, 0] == 0, 1].tolist() for pairs in MultiSimilarityLoss(epsilon=epsilon).mine(rows, labels)]

    def x(value: float) -> float:
        return 60 + (value + 0.3) / 1.4 * 600

    drawing.line(40, 85, 690, 85)
    for value in (-0.2, 0, 0.2, 0.4, 0.6, 0.8, 1):
        drawing.line(x(value), 82, x(value), 88)
        drawing.text(x(value), 152, f"{value:g}", anchor="middle")
    for place, value in enumerate(similarity.tolist()[1:], start=1):
        positive = place <= len(own)
        colour = BLUE if positive else ORANGE
        drawing.dot(x(value), 68 if positive else 102, colour, 6, hollow=place not in mined[0 if positive else 1])
    least, most = min(own) - epsilon, max(other) + epsilon
    drawing.line(x(least), 50, x(least), 125, ORANGE, 1.2, "4 3")
    drawing.text(x(least), 138, "farthest positive - epsilon", ORANGE, "middle")
    drawing.line(x(most), 45, x(most), 125, BLUE, 1.2, "4 3")
    drawing.text(x(most), 38, "nearest negative + epsilon", BLUE, "middle")
    drawing.text(40, 20, "positives above the line, negatives below; filled: mined")
    drawing.text(690, 75, "S", anchor="end")
    drawing.save("mining")


def weights() -> None:
    """The weight of a pair as a function of its similarity, the other pairs of the anchor held."""
    drawing = Drawing(760, 300)
    xs = np.linspace(-0.2, 1, 121)
    forms: list[tuple[str, str, str, dict[str, float]]] = [
        ("contrastive", "contrastive", FAINT, {}),
        ("binomial", "binomial (push / 5)", GREEN, {"beta": 10.0}),
        ("lifted", "lifted structure", PURPLE, {}),
        ("multi-similarity", "Multi-Similarity", BLUE, {"beta": 10.0}),
    ]
    labels = torch.tensor([0, 0, 0, 1, 2])
    for side, (title, place) in enumerate((("weight of a positive", 1), ("weight of a negative", 3))):
        axes = Axes(drawing, 50 + 360 * side, 40, (-0.2, 1), (0, 2), title, "its similarity S")
        for form, _, colour, settings in forms:
            ys = []
            for value in xs:
                similarity = torch.eye(5, dtype=torch.float64)
                similarity[0, 1:] = torch.tensor([0.6, 0.6, 0.5, 0.4])
                similarity[0, place] = value
                found = pair_weights(form, similarity, labels, **settings)[0, place]  # type: ignore[arg-type]
                ys.append(found.item() / (5 if form == "binomial" and side else 1))
            axes.curve(xs, ys, colour)
    for column, (_, words, colour, _) in enumerate(forms):
        legend(drawing, 60 + 170 * column, 284, [(words, colour)])
    drawing.save("pair_weights")


def levels() -> None:
    """MDR: how far each normalised distance is from its level, over the distances of a batch."""
    drawing = Drawing(760, 290)
    torch.manual_seed(0)
    embeddings = torch.randn(200, 16) * torch.rand(200, 1).add(0.5)
    regularizer = MultiLevelDistanceRegularization(zero_diagonal=False)
    regularizer(embeddings)
    distances = torch.pdist(embeddings)
    normalized = ((distances - regularizer.running_mean) / regularizer.running_std).numpy()
    axes = Axes(drawing, 60, 40, (-4, 4), (0, 2), "pull of MDR", "(d - mu) / sd", (640, 180))
    heights, edges = np.histogram(normalized, bins=64, range=(-4, 4))
    for height, left in zip(heights, edges, strict=False):
        x, y = axes.at(float(left), 1.6 * height / heights.max())
        drawing.box(x, y, 9, axes.at(0, 0)[1] - y, FAINT, 0.35)
    xs = np.linspace(-4, 4, 321)
    places = regularizer.levels.detach().numpy()
    axes.curve(xs, np.abs(xs[:, None] - places).min(axis=1), BLUE)
    for rank, level in enumerate(places.tolist(), start=1):
        axes.upright(level, f"level {rank}", ORANGE)
    legend(drawing, 480, 22, [("distance to the nearest level", BLUE)])
    drawing.box(250, 14, 18, 12, FAINT, 0.35)
    drawing.text(277, 24, "distances of a batch")
    drawing.save("mdr_levels")


def drawn_by_distance() -> None:
    """Triplet: where negatives lie on the sphere, and with what probability each is drawn."""
    drawing = Drawing(760, 290)
    dimensions = 16
    xs = np.linspace(0.02, 1.98, 300)
    cosines = 1 - xs**2 / 2
    rows = np.zeros((len(xs) + 1, dimensions))
    rows[0, 0] = 1
    rows[1:, 0], rows[1:, 1] = cosines, np.sqrt(1 - cosines**2)
    chances = TripletLoss().negative_probabilities(torch.from_numpy(rows), torch.arange(len(rows)))[0, 1:].numpy()
    drawn = chances > 0
    log_density = (dimensions - 2) * np.log(xs) + (dimensions - 3) / 2 * np.log(1 - xs**2 / 4)
    density = np.exp(log_density - log_density.max())
    title = f"chance of a negative to be drawn, beside that of the nearest (powers of 10), D = {dimensions}"
    axes = Axes(drawing, 60, 40, (0, 2), (-6, 0), title, "its distance to the anchor", (640, 180))
    axes.curve(xs, 6 * density - 6, FAINT)
    axes.curve(xs[drawn], np.log10(chances[drawn] / chances.max()), BLUE)
    axes.upright(0.5, "0.5: nearer ones count as this far", ORANGE)
    axes.upright(1.4, "1.4: farther ones are not drawn", ORANGE)
    legend(drawing, 90, 150, [("how many lie there (scaled)", FAINT), ("chance of each to be drawn", BLUE)])
    drawing.save("distance_weighted")


def dense_batch() -> None:
    """Log-ratio: a dense mini-batch in label space, beside what a binary view leaves of it."""
    drawing = Drawing(760, 320)
    points = np.random.default_rng(5).uniform(-1, 1, (60, 2)).astype(np.float32)
    points[0] = 0
    batch = next(batch for batch in DenseBatches(points, 14, 5, seed=1).epoch(1) if batch[0] == 0)
    for left, title in ((20, "dense: all triplets with their degrees"), (390, "binary: near or far, and no more")):

        def at(place: int, left: float = left) -> tuple[float, float]:
            return left + 170 + 150 * float(points[place, 0]), 165 + 125 * float(points[place, 1])

        drawing.text(left + 170, 20, title, anchor="middle")
        for place in range(60):
            drawing.dot(*at(place), FAINT, 3)
        for rank, place in enumerate(batch[1:]):
            near = rank < 5
            width = 3.2 / (1 + 3 * float(np.linalg.norm(points[place]))) if left == 20 else 1.2
            colour = (BLUE if near else PURPLE) if left == 20 else (BLUE if near else ORANGE)
            drawing.line(*at(0), *at(place), colour, round(width, 2))
            drawing.dot(*at(place), colour, 5)
        drawing.dot(*at(0), INK, 7)
    drawing.dot(40, 306, INK, 6)
    drawing.text(52, 310, "anchor")
    drawing.dot(120, 306, BLUE, 5)
    drawing.text(132, 310, "its nearest by label")
    drawing.dot(280, 306, PURPLE, 5)
    drawing.dot(294, 306, ORANGE, 5)
    drawing.text(306, 310, "drawn from all the rest")
    drawing.dot(470, 306, FAINT, 3)
    drawing.text(482, 310, "not in this batch")
    drawing.save("dense_batch")


def relations() -> None:
    """Multi-objective: the three kinds of relations between samples and proxies."""
    drawing = Drawing(760, 300)
    centres = {BLUE: (210, 90), GREEN: (470, 80), PURPLE: (330, 230)}
    samples = {
        BLUE: [(150, 60), (170, 130), (250, 140)],
        GREEN: [(520, 50), (530, 120), (420, 130)],
        PURPLE: [(280, 260)],
    }
    for start, end in ((BLUE, GREEN), (GREEN, PURPLE), (PURPLE, BLUE)):
        drawing.line(*centres[start], *centres[end], ORANGE, 2, "2 5")
    for colour, places in samples.items():
        for place in places:
            drawing.line(*place, *centres[colour], colour, 1.6, "7 4")
    for one, other in ((0, 1), (1, 2), (0, 2)):
        drawing.line(*samples[BLUE][one], *samples[BLUE][other], INK, 1.6)
        drawing.line(*samples[GREEN][one], *samples[GREEN][other], INK, 1.6)
    drawing.line(*samples[BLUE][2], *samples[PURPLE][0], INK, 1.6)
    drawing.line(*samples[BLUE][2], *samples[GREEN][2], INK, 1.6)
    for colour, places in samples.items():
        for place in places:
            drawing.dot(*place, colour, 7)
        drawing.diamond(*centres[colour], colour, 11)
    drawing.text(300, 284, "one image alone has no positive, but a proxy", anchor="start")
    drawing.dot(600, 60, INK, 6)
    drawing.text(614, 64, "sample")
    drawing.diamond(600, 86, INK, 8)
    drawing.text(614, 90, "proxy of a class")
    for row, (words, colour, dash) in enumerate(
        (("pair", INK, ""), ("proxy", BLUE, "7 4"), ("separation", ORANGE, "2 5"))
    ):
        drawing.line(590, 120 + 24 * row, 616, 120 + 24 * row, colour, 2, dash)
        drawing.text(624, 124 + 24 * row, words)
    drawing.save("three_relations")


def proxy_pulls() -> None:
    """Proxy-Anchor: how the pull on one image depends on how hard the others of its class are."""
    drawing = Drawing(760, 320)
    xs = np.linspace(-0.6, 1, 161)
    sides = (
        ("pull on an image of the class", (0.6, 0.0, -0.2)),
        ("push on an image of another class", (-0.2, 0.2, 0.6)),
    )
    for side, (title, levels) in enumerate(sides):
        left = 60 + 360 * side
        axes = Axes(drawing, left, 40, (-0.6, 1), (0, 1), title, "its similarity to the proxy")
        for level, colour in zip(levels, (BLUE, GREEN, ORANGE), strict=True):
            rows = torch.full((len(xs), 3), level, dtype=torch.float64)
            rows[:, 0] = torch.from_numpy(xs)
            if side == 0:
                slopes = [-pull(row, torch.zeros(3, dtype=torch.int64), 1, 32.0, 0.1)[2][0].item() for row in rows]
            else:
                slopes = push(rows, 32.0, 0.1, 1.0)[1][:, 0].tolist()
            axes.curve(xs, [slope / 32 for slope in slopes], colour)
        for column, (level, colour) in enumerate(zip(levels, (BLUE, GREEN, ORANGE), strict=True)):
            legend(drawing, left + 105 * column, 290, [(f"others {level:g}", colour)])
    drawing.save("proxy_anchor")


def nca_forms() -> None:
    """Proxy-NCA: its two forms over how much nearer the own proxy is than the nearest other."""
    drawing = Drawing(760, 290)
    xs = np.linspace(-8, 8, 161)
    axes = Axes(drawing, 60, 40, (-8, 8), (-8, 8), "Proxy-NCA of one image", "d(own) - d(nearest other)", (640, 180))
    axes.curve(xs, xs, ORANGE)
    axes.curve(xs, np.logaddexp(0, xs), BLUE)
    legend(drawing, 120, 70, [("classic: without the own proxy in the sum", ORANGE), ("softmax: with it", BLUE)])
    drawing.save("proxy_nca")


def memory() -> None:
    """Cross-batch memory: which pairs a batch has within itself, and which in the memory."""
    drawing = Drawing(760, 190)
    steps = 8
    for step in range(steps):
        x = 190 + 62 * step
        drawing.box(x, 70, 58, 46, PURPLE if step < steps - 1 else BLUE, 0.25 + 0.75 * step / steps)
        drawing.text(x + 29, 134, f"t - {steps - 1 - step}" if step < steps - 1 else "t", anchor="middle")
    drawing.box(40, 70, 58, 46, BLUE)
    drawing.text(69, 134, "batch t", anchor="middle")
    drawing.text(435, 58, "memory: copies without gradient, the oldest leave", anchor="middle")
    drawing.line(98, 93, 186, 93, INK, 1.6)
    drawing.text(142, 86, "pairs", anchor="middle")
    drawing.text(40, 160, "gradient reaches the batch; a copy of an image is no pair of its own")
    drawing.save("memory")


FIGURES: tuple[Callable[[], None], ...] = (
    mining, weights, levels, drawn_by_distance, dense_batch, relations, proxy_pulls, nca_forms, memory,
)  # fmt: skip

if __name__ == "__main__":
    for figure in FIGURES:
        figure()
