//! Row (h): the minutes, in one process and without a wire: how many ways a minute takes, how fast they can come, and what
//! checking them costs beside the bare signatures.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use knotwork_governance::{ClosingStatement, Said, Word};
use knotwork_identity::{Card, ChangeId, DocumentId, Genesis, PublicKey, SecretKey, TermsHash, encode, sha256};
use knotwork_minutes::{
    Agreed, Disk, Event, Frame, Kept, Matter, Minutes, Outcome, Records, Verdict, Weighed, read_minute,
};

use crate::table::{Figures, Table};

/// Measures the row.
pub(crate) fn measure(table: &mut Table) -> Result<()> {
    for count in [4, 10, 40] {
        let mut group = Group::founded(count)?;
        let (mut times, mut figures) = (Vec::new(), Figures::default());
        let mut ways = 0;
        for number in 0..LATENCIES {
            let (time, taken) = group.minute(number)?;
            times.push(time);
            figures.push_time(time);
            ways = ways.max(taken);
        }
        let what = format!("(h) one minute on all of {count} nodes in one process, no wire");
        table.add(what, figures.with_range("ms"), "", "");
        table.add(format!("(h) ways of a frame until it is final on all {count}"), ways.to_string(), "10", "");
        if count != 10 {
            let rate = times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64();
            table.add(format!("(h) minutes of {count} nodes on one core"), format!("{rate:.0} /s"), "", "");
        }
    }
    verification(table)
}

/// What checking many minutes from the genesis costs.
fn verification(table: &mut Table) -> Result<()> {
    let mut group = Group::founded(4)?;
    let mut kept = group.kept.clone();
    for number in 0..(VERIFIED - kept.len() as u64) {
        group.minute(number)?;
    }
    kept.append(&mut group.kept.split_off(kept.len()));
    let read: Vec<_> = kept.iter().map(|bytes| read_minute(bytes).context("a kept minute")).collect::<Result<_>>()?;
    let begun = Instant::now();
    let mut agreed = Agreed::founded(&group.genesis);
    for (minute, proof) in &read {
        agreed.follow(minute, proof)?;
    }
    let checked = begun.elapsed();
    // The same number of signatures over as many bytes, by keys that are ready.
    let key = SecretKey::from_seed(&[1; 32]);
    let message = [7_u8; 91];
    let (signature, verifier) = (key.sign(&message), key.public().verifier()?);
    let signatures: usize = read.iter().map(|(_, proof)| proof.signatures.len()).sum();
    let begun = Instant::now();
    for _ in 0..signatures {
        verifier.verify(&message, &signature)?;
    }
    let bare = begun.elapsed();
    let times = checked.as_secs_f64() / bare.as_secs_f64();
    let seconds = checked.as_secs_f64();
    table.add(
        format!("(h) checking {} minutes of 4 organisations from the genesis", read.len()),
        format!("{seconds:.2} s, {times:.2} times the bare {signatures} signatures"),
        "1.3 times",
        "",
    );
    let (minute, proof) = read.last().context("the last minute")?;
    let sizes = format!("{} B proof, {} B minute", encode(proof).len(), minute.to_bytes().len());
    table.add("(h) size of a minute of 4 organisations with 3 ballots", sizes, "", "");
    Ok(())
}

/// Nodes in one process that hand each other frames as bytes.
struct Group {
    genesis: Genesis,
    keys: Vec<(SecretKey, SecretKey)>,
    nodes: Vec<Minutes>,
    now: u64,
    /// Every final minute of the first node, as it is kept.
    kept: Vec<Vec<u8>>,
    /// Frames on their way: from, to, bytes.
    frames: Vec<(usize, usize, Vec<u8>)>,
}

/// Documents are not what is measured. Final minutes are those of the first node.
struct Trusting<'a>(&'a [Vec<u8>]);

impl Records for Trusting<'_> {
    fn has_list(&self, _: &knotwork_identity::PublicKey, _: &knotwork_governance::Stands) -> bool {
        true
    }

    fn weigh(&self, _agreed: &Agreed, _outcome: &Outcome) -> Weighed {
        Weighed::Right
    }

    fn minute(&self, height: u64) -> Option<Vec<u8>> {
        let place = usize::try_from(height).ok()?.checked_sub(1)?;
        self.0.get(place).cloned()
    }
}

impl Group {
    /// So many organisations that have all come in.
    fn founded(count: usize) -> Result<Self> {
        let seed = |place: usize, what: &str| SecretKey::from_seed(&sha256(&[what.as_bytes(), &place.to_be_bytes()]));
        let keys: Vec<(SecretKey, SecretKey)> =
            (0..count).map(|place| (seed(place, "organisation"), seed(place, "node"))).collect();
        let cards = keys.iter().map(|(organisation, node)| Card {
            name: "O".into(),
            organisation: organisation.public(),
            node: node.public(),
            addresses: Vec::new(),
        });
        let genesis = Genesis { nonce: [1; 32], name: "N".into(), purpose: "P".into(), founders: cards.collect() };
        let nodes = keys.iter().enumerate().map(|(place, (_, node))| {
            let kept = Kept { agreed: Agreed::founded(&genesis), log: Vec::new(), disk: Disk::Same };
            Minutes::open(kept, node.clone(), [place as u8; 32])
        });
        let nodes = nodes.collect();
        let mut group = Self { genesis, keys, nodes, now: 1, kept: Vec::new(), frames: Vec::new() };
        for place in 0..count {
            for other in (0..count).filter(|other| *other != place) {
                let peer = group.node_key(other);
                group.give(place, Event::Connected { peer });
            }
        }
        group.rest();
        // Founders come in one after the other, each when those before are in.
        let network = group.genesis.network();
        for place in 1..count {
            let accept = Said::Accept(group.nodes[0].agreed().charter().digest);
            let word = Word::say(network, &group.keys[place].0.clone(), 1, accept);
            group.wait_for(Matter::Word(word))?;
        }
        ensure!(group.nodes[0].agreed().signers().len() == count, "not everyone came in");
        Ok(group)
    }

    /// Has one decision minuted; gives how long that took and how many ways frames went one after the other.
    fn minute(&mut self, number: u64) -> Result<(Duration, usize)> {
        let network = self.genesis.network();
        let decision = DocumentId(sha256(&[b"decision", &number.to_be_bytes()]));
        let terms = TermsHash([7; 32]);
        let ballots: Vec<ChangeId> = (0..3_u8).map(|ballot| ChangeId(sha256(&[&decision.0, &[ballot]]))).collect();
        let quorum = self.nodes[0].agreed().signers().quorum();
        let state = |(_, node): &(SecretKey, SecretKey)| {
            ClosingStatement::make(network, node, decision, terms, ballots.clone())
        };
        let statements: Vec<ClosingStatement> = self.keys.iter().take(quorum).map(state).collect();
        let outcome = Outcome::of(decision, terms, &statements, (vec![3, 0, 0], Verdict::Adopted, Vec::new()));
        self.wait_for(Matter::Outcome(outcome))
    }

    fn wait_for(&mut self, matter: Matter) -> Result<(Duration, usize)> {
        let height = self.nodes[0].agreed().height() + 1;
        let begun = Instant::now();
        for place in 0..self.nodes.len() {
            self.give(place, Event::Waiting(vec![matter.clone()]));
        }
        let mut ways = 0;
        while self.nodes.iter().any(|node| node.agreed().height() < height) {
            if self.frames.is_empty() {
                // Nothing is on its way: something waits for its time.
                let due = self.nodes.iter().filter_map(Minutes::next_wake).min().context("nothing waits")?;
                self.now = self.now.max(due);
                for place in 0..self.nodes.len() {
                    self.give(place, Event::Wake);
                }
            }
            self.one_way();
            ways += 1;
            ensure!(ways < 10_000, "a minute does not become final");
        }
        let time = begun.elapsed();
        self.rest();
        Ok((time, ways))
    }

    /// Everything on its way arrives, and what comes of that is on its way.
    fn one_way(&mut self) {
        for (from, to, bytes) in std::mem::take(&mut self.frames) {
            if let Ok(frame) = Frame::from_bytes(&bytes) {
                let peer = self.node_key(from);
                self.give(to, Event::Frame { peer, frame });
            }
        }
    }

    fn rest(&mut self) {
        for _ in 0..1_000 {
            if self.frames.is_empty() {
                return;
            }
            self.one_way();
        }
    }

    fn give(&mut self, place: usize, event: Event) {
        self.nodes[place].handle(self.now, event, &Trusting(&self.kept));
        let work = self.nodes[place].take();
        if place == 0 {
            self.kept.extend(work.minuted.into_iter().map(|(_, kept)| kept));
        }
        for (peer, frame) in work.sends {
            if let Some(to) = self.keys.iter().position(|(_, node)| node.public() == peer) {
                self.frames.push((place, to, frame.to_bytes()));
            }
        }
    }

    fn node_key(&self, place: usize) -> PublicKey {
        self.keys[place].1.public()
    }
}

/// How many minutes the latencies are taken from.
const LATENCIES: u64 = 50;
/// How many minutes are checked.
const VERIFIED: u64 = 10_000;
