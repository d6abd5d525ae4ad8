//! Which terms of a decision take the place of which.

use std::cmp::Reverse;

use knotwork_identity::{ChangeId, Encode as _, Timestamp, Writer, sha256};

use crate::Terms;

/// What those who are asked were told when a decision was opened, and what no later terms of it can take back: who is asked,
/// and until when there is time at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undertaking {
    /// The version of the terms.
    pub version: u32,
    /// When they close.
    pub closes: Timestamp,
    /// Who is asked as of which minute, and when that was, as a hash.
    asked: [u8; 32],
}

impl Undertaking {
    fn is_kept_by(&self, later: &Self) -> bool {
        self.asked == later.asked && self.closes <= later.closes
    }
}

impl Terms {
    /// What these terms give those who are asked to rely on.
    #[must_use]
    pub fn undertaking(&self) -> Undertaking {
        let mut writer = Writer::default();
        self.electorate.encode(&mut writer);
        writer.u64(self.as_of);
        writer.u64(self.opens.milliseconds());
        Undertaking { version: self.version, closes: self.closes, asked: sha256(&[&writer.into_bytes()]) }
    }
}

impl Terms {
    /// How long those who are asked have at least when other terms take the place of these and ask them anew, in milliseconds:
    /// as long as they had before, or a day if that is shorter.
    #[must_use]
    pub fn time_to_answer_anew(&self) -> u64 {
        self.closes.milliseconds().saturating_sub(self.opens.milliseconds()).min(ANSWER_ANEW_MILLISECONDS_MAX)
    }
}

const ANSWER_ANEW_MILLISECONDS_MAX: u64 = 86_400_000;

/// Of all terms of one decision, with the changes in which they were written, those that hold or once did; the latest first.
/// Left out are those that do not keep what the ones before undertook: whoever opened a decision could otherwise close it
/// before the others have answered, or ask fewer. Of several of one version it is the one that closes last, and then the one
/// with the lower change. There are none where there is no first version, or where two of them ask differently: nobody knows
/// then which of them people were told.
#[must_use]
pub fn in_succession<T>(sheets: impl IntoIterator<Item = (Undertaking, ChangeId, T)>) -> Vec<T> {
    let mut sheets: Vec<_> = sheets.into_iter().collect();
    sheets.sort_by_key(|(undertaking, change, _)| (undertaking.version, Reverse(undertaking.closes), *change));
    let mut first = sheets.iter().map(|(undertaking, ..)| undertaking).filter(|undertaking| undertaking.version == 1);
    let Some(asked) = first.next().map(|undertaking| undertaking.asked) else { return Vec::new() };
    if first.any(|other| other.asked != asked) {
        return Vec::new();
    }
    let mut kept: Vec<(Undertaking, T)> = Vec::new();
    for (undertaking, _, sheet) in sheets {
        if kept.last().is_none_or(|(before, _)| before.version < undertaking.version && before.is_kept_by(&undertaking))
        {
            kept.push((undertaking, sheet));
        }
    }
    kept.into_iter().rev().map(|(_, sheet)| sheet).collect()
}

#[cfg(test)]
mod tests {
    use knotwork_identity::PublicKey;

    use super::*;

    fn sheet(version: u32, closes: u64, asked: u8, change: u8) -> (Undertaking, ChangeId, u8) {
        let closes = Timestamp::from_milliseconds(closes).expect("a time");
        (Undertaking { version, closes, asked: [asked; 32] }, ChangeId([change; 32]), change)
    }

    #[test]
    fn terms_take_the_place_of_others_while_nobody_loses_time_or_is_left_out() {
        let first = sheet(1, 100, 7, 1);
        let later = [sheet(2, 100, 7, 2), sheet(3, 200, 7, 3)];
        assert_eq!(in_succession([first.clone(), later[1].clone(), later[0].clone()]), [3, 2, 1]);
        // Other people, or an earlier end: those before go on, and those after are held against them.
        for wrong in [sheet(2, 300, 8, 9), sheet(2, 99, 7, 9)] {
            assert_eq!(in_succession([first.clone(), wrong.clone()]), [1]);
            assert_eq!(in_succession([wrong.clone(), later[1].clone(), first.clone()]), [3, 1]);
        }
        // What an end was put off to stays as well.
        assert_eq!(in_succession([first.clone(), later[1].clone(), sheet(4, 199, 7, 4)]), [3, 1]);
        // Two of one version: the same on every node, whichever came first, and none that closes earlier.
        for (twin, in_force) in [(sheet(1, 500, 7, 9), 9), (sheet(1, 100, 7, 0), 0), (sheet(1, 99, 7, 0), 1)] {
            assert_eq!(in_succession([first.clone(), twin.clone()]), [in_force]);
            assert_eq!(in_succession([twin, first.clone()]), [in_force]);
        }
        // Two that ask differently from the first, or none to begin with: nobody knows what people were told.
        assert_eq!(in_succession([first.clone(), sheet(1, 500, 8, 0)]), []);
        assert_eq!(in_succession([sheet(5, 100, 8, 9), first]), [1]);
        assert_eq!(in_succession([sheet(2, 100, 7, 2)]), []);
        assert_eq!(in_succession(Vec::<(Undertaking, ChangeId, u8)>::new()), []);
    }

    #[test]
    fn who_is_asked_and_as_of_when_is_undertaken_and_what_is_proposed_is_not() {
        let terms = crate::terms::tests::terms(3);
        let same = Terms { version: 2, title: "Meet in June".into(), text: String::new(), ..terms.clone() };
        assert!(terms.undertaking().is_kept_by(&same.undertaking()));
        let fewer = crate::Electorate::Organisations(vec![PublicKey([0; 32]), PublicKey([1; 32])]);
        let later = Timestamp::from_milliseconds(terms.opens.milliseconds() + 1).expect("a time");
        for other in [
            Terms { electorate: fewer, ..terms.clone() },
            Terms { as_of: 8, ..terms.clone() },
            Terms { opens: later, ..terms.clone() },
        ] {
            assert!(!terms.undertaking().is_kept_by(&other.undertaking()));
        }
    }
}
