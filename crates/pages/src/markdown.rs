//! Markdown: what members write, as HTML that can do no harm.
//!
//! One library makes the HTML and another takes away everything that is not on its list. Headings begin at the third
//! level: the page and its section have the two above.

use std::{collections::HashSet, sync::LazyLock};

use ammonia::Builder;
use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Markdown as harmless HTML.
pub(crate) fn markdown(source: &str) -> Markup {
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
    PreEscaped(CLEANER.clean(&made).to_string())
}

/// Whether a link is of a kind that a page may lead to.
pub(crate) fn is_safe_link(link: &str) -> bool {
    let Some((scheme, rest)) = link.split_once(':') else { return false };
    !rest.is_empty()
        && SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known))
        && !link.chars().any(|character| character.is_control() || character.is_whitespace())
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
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
const TAGS: [&str; 25] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
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
