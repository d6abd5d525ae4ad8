//! Row (i): the minutes over the wire, between real nodes: from the last answer to a decision until its minute is final on
//! all of them, how many minutes come in a second, and what is sent while nothing waits.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{
    daemon::{Network, Node, wait},
    member::Member,
    table::{Figures, Table, bytes, plain},
};

/// Measures the row with so many organisations.
pub(crate) fn measure(program: &Path, counts: &[usize], table: &mut Table) -> Result<()> {
    counts.iter().try_for_each(|count| decide(program, *count, table))
}

fn decide(program: &Path, count: usize, table: &mut Table) -> Result<()> {
    let mut network = Network::found(program, count)?;
    network.start()?;
    for node in &network.nodes {
        wait(COMING_IN_MAX, || Ok(node.get(STANDING)?["signing"] == count))?;
    }
    let members: Vec<Member> = network.nodes.iter().map(Member::of).collect::<Result<_>>()?;
    network.wait_in_step()?;

    let mut times = Figures::default();
    for number in 0..DECISIONS + WARM_UP {
        let decision = answered_but_by_one(&network.nodes, &members, number, 1)?;
        let height = height(&network.nodes[0])?;
        let begun = Instant::now();
        members[count - 1].consent(&decision[0])?;
        until_minuted(&network.nodes, height + 1)?;
        if number >= WARM_UP {
            times.push_time(begun.elapsed());
        }
    }
    let figure = format!("{} / {} ms", plain(times.quantile(0.5)), plain(times.quantile(0.99)));
    table.add(format!("(i) last answer to minute on all of {count} nodes, p50 / p99 of {DECISIONS}"), figure, "", "");

    let decisions = answered_but_by_one(&network.nodes, &members, DECISIONS + WARM_UP, AT_ONCE)?;
    let height = height(&network.nodes[0])?;
    let begun = Instant::now();
    decisions.iter().try_for_each(|decision| members[count - 1].consent(decision))?;
    until_minuted(&network.nodes, height + decisions.len() as u64)?;
    let rate = decisions.len() as f64 / begun.elapsed().as_secs_f64();
    table.add(format!("(i) minutes of {count} nodes, {AT_ONCE} waiting"), format!("{} /s", plain(rate)), "", "");

    check_one_sequence(&network.nodes)?;
    thread::sleep(SETTLING);
    let before = sent(&network.nodes)?;
    thread::sleep(IDLE);
    let idle = sent(&network.nodes)? - before;
    let what = format!("(i) frames of minutes sent by {count} nodes in {} s with nothing waiting", IDLE.as_secs());
    table.add(what, bytes(idle), "0 B", "");
    Ok(())
}

/// Decisions which all but the last member have answered, as every node knows.
fn answered_but_by_one(nodes: &[Node], members: &[Member], from: usize, count: usize) -> Result<Vec<String>> {
    let decisions: Vec<String> = (from..from + count).map(|number| members[0].open(number)).collect::<Result<_>>()?;
    let (_, answering) = members.split_last().context("there are members")?;
    for decision in &decisions {
        let path = format!("/api/v1/decisions/{decision}");
        for member in answering {
            wait(ARRIVAL_MAX, || Ok(member.get(&path).is_ok()))?;
            member.consent(decision)?;
        }
    }
    for decision in &decisions {
        let path = format!("/api/v1/decisions/{decision}");
        for node in nodes {
            wait(ARRIVAL_MAX, || Ok(node.get(&path)?["answered"] == answering.len()))?;
        }
    }
    Ok(decisions)
}

/// Waits until every node has so many minutes.
fn until_minuted(nodes: &[Node], height: u64) -> Result<()> {
    for node in nodes {
        wait(MINUTE_MAX, || Ok(node.get(STANDING)?["height"] == height))?;
    }
    Ok(())
}

fn check_one_sequence(nodes: &[Node]) -> Result<()> {
    let hashes: Vec<Value> = nodes.iter().map(|node| Ok(node.get(STANDING)?["hash"].clone())).collect::<Result<_>>()?;
    ensure!(hashes.iter().all(|hash| *hash == hashes[0]), "nodes have different minutes: {hashes:?}");
    Ok(())
}

fn height(node: &Node) -> Result<u64> {
    node.get(STANDING)?["height"].as_u64().context("a height")
}

/// Bytes of frames of minutes that all nodes have sent so far.
fn sent(nodes: &[Node]) -> Result<f64> {
    nodes.iter().map(|node| node.metric("knotwork_minutes_sent_bytes_total")).sum()
}

const STANDING: &str = "/api/v1/minutes/standing";
/// How many decisions the times are taken from, and how many come before the first that counts.
const DECISIONS: usize = 50;
const WARM_UP: usize = 5;
/// How many wait when minutes a second are counted.
const AT_ONCE: usize = 20;
/// How long founders may take to come in, one minute after the other.
const COMING_IN_MAX: Duration = Duration::from_secs(300);
const ARRIVAL_MAX: Duration = Duration::from_secs(60);
const MINUTE_MAX: Duration = Duration::from_secs(120);
/// After the last minute, until its last frames are sent.
const SETTLING: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(60);
