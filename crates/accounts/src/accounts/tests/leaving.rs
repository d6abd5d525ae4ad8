//! A forgotten passphrase, an account that is closed, and that nothing of one account opens another.

use super::*;

const NEW: &str = "another four plain words";

/// Ada, a steward, and Bea, who is confirmed.
fn with_bea() -> Node {
    let mut node = Node::with_ada();
    let text = node.invite(1, 0).expect("made");
    node.join(&text, &member("Bea", 2), 1).expect("joined");
    node.accounts.confirm(&person(1), &person(2)).expect("confirmed");
    node
}

fn link(node: &Node, by: Option<u8>, whom: u8, seconds: u64) -> Result<String, AccountError> {
    let by = by.map(person);
    node.accounts.reset_link(by.as_ref(), &person(whom), at(seconds), &mut node.random()).map(|(text, _)| text)
}

fn reset(node: &Node, text: &str, passphrase: &str, key: u8, seconds: u64) -> Result<crate::Reset, AccountError> {
    let (secret, proof) = (SecretKey::from_seed(&[key; 32]), Signature([key; 64]));
    node.accounts.reset(text, passphrase, (&secret, &proof), at(seconds), &mut node.random())
}

fn make_token(node: &Node, session: &crate::Session, seconds: u64) -> Result<String, AccountError> {
    let (scopes, ends) = (BTreeSet::from([Scope::Read]), at(seconds + 10 * DAY));
    node.accounts.make_token(session, "a", &scopes, ends, at(seconds), &mut node.random()).map(|(text, _)| text)
}

#[test]
fn a_forgotten_passphrase_gives_another_key_and_ends_what_used_the_old_one() {
    let mut node = with_bea();
    let before = node.sign_in("bea", PASSPHRASE, 10).expect("right");
    let token = make_token(&node, &before.session, 10).expect("made");
    for second in 0..5 {
        assert!(node.sign_in("bea", "wrong wrong wrong", 11 + second).is_err());
    }
    let text = link(&node, Some(1), 2, 20).expect("made");
    assert_eq!(node.accounts.check_reset(&text, at(20)).map(|link| link.person), Ok(person(2)));
    assert_eq!(reset(&node, &text, "too short", 9, 21), Err(AccountError::PassphraseShort));
    let done = reset(&node, &format!(" {text}\n"), NEW, 9, 22).expect("a try that failed uses nothing up");
    let (old, new) = (SecretKey::from_seed(&[2; 32]).public(), SecretKey::from_seed(&[9; 32]).public());
    assert_eq!((done.old_key, done.account.key, done.account.key_since), (old, new, at(22)));
    assert_eq!((done.account.proof, done.account.former_keys.clone()), (Signature([9; 64]), vec![old]));
    assert_eq!(node.accounts.account(&person(2)), Ok(Some(done.account)));

    assert!(node.accounts.session(&before.token, at(23)).expect("read").is_none());
    assert!(node.accounts.bearer(&token, at(23)).expect("read").is_none());
    assert_eq!(make_token(&node, &before.session, 23), Err(AccountError::NotFound("account")), "with the old key");
    let begun =
        node.accounts.begin_session(&before.session.account, &before.session.key, "", at(23), &mut node.random());
    assert_eq!(begun.err(), Some(AccountError::WrongPassphrase), "with the old key");
    let signed_in = node.sign_in("Bea", NEW, 23).expect("no pause is left from wrong tries");
    assert_eq!(signed_in.session.key.public(), new);
    assert_eq!(node.sign_in("bea", PASSPHRASE, 24).err(), Some(AccountError::WrongPassphrase));
    assert_eq!(reset(&node, &text, NEW, 8, 25), Err(AccountError::ResetUsed));
    assert!(!format!("{:?}", node.cupboard.list("").expect("read")).contains(&text));
}

#[test]
fn a_reset_link_is_a_stewards_works_for_a_day_and_the_last_one_counts() {
    let node = with_bea();
    assert_eq!(link(&node, Some(2), 1, 0), Err(AccountError::NotASteward));
    assert_eq!(link(&node, Some(1), 7, 0), Err(AccountError::NotFound("account")));
    let first = link(&node, Some(1), 2, 0).expect("made");
    let second = link(&node, None, 2, 0).expect("the operator helps too");
    assert_eq!(reset(&node, &first, NEW, 9, 1), Err(AccountError::ResetUnknown));
    assert_eq!(reset(&node, &second, NEW, 9, DAY), Err(AccountError::ResetEnded));
    assert!(node.accounts.check_reset(&second, at(DAY - 1)).is_ok());
    assert_eq!(node.accounts.invitation(&second, at(1)), Err(AccountError::InvitationUnknown), "it invites nobody");
}

#[test]
fn an_account_has_so_many_keys_and_one_that_waits_has_no_former_ones() {
    let mut node = with_bea();
    for key in 2..=u8::try_from(limits::KEYS_MAX).expect("small") {
        let text = link(&node, Some(1), 2, u64::from(key)).expect("made");
        reset(&node, &text, NEW, 100 + key, u64::from(key)).expect("taken");
    }
    assert_eq!(link(&node, Some(1), 2, 99), Err(AccountError::TooManyKeys));
    let text = node.invite(1, 0).expect("made");
    node.join(&text, &member("Cy", 3), 5).expect("joined");
    let text = link(&node, Some(1), 3, 6).expect("made");
    let account = reset(&node, &text, NEW, 90, 7).expect("taken").account;
    assert_eq!((account.state, account.former_keys.len(), account.key_since), (State::Waiting, 0, at(5)));
}

#[test]
fn whoever_leaves_leaves_an_id_and_keys() {
    let mut node = with_bea();
    let bea = node.sign_in("bea", PASSPHRASE, 10).expect("right");
    let token = make_token(&node, &bea.session, 10).expect("made");
    let invitation = node.invite(2, 11).expect("made");
    node.accounts.set_note(&person(2), "draft/a", Some("one")).expect("kept");
    let reset_text = link(&node, Some(1), 2, 12).expect("made");
    assert_eq!(node.accounts.close(&person(2), &person(1), at(20)).err(), Some(AccountError::NotASteward));
    assert_eq!(node.accounts.close(&person(1), &person(1), at(20)).err(), Some(AccountError::LastSteward));
    let former = node.accounts.close(&person(2), &person(2), at(20)).expect("closed").expect("had been confirmed");
    assert_eq!((former.person, former.closed), (person(2), at(20)));
    assert_eq!(former.keys, [SecretKey::from_seed(&[2; 32]).public()]);
    assert_eq!(node.accounts.former(), Ok(vec![former]));

    assert!(node.accounts.session(&bea.token, at(21)).expect("read").is_none());
    assert!(node.accounts.bearer(&token, at(21)).expect("read").is_none());
    assert_eq!(node.accounts.invitation(&invitation, at(21)), Err(AccountError::InvitationUnknown));
    assert_eq!(node.accounts.check_reset(&reset_text, at(21)), Err(AccountError::ResetUnknown));
    assert_eq!(node.accounts.note(&person(2), "draft/a"), Ok(None));
    assert_eq!(node.sign_in("bea", PASSPHRASE, 21).err(), Some(AccountError::WrongPassphrase));
    assert_eq!(node.accounts.close(&person(1), &person(2), at(22)).err(), Some(AccountError::NotFound("account")));
    let text = node.invite(1, 30).expect("made");
    node.join(&text, &member("Bea", 4), 31).expect("the name is free again");
}

#[test]
fn nothing_is_kept_of_somebody_who_was_never_confirmed() {
    for turned_away in [true, false] {
        let mut node = Node::with_ada();
        let before = node.cupboard.list("").expect("read").len();
        let text = node.invite(1, 0).expect("made");
        node.join(&text, &member("Bea", 2), 1).expect("joined");
        let bea = node.sign_in("bea", PASSPHRASE, 2).expect("right");
        node.accounts.set_note(&person(2), "profile", Some("a name")).expect("kept");
        make_token(&node, &bea.session, 3).expect("made");
        if turned_away {
            node.accounts.turn_away(&person(1), &person(2)).expect("turned away");
        } else {
            assert_eq!(node.accounts.close(&person(2), &person(2), at(4)), Ok(None));
        }
        assert_eq!(node.cupboard.list("").expect("read").len(), before + 1, "only the used invitation");
        assert_eq!(node.accounts.former(), Ok(Vec::new()));
    }
}

#[test]
fn the_last_one_of_all_may_leave_and_another_first_member_comes() {
    let node = Node::with_ada();
    node.accounts.close(&person(1), &person(1), at(1)).expect("closed");
    let token = node.accounts.set_up_token(&mut node.random()).expect("kept").expect("nobody is there");
    node.accounts.set_up(&token, &member("Ada", 5), at(2), &mut node.random()).expect("made");
}

#[test]
fn the_day_of_a_tokens_last_use_is_noted_and_kept_over_a_restart() {
    let mut node = Node::with_ada();
    let session = node.sign_in("ada", PASSPHRASE, 0).expect("right").session;
    let text = make_token(&node, &session, 0).expect("made");
    let last = |node: &Node| node.accounts.tokens(&person(1)).expect("read")[0].last_used;
    assert_eq!(last(&node), None);
    for seconds in [10, 11, 3 * DAY, 2 * DAY] {
        assert!(node.accounts.bearer(&text, at(seconds)).expect("read").is_some());
    }
    let node = node.restarted();
    let day = at(3 * DAY).milliseconds() / 86_400_000 * 86_400_000;
    assert_eq!(last(&node).map(Timestamp::milliseconds), Some(day), "a clock put back takes nothing away");
}

#[test]
fn accounts_written_before_keys_were_replaced_are_read() {
    let node = Node::with_ada();
    let name = account_name(&person(1));
    let kept = String::from_utf8(node.cupboard.get(&name).expect("read").expect("there")).expect("text");
    let earlier = kept.replace(r#","key_since":null,"former_keys":[]"#, "");
    assert_ne!(kept, earlier);
    node.cupboard.put(&[(name, Some(earlier.into_bytes()))]).expect("written");
    let account = node.accounts.account(&person(1)).expect("read").expect("there");
    assert_eq!((account.key_since, account.former_keys), (at(0), Vec::new()));
}

proptest! {
    // Each case hashes several times.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn nothing_of_one_account_opens_another(
        seeds in prop::array::uniform2(prop::array::uniform32(1_u8..)),
        words in prop::array::uniform2("[a-z]{5} [a-z]{4} [a-z]{6}"),
    ) {
        prop_assume!(seeds[0] != seeds[1] && words[0] != words[1]);
        prop_assume!(words.iter().all(|words| check_passphrase(words, "m2").is_ok()));
        let mut node = Node::with_ada();
        node.accounts.set_settings(&person(1), Settings { confirm_newcomers: false }).expect("set");
        for (number, (seed, word)) in (2_u8..).zip(seeds.iter().zip(&words)) {
            let text = node.invite(1, 0).expect("made");
            let (passphrase, key) = (Zeroizing::new(word.clone()), SecretKey::from_seed(seed));
            let newcomer = NewMember { passphrase, key, ..member(&format!("m{number}"), number) };
            node.join(&text, &newcomer, 1).expect("joined");
        }
        let begun = node.sign_in("m2", &words[0], 2).expect("right");
        prop_assert_eq!(begun.session.key.public(), SecretKey::from_seed(&seeds[0]).public());
        prop_assert_eq!(node.sign_in("m3", &words[0], 3).err(), Some(AccountError::WrongPassphrase));

        for (entry, bytes) in node.cupboard.list("").expect("read") {
            let texts = [to_text(&seeds[0]), to_text(&seeds[1]), begun.token.clone(), words[0].clone()];
            let secrets = texts.iter().map(String::as_bytes).chain(seeds.iter().map(<[u8; 32]>::as_slice));
            for secret in secrets {
                prop_assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{entry}");
            }
        }
        // Not even where one's record stands in the other's place.
        let second = node.cupboard.get(&account_name(&person(2))).expect("read");
        node.cupboard.put(&[(account_name(&person(3)), second)]).expect("written");
        prop_assert!(matches!(node.sign_in("m3", &words[0], 4), Err(AccountError::Damaged(_))));
    }
}
