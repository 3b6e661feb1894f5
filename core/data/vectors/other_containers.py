"""Files that hold vectors in other containers: what each is, and the lines that make an embeddings file of it."""

from __future__ import annotations

from pathlib import Path

from core.errors import EmbeddingsError
from core.messages import Message
from core.remedies import joined

_SAVE = "numpy.savez('FILE.npz', embeddings={0}['embeddings'], labels={0}['labels']), by the names in it"
_MATLAB = (
    "numpy.savez('FILE.npz', embeddings=numpy.vstack([m['query_f'], m['gallery_f']]), "
    "labels=numpy.hstack([m['query_label'].ravel(), m['gallery_label'].ravel()]), "
    "roles=['query'] * len(m['query_f']) + ['gallery'] * len(m['gallery_f'])), by the names in it "
    "(a query's own camera is then not left out)"
)
# suffix -> (what it is, how to read it, how to write it as ours)
_CONTAINERS = {
    ".npy": ("a bare array", "E = numpy.load('{}')",
             "numpy.savez('FILE.npz', embeddings=E, labels=names, paths=files)"),
    ".mat": ("a MATLAB file", "m = scipy.io.loadmat('{}')", _MATLAB),
    ".h5": ("an HDF5 file", "h = h5py.File('{}')", _SAVE.format("h").replace("']", "'][:]", 2)),
    ".pt": ("a PyTorch file", "d = torch.load('{}')", _SAVE.format("d")),
    ".json": ("a JSON file", "d = json.load(open('{}'))", _SAVE.format("d")),
    ".jsonl": ("a table of text", "t = pandas.read_json('{}', lines=True)", "t.to_parquet('FILE.parquet')"),
    ".pkl": ("a pickle, which can carry code", "d = pickle.load(open('{}', 'rb'))", _SAVE.format("d")),
    ".feather": ("an Arrow file", "t = pyarrow.feather.read_table('{}')",
                 "pyarrow.parquet.write_table(t, 'FILE.parquet')"),
    ".txt": ("a text file", "E = numpy.loadtxt('{}')", "numpy.savez('FILE.npz', embeddings=E, labels=names)"),
    ".index": ("an index of faiss", "i = faiss.read_index('{}')",
               "numpy.savez('FILE.npz', embeddings=i.reconstruct_n(0, i.ntotal), labels=names)"),
}  # fmt: skip
_SAME = {
    ".hdf5": ".h5", ".hdf": ".h5", ".pth": ".pt", ".ckpt": ".pt", ".bin": ".pt", ".pickle": ".pkl",
    ".arrow": ".feather", ".faiss": ".index", ".ndjson": ".jsonl",
}  # fmt: skip
_PACKED = (".zip", ".gz", ".tar", ".tgz", ".7z", ".bz2", ".xz", ".zst", ".rar")


def refuse_other_container(path: Path) -> None:
    """Raise EmbeddingsError with the way on for a file that is called like another program's container."""
    suffix = path.suffix.lower()
    known = _CONTAINERS.get(_SAME.get(suffix, suffix))
    if known is not None:
        what, read, write = known
        message = Message("container-not-read", path=path, kind=what, read=read.format(path.name), write=write)
        if _SAME.get(suffix, suffix) == ".pt":
            message = joined(message, Message("container-may-hold-weights"))
        raise EmbeddingsError(message, path)
    if suffix in _PACKED:
        raise EmbeddingsError(Message("container-packed", path=path), path)
