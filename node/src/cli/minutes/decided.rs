//! What a file of minutes tells of the decision that it is about: what was asked, what it took, who said what and why, who
//! signed it, and what came of it.

mod ballots;
mod effects;
mod needed;

use std::path::Path;

use knotwork_api::to_rfc3339;
use knotwork_governance::{Effect, Electorate, Terms};
use knotwork_identity::{PublicKey, Timestamp, to_text};
use knotwork_minutes::{Bundle, DecidedTerms, Verdict};
use knotwork_replica::{Evidence, EvidenceError, Opener, counting::charter_of};
use serde_json::{Value, json};

use self::ballots::Ballots;
use super::{
    super::{
        charter::Said,
        text::{harmless, one_line},
    },
    verify::{called, name},
};
use crate::failure::Failure;

/// A decision of which a file tells, with what the changes in it show.
pub(super) struct Decided<'a> {
    bundle: &'a Bundle,
    decided: &'a DecidedTerms,
    ballots: Ballots,
    opener: Option<Opener>,
    /// What the charter says that it brings, where its text is in the file.
    charter: Option<Said>,
}

impl<'a> Decided<'a> {
    /// Counts the ballots again that a file of a decision holds, if all are there; none where it is about no decision.
    ///
    /// # Errors
    /// When what is in the file does not come to what was minuted.
    pub(super) fn read(bundle: &'a Bundle, path: &Path) -> Result<Option<Self>, Failure> {
        let Some(decided) = &bundle.decision else { return Ok(None) };
        let read = Self::check(bundle, decided).map_err(|error| {
            Failure::new(format!("{} does not hold: {error}", path.display()))
                .next("its minutes hold; ask another organisation for its file, and compare")
        });
        read.map(Some)
    }

    fn check(bundle: &'a Bundle, decided: &'a DecidedTerms) -> Result<Self, EvidenceError> {
        let (before, terms) = (&decided.before, &decided.terms);
        let evidence = Evidence::read(bundle.agreed.origin(), decided.changes.iter().map(Vec::as_slice))?;
        let charter = charter(terms).and_then(|(document, digest)| charter_of(&evidence, document, digest).ok()?);
        Ok(Self {
            ballots: Ballots::read(&evidence, decided)?,
            opener: evidence.opener(before, terms),
            charter: charter.map(|charter| Said::of(&charter)),
            bundle,
            decided,
        })
    }

    /// It, for people.
    pub(super) fn as_text(&self) -> String {
        let (bundle, terms) = (self.bundle, &self.decided.terms);
        let mut lines = vec![String::new(), format!("Decision: {}", one_line(&terms.title)), String::new()];
        lines.extend(self.outcome());
        lines.push(String::new());
        lines.push(format!("proposed   {}", self.proposed()));
        lines.push(format!("open       from {} until {}, as its terms say", utc(terms.opens), utc(terms.closes)));
        lines.extend(needed::lines(self.decided));
        let options = terms.options.iter().enumerate();
        lines.extend(options.map(|(place, option)| format!("option {:<4}{}", place + 1, one_line(option))));
        lines.extend(ballots::counts(self.decided));
        lines.extend(self.ballots.lots(terms));
        lines.extend(self.texts());
        lines.extend(self.charter_text());
        lines.push(String::new());
        lines.extend(self.ballots.lines(bundle, self.decided));
        lines.join("\n")
    }

    /// It, for programs.
    pub(super) fn as_json(&self) -> Value {
        let (bundle, DecidedTerms { height, terms, outcome, signed, before, .. }) = (self.bundle, self.decided);
        let signed = signed.iter().map(|signer| {
            let key = &signer.organisation;
            json!({ "organisation": key, "name": name(bundle, key), "node": signer.node })
        });
        let mut body = json!({
            "decision": terms.decision,
            "title": terms.title,
            "text": terms.text,
            "summary": terms.summary,
            "left_out": terms.left_out,
            "options": terms.options,
            "unit": match terms.electorate {
                Electorate::Organisations(_) => "organisations",
                Electorate::Persons(_) => "persons",
            },
            "asked": terms.electorate.len(),
            "opens": to_rfc3339(terms.opens),
            "closes": to_rfc3339(terms.closes),
            "proposed_by": self.opener.map(|opener| json!({
                "key": opener.key,
                "organisation": opener.person.map(|(organisation, _)| organisation),
                "name": opener.person.and_then(|(organisation, _)| name(bundle, &organisation)),
                "person": opener.person.map(|(_, person)| to_text(&person.0)),
            })),
            "terms": outcome.terms.to_string(),
            "minute": height,
            "signed_by": signed.collect::<Vec<_>>(),
            "signing": before.signers().len(),
            "verdict": outcome.verdict.word(),
            "chosen": outcome.verdict.option().map(|option| u32::from(option) + 1),
            "effects": terms.effects.iter().map(|one| effects::as_json(bundle, one)).collect::<Vec<_>>(),
            "overtaken": is_overtaken(self.decided),
            "charter": self.charter.as_ref().map(Said::as_json),
            "counts": ballots::counts_as_json(self.decided),
        });
        let fields = [needed::as_json(self.decided), self.ballots.as_json(bundle, self.decided)];
        if let Some(body) = body.as_object_mut() {
            body.extend(fields.into_iter().flatten());
        }
        body
    }

    /// What came of it, and who signed that.
    fn outcome(&self) -> Vec<String> {
        let (bundle, DecidedTerms { height, terms, outcome, signed, before, .. }) = (self.bundle, self.decided);
        let mut lines = vec![format!("outcome    {}", verdict(terms, &outcome.verdict))];
        if is_overtaken(self.decided) {
            lines.push("           What was agreed meanwhile has overtaken it: it changes nothing.".into());
        }
        if outcome.verdict != Verdict::Adopted && !terms.effects.is_empty() {
            lines.push("           It changes nothing. What it would have changed:".into());
        }
        lines.extend(terms.effects.iter().flat_map(|one| effects::lines(bundle, one)));
        lines.push(format!("minute     {height}"));
        let signing = before.signers().len();
        lines.push(format!("signed by  {} of the {signing} organisations that signed minutes then:", signed.len()));
        lines.extend(signed.iter().map(|signer| format!("           - {}", called(bundle, &signer.organisation))));
        lines
    }

    /// Who opened it.
    fn proposed(&self) -> String {
        let Some(Opener { key, person }) = self.opener else {
            return "the file does not show by whom".into();
        };
        match person {
            Some((organisation, person)) => format!("by {}", person_of(self.bundle, &organisation, &person.0)),
            None => format!("with the key {key}; the file does not show whose it is"),
        }
    }

    /// What whoever opened it wrote, which cannot be taken for what is said here.
    fn texts(&self) -> Vec<String> {
        let terms = &self.decided.terms;
        let mut lines = Vec::new();
        for (head, text) in [
            ("What is proposed or asked, as whoever opened it wrote it:", &terms.text),
            ("The same in short:", &terms.summary),
            ("Who might be left out or harmed by it:", &terms.left_out),
        ] {
            if !text.is_empty() {
                lines.extend([String::new(), head.into()]);
                lines.extend(set_apart(text));
            }
        }
        if terms.left_out.is_empty() {
            lines.extend([String::new(), "Nothing is said in it about who might be left out or harmed.".into()]);
        }
        lines
    }

    /// The charter that it brings, if it brings one.
    fn charter_text(&self) -> Vec<String> {
        let DecidedTerms { terms, outcome, .. } = self.decided;
        let Some((_, digest)) = charter(terms) else { return Vec::new() };
        let brings = if outcome.effects.is_empty() { "would have brought" } else { "brings" };
        let Some(said) = &self.charter else {
            return vec![
                String::new(),
                format!("The text of the charter that it {brings} is not in the file; its digest is {digest}."),
            ];
        };
        let mut lines =
            vec![String::new(), format!("The charter that it {brings}, which is the one with the digest {digest}:")];
        for (head, text) in said.texts().iter().filter(|(_, text)| !text.is_empty()) {
            lines.push((*head).into());
            lines.extend(set_apart(text));
        }
        lines.extend(Said::listed(&said.facts()).lines().map(str::to_owned));
        lines
    }
}

/// A text of others, each line of it with a mark before it.
fn set_apart(text: &str) -> Vec<String> {
    harmless(text).lines().map(|line| format!("  | {line}")).collect()
}

/// Where the charter is that a decision brings, and what it hashes to.
fn charter(terms: &Terms) -> Option<(&knotwork_identity::DocumentId, knotwork_identity::CharterDigest)> {
    terms.effects.iter().find_map(|effect| match effect {
        Effect::Charter { document, digest, .. } => Some((document, *digest)),
        _ => None,
    })
}

/// Whether it was adopted and changed nothing, as something else had been agreed meanwhile.
fn is_overtaken(decided: &DecidedTerms) -> bool {
    let DecidedTerms { terms, outcome, .. } = decided;
    outcome.verdict == Verdict::Adopted && outcome.effects.is_empty() && !terms.effects.is_empty()
}

fn verdict(terms: &Terms, verdict: &Verdict) -> String {
    match verdict {
        Verdict::NotDecided => "not decided".into(),
        Verdict::Adopted => "adopted".into(),
        Verdict::NotAdopted => "not adopted".into(),
        Verdict::Chosen(option) => {
            format!("option {} chosen: {}", u32::from(*option) + 1, option_words(terms, usize::from(*option)))
        }
    }
}

fn option_words(terms: &Terms, option: usize) -> String {
    terms.options.get(option).map(|words| one_line(words)).unwrap_or_default()
}

/// A member, whose name is in no file.
fn person_of(bundle: &Bundle, organisation: &PublicKey, person: &[u8]) -> String {
    format!("person {} of {}", to_text(person), called(bundle, organisation))
}

/// A time as people read it.
fn utc(time: Timestamp) -> String {
    let text = to_rfc3339(time).unwrap_or_default();
    match (text.get(..10), text.get(11..19)) {
        (Some(day), Some(clock)) => format!("{day} {clock} UTC"),
        _ => "a time that no calendar has".into(),
    }
}
