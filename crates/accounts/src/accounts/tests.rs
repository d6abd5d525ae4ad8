//! Accounts from beginning to end, over a cupboard in memory.

mod leaving;

use std::{cell::Cell, collections::BTreeSet, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{MemoryCupboard, Scope};

const PASSPHRASE: &str = "four plain words here";
const DAY: u64 = 24 * 60 * 60;

struct Node {
    cupboard: Arc<MemoryCupboard>,
    accounts: Accounts,
    next: Cell<u8>,
}

impl Node {
    fn new() -> Self {
        let cupboard = Arc::new(MemoryCupboard::default());
        Self { accounts: Accounts::new(cupboard.clone()), cupboard, next: Cell::new(0) }
    }

    /// The same node after a new start.
    fn restarted(self) -> Self {
        Self { accounts: Accounts::new(self.cupboard.clone()), ..self }
    }

    fn random(&self) -> impl FnMut(&mut [u8]) + use<> {
        self.next.set(self.next.get() + 1);
        let seed = self.next.get();
        let mut drawn = 0_u64;
        move |bytes: &mut [u8]| {
            drawn += 1;
            for (part, block) in bytes.chunks_mut(32).enumerate() {
                let made = sha256(&[&[seed], &drawn.to_be_bytes(), &part.to_be_bytes()]);
                block.copy_from_slice(&made[..block.len()]);
            }
        }
    }

    fn with_ada() -> Self {
        let node = Self::new();
        let token = node.accounts.set_up_token(&mut node.random()).expect("kept").expect("nobody is there yet");
        node.accounts.set_up(&token, &member("Ada", 1), at(0), &mut node.random()).expect("made");
        node
    }

    fn sign_in(&mut self, name: &str, passphrase: &str, seconds: u64) -> Result<SignedIn, AccountError> {
        let mut random = self.random();
        self.accounts.sign_in(name, passphrase, "Browser\u{7}", at(seconds), &mut random)
    }

    fn invite(&mut self, by: u8, seconds: u64) -> Result<String, AccountError> {
        let mut random = self.random();
        self.accounts.invite(Some(&person(by)), at(seconds), &mut random).map(|(text, _)| text)
    }

    fn join(&mut self, text: &str, newcomer: &NewMember, seconds: u64) -> Result<Account, AccountError> {
        let mut random = self.random();
        self.accounts.join(text, newcomer, at(seconds), &mut random)
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_milliseconds(1_700_000_000_000 + seconds * 1_000).expect("in range")
}

fn person(number: u8) -> PersonId {
    PersonId([number; 16])
}

fn member(name: &str, number: u8) -> NewMember {
    NewMember {
        sign_in_name: name.into(),
        passphrase: Zeroizing::new(PASSPHRASE.into()),
        person: person(number),
        key: SecretKey::from_seed(&[number; 32]),
        proof: Signature([number; 64]),
        agreement: 1,
    }
}

#[test]
fn the_first_member_is_made_with_the_token_and_only_once() {
    let mut node = Node::new();
    let first = node.accounts.set_up_token(&mut node.random()).expect("kept").expect("nobody is there");
    let token = node.accounts.set_up_token(&mut node.random()).expect("kept").expect("nobody is there");
    let set_up = |node: &mut Node, token: &str| {
        let mut random = node.random();
        node.accounts.set_up(token, &member(" Ada ", 1), at(0), &mut random)
    };
    assert_eq!(set_up(&mut node, &first), Err(AccountError::SetUpToken), "the last one counts");
    let account = set_up(&mut node, &format!(" {token}\n")).expect("made");
    assert!(account.steward && account.state == State::Active && account.sign_in_name == "Ada");
    assert_eq!(set_up(&mut node, &token), Err(AccountError::SetUpToken));
    assert_eq!(node.accounts.set_up_token(&mut node.random()), Ok(None));
}

#[test]
fn a_member_signs_in_however_the_name_is_typed_and_nobody_else_does() {
    let mut node = Node::with_ada();
    let signed_in = node.sign_in(" aDA", PASSPHRASE, 1).expect("right");
    assert_eq!(signed_in.session.key.public(), SecretKey::from_seed(&[1; 32]).public());
    assert_eq!(node.accounts.sessions(&person(1), at(1)).expect("read")[0].device, "Browser");
    for (name, passphrase) in [("Ada", "four plain words her"), ("Bea", PASSPHRASE), ("", ""), ("Ada", "")] {
        assert_eq!(node.sign_in(name, passphrase, 2).err(), Some(AccountError::WrongPassphrase), "{name}");
    }
    let kept = format!("{:?}", node.cupboard.list("").expect("read"));
    assert!(!kept.contains(&signed_in.token) && !kept.contains(PASSPHRASE));
}

#[test]
fn who_is_recognised_is_not_signed_in_and_wrong_tries_count_all_the_same() {
    let node = Node::with_ada();
    let recognise = |passphrase: &str| node.accounts.recognise(" ADA ", passphrase, at(1)).map(|(account, _)| account);
    assert_eq!(recognise(PASSPHRASE).expect("it is hers").person, person(1));
    assert!(node.accounts.sessions(&person(1), at(1)).expect("sound").is_empty());
    for _ in 0..5 {
        assert_eq!(recognise("four other words here").err(), Some(AccountError::WrongPassphrase));
    }
    assert!(matches!(recognise(PASSPHRASE), Err(AccountError::TryAgainIn(_))));
}

#[test]
fn wrong_tries_slow_down_and_a_right_one_after_the_pause_works() {
    let mut node = Node::with_ada();
    for second in 0..5 {
        assert_eq!(node.sign_in("ada", "wrong wrong wrong", second).err(), Some(AccountError::WrongPassphrase));
    }
    assert_eq!(node.sign_in("Ada", PASSPHRASE, 5).err(), Some(AccountError::TryAgainIn(Duration::from_secs(29))));
    assert!(node.sign_in("Ada", PASSPHRASE, 40).is_ok());
}

#[test]
fn sessions_last_over_a_restart_end_when_idle_and_are_at_most_so_many() {
    let mut node = Node::with_ada();
    let first = node.sign_in("ada", PASSPHRASE, 0).expect("right");
    let idle = limits::SESSION_IDLE.as_secs();
    assert!(node.accounts.session(&first.token, at(idle - 1)).expect("read").is_some());
    let node = node.restarted();
    let still = node.accounts.session(&first.token, at(2 * idle - 2)).expect("read").expect("used in time");
    assert_eq!(still.key.public(), SecretKey::from_seed(&[1; 32]).public());
    assert!(node.accounts.session(&first.token, at(3 * idle)).expect("read").is_none());
    assert!(node.accounts.session("", at(0)).expect("read").is_none());
    assert!(node.accounts.session(&"x".repeat(10_000), at(0)).expect("read").is_none());

    let mut tokens = Vec::new();
    for second in 0..=limits::SESSIONS_MAX as u64 {
        // The same account can begin as many as it likes.
        let account = node.accounts.account(&person(1)).expect("read").expect("there");
        let (key, mut random) = (SecretKey::from_seed(&[1; 32]), node.random());
        let begun = node.accounts.begin_session(&account, &key, "x", at(4 * idle + second), &mut random);
        tokens.push(begun.expect("begun").token);
    }
    let now = at(4 * idle + 60);
    assert_eq!(node.accounts.sessions(&person(1), now).expect("read").len(), limits::SESSIONS_MAX);
    assert!(node.accounts.session(&tokens[0], now).expect("read").is_none(), "the oldest made room");
    let last = node.accounts.session(&tokens[25], now).expect("read").expect("there");
    assert_eq!(node.accounts.end_session(&person(2), &last.id), Err(AccountError::NotFound("session")));
    node.accounts.end_other_sessions(&person(1), &last.id).expect("ended");
    assert_eq!(node.accounts.sessions(&person(1), now).expect("read").len(), 1);
    node.accounts.end_session(&person(1), &last.id).expect("ended");
    assert!(node.accounts.session(&tokens[25], now).expect("read").is_none());
}

#[test]
fn a_colleague_joins_once_by_a_link_and_is_confirmed_by_a_steward() {
    let mut node = Node::with_ada();
    let text = node.invite(1, 0).expect("made");
    let joined = node.join(&text, &member("Bea", 2), 10).expect("joined");
    assert_eq!((joined.state, joined.steward, joined.invited_by), (State::Waiting, false, Some(person(1))));
    assert_eq!(node.join(&text, &member("Cy", 3), 11).err(), Some(AccountError::InvitationUsed));
    assert_eq!(node.join("nonsense", &member("Cy", 3), 11).err(), Some(AccountError::InvitationUnknown));
    assert_eq!(node.invite(2, 12).err(), Some(AccountError::Waiting));
    assert_eq!(node.accounts.confirm(&person(2), &person(2)).err(), Some(AccountError::NotASteward));
    assert_eq!(node.accounts.confirm(&person(1), &person(2)).map(|account| account.state), Ok(State::Active));
    let late = node.invite(2, 20).expect("made");
    assert_eq!(node.join(&late, &member("BEA", 3), 30).err(), Some(AccountError::SignInNameTaken));
    assert_eq!(node.join(&late, &member("Cy", 3), 20 + 7 * DAY).err(), Some(AccountError::InvitationEnded));
    let third = node.invite(1, 40).expect("made");
    node.join(&third, &member("Cy", 3), 50).expect("joined");
    node.accounts.turn_away(&person(1), &person(3)).expect("turned away");
    assert_eq!(
        node.accounts.turn_away(&person(1), &person(2)).err(),
        Some(AccountError::NotFound("account that waits"))
    );
    assert_eq!(node.accounts.accounts().expect("read").len(), 2);

    node.accounts.set_settings(&person(1), Settings { confirm_newcomers: false }).expect("set");
    let open = node.invite(1, 60).expect("made");
    assert_eq!(node.join(&open, &member("Cy", 3), 61).map(|account| account.state), Ok(State::Active));
}

#[test]
fn a_member_has_so_many_open_invitations_and_takes_them_back() {
    let mut node = Node::with_ada();
    for _ in 0..limits::INVITATIONS_MAX {
        node.invite(1, 0).expect("made");
    }
    assert!(matches!(node.invite(1, 0), Err(AccountError::TooMany { found: limits::INVITATIONS_MAX, .. })));
    let open = node.accounts.invitations(Some(&person(1)), at(1)).expect("read");
    assert_eq!(
        node.accounts.withdraw_invitation(Some(&person(2)), &open[0].id),
        Err(AccountError::NotFound("invitation"))
    );
    node.accounts.withdraw_invitation(Some(&person(1)), &open[0].id).expect("taken back");
    assert!(node.invite(1, 1).is_ok());
    assert!(node.invite(1, 7 * DAY + 1).is_ok(), "those that have ended take no place");
}

#[test]
fn there_is_always_a_steward() {
    let mut node = Node::with_ada();
    let text = node.invite(1, 0).expect("made");
    node.join(&text, &member("Bea", 2), 1).expect("joined");
    let set = |node: &Node, by, whom, steward| node.accounts.set_steward(&person(by), &person(whom), steward).map(drop);
    assert_eq!(set(&node, 1, 2, true), Err(AccountError::Waiting));
    node.accounts.confirm(&person(1), &person(2)).expect("confirmed");
    assert_eq!(set(&node, 1, 1, false), Err(AccountError::LastSteward));
    assert_eq!(set(&node, 1, 2, true), Ok(()));
    assert_eq!(set(&node, 2, 1, false), Ok(()));
    assert_eq!(set(&node, 1, 1, true), Err(AccountError::NotASteward));
}

#[test]
fn another_passphrase_opens_the_same_key_and_ends_other_sessions() {
    let mut node = Node::with_ada();
    let (here, there) =
        (node.sign_in("ada", PASSPHRASE, 0).expect("right"), node.sign_in("ada", PASSPHRASE, 0).expect("right"));
    let change = |node: &mut Node, old: &str, new: &str| {
        let mut random = node.random();
        node.accounts.change_passphrase(&here.session, old, new, at(1), &mut random)
    };
    let new = "another four plain words";
    assert_eq!(change(&mut node, "not the passphrase", new), Err(AccountError::WrongPassphrase));
    assert_eq!(change(&mut node, PASSPHRASE, "too short"), Err(AccountError::PassphraseShort));
    assert_eq!(change(&mut node, PASSPHRASE, new), Ok(()));
    assert!(node.accounts.session(&there.token, at(2)).expect("read").is_none());
    assert!(node.accounts.session(&here.token, at(2)).expect("read").is_some());
    assert_eq!(node.sign_in("ada", PASSPHRASE, 3).err(), Some(AccountError::WrongPassphrase));
    assert_eq!(node.sign_in("ada", new, 3).expect("right").session.key.public(), here.session.key.public());
}

#[test]
fn a_token_does_what_it_may_until_it_ends_or_is_revoked() {
    let mut node = Node::with_ada();
    let session = node.sign_in("ada", PASSPHRASE, 0).expect("right").session;
    let make = |node: &mut Node, name: &str, scopes: &[Scope], ends: Timestamp| {
        let (scopes, mut random) = (scopes.iter().copied().collect::<BTreeSet<_>>(), node.random());
        node.accounts.make_token(&session, name, &scopes, ends, at(0), &mut random)
    };
    assert_eq!(make(&mut node, " ", &[Scope::Read], at(DAY)), Err(AccountError::TokenName));
    assert_eq!(make(&mut node, "a", &[], at(DAY)), Err(AccountError::TokenScopes));
    assert_eq!(make(&mut node, "a", &[Scope::Read], at(0)), Err(AccountError::TokenEnd));
    assert_eq!(make(&mut node, "a", &[Scope::Read], at(367 * DAY)), Err(AccountError::TokenEnd));
    let (text, token) = make(&mut node, "a script", &[Scope::Write], at(DAY)).expect("made");
    assert_eq!(node.accounts.tokens(&person(1)).expect("read"), std::slice::from_ref(&token));
    let bearer = node.accounts.bearer(&text, at(10)).expect("read").expect("right");
    assert_eq!(bearer.key.public(), session.key.public());
    assert_eq!(bearer.scopes, BTreeSet::from([Scope::Read, Scope::Write]));
    assert!(node.accounts.bearer(&text, at(DAY)).expect("read").is_none());
    assert!(node.accounts.bearer(&text.replace("knot_", ""), at(10)).expect("read").is_none());
    assert_eq!(node.accounts.revoke_token(&person(2), &token.id), Err(AccountError::NotFound("token")));
    node.accounts.revoke_token(&person(1), &token.id).expect("revoked");
    assert!(node.accounts.bearer(&text, at(10)).expect("read").is_none());
    for _ in 0..limits::TOKENS_MAX {
        make(&mut node, "a", &[Scope::Read], at(DAY)).expect("made");
    }
    assert!(matches!(make(&mut node, "a", &[Scope::Read], at(DAY)), Err(AccountError::TooMany { .. })));
}

#[test]
fn notes_are_a_persons_own_and_within_limits() {
    let node = Node::with_ada();
    let accounts = &node.accounts;
    accounts.set_note(&person(1), "draft/a", Some("one")).expect("kept");
    assert_eq!(accounts.note(&person(1), "draft/a").expect("read").as_deref(), Some("one"));
    assert_eq!(accounts.note(&person(2), "draft/a").expect("read"), None);
    assert_eq!(accounts.notes(&person(1), "draft/").expect("read"), [("a".to_owned(), "one".to_owned())]);
    for bad in ["", "A", "a b", "\u{e9}", &"a".repeat(limits::NOTE_NAME_BYTES_MAX + 1)] {
        assert_eq!(accounts.set_note(&person(1), bad, Some("x")), Err(AccountError::Note), "{bad}");
    }
    let longest = "x".repeat(limits::NOTE_BYTES_MAX);
    assert_eq!(accounts.set_note(&person(1), "long", Some(&longest)), Ok(()));
    assert_eq!(accounts.set_note(&person(1), "long", Some(&(longest + "x"))), Err(AccountError::Note));
    for number in 2..limits::NOTES_MAX {
        accounts.set_note(&person(1), &format!("n/{number}"), Some("x")).expect("kept");
    }
    assert!(matches!(accounts.set_note(&person(1), "more", Some("x")), Err(AccountError::TooMany { .. })));
    accounts.set_note(&person(1), "draft/a", None).expect("gone");
    assert_eq!(accounts.set_note(&person(1), "more", Some("x")), Ok(()));
}

#[test]
fn what_is_damaged_is_said_and_does_not_panic() {
    let mut node = Node::with_ada();
    node.cupboard.put(&[(account_name(&person(1)), Some(b"{]".to_vec()))]).expect("written");
    assert!(matches!(node.sign_in("ada", PASSPHRASE, 0), Err(AccountError::Damaged(_))));
    assert!(matches!(node.accounts.accounts(), Err(AccountError::Damaged(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_is_taken_for_a_session_token_or_invitation(text in "\\PC{0,120}") {
        let node = Node::new();
        prop_assert!(node.accounts.session(&text, at(0)).expect("read").is_none());
        prop_assert!(node.accounts.bearer(&text, at(0)).expect("read").is_none());
        prop_assert_eq!(node.accounts.invitation(&text, at(0)), Err(AccountError::InvitationUnknown));
        prop_assert_eq!(node.accounts.check_set_up_token(&text), Err(AccountError::SetUpToken));
    }
}
