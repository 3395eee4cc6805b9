import pytest

from core.errors import SettingsError
from core.setting_tables.segmenting import SegmentSettings, TuneSettings
from segmenter.tuning.grid import Configuration, configurations, widest


def test_the_default_grid_is_the_papers_hundred():
    grid = configurations(TuneSettings())
    assert len(grid) == 100
    assert (grid[0], grid[-1]) == (Configuration(3, 20, 45), Configuration(10, 40, 90))
    assert Configuration(5, 30, 60) in grid


def test_values_come_once_and_in_order():
    settings = TuneSettings(gaps=(5, 3, 5), sizes=(10,), spans=(60, 45))
    assert configurations(settings) == (
        Configuration(3, 10, 45),
        Configuration(3, 10, 60),
        Configuration(5, 10, 45),
        Configuration(5, 10, 60),
    )


def test_the_widest_takes_the_largest_of_each():
    assert widest(TuneSettings(gaps=(7, 3), sizes=(20, 40), spans=(90, 45))) == Configuration(7, 40, 90)


def test_what_the_settings_say_now_is_a_configuration():
    assert Configuration.of(SegmentSettings(max_gap=4.5)) == Configuration(4.5, 30, 60)
    assert str(Configuration(4.5, 30, 60)) == "MTS 4.5 min, SS 30, STS 60 min"


def test_a_parameter_without_values_is_refused():
    with pytest.raises(SettingsError, match=r"segment\.tune\.spans; it is empty"):
        configurations(TuneSettings(spans=()))
