"""Maps: what is made of what, kept in files and turned to look alike. UMAP itself runs in one child process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest

from core.data.catalog import texts
from core.errors import EmbeddingsError
from core.progress import Reporter
from core.projection.alignment import align
from core.projection.mapping import project
from core.projection.projection import Projection, load, pca_map, save
from core.projection.umap_projection import exact_neighbours
from core.retrieval.collapse import Spread
from core.retrieval.embeddings import Embeddings
from core.retrieval.similarity import unit

UMAP_TWICE = """
import sys
import numpy as np
from core.progress import MessageReporter
from core.projection.mapping import project
from core.retrieval.similarity import unit

generator = np.random.default_rng(0)
labels = np.repeat(np.arange(6), 20)
vectors = 3 * generator.standard_normal((6, 12))[labels] + generator.standard_normal((120, 12))
vectors[5] = vectors[6]
vectors = unit(vectors)
first, again = project(vectors, "umap", 1), project(vectors, "umap", 1)
told = []
other_seed = project(vectors, "umap", 2, reporter=MessageReporter(told.append, interval=0.0))
epochs = [message["done"] for message in told if message["unit"] == "epochs"]
leaning = project(vectors[:, ::-1].copy(), "umap", 1, initial=first.xy)
assert "torch" not in sys.modules
many = np.repeat(np.arange(10), 30)
good = unit(3 * generator.standard_normal((10, 64))[many] + generator.standard_normal((300, 64)))
equal = unit(np.repeat(generator.standard_normal((1, 64)), 300, axis=0))
nearly = unit(equal + 1e-6 * generator.standard_normal(equal.shape))
few = good[[0, 30, 60]][np.arange(300) % 3]  # three vectors, each of all classes
# Only their lengths tell these classes apart, and only by Euclidean distance.
lengths = (np.repeat([1, 3, 9, 27, 81, 243], 20)[:, None] * unit(generator.standard_normal((120, 12)) + 40)) * 1e20
by_length = project(lengths, "umap", 1)
assert (first.parameters["metric"], by_length.parameters["metric"]) == ("cosine", "euclidean")
few_as_they_are = project(5 * few, "umap", 1)
collapsed, of_good = {"many": many, "epochs": epochs}, project(good, "umap", 1).xy
for name, given in {"equal": equal, "nearly": nearly, "few": few}.items():
    collapsed[name] = project(given, "umap", 1).xy
    collapsed[f"leaning_{name}"] = project(given, "umap", 1, initial=of_good).xy
np.savez(
    sys.argv[1], labels=labels, first=first.xy, again=again.xy, other=other_seed.xy, leaning=leaning.xy,
    by_length=by_length.xy, few_as_they_are=few_as_they_are.xy, **collapsed,
)
"""


@pytest.fixture(scope="module")
def umap_maps(tmp_path_factory):
    path = tmp_path_factory.mktemp("umap") / "maps.npz"
    subprocess.run([sys.executable, "-c", UMAP_TWICE, str(path)], check=True, timeout=120)
    with np.load(path) as store:
        return {name: store[name] for name in store.files}


def test_umap_gives_the_same_map_for_the_same_seed(umap_maps):
    np.testing.assert_array_equal(umap_maps["first"], umap_maps["again"])
    assert not np.array_equal(umap_maps["first"], umap_maps["other"])


@pytest.mark.parametrize("name", ["first", "by_length"])
def test_umap_keeps_classes_together(umap_maps, name):
    xy, labels = umap_maps[name], umap_maps["labels"]
    distances = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert np.mean(labels[distances.argmin(axis=1)] == labels) > 0.95


@pytest.mark.parametrize(
    "name", ["equal", "nearly", "few", "leaning_equal", "leaning_nearly", "leaning_few", "few_as_they_are"]
)
def test_umap_shows_no_classes_that_the_vectors_do_not_have(umap_maps, name):
    # In the order of their ten classes, beside a map that shows them.
    assert purity(umap_maps[name], umap_maps["many"]) < 0.13


def purity(xy, labels, k=10):
    """The share of an image's k nearest on the map that are of its class."""
    distances = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.mean(labels[np.argsort(distances, axis=1, kind="stable")[:, :k]] == labels[:, None])


def test_a_map_of_equal_vectors_says_so_and_is_one_spot():
    vectors, told = np.repeat(np.random.default_rng(0).normal(size=(1, 64)), 90, axis=0).astype(np.float32), Told()
    projection = project(vectors, "pca", reporter=told)
    assert np.ptp(projection.xy, axis=0).max() == 0
    assert projection.parameters["spread"]["different"] == 1
    assert projection.collapse == "collapsed: all 90 vectors are equal" and projection.collapse_word == "collapsed"
    assert told.sentences == ["The map shows little: collapsed: all 90 vectors are equal."]


class Told(Reporter):
    def __init__(self):
        self.sentences = []

    def event(self, kind, **fields):
        self.sentences.append(fields["sentence"])


def test_noise_of_rounding_is_not_spread_over_a_pca_map():
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=64) * (1 + 3e-8 * rng.normal(size=(90, 64)))).astype(np.float32)
    assert len(np.unique(vectors, axis=0)) > 45
    assert np.ptp(project(vectors, "pca").xy, axis=0).max() < 1e-6


def test_umap_leans_on_an_initial_map(umap_maps):
    # Columns in another order are the same neighbours: the map must come out as the one it started from.
    first, leaning = umap_maps["first"], umap_maps["leaning"]
    spread = np.sqrt(np.mean((first - first.mean(axis=0)) ** 2))
    # Maps that have nothing in common are 1.4 spreads apart.
    assert np.sqrt(np.mean((leaning - first) ** 2)) < 0.6 * spread


class Notices(Reporter):
    def __init__(self):
        self.sentences = []

    def event(self, kind, **fields):
        self.sentences.append(fields["sentence"])


@pytest.mark.parametrize("count", [1, 2, 3, 14])
def test_few_images_get_pca_and_it_is_said(count):
    notices = Notices()
    projection = project(np.random.default_rng(0).standard_normal((count, 4)), "umap", reporter=notices)
    assert projection.method == "pca"
    assert projection.parameters["asked"] == "umap"
    assert "at least 15 images" in notices.sentences[0]


def test_pca_is_turned_to_look_like_the_initial_map():
    vectors = np.random.default_rng(1).standard_normal((30, 4))
    plain = project(vectors, "pca").xy
    wanted = -3 * plain[:, ::-1] + 5
    wanted[20:] = np.nan
    turned = project(vectors, "pca", initial=wanted).xy
    np.testing.assert_allclose(turned[:20], wanted[:20], atol=1e-4)
    np.testing.assert_allclose(turned, align(plain, wanted), atol=1e-4)


def test_a_map_comes_back_as_it_went(tmp_path):
    before = Projection(np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), "umap", {"seed": 4}, np.array([3, 9]))
    save(tmp_path / "map.npz", before)
    after = load(tmp_path / "map.npz")
    np.testing.assert_array_equal(after.xy, before.xy)
    assert (after.method, after.parameters, after.rows.tolist()) == ("umap", {"seed": 4}, [3, 9])


@pytest.mark.parametrize(
    ("parameters", "said", "word"),
    [
        ({"spread": asdict(Spread(90, 0.0, 1, 0, (), "cosine"))}, "collapsed: all 90 vectors are equal", "collapsed"),
        ({"collapsed": "collapsed: all 8 vectors are equal"}, "collapsed: all 8 vectors are equal", "collapsed"),
        ({}, "", ""),
    ],
    ids=["of today", "of an older version", "of others"],
)
def test_a_map_file_keeps_what_is_to_be_said_of_a_collapse(tmp_path, parameters, said, word):
    save(tmp_path / "map.npz", Projection(np.zeros((2, 2), np.float32), "pca", parameters))
    projection = load(tmp_path / "map.npz")
    assert (projection.collapse, projection.collapse_word) == (said, word)


def test_positions_are_found_by_catalog_row():
    projection = Projection(np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), "pca", rows=np.array([3, 9]))
    np.testing.assert_array_equal(projection.at(np.array([9, 4, 3])), [[3, 4], [np.nan, np.nan], [1, 2]])


def test_the_map_that_is_there_at_once_knows_its_rows():
    vectors = np.random.default_rng(2).standard_normal((20, 5)).astype(np.float32)
    embeddings = Embeddings(vectors, np.arange(20) * 2, texts(["a"] * 20), texts(["p"] * 20))
    first = pca_map(embeddings)
    assert first.rows.tolist() == embeddings.rows.tolist()
    mirrored = Projection(-first.xy, "pca", rows=first.rows)
    np.testing.assert_allclose(pca_map(embeddings, like=mirrored).xy, -first.xy, atol=1e-5)
    assert first.parameters["metric"] == "euclidean"
    centred = vectors - vectors.mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    np.testing.assert_allclose(np.abs(first.xy), np.abs(centred @ directions.T), atol=1e-4)


@pytest.mark.parametrize("content", [b"", b"no map"])
def test_what_is_not_a_map_is_refused(tmp_path, content):
    (tmp_path / "map.npz").write_bytes(content)
    with pytest.raises(EmbeddingsError, match="is not a map"):
        load(tmp_path / "map.npz")


def test_an_embeddings_file_is_no_map(tmp_path):
    np.savez(tmp_path / "map.npz", embeddings=np.eye(2))
    with pytest.raises(EmbeddingsError, match="is not a map: it has no array 'xy'; `project` writes one"):
        load(tmp_path / "map.npz")


def test_a_map_that_is_not_finite_cannot_exist():
    with pytest.raises(EmbeddingsError, match="Position 1"):
        Projection(np.array([[0.0, 0.0], [np.nan, 1.0]], np.float32), "pca")


def test_unknown_methods_are_refused():
    with pytest.raises(EmbeddingsError, match="there are: umap, pca"):
        project(np.eye(3), "tsne")


def test_exact_neighbours_begin_with_the_image_itself_even_among_duplicates():
    vectors = unit(np.random.default_rng(3).standard_normal((40, 6)).astype(np.float32))
    vectors[10:30] = vectors[10]
    nearest, distances = exact_neighbours(vectors, 5)
    np.testing.assert_array_equal(nearest[:, 0], np.arange(40))
    assert (distances[:, 0] == 0).all() and (np.diff(distances, axis=1) >= 0).all()
    brute = 1 - vectors.astype(np.float64) @ vectors.astype(np.float64).T
    np.testing.assert_allclose(distances, np.sort(brute, axis=1)[:, :5], atol=1e-6)


def test_umap_says_in_which_epoch_it_is(umap_maps):
    assert umap_maps["epochs"].tolist() == list(range(501))
