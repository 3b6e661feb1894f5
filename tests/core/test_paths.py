from __future__ import annotations

from core import paths


def test_the_workspace_is_the_chosen_one_from_the_root_on(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, "mine/../ours")
    assert paths.workspace() == tmp_path / "ours"
    assert paths.cache() == tmp_path / "ours" / "cache"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, "~/ours")
    assert paths.workspace() == tmp_path / "home" / "ours"


def test_without_a_choice_it_is_where_the_platform_keeps_data(monkeypatch):
    monkeypatch.delenv(paths.WORKSPACE_VARIABLE)
    assert paths.workspace().name == paths.APPLICATION
    assert paths.cache().name == paths.APPLICATION
    assert paths.workspace() != paths.cache()
    assert not paths.workspace().exists()


def test_a_home_that_nobody_has_is_taken_as_a_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert paths.absolute("~nobody-by-this-name/x") == tmp_path / "~nobody-by-this-name" / "x"


def test_links_are_not_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert paths.absolute(str(tmp_path / "link")) == tmp_path / "link"


def test_the_resources_are_there():
    assert (paths.RESOURCES / "recipes").is_dir()
    assert (paths.PROJECT / "main.py").is_file()
