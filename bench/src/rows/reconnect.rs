//! (c) A node comes back and has missed nothing; (d) it has missed ten resources.

use std::{path::Path, time::Duration};

use anyhow::Result;

use super::wire;
use crate::{
    Options,
    daemon::{Network, wait},
    inputs,
    table::{Figures, Table, bytes},
};

pub(crate) fn measure(program: &Path, options: &Options, table: &mut Table) -> Result<()> {
    let mut network = Network::found(program, 2)?;
    network.nodes[0].start()?;
    network.nodes[0].import(&inputs::csv(0, options.resources))?;
    network.nodes[1].start()?;
    wait(Duration::from_secs(300), || Ok(network.nodes[1].resources()? == options.resources as u64))?;
    network.wait_in_step()?;

    let mut held = options.resources;
    for (row, missing, aims) in
        [("(c) reconnect with nothing new", 0, NOTHING), ("(d) reconnect with 10 missing", MISSING, TEN)]
    {
        let (mut time, mut all, mut frames) = (Figures::default(), Figures::default(), Figures::default());
        for _ in 0..options.runs.max(5) {
            network.nodes[1].stop()?;
            if missing > 0 {
                network.nodes[0].import(&inputs::csv(held, missing))?;
                held += missing;
            }
            let begun = network.nodes[1].spawn()?;
            wait(Duration::from_secs(60), || {
                let view = network.nodes[1].get("/api/v1/node")?;
                Ok(view["peers"][0]["in_step"] == true && network.nodes[1].resources()? == held as u64)
            })?;
            time.push_time(begun.elapsed());
            let (sent_and_received, ours) = wire(&network.nodes[1])?;
            all.push(sent_and_received);
            frames.push(ours);
        }
        let [time_aim, time_other, bytes_aim, bytes_other] = aims;
        table.add(
            format!("{row}, {} held, from process start", options.resources),
            time.with_range("ms"),
            time_aim,
            time_other,
        );
        let figure = format!("{} ours, {} in all", bytes(frames.quantile(0.5)), bytes(all.quantile(0.5)));
        table.add(format!("{row}: bytes both ways"), figure, bytes_aim, bytes_other);
    }
    Ok(())
}

const MISSING: usize = 10;
const NOTHING: [&str; 4] = ["60 ms", "iroh-docs 29 ms", "1 KB ours, 8 KB in all", "Syncthing 3.2 KB"];
const TEN: [&str; 4] = ["90 ms", "iroh-docs 56 ms", "16 KB in all", "Syncthing 10.7 KB"];
