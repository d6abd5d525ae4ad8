//! What waits to be minuted: words that were said and decisions that are open, as the papers in the storage say.
//!
//! It is derived, and read anew from the storage after a start.

use std::collections::{BTreeMap, BTreeSet};

use knotwork_documents::Paper;
use knotwork_governance::{Effect, Said, Terms, Undertaking, Word, in_succession};
use knotwork_identity::{ChangeId, DocumentId, NetworkId, PublicKey, TermsHash, Timestamp};
use knotwork_ledger::CheckedChange;
use knotwork_minutes::Agreed;

use crate::Now;

/// Words and decisions that are not minuted.
#[derive(Debug, Default)]
pub(crate) struct Deciding {
    words: BTreeMap<(PublicKey, u64), Word>,
    decisions: BTreeMap<DocumentId, Open>,
    /// Decisions about which something came since they were looked at.
    touched: BTreeSet<DocumentId>,
    /// Whether something else came that may make another matter wait.
    news: bool,
}

/// A decision that is not minuted.
#[derive(Debug, Default)]
pub(crate) struct Open {
    /// All its terms.
    terms: BTreeMap<TermsHash, Asked>,
    /// The documents of its ballots.
    pub(crate) ballots: BTreeSet<DocumentId>,
    /// In which change each node has stated what it holds, by terms and node. What a statement names may be long, and of a
    /// decision that does not exist: it is read when there are enough to count.
    pub(crate) statements: BTreeMap<TermsHash, BTreeMap<PublicKey, ChangeId>>,
}

/// What has to be known of terms without reading them again.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) undertaking: Undertaking,
    change: ChangeId,
    /// Who opened the decision.
    owner: PublicKey,
    /// Since when they are here.
    since: Since,
    /// Whether there were others when they came.
    anew: bool,
    /// How long those who are asked have if these ask them anew, in milliseconds.
    time_to_answer_anew: u64,
    /// How many voices each organisation that is asked has in it: its own, or those of its people.
    voters: BTreeMap<PublicKey, usize>,
    /// Whom it would keep from signing as it does.
    pub(crate) silences: BTreeSet<PublicKey>,
    /// Whom it would part with.
    pub(crate) removes: BTreeSet<PublicKey>,
}

/// Since when terms are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// They were there when this node was started.
    TheStart,
    /// They have come just now.
    Now,
    /// They came then.
    At(Now),
}

impl Deciding {
    /// Takes in what an admitted change says. What was signed for a network before it was reconvened says nothing here.
    pub(crate) fn learn(&mut self, change: &CheckedChange, network: NetworkId, since: Since) {
        let Some(paper) = Paper::read(change) else { return };
        match paper {
            Paper::Word(word) => {
                if word.verify(network).is_err() {
                    return;
                }
                self.words.insert((word.organisation, word.number), word);
            }
            Paper::ClosingStatement(statement) => {
                // One that its node did not sign would spoil every outcome that it is in.
                if statement.verify(network).is_err() {
                    return;
                }
                self.touched.insert(statement.decision);
                let open = self.decisions.entry(statement.decision).or_default();
                let of_terms = open.statements.entry(statement.terms).or_default();
                // Of two by one node the first counts here; any that others minute counts as well.
                of_terms.entry(statement.node).or_insert(change.id());
            }
            Paper::Terms(terms) => {
                let Terms { decision, ref effects, ref electorate, .. } = *terms;
                let silences = effects.iter().filter_map(Effect::silences).collect();
                let removes = effects.iter().filter_map(Effect::removes).collect();
                let mut voters = BTreeMap::new();
                electorate.voters().for_each(|voter| *voters.entry(*voter.organisation()).or_default() += 1);
                let (undertaking, owner) = (terms.undertaking(), change.author());
                let time_to_answer_anew = terms.time_to_answer_anew();
                let change = change.id();
                let all = &mut self.decisions.entry(decision).or_default().terms;
                let anew = !all.is_empty();
                let asked =
                    Asked { undertaking, change, owner, since, anew, time_to_answer_anew, voters, silences, removes };
                self.touched.insert(decision);
                // Written twice, they are in the same place on every node.
                let kept = all.entry(terms.hash()).or_insert(asked);
                kept.change = kept.change.min(change);
            }
            Paper::Ballot(ballot) => {
                self.touched.insert(ballot.decision);
                self.decisions.entry(ballot.decision).or_default().ballots.insert(change.document());
            }
            // What gives a voice may be what a ballot waited for, and a charter what an outcome waits for.
            Paper::Mandate(_) | Paper::Delegation(_) | Paper::Charter(_) => self.touch_all(),
            Paper::MandateAnswer(_)
            | Paper::NodeCertificate(_)
            | Paper::DelegationAnswer(_)
            | Paper::TemperatureCheck(_)
            | Paper::TemperatureCounts(_) => return,
        }
        self.news = true;
    }

    /// What is known of a decision may come to something else now.
    pub(crate) fn touch(&mut self, decision: DocumentId) {
        if self.decisions.contains_key(&decision) {
            self.touched.insert(decision);
        }
    }

    /// What is known of all decisions may come to something else now.
    pub(crate) fn touch_all(&mut self) {
        self.touched.extend(self.decisions.keys());
        self.news = true;
    }

    /// The decisions to look at, if anything came since this was asked last.
    pub(crate) fn take_news(&mut self) -> Option<BTreeSet<DocumentId>> {
        let touched = std::mem::take(&mut self.touched);
        (std::mem::take(&mut self.news) || !touched.is_empty()).then_some(touched)
    }

    /// Notes when those terms of these decisions came that are new.
    pub(crate) fn date(&mut self, now: Now, touched: &BTreeSet<DocumentId>) {
        for decision in touched {
            let terms = self.decisions.get_mut(decision).into_iter().flat_map(|open| open.terms.values_mut());
            terms.filter(|asked| asked.since == Since::Now).for_each(|asked| asked.since = Since::At(now));
        }
    }

    /// Something is to be looked at again, though nothing came.
    pub(crate) fn look_again(&mut self) {
        self.news = true;
    }

    /// Lets go of what is minuted or can never be.
    pub(crate) fn settle(&mut self, agreed: &Agreed) {
        self.words.retain(|(organisation, number), _| {
            agreed.parties().get(organisation).is_some_and(|party| *number > party.word)
        });
        self.decisions.retain(|decision, _| agreed.minute_of(decision).is_none());
    }

    /// Words that wait, the first few of each organisation in their order. Whoever says thousands waits for itself.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Word> {
        let mut of = None;
        let mut count = 0;
        self.words.values().filter(move |word| {
            count = if of == Some(word.organisation) { count + 1 } else { 1 };
            of = Some(word.organisation);
            count <= WORDS_OF_ONE_MAX
        })
    }

    /// Whether an organisation has said this and it waits.
    pub(crate) fn waits(&self, organisation: &PublicKey, said: &Said) -> bool {
        self.words.range((*organisation, 0)..=(*organisation, u64::MAX)).any(|(_, word)| word.said == *said)
    }

    /// The number that an organisation's next word gets.
    pub(crate) fn next_word(&self, organisation: &PublicKey, agreed: &Agreed) -> u64 {
        let said = self.words.range((*organisation, 0)..=(*organisation, u64::MAX)).next_back();
        let minuted = agreed.parties().get(organisation).map_or(0, |party| party.word);
        said.map_or(0, |((_, number), _)| *number).max(minuted) + 1
    }

    /// Until when decisions can be answered whatever their terms say, as everyone was asked anew.
    pub(crate) fn open_until(&self) -> BTreeMap<DocumentId, Timestamp> {
        let open = self.decisions.iter();
        open.filter_map(|(decision, open)| Some((*decision, open.latest()?.1.open_until()?))).collect()
    }

    /// A decision that is not minuted.
    pub(crate) fn get(&self, decision: &DocumentId) -> Option<&Open> {
        self.decisions.get(decision)
    }

    /// Decisions that are not minuted.
    pub(crate) fn open(&self) -> impl Iterator<Item = (&DocumentId, &Open)> {
        self.decisions.iter()
    }
}

impl Asked {
    /// From when on a node may state that it has closed though not everyone has answered: whoever is asked anew has time for
    /// it, and whoever is to be removed has a week to be heard, whatever the terms say.
    pub(crate) fn closes_no_sooner_than(&self) -> u64 {
        match self.since {
            Since::At(since) => since.milliseconds.saturating_add(self.open_at_least()),
            _ => 0,
        }
    }

    /// Whether those who are asked anew still have time to answer, and whoever is to be removed to speak to what it is
    /// removed for now.
    pub(crate) fn is_asked_anew(&self, now: Now) -> bool {
        match self.since {
            Since::At(since) if self.anew => {
                now.milliseconds < since.milliseconds.saturating_add(self.time_to_answer_anew)
            }
            _ => false,
        }
    }

    /// How many voices are asked of organisations that are still on the roster.
    pub(crate) fn voters_still(&self, agreed: &Agreed) -> usize {
        let still = self.voters.iter().filter(|(organisation, _)| agreed.parties().contains_key(organisation));
        still.map(|(_, voices)| voices).sum()
    }

    /// Until when they can be answered in any case, by this node's time of day.
    fn open_until(&self) -> Option<Timestamp> {
        match (self.since, self.open_at_least()) {
            (Since::At(since), 1..) => {
                Timestamp::from_milliseconds(since.wall.milliseconds().saturating_add(self.open_at_least()))
            }
            _ => None,
        }
    }

    /// How long they are open at least once they are here, unless everyone has answered, in milliseconds.
    fn open_at_least(&self) -> u64 {
        if !self.removes.is_empty() {
            Terms::REMOVAL_OPEN_MILLISECONDS_MIN
        } else if self.anew {
            self.time_to_answer_anew
        } else {
            0
        }
    }
}

impl Open {
    /// Who opened it.
    pub(crate) fn owner(&self) -> Option<PublicKey> {
        self.latest().map(|(_, asked)| asked.owner)
    }

    /// The terms in force.
    pub(crate) fn latest(&self) -> Option<(TermsHash, &Asked)> {
        let all = self.terms.iter().map(|(hash, asked)| (asked.undertaking.clone(), asked.change, (*hash, asked)));
        in_succession(all).into_iter().next()
    }
}

/// How many words of one organisation are tried at once.
const WORDS_OF_ONE_MAX: usize = 4;
