def test_the_page_says_what_was_scored_and_what_was_left_out(evident_run):
    page = evident_run.page
    assert "4 images of" in page and "2 images of 2 patients with text" in page
    assert "4 others were tried and left out" in page
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| patch (2)")]
    assert [row[1] for row in rows] == ["gradcam", "random"]
    chance = [line for line in page.splitlines() if line.startswith("| all | (by chance)")]
    assert chance and "0.02 / 0.05 / 0.10" in chance[0] and "0.062" in chance[0]


def test_stability_has_a_row_for_each_method_and_a_dash_where_nothing_is_drawn(evident_run):
    _, stability = evident_run.page.split("## Stability")
    rows = {
        line.split(" | ")[0].removeprefix("| "): line.split(" | ")
        for line in stability.splitlines()
        if line.startswith("| ")
    }
    assert rows["gradcam"][4] == "–" and rows["random"][1].startswith("1.00 / 1.00")
    assert "Holm p" in rows["random"][-1]


def test_the_plan_has_every_contrast_in_words(evident_run):
    page = evident_run.page
    for words in (
        "gradcam minus random: probability of the class node, fill inpaint",
        "fraction of the known evidence in the class's highest tenth",
        "mean rank correlation of the class's heatmaps under noise, JPEG and a shift",
    ):
        assert words in page
    assert "fill mean\n" not in page


def test_a_page_without_these_figures_has_no_such_sections(finished):
    assert "## Known evidence" not in finished.page and "## Stability" not in finished.page
    assert "## Known findings" in finished.page
