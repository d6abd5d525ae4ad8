//! Settings: sessions, passphrase, tokens, invitations and, for stewards, colleagues.

use std::collections::BTreeSet;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_accounts::{Account, AccountError, ApiToken, Scope, SessionInfo, Settings, State};
use knotwork_commands::CommandError;
use knotwork_identity::{PersonId, Timestamp};
use maud::{Markup, html};
use zeroize::Zeroizing;

use crate::{
    dates, errors,
    form::{Faults, Fields},
    layout::{Input, Kind, Page, done, error_summary, form, input},
    leaving,
    visit::{MemberPosted, MemberVisit, Visit},
};

/// Sessions, and the way to everything else.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let person = visit.member.person;
    let answer = visit.read(move |node| Ok((node.sessions(&person)?, node.account(&person)?))).await;
    let (sessions, account) = match answer {
        Ok(answer) => answer,
        Err(error) => return visit.failure(&error),
    };
    let content = html! {
        @match visit.query.get("done") {
            "session" => (done(&visit, &visit.text("session-was-ended"))),
            "passphrase" => (done(&visit, &visit.text("passphrase-changed"))),
            "notices" => (done(&visit, &visit.text("notices-saved"))),
            _ => {},
        }
        ul {
            li { a href="/settings/passphrase" { (visit.text("change-passphrase")) } }
            li { a href="/settings/invitations" { (visit.text("invite-colleague")) } }
            li { a href="/settings/tokens" { (visit.text("tokens")) } }
            li { a href="/settings/notices" { (visit.text("notices")) } }
            @if visit.member.steward { li { a href="/settings/colleagues" { (visit.text("colleagues")) } } }
            li { a href="/settings/close" { (visit.text("close-account")) } }
        }
        @if let Some((version, time)) = account.map(|account| account.agreement) {
            p { (visit.text_with("agreement-accepted", &[("version", version.into()), ("day", dates::day(&visit, Some(time)).into())])) " " a href="/agreement/text" { (visit.text("agreement-and-privacy")) } }
        }
        h2 { (visit.text("sessions")) }
        p { (visit.text("sessions-about")) }
        ul .list { @for session in &sessions { (session_row(&visit, session)) } }
        @if sessions.len() > 1 {
            (form(&visit, "/settings/other-sessions", "questions", html! { button .second type="submit" { (visit.text("end-other-sessions")) } }))
        }
    };
    visit.page(&visit.text("settings"), content)
}

/// Ends one session.
pub(crate) async fn end_session(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let (person, id) = (visit.member.person, fields.get("id").to_owned());
    match visit.handle().keeping(move |accounts, _, _| accounts.end_session(&person, &id)).await {
        // One that has ended meanwhile is what was wanted.
        Ok(()) | Err(CommandError::Account(AccountError::NotFound(_))) => {
            Redirect::to("/settings?done=session").into_response()
        }
        Err(error) => visit.failure(&error),
    }
}

/// Ends all sessions but this one.
pub(crate) async fn end_other_sessions(MemberPosted { visit, .. }: MemberPosted) -> Response {
    let person = visit.member.person;
    let current = visit.member.session.as_ref().map(|session| session.id.clone()).unwrap_or_default();
    match visit.handle().keeping(move |accounts, _, _| accounts.end_other_sessions(&person, &current)).await {
        Ok(()) => Redirect::to("/settings?done=session").into_response(),
        Err(error) => visit.failure(&error),
    }
}

/// Asks for another passphrase.
pub(crate) async fn show_passphrase(visit: MemberVisit) -> Response {
    ask_passphrase(&visit, &Faults::default())
}

/// Takes another passphrase.
pub(crate) async fn change_passphrase(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let Some(session) = visit.member.session.clone() else { return errors::missing(&visit) };
    let old = Zeroizing::new(fields.get("passphrase").to_owned());
    let new = Zeroizing::new(fields.get("new-passphrase").to_owned());
    match visit.handle().change_passphrase(session, old, new).await {
        Ok(()) => Redirect::to("/settings?done=passphrase").into_response(),
        Err(CommandError::Account(error @ (AccountError::WrongPassphrase | AccountError::TryAgainIn(_)))) => {
            let sentence = match error {
                AccountError::WrongPassphrase => visit.text("old-passphrase-wrong"),
                error => errors::sentence(&CommandError::Account(error)),
            };
            ask_passphrase(&visit, &Faults::one("passphrase", sentence))
        }
        Err(error @ CommandError::Account(_)) => {
            ask_passphrase(&visit, &Faults::one("new-passphrase", errors::sentence(&error)))
        }
        Err(error) => visit.failure(&error),
    }
}

/// The member's tokens.
pub(crate) async fn show_tokens(visit: MemberVisit) -> Response {
    ask_token(&visit, &Fields::default(), &Faults::default(), None)
}

/// Makes a token, and shows it once.
pub(crate) async fn make_token(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let Some(session) = visit.member.session.clone() else { return errors::missing(&visit) };
    let name = fields.word("name").to_owned();
    let scopes: BTreeSet<Scope> = fields.all("scope").filter_map(Scope::from_word).collect();
    let Some(days) = fields.word("days").parse::<u64>().ok().filter(|days| (1..=TOKEN_DAYS_MAX).contains(days)) else {
        return ask_token(&visit, &fields, &Faults::one("days", visit.text("enter-days")), None);
    };
    let making = visit.handle().keeping(move |accounts, now, random| {
        let ends = Timestamp::from_milliseconds(now.milliseconds() + days * DAY_MILLISECONDS);
        let made = accounts.make_token(&session, &name, &scopes, ends.ok_or(AccountError::TokenEnd)?, now, random)?;
        Ok(made.0)
    });
    match visit.pages.once.make(visit.member.person, fields.get("key"), making).await {
        Ok(text) => ask_token(&visit, &Fields::default(), &Faults::default(), Some(&text)),
        Err(error @ CommandError::Account(AccountError::TokenScopes)) => {
            ask_token(&visit, &fields, &Faults::one("scope", errors::sentence(&error)), None)
        }
        Err(error @ CommandError::Account(_)) => {
            ask_token(&visit, &fields, &Faults::one("name", errors::sentence(&error)), None)
        }
        Err(error) => visit.failure(&error),
    }
}

/// Ends a token.
pub(crate) async fn revoke_token(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let (person, id) = (visit.member.person, fields.get("id").to_owned());
    match visit.handle().keeping(move |accounts, _, _| accounts.revoke_token(&person, &id)).await {
        Ok(()) | Err(CommandError::Account(AccountError::NotFound(_))) => {
            Redirect::to("/settings/tokens").into_response()
        }
        Err(error) => visit.failure(&error),
    }
}

/// The member's open invitations.
pub(crate) async fn show_invitations(visit: MemberVisit) -> Response {
    invitations(&visit, None, &Faults::default())
}

/// Makes an invitation, and shows its link once.
pub(crate) async fn invite(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let person = visit.member.person;
    let making = async { visit.handle().invite(Some(person)).await.map(|(text, _)| text) };
    match visit.pages.once.make(person, fields.get("key"), making).await {
        Ok(text) => {
            let link = format!("http://{}/join/{text}", visit.host);
            invitations(&visit, Some(&link), &Faults::default())
        }
        Err(error @ CommandError::Account(_)) => {
            invitations(&visit, None, &Faults::one("invite", errors::sentence(&error)))
        }
        Err(error) => visit.failure(&error),
    }
}

/// Takes an invitation back.
pub(crate) async fn withdraw_invitation(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let (person, id) = (visit.member.person, fields.get("id").to_owned());
    match visit.handle().keeping(move |accounts, _, _| accounts.withdraw_invitation(Some(&person), &id)).await {
        Ok(()) | Err(CommandError::Account(AccountError::NotFound(_))) => {
            Redirect::to("/settings/invitations").into_response()
        }
        Err(error) => visit.failure(&error),
    }
}

/// Everybody with an account here, for stewards.
pub(crate) async fn show_colleagues(visit: MemberVisit) -> Response {
    if !visit.member.steward {
        return visit.failure(&CommandError::Account(AccountError::NotASteward));
    }
    let answer = visit.read(|node| Ok((node.all_accounts()?, node.account_settings()?, node.people()?))).await;
    let (accounts, settings, people) = match answer {
        Ok(answer) => answer,
        Err(error) => return visit.failure(&error),
    };
    let name = |account: &Account| people.get(&account.person).map(|entry| entry.fields.name.clone());
    let content = html! {
        @if visit.query.has("done") { (done(&visit, &visit.text("colleague-changed"))) }
        p { (visit.text("stewards-about")) }
        ul .list { @for account in &accounts { (colleague(&visit, account, name(account))) } }
        h2 { (visit.text("newcomers")) }
        (form(&visit, "/settings/colleagues", "questions", html! {
            p { (if settings.confirm_newcomers { visit.text("newcomers-are-confirmed") } else { visit.text("newcomers-are-not-confirmed") }) }
            button .second type="submit" name="do" value=(if settings.confirm_newcomers { "open" } else { "close" }) {
                (if settings.confirm_newcomers { visit.text("stop-confirming") } else { visit.text("start-confirming") })
            }
        }))
    };
    let title = visit.text("colleagues");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/settings") })
}

/// What a steward does about a colleague, or about newcomers.
pub(crate) async fn change_colleague(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let (by, action) = (visit.member.person, fields.get("do").to_owned());
    let person = fields.get("person").parse::<PersonId>().ok();
    let node = visit.handle();
    let changed = match (action.as_str(), person) {
        ("open" | "close", _) => {
            let settings = Settings { confirm_newcomers: action == "close" };
            node.keeping(move |accounts, _, _| accounts.set_settings(&by, settings)).await
        }
        ("confirm", Some(person)) => node.confirm(by, person).await,
        ("turn-away", Some(person)) => node.keeping(move |accounts, _, _| accounts.turn_away(&by, &person)).await,
        ("steward" | "no-steward", Some(person)) => {
            let steward = action == "steward";
            node.keeping(move |accounts, _, _| accounts.set_steward(&by, &person, steward).map(drop)).await
        }
        _ => return errors::missing(&visit),
    };
    match changed {
        Ok(()) => Redirect::to("/settings/colleagues?done=yes").into_response(),
        Err(error) => visit.failure(&error),
    }
}

fn session_row(visit: &MemberVisit, session: &SessionInfo) -> Markup {
    let current = visit.member.session.as_ref().is_some_and(|current| current.id == session.id);
    let device = match known_device(&session.device) {
        Some((browser, system)) => {
            visit.text_with("browser-on", &[("browser", browser.into()), ("system", system.into())])
        }
        None => session.device.clone(),
    };
    html! {
        li {
            p { bdi { (device) } @if current { " – " strong { (visit.text("this-session")) } } }
            p .facts { (visit.text_with("session-times", &[("made", dates::moment(visit, Some(session.made)).into()), ("seen", dates::moment(visit, Some(session.seen)).into())])) }
            @if !current {
                (form(visit, "/settings/session", "plain", html! {
                    input type="hidden" name="id" value=(session.id);
                    button .link type="submit" { (visit.text("end-session")) span .unseen { ": " (device) } }
                }))
            }
        }
    }
}

fn ask_passphrase(visit: &Visit, faults: &Faults) -> Response {
    let fields = Fields::default();
    let content = html! {
        (error_summary(visit, faults))
        (form(visit, "/settings/passphrase", "questions", html! {
            (input(&Input { name: "passphrase", label: &visit.text("old-passphrase"), hint: None, kind: Kind::Secret, autocomplete: Some("current-password") }, &fields, faults))
            (input(&Input { name: "new-passphrase", label: &visit.text("new-passphrase"), hint: Some(&visit.text("passphrase-hint")), kind: Kind::Secret, autocomplete: Some("new-password") }, &fields, faults))
            p { (visit.text("passphrase-ends-sessions")) }
            button type="submit" { (visit.text("change-passphrase")) }
        }))
    };
    answer(visit, &visit.text("change-passphrase"), content, faults)
}

fn ask_token(visit: &MemberVisit, fields: &Fields, faults: &Faults, fresh: Option<&str>) -> Response {
    let tokens = match visit.handle().tokens(&visit.member.person) {
        Ok(tokens) => tokens,
        Err(error) => return visit.failure(&error),
    };
    let now = visit.handle().now();
    let fault = faults.of("scope");
    let content = html! {
        (error_summary(visit, faults))
        @if let Some(text) = fresh {
            div .done role="status" {
                h2 { (visit.text("token-made")) }
                p { (visit.text("token-once")) }
                p { code .secret { (text) } }
            }
        }
        p { (visit.text("tokens-about")) }
        @if !tokens.is_empty() { ul .list { @for token in &tokens { (token_row(visit, token, now)) } } }
        h2 { (visit.text("make-token")) }
        (form(visit, "/settings/tokens", "questions", html! {
            input type="hidden" name="key" value=(visit.handle().random_text());
            (input(&Input { name: "name", label: &visit.text("token-name"), hint: Some(&visit.text("token-name-hint")), kind: Kind::Line, autocomplete: None }, fields, faults))
            fieldset .question .wrong[fault.is_some()] aria-describedby=[fault.map(|_| "scope-fault")] {
                legend { (visit.text("token-scopes")) }
                @if let Some(fault) = fault { p .fault #scope-fault { (fault) } }
                @for (place, scope) in Scope::ALL.into_iter().enumerate() {
                    @let id = if place == 0 { "scope".to_owned() } else { format!("scope-{}", scope.word()) };
                    div .answer {
                        input type="checkbox" id=(id) name="scope" value=(scope.word()) checked[fields.all("scope").any(|word| word == scope.word())];
                        label for=(id) { (visit.text(&format!("scope-{}", scope.word()))) }
                    }
                }
            }
            (input(&Input { name: "days", label: &visit.text("token-days"), hint: Some(&visit.text("token-days-hint")), kind: Kind::Short, autocomplete: None }, fields, faults))
            button type="submit" { (visit.text("make-token")) }
        }))
    };
    answer(visit, &visit.text("tokens"), content, faults)
}

fn token_row(visit: &Visit, token: &ApiToken, now: Timestamp) -> Markup {
    let scopes: Vec<String> = token.scopes.iter().map(|scope| visit.text(&format!("scope-{}", scope.word()))).collect();
    let ends = dates::day(visit, Some(token.ends));
    html! {
        li {
            h2 { bdi { (token.name) } }
            p { (scopes.join(". ")) "." }
            p .facts { (if token.ends <= now { visit.text_with("token-ended", &[("day", ends.into())]) } else { visit.text_with("token-ends", &[("day", ends.into())]) }) }
            (form(visit, "/settings/token", "plain", html! {
                input type="hidden" name="id" value=(token.id);
                button .link type="submit" { (visit.text("end-token")) span .unseen { ": " (token.name) } }
            }))
        }
    }
}

fn invitations(visit: &MemberVisit, link: Option<&str>, faults: &Faults) -> Response {
    let open = match visit.handle().invitations(Some(&visit.member.person)) {
        Ok(open) => open,
        Err(error) => return visit.failure(&error),
    };
    let content = html! {
        (error_summary(visit, faults))
        @if let Some(link) = link {
            div .done role="status" {
                h2 { (visit.text("invitation-made")) }
                p { (visit.text("invitation-once")) }
                p { code .secret { (link) } }
            }
        }
        p { (visit.text("invitations-about")) }
        (form(visit, "/settings/invitations", "questions", html! {
            input type="hidden" name="key" value=(visit.handle().random_text());
            button #invite type="submit" { (visit.text("make-invitation")) }
        }))
        @if !open.is_empty() {
            h2 { (visit.text("open-invitations")) }
            ul .list {
                @for invitation in &open {
                    @let made = dates::moment(visit, Some(invitation.made));
                    li {
                        p { (visit.text_with("invitation-times", &[("made", made.clone().into()), ("ends", dates::day(visit, Some(invitation.ends)).into())])) }
                        (form(visit, "/settings/invitation", "plain", html! {
                            input type="hidden" name="id" value=(invitation.id);
                            button .link type="submit" { (visit.text("withdraw-invitation")) span .unseen { ": " (made) } }
                        }))
                    }
                }
            }
        }
    };
    answer(visit, &visit.text("invite-colleague"), content, faults)
}

fn colleague(visit: &MemberVisit, account: &Account, name: Option<String>) -> Markup {
    let me = account.person == visit.member.person;
    let name = name.unwrap_or_else(|| account.sign_in_name.clone());
    let act = |action: &str, what: &str, class: &str| {
        form(
            visit,
            "/settings/colleagues",
            "plain",
            html! {
                input type="hidden" name="person" value=(account.person);
                button .(class) type="submit" name="do" value=(action) { (visit.text(what)) span .unseen { ": " (account.sign_in_name) } }
            },
        )
    };
    html! {
        li {
            h2 { bdi { (name) } }
            p .facts { (visit.text_with("signs-in-as", &[("name", account.sign_in_name.clone().into()), ("day", dates::day(visit, Some(account.made)).into())])) }
            @match (account.state, account.steward) {
                (State::Waiting, _) => { (act("confirm", "confirm", "small-act")) " " (act("turn-away", "turn-away", "second")) },
                (State::Active, true) => p { (visit.text("is-steward")) " " @if !me { (act("no-steward", "no-steward", "link")) } },
                (State::Active, false) => (act("steward", "make-steward", "link")),
            }
            @if !me && account.state == State::Active { (leaving::acts(visit, &account.person, &name)) }
        }
    }
}

fn answer(visit: &Visit, title: &str, content: Markup, faults: &Faults) -> Response {
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.answer(status, Page { title, content, faulty: !faults.is_empty(), back: Some("/settings") })
}

/// Browser and system, as people call them, by what a browser calls itself.
fn known_device(called: &str) -> Option<(&'static str, &'static str)> {
    let named =
        |names: &[(&str, &'static str)]| names.iter().find(|(word, _)| called.contains(word)).map(|(_, name)| *name);
    Some((named(&BROWSERS)?, named(&SYSTEMS)?))
}

/// Words in what browsers call themselves. Most use each other's names as well, so the order matters.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "a Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
];
const TOKEN_DAYS_MAX: u64 = 365;
const DAY_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::known_device;

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        let linux =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(known_device(linux), Some(("Chrome", "Linux")));
        assert_eq!(known_device(&format!("{linux} Edg/140.0.0.0")), Some(("Edge", "Linux")));
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(known_device(phone), Some(("Safari", "an iPhone")));
        let fox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!(known_device(fox), Some(("Firefox", "Windows")));
        for unknown in ["", "curl/8.5.0", "Mozilla/5.0 (Unknown) Chrome/1"] {
            assert_eq!(known_device(unknown), None, "{unknown}");
        }
    }
}
