"""What a file's or a folder's name alone tells: things of the system, and files that are surely no pictures."""

from __future__ import annotations

# What network drives, file managers and unpackers put beside people's files, in lower case.
OF_THE_SYSTEM = frozenset(
    {
        "@eadir", "#recycle", "@recycle", "@recently-snapshot", "#snapshot", "@tmp", "$recycle.bin", "recycler",
        "recycled", "lost+found", "__macosx", "system volume information", "thumbs.db", "ehthumbs.db", "desktop.ini",
        "icon\r", "__pycache__", "found.000",
    }
)  # fmt: skip
# Suffixes whose files are not asked for their first bytes: a million of them beside as many pictures are usual.
NO_PICTURES = frozenset(
    {
        ".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html", ".htm", ".md", ".rst", ".pdf", ".doc", ".docx",
        ".xls", ".xlsx", ".ods", ".py", ".ipynb", ".m", ".sh", ".bat", ".exe", ".dll", ".so", ".yaml", ".yml", ".toml",
        ".ini", ".cfg", ".log", ".db", ".lnk", ".url", ".mat", ".npy", ".npz", ".pkl", ".pickle", ".pt", ".pth", ".h5",
        ".hdf5", ".parquet", ".arrow", ".feather", ".tfrecord", ".safetensors", ".onnx", ".zip", ".tar", ".tgz", ".gz",
        ".bz2", ".xz", ".7z", ".rar", ".mp4", ".mov", ".avi", ".mkv", ".webm", ".mp3", ".wav", ".flac", ".sha256",
        ".md5", ".xmp", ".aae", ".pts", ".obj", ".ply", ".mtl",
    }
)  # fmt: skip


def is_of_the_system(name: str) -> bool:
    """Whether a name is that of something hidden, or that the system put there: nobody means it as data."""
    return name.startswith((".", "~$")) or name.casefold() in OF_THE_SYSTEM
