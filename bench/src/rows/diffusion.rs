//! (b) A write at one node is readable on all.

use std::{
    path::Path,
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use crate::{
    Options,
    daemon::Network,
    inputs,
    table::{Figures, Table, plain},
};

pub(crate) fn measure(program: &Path, options: &Options, table: &mut Table) -> Result<()> {
    for (count, aim, other) in [(2, "2 / 4 ms", "iroh-docs 2.1 / 4.0 ms"), (10, "9 / 14 ms", "iroh-docs 9.2 / 14.1 ms")]
    {
        let (whole, after) = diffuse(program, count, options.writes)?;
        let figure =
            |figures: &Figures| format!("{} / {} ms", plain(figures.quantile(0.5)), plain(figures.quantile(0.99)));
        table.add(
            format!("(b) write to readable on all of {count} nodes, p50 / p99, from the request"),
            figure(&whole),
            aim,
            other,
        );
        table.add(format!("(b) the same with {count} nodes, from the acknowledgement"), figure(&after), "", "");
    }
    Ok(())
}

/// Times from the request, and from its answer, until the last node tells of the document.
fn diffuse(program: &Path, count: usize, writes: usize) -> Result<(Figures, Figures)> {
    let mut network = Network::found(program, count)?;
    network.start()?;
    let (told, tellings) = mpsc::sync_channel::<(Instant, String)>(100_000);
    for node in &network.nodes {
        let told = told.clone();
        node.listen(move |document| {
            // Nobody listens any more when the measurement has ended.
            let _ = told.send((Instant::now(), document.to_owned()));
        })?;
    }
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let (mut whole, mut after) = (Figures::default(), Figures::default());
    for number in 0..writes + WARM_UP {
        let begun = Instant::now();
        let document = network.nodes[0].add(&agent, &inputs::resource(number))?;
        let acknowledged = Instant::now();
        let mut last = begun;
        let mut missing = count;
        while missing > 0 {
            let (at, told) =
                tellings.recv_timeout(Duration::from_secs(20)).context("a write did not arrive everywhere")?;
            if told == document {
                last = last.max(at);
                missing -= 1;
            }
        }
        if number >= WARM_UP {
            whole.push_time(last - begun);
            after.push_time(last.saturating_duration_since(acknowledged));
        }
    }
    Ok((whole, after))
}

/// Writes before the first that counts.
const WARM_UP: usize = 20;
