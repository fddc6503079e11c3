"""Any value is escaped so that Markdown shows exactly the value, by the judgement of an independent parser."""

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from alur_dagster import markdown

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# Leading, trailing and repeated spaces are left out: HTML does not show them.
WORDS = st.text(st.sampled_from("ab1_*`[]()!<>|\\~#+-.=&;:/@\n\x1b\u202e"), min_size=1, max_size=12)
TEXTS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


def spelled_out(text):
    for mark, shown in {"\n": "\\n", "\x1b": "\\x1b", "\u202e": "\\u202e"}.items():
        text = text.replace(mark, shown)
    return text


def shown(tokens):
    """Return the text of inline tokens; other tokens are markup, which fails the test."""
    assert {token.type for token in tokens} <= {"text", "text_special", "code_inline"}, tokens
    return "".join(token.content for token in tokens)


def inline(source):
    return [token.children for token in PARSER.parse(source) if token.type == "inline"]


@given(TEXTS)
def test_a_list_s_item_shows_the_text(text):
    tokens = PARSER.parse(markdown.bullets([text]))
    assert [token.type for token in tokens] == [
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
        "inline",
        "paragraph_close",
        "list_item_close",
        "bullet_list_close",
    ]
    assert shown(tokens[3].children) == spelled_out(text)


@example("1", "@ | |")
@given(TEXTS, TEXTS)
def test_a_table_s_cells_show_the_texts(first, second):
    source = markdown.table([{"a": first, "b": second}, {"a": second, "b": first}])
    cells = [shown(children) for children in inline(source)]
    one, two = spelled_out(first), spelled_out(second)
    assert cells == ["a", "b", one, two, two, one]


@given(TEXTS)
def test_a_block_shows_the_text(text):
    (token,) = PARSER.parse(markdown.block([text]))
    assert (token.type, token.content) == ("code_block", spelled_out(text) + "\n")


@given(TEXTS)
def test_code_shows_the_text(text):
    ((token,),) = inline(markdown.code(text))
    assert (token.type, token.content) == ("code_inline", spelled_out(text))


def test_addresses_are_code_for_dagster_would_make_links_of_them():
    for text in ("http://h/p", "see www.example.com", "a@example.com"):
        ((token,),) = inline(markdown.escape(text))
        assert (token.type, token.content) == ("code_inline", text)
