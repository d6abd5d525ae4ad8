//! Minutes as JSON.

use knotwork_commands::{CommandError, MinuteEntry, MinutesStanding, NodeHandle, UnstatedDecision};
use knotwork_governance::Said;
use knotwork_identity::PublicKey;
use knotwork_minutes::{Matter, Outcome, Reconvening, Verdict, Voice};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    EffectBody, ReconveningBody,
    effect::{StandsBody, key},
};
use crate::rfc3339::to_rfc3339;

/// A page of minutes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MinutePage {
    /// The minutes, the latest first.
    pub(crate) items: Vec<MinuteBody>,
    /// How many there are in all.
    pub(crate) total: u64,
}

/// A minute: one entry of what binds everyone, signed by more than two thirds of the signing organisations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Minute)]
pub(crate) struct MinuteBody {
    /// Its number, from 1.
    height: u64,
    /// Its hash, the same on every node.
    hash: String,
    /// The hash of the minute before; for the first, the network's id.
    previous: String,
    /// `word` (an organisation said something for itself), `outcome` (how a decision came out) or `reconvened` (some of the
    /// organisations went on without others).
    kind: &'static str,
    /// What an organisation said; null for all others.
    #[schema(required = true)]
    word: Option<WordBody>,
    /// How a decision came out; null for all others.
    #[schema(required = true)]
    outcome: Option<OutcomeBody>,
    /// With whom the network went on; null for all others.
    #[schema(required = true)]
    reconvening: Option<ReconveningBody>,
    /// Who signed it; nobody for a reconvening, which each organisation accepts for itself.
    signed_by: Vec<SignerBody>,
}

/// What an organisation said for itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Word)]
pub(crate) struct WordBody {
    /// The organisation's key.
    organisation: String,
    /// Its name.
    name: String,
    /// The number of the word, above that of every one before.
    number: u64,
    /// `accept`, `leave`, `rest`, `return` or `node`.
    said: &'static str,
    /// For accept: what the charter hashes to that it accepts; else empty.
    charter: String,
    /// For rest: until about when; null for all others.
    #[schema(format = "date-time", required = true)]
    until: Option<String>,
    /// For node: the key of the node that speaks for it from now on; else empty.
    node: String,
    /// For node: the key of the organisation whose node its members use; else empty.
    host: String,
    /// For leave: how much of what it wrote stands; null for all others.
    #[schema(required = true)]
    stands: Option<StandsBody>,
}

/// How a decision came out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Outcome)]
pub(crate) struct OutcomeBody {
    /// The decision's id.
    decision: String,
    /// What it was called; empty where its terms are not here. Titles are not in minutes.
    title: String,
    /// The hash of its terms.
    terms: String,
    /// `adopted`, `not-adopted`, `chosen` or `not-decided`.
    verdict: &'static str,
    /// The chosen option, from 0; null where none is.
    #[schema(required = true)]
    option: Option<u16>,
    /// How often each position was taken, or what each option got, in the order of the method.
    counts: Vec<u64>,
    /// What it changes for everyone.
    effects: Vec<EffectBody>,
    /// The ids of the changes that are the ballots.
    ballots: Vec<String>,
    /// Who said how many of these ballots it held when the decision closed.
    statements: Vec<StatementBody>,
}

/// What an organisation said at the closing of a decision.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClosingStatement)]
pub(crate) struct StatementBody {
    /// Its node's key.
    node: String,
    /// Its name; empty where it is not known here.
    name: String,
    /// How many of the ballots it held.
    ballots: usize,
}

/// Who signed a minute.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Signer)]
pub(crate) struct SignerBody {
    /// The organisation's key; empty where it is not known here.
    organisation: String,
    /// Its name; empty where it is not known here.
    name: String,
    /// The key of the node that signed for it.
    node: String,
}

/// Where the minutes stand at this node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MinutesStanding)]
pub(crate) struct StandingBody {
    /// How many minutes there are.
    height: u64,
    /// The hash of the last; before the first, the network's id.
    hash: String,
    /// How many organisations have to sign the next.
    needed: usize,
    /// How many sign in all.
    signing: usize,
    /// How many of them can be reached now, this one counted.
    reachable: usize,
    /// The names of the signing organisations that cannot be reached now.
    unreached: Vec<String>,
    /// How many of them are usually reachable: heard of within the last 7 days, this one counted.
    usually_reachable: usize,
    /// The names of those that were heard of once, and not for 7 days.
    unheard: Vec<String>,
    /// The names of those that this node has not heard of yet.
    never_heard: Vec<String>,
    /// How many matters wait to be minuted.
    waiting: usize,
    /// The decisions that have closed and wait for closing statements; at most 100.
    unstated: Vec<UnstatedBody>,
    /// The minute that is being agreed on; null where none is.
    #[schema(required = true)]
    progress: Option<ProgressBody>,
    /// `free` (it signs), `unasked` (it has not had to sign since it was started), `asking` (it asks the others what they
    /// know of it), `mute` (it signs nothing for now), or `none` (this node takes no part).
    voice: &'static str,
    /// Why it signs nothing for now; empty where it does.
    mute: String,
    /// The keys of nodes whose minutes differ from those here, which cannot be while fewer than a third cheat.
    diverged: Vec<String>,
    /// The keys of nodes that have signed two different messages for one place in the minutes since this node was
    /// started, which nobody honest does.
    contradicting: Vec<String>,
}

/// A decision that has closed and cannot be minuted yet, as too few organisations have said which answers they hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnstatedDecision)]
pub(crate) struct UnstatedBody {
    /// Its id.
    decision: String,
    /// What it is called.
    title: String,
    /// The names of the signing organisations that have not said it.
    names: Vec<String>,
}

/// A minute that is being agreed on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MinuteProgress)]
pub(crate) struct ProgressBody {
    /// Its number.
    height: u64,
    /// The attempt, from 0.
    round: u32,
    /// How many organisations have to sign.
    needed: usize,
    /// The names of those that have said something about it.
    heard: Vec<String>,
    /// The names of those that have not.
    awaited: Vec<String>,
}

impl MinuteBody {
    pub(crate) fn new(entry: MinuteEntry, handle: &NodeHandle) -> Result<Self, CommandError> {
        let (mut word, mut outcome, mut reconvening) = (None, None, None);
        let kind = match &entry.minute.matter {
            Matter::Word(said) => {
                let body = WordBody::new(&said.said);
                let organisation = said.organisation.to_string();
                let name = handle.organisation_called(&said.organisation);
                word = Some(WordBody { organisation, name, number: said.number, ..body });
                "word"
            }
            Matter::Outcome(came) => {
                outcome = Some(OutcomeBody::new(came, handle)?);
                "outcome"
            }
            Matter::Reconvened(reconvened) => {
                let network = Reconvening::network(&entry.minute);
                reconvening = Some(ReconveningBody::new(network, reconvened, handle));
                "reconvened"
            }
        };
        let signed_by = entry.proof.signatures.iter().map(|(node, _)| {
            let organisation = handle.organisation_of_node(node);
            SignerBody {
                organisation: key(organisation.as_ref()),
                name: name(organisation.as_ref(), handle),
                node: node.to_string(),
            }
        });
        Ok(Self {
            height: entry.minute.height,
            hash: entry.hash.to_string(),
            previous: entry.minute.previous.to_string(),
            kind,
            word,
            outcome,
            reconvening,
            signed_by: signed_by.collect(),
        })
    }
}

impl WordBody {
    fn new(said: &Said) -> Self {
        let word = |said| Self {
            organisation: String::new(),
            name: String::new(),
            number: 0,
            said,
            charter: String::new(),
            until: None,
            node: String::new(),
            host: String::new(),
            stands: None,
        };
        match said {
            Said::Accept(charter) => Self { charter: charter.to_string(), ..word("accept") },
            Said::Leave(stands) => Self { stands: Some((*stands).into()), ..word("leave") },
            Said::Rest(until) => Self { until: to_rfc3339(*until), ..word("rest") },
            Said::Return => word("return"),
            Said::Node { node, host } => {
                Self { node: key(node.as_ref().map(|node| &node.key)), host: key(host.as_ref()), ..word("node") }
            }
        }
    }
}

impl OutcomeBody {
    fn new(outcome: &Outcome, handle: &NodeHandle) -> Result<Self, CommandError> {
        let (verdict, option) = verdict(&outcome.verdict);
        let statements = outcome.closing_statements().into_iter().map(|statement| StatementBody {
            name: name(handle.organisation_of_node(&statement.node).as_ref(), handle),
            node: statement.node.to_string(),
            ballots: statement.ballots.len(),
        });
        Ok(Self {
            decision: outcome.decision.to_string(),
            title: handle.minuted_title(outcome)?.unwrap_or_default(),
            terms: outcome.terms.to_string(),
            verdict,
            option,
            counts: outcome.counts.clone(),
            effects: outcome.effects.iter().map(|effect| EffectBody::new(effect, handle)).collect(),
            ballots: outcome.ballots.iter().map(ToString::to_string).collect(),
            statements: statements.collect(),
        })
    }
}

impl StandingBody {
    pub(crate) fn new(standing: MinutesStanding, unstated: Vec<UnstatedDecision>, handle: &NodeHandle) -> Self {
        let MinutesStanding { standing, needed, signing, reachable, unreached, usual, unheard, never_heard } = standing;
        let (voice, mute) = match standing.as_ref().map(|standing| &standing.voice) {
            None => ("none", "this node takes no part in the minutes".to_owned()),
            Some(Voice::Unasked) => ("unasked", String::new()),
            Some(Voice::Asking { answered }) => {
                let heard = answered.len();
                ("asking", format!("it asks the other organisations what they know of it, and {heard} have answered"))
            }
            Some(Voice::Free) => ("free", String::new()),
            Some(Voice::Mute { until, reason }) => ("mute", format!("{reason}, until minute {until} is final")),
        };
        let names = |keys: &std::collections::BTreeSet<PublicKey>| {
            keys.iter().map(|key| handle.organisation_called(key)).collect::<Vec<_>>()
        };
        let agreed = handle.agreed();
        Self {
            height: agreed.height(),
            hash: agreed.hash().to_string(),
            needed,
            signing,
            reachable,
            unreached,
            usually_reachable: usual,
            unheard,
            never_heard,
            waiting: standing.as_ref().map_or(0, |standing| standing.waiting),
            unstated: unstated.into_iter().map(UnstatedBody::from).collect(),
            progress: standing.as_ref().and_then(|standing| standing.progress.as_ref()).map(|progress| ProgressBody {
                height: progress.height,
                round: progress.round,
                needed: progress.needed,
                heard: names(&progress.heard),
                awaited: names(&progress.awaited),
            }),
            voice,
            mute,
            diverged: standing.iter().flat_map(|standing| &standing.diverged).map(ToString::to_string).collect(),
            contradicting: standing.iter().flat_map(|own| &own.contradicting).map(ToString::to_string).collect(),
        }
    }
}

impl From<UnstatedDecision> for UnstatedBody {
    fn from(waiting: UnstatedDecision) -> Self {
        Self { decision: waiting.decision.to_string(), title: waiting.title, names: waiting.names }
    }
}

/// The word for a verdict, and the option that was chosen.
pub(crate) fn verdict(verdict: &Verdict) -> (&'static str, Option<u16>) {
    (verdict.word(), verdict.option())
}

fn name(organisation: Option<&PublicKey>, handle: &NodeHandle) -> String {
    organisation.map(|organisation| handle.organisation_called(organisation)).unwrap_or_default()
}
