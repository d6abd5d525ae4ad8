//! The frame of every page: what stands above and below its content.

use maud::{DOCTYPE, Markup, html};

use crate::{
    assets,
    form::{Faults, Fields},
    outside,
    texts::Language,
    visit::{TOKEN_FIELD, Visit},
};

/// One page.
pub(crate) struct Page<'a> {
    /// Its heading, and its title in the browser.
    pub(crate) title: &'a str,
    /// What stands below the heading.
    pub(crate) content: Markup,
    /// Whether it shows a form again that has faults.
    pub(crate) faulty: bool,
    /// Where a link back leads.
    pub(crate) back: Option<&'a str>,
}

/// A page in its frame, with a notice above its content.
pub(crate) fn frame(visit: &Visit, page: Page<'_>, notice: &Markup) -> Markup {
    let node = visit.handle();
    let prefix = if page.faulty { visit.text("error-prefix") } else { String::new() };
    let is_departed = node.departed().is_some();
    let is_shown_all = !is_departed && visit.member.as_ref().is_some_and(|member| !member.waiting && member.agreed);
    let content_language = Language::English.tag();
    // Nobody has an account here before the organisation is in.
    let waits = node.waits_to_be_admitted();
    html! {
        (DOCTYPE)
        html lang=(visit.language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (prefix) (page.title) " – " (node.network_name()) }
                link rel="stylesheet" href=(assets::style_path());
                link rel="icon" href=(assets::icon_path()) type="image/svg+xml";
                script src=(assets::script_path()) defer {}
            }
            body {
                a .skip href="#main" { (visit.text("skip-to-content")) }
                header .top {
                    div .width {
                        div {
                            a .name href="/" { (node.organisation_name()) }
                            @if node.is_hosted() && !is_departed { p .host { (visit.text("head-hosted")) " " bdi { (node.host_name()) } } }
                        }
                        @if let Some(member) = &visit.member {
                            div .who {
                                span { (visit.text("signed-in-as")) " " bdi { (member.sign_in_name) } }
                                (form(visit, "/sign-out", "plain", html! {
                                    button .link type="submit" { (visit.text("sign-out")) }
                                }))
                            }
                        } @else if !waits {
                            div .who { a href="/sign-in" { (visit.text("sign-in")) } }
                        }
                    }
                }
                @if is_shown_all {
                    nav .menu aria-label=(visit.text("menu")) {
                        ul .width {
                            @for (path, name) in MENU {
                                li { a href=(path) aria-current=[is_in(&visit.path, path).then_some("page")] { (visit.text(name)) } }
                            }
                        }
                    }
                }
                div .width {
                    main #main lang=[(visit.language != Language::English).then_some(content_language)] tabindex="-1" {
                        @if let Some(back) = page.back { a .back href=(back) { (visit.text("back")) } }
                        h1 { (page.title) }
                        @if is_shown_all { (outside::notice(visit)) }
                        (notice)
                        (page.content)
                    }
                }
                footer .bottom {
                    div .width {
                        p { (visit.text("footer-node")) " " bdi { (node.host_name()) } ". " (visit.text(if waits { "footer-network-waits" } else { "footer-network" })) " " bdi { (node.network_name()) } "." }
                        ul .inline {
                            li { a href="/help" { (visit.text("help")) } }
                            li { a href="/agreement/text" { (visit.text("agreement-and-privacy")) } }
                        }
                        (form(visit, "/language", "plain languages", html! {
                            input type="hidden" name="next" value=(visit.path);
                            @for language in Language::ALL {
                                @if language == visit.language {
                                    span lang=(language.tag()) aria-current="true" { (language.own_name()) }
                                } @else {
                                    button .link type="submit" name="language" value=(language.tag()) lang=(language.tag()) { (language.own_name()) }
                                }
                            }
                        }))
                    }
                }
            }
        }
    }
}

/// A form that posts to a path of this node.
pub(crate) fn form(visit: &Visit, action: &str, class: &str, content: Markup) -> Markup {
    html! {
        form .(class) method="post" action=(action) novalidate {
            input type="hidden" name=(TOKEN_FIELD) value=(visit.form_token());
            (content)
        }
    }
}

/// A form that posts a file, and what is asked beside it.
pub(crate) fn form_with_file(visit: &Visit, action: &str, content: Markup) -> Markup {
    html! {
        form .questions method="post" action=(action) enctype="multipart/form-data" novalidate {
            input type="hidden" name=(TOKEN_FIELD) value=(visit.form_token());
            (content)
        }
    }
}

/// What is wrong with a form, above it: it takes the focus when the page is opened.
pub(crate) fn error_summary(visit: &Visit, faults: &Faults) -> Markup {
    html! {
        @if !faults.is_empty() {
            div .faults role="alert" tabindex="-1" aria-labelledby="faults-title" autofocus {
                h2 #faults-title { (visit.text("there-is-a-problem")) }
                ul { @for (field, sentence) in faults.iter() { li { a href={ "#" (field) } { (sentence) } } } }
            }
        }
    }
}

/// How a text is asked for.
pub(crate) struct Input<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) hint: Option<&'a str>,
    pub(crate) kind: Kind,
    /// What a browser may fill in.
    pub(crate) autocomplete: Option<&'a str>,
}

/// What is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Line,
    Short,
    Secret,
    /// A day, typed or picked.
    Date,
    /// A time of day, typed or picked.
    Time,
    /// A whole number.
    Number,
    Lines(u8),
}

impl Kind {
    /// What browsers call it.
    const fn word(self) -> &'static str {
        match self {
            Self::Secret => "password",
            Self::Date => "date",
            Self::Time => "time",
            // A number is typed as text, with the keys for digits: browsers change numbers when the wheel turns.
            Self::Line | Self::Number | Self::Short | Self::Lines(_) => "text",
        }
    }
}

/// One question with what was typed and what is wrong with it.
pub(crate) fn input(input: &Input<'_>, fields: &Fields, faults: &Faults) -> Markup {
    let fault = faults.of(input.name);
    let described = described_by(input.name, input.hint.is_some(), fault.is_some());
    let value = fields.get(input.name);
    html! {
        div .question .wrong[fault.is_some()] {
            label for=(input.name) { (input.label) }
            (hint_and_fault(input.name, input.hint, fault))
            @match input.kind {
                Kind::Lines(rows) => textarea id=(input.name) name=(input.name) rows=(rows) aria-describedby=[described] aria-invalid=[fault.map(|_| "true")] { "\n" (value) },
                kind => input id=(input.name) name=(input.name) type=(kind.word())
                    class=[matches!(kind, Kind::Short | Kind::Date | Kind::Time | Kind::Number).then_some("short")]
                    inputmode=[(kind == Kind::Number).then_some("numeric")]
                    value=[(kind != Kind::Secret).then_some(value)] autocomplete=(input.autocomplete.unwrap_or("off"))
                    spellcheck=[(kind == Kind::Secret).then_some("false")] autocapitalize=[input.autocomplete.map(|_| "none")]
                    aria-describedby=[described] aria-invalid=[fault.map(|_| "true")];,
            }
        }
    }
}

/// One question with a few answers, none chosen before.
pub(crate) fn radios(
    name: &str,
    label: &str,
    hint: Option<&str>,
    answers: &[(String, String, Option<String>)],
    fields: &Fields,
    faults: &Faults,
) -> Markup {
    let fault = faults.of(name);
    let described = described_by(name, hint.is_some(), fault.is_some());
    html! {
        fieldset .question .wrong[fault.is_some()] aria-describedby=[described] {
            legend { (label) }
            (hint_and_fault(name, hint, fault))
            @for (index, (value, shown, about)) in answers.iter().enumerate() {
                // The first has the name alone, so that the summary leads to it.
                @let id = if index == 0 { name.to_owned() } else { format!("{name}-{index}") };
                div .answer {
                    input type="radio" id=(id) name=(name) value=(value) checked[fields.get(name) == value.as_str()]
                        aria-describedby=[about.as_ref().map(|_| format!("{id}-about"))];
                    label for=(id) { (shown) }
                    @if let Some(about) = about { span .hint id={ (id) "-about" } { (about) } }
                }
            }
        }
    }
}

/// One box to tick.
pub(crate) fn tick(name: &str, value: &str, label: &str, fields: &Fields, faults: &Faults) -> Markup {
    let fault = faults.of(name);
    html! {
        div .question .wrong[fault.is_some()] {
            @if let Some(fault) = fault { p .fault id={ (name) "-fault" } { (fault) } }
            div .answer {
                input type="checkbox" id=(name) name=(name) value=(value) checked[fields.all(name).any(|ticked| ticked == value)]
                    aria-describedby=[fault.map(|_| format!("{name}-fault"))];
                label for=(name) { (label) }
            }
        }
    }
}

/// A list of names with what is said of each, and maybe a link to change it.
pub(crate) fn summary(rows: &[Row]) -> Markup {
    html! {
        dl .summary {
            @for row in rows {
                div {
                    dt { (row.name) }
                    dd { (row.value) }
                    @if let Some((path, what)) = &row.change { dd .change { a href=(path) { (what) } } }
                }
            }
        }
    }
}

/// A row of a summary.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: Markup,
    /// A path, and what the link says.
    pub(crate) change: Option<(String, Markup)>,
}

/// The link's words, of which those who see the row need only the first.
pub(crate) fn change_link(visit: &Visit, what: &str) -> Markup {
    html! { (visit.text("change")) span .unseen { " " (what) } }
}

/// A notice that says that something went well.
pub(crate) fn done(visit: &Visit, sentence: &str) -> Markup {
    html! {
        div .done role="status" { h2 { (visit.text("done")) } p { (sentence) } }
    }
}

/// Links to the pages of a list, of which this is number `page`, from 1 on.
pub(crate) fn pagination(visit: &Visit, page: usize, pages: usize, path: impl Fn(usize) -> String) -> Markup {
    html! {
        @if pages > 1 {
            nav .pages aria-label=(visit.text("pages")) {
                ul .inline {
                    @if page > 1 { li { a rel="prev" href=(path(page - 1)) { (visit.text("previous-page")) } } }
                    li { span { (visit.text_with("page-of", &[("page", page.into()), ("pages", pages.into())])) } }
                    @if page < pages { li { a rel="next" href=(path(page + 1)) { (visit.text("next-page")) } } }
                }
            }
        }
    }
}

fn hint_and_fault(name: &str, hint: Option<&str>, fault: Option<&str>) -> Markup {
    html! {
        @if let Some(hint) = hint { p .hint id={ (name) "-hint" } { (hint) } }
        @if let Some(fault) = fault { p .fault id={ (name) "-fault" } { span .unseen { "Error: " } (fault) } }
    }
}

fn described_by(name: &str, hint: bool, fault: bool) -> Option<String> {
    let hint = hint.then(|| format!("{name}-hint"));
    let fault = fault.then(|| format!("{name}-fault"));
    match (hint, fault) {
        (Some(hint), Some(fault)) => Some(format!("{hint} {fault}")),
        (hint, fault) => hint.or(fault),
    }
}

fn is_in(path: &str, menu: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.strip_prefix(menu).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The menu: paths, and the names of their texts.
const MENU: [(&str, &str); 8] = [
    ("/needs", "needs-you"),
    ("/library", "library"),
    ("/people", "people"),
    ("/roles", "roles"),
    ("/decisions", "decisions"),
    ("/profile", "my-profile"),
    ("/connected", "connected"),
    ("/settings", "settings"),
];
