//! Notices: of what a member wants to be told under "What needs you".

use std::collections::BTreeSet;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use knotwork_commands::{CommandError, NodeHandle};
use knotwork_identity::PersonId;
use maud::html;

use crate::{
    layout::{Page, form},
    visit::{MemberPosted, MemberVisit},
};

/// Something that a member can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Notice {
    /// Others ask them to take on a role.
    Requests,
    /// A role of theirs ends soon.
    Ending,
    /// What they wrote in says one thing in two ways.
    Conflicts,
    /// They have drafts.
    Drafts,
    /// Their profile says little.
    Profile,
}

/// What a member wants to be told of: everything, but for what they turned off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Notices {
    off: BTreeSet<Notice>,
}

impl Notice {
    const ALL: [Self; 5] = [Self::Requests, Self::Ending, Self::Conflicts, Self::Drafts, Self::Profile];

    const fn word(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Ending => "roles",
            Self::Conflicts => "conflicts",
            Self::Drafts => "drafts",
            Self::Profile => "profile",
        }
    }
}

impl Notices {
    /// What the member has chosen.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn of(node: &NodeHandle, person: &PersonId) -> Result<Self, CommandError> {
        Ok(Self::parse(&node.note(person, NOTE)?.unwrap_or_default()))
    }

    /// Whether the member wants to be told of something.
    pub(crate) fn wants(&self, notice: Notice) -> bool {
        !self.off.contains(&notice)
    }

    /// What is turned off, a word a line; other words are nothing that this version knows.
    fn parse(text: &str) -> Self {
        let off = Notice::ALL.into_iter().filter(|notice| text.lines().any(|line| line == notice.word()));
        Self { off: off.collect() }
    }
}

/// Asks what the member wants to be told of.
pub(crate) async fn show(visit: MemberVisit) -> Response {
    let person = visit.member.person;
    let notices = match visit.read(move |node| Notices::of(node, &person)).await {
        Ok(notices) => notices,
        Err(error) => return visit.failure(&error),
    };
    let content = html! {
        p { (visit.text("notices-about")) }
        (form(&visit, "/settings/notices", "questions", html! {
            fieldset .question {
                legend { (visit.text("notices-which")) }
                @for notice in Notice::ALL {
                    div .answer {
                        input type="checkbox" id=(notice.word()) name="notice" value=(notice.word()) checked[notices.wants(notice)];
                        label for=(notice.word()) { (visit.text(&format!("notice-{}", notice.word()))) }
                    }
                }
            }
            button type="submit" { (visit.text("save")) }
            a .button.second href="/settings" { (visit.text("cancel")) }
        }))
    };
    let title = visit.text("notices");
    visit.answer(StatusCode::OK, Page { title: &title, content, faulty: false, back: Some("/settings") })
}

/// Keeps what the member has chosen.
pub(crate) async fn choose(MemberPosted { visit, fields }: MemberPosted) -> Response {
    let is_off = |notice: &Notice| !fields.all("notice").any(|word| word == notice.word());
    let off: Vec<&str> = Notice::ALL.iter().filter(|notice| is_off(notice)).map(|notice| notice.word()).collect();
    let note = (!off.is_empty()).then(|| off.join("\n"));
    match visit.handle().keep_note(&visit.member.person, NOTE, note).await {
        Ok(()) => Redirect::to("/settings?done=notices").into_response(),
        Err(error) => visit.failure(&error),
    }
}

const NOTE: &str = "notices";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_told_but_what_was_turned_off() {
        assert!(Notice::ALL.into_iter().all(|notice| Notices::default().wants(notice)));
        let some = Notices::parse("drafts\nnonsense\nroles");
        let wanted: Vec<Notice> = Notice::ALL.into_iter().filter(|notice| some.wants(*notice)).collect();
        assert_eq!(wanted, [Notice::Requests, Notice::Conflicts, Notice::Profile]);
    }
}
