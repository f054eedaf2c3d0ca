"""Pages for who is not signed in: plain text stays text, colours are those of the other pages."""

from app.server.plain_pages import page, paragraph
from app.server.theme import theme_options


def test_what_somebody_wrote_is_never_markup() -> None:
    body = bytes(page("<b>", paragraph("<script>x</script> & more")).body).decode()
    assert "&lt;b&gt;" in body and "<script" not in body
    assert "&lt;script&gt;x&lt;/script&gt; &amp; more" in body


def test_they_are_light_and_dark_like_the_other_pages_and_kept_by_nobody() -> None:
    answer = page("Heading", status=401)
    body = bytes(answer.body).decode()
    for theme in ("light", "dark"):
        assert theme_options()[f"theme.{theme}.primaryColor"] in body
    assert (answer.status_code, answer.headers["cache-control"]) == (401, "no-store")
