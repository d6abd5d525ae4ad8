//! What comes next in a decision, told in a sentence.

use knotwork_commands::{DecisionEntry, DecisionState, MinutesStanding};

/// What comes next, in a sentence.
pub(super) fn then(entry: &DecisionEntry, standing: &MinutesStanding) -> String {
    let signatures = signatures(standing);
    match (entry.state, &entry.minuted) {
        (DecisionState::Open, _) => {
            let heard = if entry.terms.removes().is_some() { ", the organisation concerned has been heard" } else { "" };
            format!(
                "It closes at the given time, or when everyone has answered{heard} and nobody objects. Then the outcome \
                 is minuted: {signatures}."
            )
        }
        (DecisionState::Closed, _) => {
            let lacking = standing.needed.saturating_sub(entry.stated.len());
            match lacking {
                0 => format!("It waits to be minuted: {signatures}."),
                1 => format!("It waits until one more organisation has said which ballots it holds: {signatures}."),
                _ => format!(
                    "It waits until {lacking} more organisations have said which ballots they hold: {signatures}."
                ),
            }
        }
        (DecisionState::Lapsed, _) => {
            "It was asked before the network was reconvened, and comes to nothing: ask anew, in a decision that follows it."
                .into()
        }
        (DecisionState::Final, Some(minuted)) => {
            format!("It is final: minute {} says how it came out.", minuted.height)
        }
        (DecisionState::Final, None) => "It is final.".into(),
    }
}

/// How many have to sign it, and how many of those are usually reachable.
fn signatures(standing: &MinutesStanding) -> String {
    let MinutesStanding { needed, signing, usual, .. } = standing;
    match (signing, usual) {
        // This one, which is here.
        (0 | 1, _) => "no other organisation has to sign".into(),
        (_, 1) => format!("{needed} of {signing} organisations have to sign, and one of them is usually reachable"),
        _ if usual == signing => {
            format!("{needed} of {signing} organisations have to sign, and all of them are usually reachable")
        }
        _ => format!("{needed} of {signing} organisations have to sign, and {usual} of them are usually reachable"),
    }
}
