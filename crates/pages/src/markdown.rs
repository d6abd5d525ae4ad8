//! Markdown: what members write, as HTML that can do no harm.
//!
//! One library makes the HTML and another takes away everything that is not on its list. Headings begin below those of the
//! page, or of its section, so that a reader who goes by headings misses none.

use std::{collections::HashSet, sync::LazyLock};

use ammonia::Builder;
use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Markdown as harmless HTML, within a section of the page.
pub(crate) fn markdown(source: &str) -> Markup {
    markdown_from(source, HeadingLevel::H3)
}

/// Markdown as harmless HTML, with nothing between it and the page's own heading.
pub(crate) fn markdown_of_page(source: &str) -> Markup {
    markdown_from(source, HeadingLevel::H2)
}

fn markdown_from(source: &str, highest: HeadingLevel) -> Markup {
    let lower = |level: HeadingLevel| {
        let lowered = level as usize + highest as usize - HeadingLevel::H1 as usize;
        HeadingLevel::try_from(lowered).unwrap_or(HeadingLevel::H6)
    };
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let lowered = Parser::new_ext(source, options).map(|event| match event {
        Event::Start(Tag::Heading { level, id, classes, attrs }) => {
            Event::Start(Tag::Heading { level: lower(level), id, classes, attrs })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        // What is not Markdown is shown as it was typed.
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        event => event,
    });
    let mut made = String::with_capacity(source.len() * 3 / 2);
    html::push_html(&mut made, lowered);
    // A table may be wider than the page: then it moves by itself, by the keyboard too.
    let cleaned = CLEANER.clean(&made).to_string();
    let cleaned = cleaned.replace("<table>", TABLE_BEFORE).replace("</table>", TABLE_AFTER);
    PreEscaped(cleaned)
}

/// Whether a link is of a kind that a page may lead to.
pub(crate) fn is_safe_link(link: &str) -> bool {
    let Some((scheme, rest)) = link.split_once(':') else { return false };
    !rest.is_empty()
        && SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
        && !link.chars().any(|character| character.is_control() || character.is_whitespace())
}

/// Pictures are left out: a page loads nothing from elsewhere.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    cleaner
        .tags(HashSet::from(TAGS))
        .tag_attributes([("a", HashSet::from(["href"]))].into())
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener nofollow"));
    cleaner
});

const SCHEMES: [&str; 3] = ["http", "https", "mailto"];
const TABLE_BEFORE: &str = "<div class=\"scroll written\" role=\"group\" tabindex=\"0\"><table>";
const TABLE_AFTER: &str = "</table></div>";
const TAGS: [&str; 26] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_plain_html() {
        let made = markdown("# Falls\n\nA *good* [page](https://example.org/a?b=1&c=2).\n\n- one\n- two").into_string();
        assert!(made.contains("<h3>Falls</h3>") && made.contains("<em>good</em>"), "{made}");
        assert!(
            made.contains("rel=\"noopener nofollow\"") && made.contains("href=\"https://example.org/a?b=1&amp;c=2\"")
        );
        assert!(made.contains("<li>one</li>"), "{made}");
    }

    #[test]
    fn headings_follow_those_of_the_page() {
        let made = markdown_of_page("# One\n\n## Two\n\n###### Six").into_string();
        assert!(made.contains("<h2>One</h2>") && made.contains("<h3>Two</h3>"), "{made}");
        assert!(made.contains("<h6>Six</h6>"), "{made}");
    }

    #[test]
    fn a_table_moves_by_itself_and_text_about_one_is_text() {
        let made = markdown("|a|\n|-|\n|b|\n\n`<table>`").into_string();
        assert!(made.contains(TABLE_BEFORE) && made.contains(TABLE_AFTER), "{made}");
        assert_eq!(made.matches("<table>").count(), 1, "{made}");
    }

    #[test]
    fn nothing_that_a_browser_would_run_or_fetch_is_left() {
        for hostile in HOSTILE {
            let made = markdown(hostile).into_string().to_lowercase();
            for bad in ["<script", "<img", "<iframe", "<svg", "<style", "<form", "<input", "<object", "<math", "<meta"]
            {
                assert!(!made.contains(bad), "{hostile} gives {made}");
            }
            for (at, _) in made.match_indices('<') {
                let tag = &made[at..made[at..].find('>').map_or(made.len(), |end| at + end)];
                assert!(
                    !tag.contains(" on") && !tag.contains("javascript:") && !tag.contains("style="),
                    "{hostile}: {tag}"
                );
                assert!(!tag.contains("data:") && !tag.contains("vbscript:"), "{hostile}: {tag}");
            }
        }
    }

    #[test]
    fn only_links_of_three_kinds_lead_anywhere() {
        for good in ["https://example.org", "HTTP://example.org/x", "mailto:a@example.org"] {
            assert!(is_safe_link(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://x",
            "//x",
            "x",
            "",
            "https:",
            "java\nscript:x",
            " https://x",
        ] {
            assert!(!is_safe_link(bad), "{bad}");
        }
    }

    const HOSTILE: &[&str] = &[
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](https://tracker.example/x.png)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\u{0}script:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox(1))",
        "<a href=\"javascript:alert(1)\" onclick=alert(1)>x</a>",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "<svg/onload=alert(1)>",
        "<math><mtext></mtext><script>alert(1)</script></math>",
        "<style>@import 'https://x'</style>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<form action=https://x><input name=a></form>",
        "`<script>`\n\n    <script>x</script>",
        "<p style=\"background:url(https://x)\">x</p>",
        "[a](https://x \"onmouseover=alert(1)\")",
        "<meta http-equiv=refresh content='0;url=https://x'>",
        "| a |\n|---|\n| <script>x</script> |",
        "\u{202e}<script>x</script>",
        "<<script>script>alert(1)<</script>/script>",
    ];
}
