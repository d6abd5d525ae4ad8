//! (e) Durable writes a second: one caller, 32 callers, in bulk.

use std::{path::Path, thread, time::Instant};

use anyhow::{Result, anyhow};

use crate::{
    Options,
    daemon::{Network, Node},
    floor, inputs,
    table::{Figures, Table},
};

pub(crate) fn measure(program: &Path, options: &Options, table: &mut Table) -> Result<()> {
    let (mut one, mut many, mut bulk) = (Figures::default(), Figures::default(), Figures::default());
    floor::measure_appends(table, ", right before (e)")?;
    for _ in 0..options.runs {
        let mut network = Network::found(program, 1)?;
        network.nodes[0].start()?;
        let node = &network.nodes[0];
        one.push(callers(node, 1, ALONE)?);
        many.push(callers(node, CALLERS, TOGETHER)?);
        let file = inputs::csv(1_000_000, options.resources);
        let begun = Instant::now();
        let added = node.import(&file)?;
        bulk.push(added as f64 / begun.elapsed().as_secs_f64());
    }
    floor::measure_appends(table, ", right after (e)")?;
    table.add(
        "(e) durable writes, one caller",
        one.with_range("/s"),
        "half the floor's synced appends",
        "PouchDB 3,727/s, not synced",
    );
    table.add(format!("(e) durable writes, {CALLERS} callers"), many.with_range("/s"), "4,000/s", "");
    table.add("(e) bulk import", bulk.with_range("/s"), "8,000/s", "PouchDB 16,285/s, not synced");
    Ok(())
}

/// Writes a second that so many callers together get acknowledged.
fn callers(node: &Node, callers: usize, writes: usize) -> Result<f64> {
    let begun = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..callers)
            .map(|caller| {
                scope.spawn(move || -> Result<()> {
                    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
                    for number in 0..writes / callers {
                        node.add(&agent, &inputs::resource(caller * writes + number))?;
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow!("a caller failed"))?)
    })?;
    Ok((writes / callers * callers) as f64 / begun.elapsed().as_secs_f64())
}

const ALONE: usize = 1_000;
const CALLERS: usize = 32;
const TOGETHER: usize = 8_000;
