"""The theme is made of options that Streamlit knows, the same for light and dark."""

from streamlit import config

from app.server.theme import theme_options


def test_every_option_is_one_of_streamlits() -> None:
    assert set(theme_options()) <= set(config.get_config_options())


def test_light_and_dark_set_the_same_options() -> None:
    names = [name.removeprefix("theme.") for name in theme_options()]
    light = {name.removeprefix("light.") for name in names if name.startswith("light.")}
    dark = {name.removeprefix("dark.") for name in names if name.startswith("dark.")}
    assert light == dark and "primaryColor" in light
