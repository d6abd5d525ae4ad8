//! (f) From process start to the first answer, and memory at rest.

use std::{path::Path, thread, time::Duration};

use anyhow::Result;

use crate::{
    Options,
    daemon::Network,
    inputs,
    table::{Figures, Table},
};

pub(crate) fn measure(program: &Path, options: &Options, table: &mut Table) -> Result<()> {
    for (times, aims) in [(1, ["60 ms", "40 MB"]), (10, ["", "at most twice that at 10,000"])] {
        let count = options.resources * times;
        let mut network = Network::found(program, 1)?;
        let node = &mut network.nodes[0];
        node.start()?;
        for part in 0..times {
            node.import(&inputs::csv(part * options.resources, options.resources))?;
        }
        let (mut time, mut memory) = (Figures::default(), Figures::default());
        for _ in 0..options.runs.max(5) {
            node.stop()?;
            let begun = node.spawn()?;
            node.wait_ready()?;
            node.get("/api/v1/resources?limit=1")?;
            time.push_time(begun.elapsed());
            // As the other systems were measured: two seconds later.
            thread::sleep(Duration::from_secs(2));
            memory.push(node.memory("VmRSS")?);
        }
        table.add(
            format!("(f) process start to the first resource read, {count} held"),
            time.with_range("ms"),
            aims[0],
            "iroh-docs 8 ms, samod 5 ms",
        );
        table.add(
            format!("(f) memory at rest, {count} held"),
            memory.with_range("MB"),
            aims[1],
            "iroh-docs 24 MB, samod 7 MB",
        );
    }
    Ok(())
}
