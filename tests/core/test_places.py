from __future__ import annotations

from core import places


def test_the_workspace_is_the_chosen_one_from_the_root_on(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(places.WORKSPACE_VARIABLE, "mine/../ours")
    assert places.workspace() == tmp_path / "ours"
    assert places.cache() == tmp_path / "ours" / "cache"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv(places.WORKSPACE_VARIABLE, "~/ours")
    assert places.workspace() == tmp_path / "home" / "ours"


def test_without_a_choice_it_is_where_the_platform_keeps_data(monkeypatch):
    monkeypatch.delenv(places.WORKSPACE_VARIABLE)
    assert places.workspace().name == places.APPLICATION
    assert places.cache().name == places.APPLICATION
    assert places.workspace() != places.cache()
    assert not places.workspace().exists()


def test_a_home_that_nobody_has_is_taken_as_a_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert places.absolute("~nobody-by-this-name/x") == tmp_path / "~nobody-by-this-name" / "x"


def test_links_are_not_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert places.absolute(str(tmp_path / "link")) == tmp_path / "link"


def test_the_resources_are_there():
    assert (places.RESOURCES / "recipes").is_dir()
    assert (places.PROJECT / "main.py").is_file()
