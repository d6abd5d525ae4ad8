//! What people and machines want of their nodes: new entries and edits of the same few fields, long texts, addresses,
//! certificates that come late, the same rows imported at two places.

use std::collections::BTreeSet;

use knotwork_documents::{
    Certificate, ResourceDraft, ResourceEdit, ResourceKind, import_nonce, write_acceptance, write_profile,
};
use knotwork_identity::{ChangeId, DocumentId, Nonce, PersonId, SecretKey, Timestamp};
use knotwork_ledger::CheckedChange;
use knotwork_replica::KeyEnding;

use crate::{
    breach::Breach,
    cast::{Cast, Party},
    dice::Dice,
};

/// Something wanted.
#[derive(Debug)]
pub(crate) enum Wish {
    /// A new document.
    Create(Vec<CheckedChange>),
    /// The certificate of a key.
    Certify(Vec<CheckedChange>),
    /// The certificate of somebody new, who writes a document at once.
    Welcome { certificate: Vec<CheckedChange>, document: Vec<CheckedChange> },
    /// A change of an entry that may not be here.
    Edit {
        document: DocumentId,
        edit: Box<ResourceEdit>,
        /// Whether to say what was seen.
        careful: bool,
    },
    /// The end of the key of a member who leaves.
    EndKey(Box<KeyEnding>),
    /// New addresses.
    Publish(Vec<String>),
}

/// What an organisation says when it starts. It is the same each time.
pub(crate) fn introduction(party: &Party) -> Result<Vec<Vec<CheckedChange>>, Breach> {
    let network = Cast::get().network;
    let organisation = &party.organisation;
    let failed = |error: &dyn std::fmt::Display| Breach::new(format!("an introduction cannot be written: {error}"));
    Ok(vec![
        write_acceptance(network, organisation, Timestamp::NONE).map_err(|error| failed(&error))?,
        certificate(party, party.service_id, &party.service, true)?,
        write_profile(network, organisation, "An organisation", Timestamp::NONE).map_err(|error| failed(&error))?,
    ])
}

/// The certificate that a party gives a person, or its service.
fn certificate(party: &Party, person: PersonId, key: &SecretKey, service: bool) -> Result<Vec<CheckedChange>, Breach> {
    Certificate::write(Cast::get().network, &party.organisation, person, key, service, Timestamp::NONE)
        .map_err(|error| Breach::new(format!("a certificate cannot be written: {error}")))
}

/// Draws a wish at a node.
pub(crate) fn draw(
    dice: &mut Dice,
    place: usize,
    honest: usize,
    documents: &[DocumentId],
    time: Timestamp,
) -> Result<Wish, Breach> {
    let cast = Cast::get();
    let party = &cast.parties[place];
    let edit = |dice: &mut Dice| Wish::Edit {
        // Mostly the newest few, so that several nodes edit the same at once.
        document: documents[documents.len() - 1 - dice.index(documents.len().min(4))],
        edit: Box::new(draw_edit(dice)),
        careful: dice.chance(200),
    };
    Ok(match dice.below(100) {
        0..45 if !documents.is_empty() => edit(dice),
        0..70 => create(&draw_draft(dice), Nonce(dice.bytes()), &party.service, time)?,
        70..78 => {
            // A member may write at another organisation's node, whose certificate is still on its way.
            let host = &cast.parties[dice.index(honest)];
            create(&draw_draft(dice), Nonce(dice.bytes()), &host.member, time)?
        }
        78..81 => Wish::Certify(certificate(party, party.member_id, &party.member, false)?),
        81..84 => {
            let newcomer = SecretKey::from_seed(&dice.bytes());
            Wish::Welcome {
                certificate: certificate(party, PersonId(dice.bytes()), &newcomer, false)?,
                document: changes_of(&draw_draft(dice), Nonce(dice.bytes()), &newcomer, time)?,
            }
        }
        84..88 => Wish::Publish(vec![format!("/ip4/192.0.2.{place}/tcp/{}", 4_000 + dice.below(5))]),
        88..97 => import(dice, &party.service)?,
        97 if dice.chance(ENDINGS) => Wish::EndKey(Box::new(KeyEnding {
            key: party.member.public(),
            written: BTreeSet::new(),
            from: 1,
            // Now and then something that the member wrote is not to stand.
            without: documents.iter().filter(|_| dice.chance(100)).copied().collect(),
            nonce: Nonce(dice.bytes()),
            time,
        })),
        _ => {
            let draft = if dice.chance(LONG_TEXTS) { long_text(dice) } else { long_fields(dice) };
            create(&draft, Nonce(dice.bytes()), &party.service, time)?
        }
    })
}

/// What a careful editor has seen.
pub(crate) fn seen(dice: &mut Dice, heads: Vec<ChangeId>) -> Option<Vec<ChangeId>> {
    // Now and then somebody comes with an old page.
    if dice.chance(300) { Some(Vec::new()) } else { Some(heads) }
}

fn create(draft: &ResourceDraft, nonce: Nonce, key: &SecretKey, time: Timestamp) -> Result<Wish, Breach> {
    changes_of(draft, nonce, key, time).map(Wish::Create)
}

fn changes_of(
    draft: &ResourceDraft,
    nonce: Nonce,
    key: &SecretKey,
    time: Timestamp,
) -> Result<Vec<CheckedChange>, Breach> {
    draft
        .write(Cast::get().network, nonce, key, time)
        .map_err(|error| Breach::new(format!("a draft cannot be written: {error}")))
}

/// One row of a file that everyone imports, as the same key would always import it.
fn import(dice: &mut Dice, key: &SecretKey) -> Result<Wish, Breach> {
    let row = ["A row", "Another row", "A third row"][dice.index(3)];
    let nonce = import_nonce(&key.public(), &[row.as_bytes()], dice.below(2));
    create(&ResourceDraft { title: row.into(), ..ResourceDraft::default() }, nonce, key, Timestamp::NONE)
}

fn draw_draft(dice: &mut Dice) -> ResourceDraft {
    ResourceDraft {
        title: words(dice, 3),
        summary: words(dice, 8),
        body: words(dice, 20),
        kind: *dice.pick(&ResourceKind::ALL),
        links: vec!["https://example.org/".into()],
        tags: vec![words(dice, 1)],
        licence: String::new(),
        language: "en".into(),
        ..ResourceDraft::default()
    }
}

fn draw_edit(dice: &mut Dice) -> ResourceEdit {
    let mut edit = ResourceEdit::default();
    match dice.below(5) {
        0 => edit.title = Some(words(dice, 2)),
        1 => edit.summary = Some(words(dice, 4)),
        2 => edit.body = Some(words(dice, 25)),
        3 => edit.tags = Some(vec![words(dice, 1), words(dice, 1)]),
        _ => {
            edit.title = Some(words(dice, 2));
            edit.kind = Some(*dice.pick(&ResourceKind::ALL));
        }
    }
    edit
}

/// An entry whose text goes into several changes.
fn long_text(dice: &mut Dice) -> ResourceDraft {
    let paragraph = words(dice, 40);
    ResourceDraft { body: paragraph.repeat(LONG_BYTES / paragraph.len() + 1), ..draw_draft(dice) }
}

/// An entry whose fields go into several changes, of few operations.
fn long_fields(dice: &mut Dice) -> ResourceDraft {
    let paragraph = words(dice, 40);
    let links = (0..50).map(|number| format!("https://example.org/{number}/{}", "x".repeat(1_000)));
    ResourceDraft { summary: paragraph.repeat(15_000 / paragraph.len()), links: links.collect(), ..draw_draft(dice) }
}

fn words(dice: &mut Dice, count: usize) -> String {
    (0..count).map(|_| *dice.pick(&WORDS)).collect::<Vec<_>>().join(" ")
}

const WORDS: [&str; 12] =
    ["falls", "ward", "team", "huddle", "naïve", "hand", "care", "plan", "réflexion", "data", "家", "👍🏽"];

/// More than fits into one change.
const LONG_BYTES: usize = 61_000;

/// How many long entries in a thousand have a long text, which takes Automerge its time.
const LONG_TEXTS: u64 = 50;

/// How many in a thousand of the times when a key may end it does.
const ENDINGS: u64 = 500;
