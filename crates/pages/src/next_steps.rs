//! Next steps: where the front page sends a member who has nothing to do, by what kind of network the charter says this is.

use std::collections::BTreeSet;

use knotwork_governance::NetworkKind;

/// A page to go to, and the text of its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
}

/// The next steps in a network of these kinds, the most fitting first. Where several kinds are named, each has its say in
/// turn; where none is, it is a library first.
pub(crate) fn next_steps(kinds: &BTreeSet<NetworkKind>) -> Vec<Step> {
    let named: Vec<&[Step]> = kinds.iter().map(|kind| fitting(*kind)).collect();
    let lists = if named.is_empty() { vec![USUAL] } else { named };
    let longest = lists.iter().map(|list| list.len()).max().unwrap_or_default();
    let mut steps = Vec::new();
    for place in 0..longest {
        for step in lists.iter().filter_map(|list| list.get(place)) {
            if !steps.contains(step) {
                steps.push(*step);
            }
        }
    }
    steps
}

const fn fitting(kind: NetworkKind) -> &'static [Step] {
    match kind {
        NetworkKind::Learning => &[FIND, ADD, PEOPLE, INVITE],
        NetworkKind::Agency => &[DECIDE, ROLES, FIND, INVITE],
        NetworkKind::Advocacy => &[DECIDE, PEOPLE, ADD, INVITE],
        NetworkKind::Managed => &[DECIDE, ROLES, PEOPLE, FIND],
        NetworkKind::Social => &[PEOPLE, INVITE, FIND, ROLES],
        NetworkKind::SocialMovement => &[DECIDE, PEOPLE, INVITE, FIND],
    }
}

const USUAL: &[Step] = &[FIND, ADD, INVITE];

const FIND: Step = Step { path: "/library", text: "find-in-library" };
const ADD: Step = Step { path: "/library/add", text: "add-resource" };
const INVITE: Step = Step { path: "/settings/invitations", text: "invite-colleague" };
const PEOPLE: Step = Step { path: "/people", text: "meet-people" };
const DECIDE: Step = Step { path: "/decisions", text: "see-decisions" };
const ROLES: Step = Step { path: "/roles", text: "see-roles" };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::{Language, text};

    #[test]
    fn each_kind_of_network_begins_with_what_it_is_about() {
        let first = |kind| next_steps(&[kind].into())[0];
        assert_eq!(first(NetworkKind::Learning), FIND);
        assert_eq!(first(NetworkKind::Social), PEOPLE);
        for kind in [NetworkKind::Agency, NetworkKind::Managed] {
            assert_eq!(next_steps(&[kind].into())[..2], [DECIDE, ROLES]);
        }
        for kind in [NetworkKind::Advocacy, NetworkKind::SocialMovement] {
            assert_eq!(next_steps(&[kind].into())[..2], [DECIDE, PEOPLE]);
        }
        assert_eq!(next_steps(&BTreeSet::new()), [FIND, ADD, INVITE]);
    }

    #[test]
    fn several_kinds_take_turns_and_nothing_is_said_twice() {
        let both = next_steps(&[NetworkKind::Learning, NetworkKind::Social].into());
        assert_eq!(both, [FIND, PEOPLE, ADD, INVITE, ROLES]);
        let all = next_steps(&NetworkKind::ALL.into());
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
        for step in all {
            assert_ne!(text(Language::English, step.text), step.text);
        }
    }
}
