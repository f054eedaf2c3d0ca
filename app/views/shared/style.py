"""The few rules of style that Streamlit has no option for: constant text without parameters."""

STYLE = """
<style>
.stMainBlockContainer { padding-left: 1.5rem; padding-right: 1.5rem; }
/* Streamlit fades captions to 4.2:1; WCAG 2.2 asks for 4.5:1 (1.4.3). */
[data-testid="stCaptionContainer"] { color: light-dark(#57636a, #a5b1b7) !important;
  opacity: 1 !important; }
.st-key-page-header { border-bottom: 1px solid rgba(128, 128, 128, 0.25); padding-bottom: 0.3rem; }
/* What a page carries unseen takes no room. */
[data-testid="stLayoutWrapper"]:has(> .st-key-connection) { display: none; }
/* The answer stays visible while the prototypes scroll. */
[data-testid="stLayoutWrapper"]:has(> .st-key-reasons-answer) { position: sticky; top: 3.75rem; }
/* Paragraphs in a row or close together have no margin. */
:is(.st-key-page-header, .st-key-case-bar, .st-key-results, [class*="st-key-match-"],
  [class*="st-key-row-"], .st-key-note, [class*="st-key-pager-"])
  [data-testid="stMarkdownContainer"] { margin-bottom: 0; }
:is(.st-key-page-header, .st-key-case-bar, .st-key-results, [class*="st-key-match-"],
  [class*="st-key-row-"], .st-key-note, [class*="st-key-pager-"])
  [data-testid="stMarkdownContainer"] p { margin: 0; }
/* The list: a small picture before each row, and counts that are buttons. */
[class*="st-key-thumbnail-"] { height: 2.6rem; width: 2.8rem; border-radius: 3px;
  background: rgba(128, 128, 128, 0.15); overflow: hidden; }
[class*="st-key-thumbnail-"] p { line-height: 0; text-align: center; }
[class*="st-key-thumbnail-"] img { height: 2.6rem; width: 2.8rem; object-fit: contain;
  background: #000; }
.st-key-rows-cases [data-testid="stColumn"]:first-child { flex: 0 0 2.8rem; min-width: 2.8rem; }
.st-key-rows-cases [class*="st-key-row-"] button[kind="tertiary"] { min-height: 1.4rem; }
.st-key-rows-cases [data-testid="stCaptionContainer"] p { line-height: 1.35; }
[class*="st-key-row-"] [data-testid="stCaptionContainer"] p { white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; }
.st-key-statuses { width: auto; flex: 1 1 auto; }
.st-key-statuses button { min-height: 1.9rem; padding: 0 0.55rem; }
.st-key-statuses button p { font-size: 0.875rem; }
/* On a narrow window the field for uploads stands below the list. */
@media (max-width: 1150px) {
  .st-key-list-and-upload [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"]
    .st-key-rows-cases) { flex-direction: column; }
  .st-key-list-and-upload [data-testid="stColumn"]:has(.st-key-rows-cases) { width: 100%; }
}
/* Lists: one line a row, its name a link at the left. */
[class*="st-key-row-"] { border-top: 1px solid rgba(128, 128, 128, 0.2); padding: 0.1rem 0; }
[class*="st-key-row-"] button[kind="tertiary"] {
  justify-content: flex-start; text-align: left; min-height: 1.9rem; padding: 0;
}
[class*="st-key-row-"] button[kind="tertiary"] > div { justify-content: flex-start; width: 100%; }
[class*="st-key-row-"] button[kind="tertiary"] p {
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  text-decoration: underline; text-decoration-color: rgba(128, 128, 128, 0.5);
  text-underline-offset: 3px;
}
[class*="st-key-group-"] {
  border-left: 3px solid rgba(128, 128, 128, 0.45); padding-left: 0.6rem; margin: 0.2rem 0;
}
[class*="st-key-match-"] { padding: 0.6rem 0.8rem; }
[class*="st-key-match-"] button { min-height: 2rem; padding-top: 0.1rem; padding-bottom: 0.1rem; }
/* Pictures of prototypes: small, side by side. */
[class*="st-key-sources-"] p { display: flex; flex-wrap: wrap; gap: 0.3rem; }
[class*="st-key-sources-"] img {
  height: 4rem; width: auto; max-width: 6rem; border-radius: 4px; background: #000;
}
[class*="st-key-sources-nearest-"] img { height: 5rem; }  /* so that boxes are seen */
/* Thumbnails of lists: as high as two lines of text. */
[class*="st-key-thumb-"] img {
  height: 2.6rem; width: 3rem; object-fit: cover; border-radius: 3px; background: #000;
}
[class*="st-key-failure-"] button[kind="tertiary"] {
  justify-content: flex-start; text-align: left; padding: 0; text-decoration: underline;
}
[class*="st-key-failure-"] img {
  width: 100%; height: 6rem; object-fit: contain; border-radius: 3px; background: #000;
}
[class*="st-key-row-"] [data-testid="stMarkdownContainer"] { font-size: 0.9rem; }
/* In the dark the filled buttons are bright: white letters on them could not be read. */
button[kind="primary"]:not(:disabled) p, [data-tag], [data-tag] * {
  color: light-dark(#ffffff, #12181b);
}
</style>
"""
