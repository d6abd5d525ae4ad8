//! (a) An empty node catches up with a library.

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
    let (mut time, mut all, mut peaks) =
        (Figures::default(), Figures::default(), [Figures::default(), Figures::default()]);
    for _ in 0..options.runs {
        let mut network = Network::found(program, 2)?;
        network.nodes[0].start()?;
        network.nodes[0].import(&inputs::csv(0, options.resources))?;
        // Started anew, so that its peak is that of serving.
        network.nodes[0].stop()?;
        network.nodes[0].start()?;
        let begun = network.nodes[1].spawn()?;
        network.nodes[1].wait_ready()?;
        wait(Duration::from_secs(300), || Ok(network.nodes[1].resources()? == options.resources as u64))?;
        time.push(begun.elapsed().as_secs_f64());
        all.push(wire(&network.nodes[1])?.0);
        for (peak, node) in peaks.iter_mut().zip(&network.nodes) {
            peak.push(node.memory("VmHWM")?);
        }
    }
    let what = format!("(a) empty node catches up with {} resources, from process start", options.resources);
    table.add(what, time.with_range("s"), "2.0 s", "iroh-docs 2.1 s");
    table.add("(a) bytes on the wire, both ways", bytes(all.quantile(0.5)), "4 MB", "PouchDB 2.5 MB, iroh-docs 8.4 MB");
    let figure =
        format!("{} / {} MB", crate::table::plain(peaks[0].quantile(0.5)), crate::table::plain(peaks[1].quantile(0.5)));
    table.add("(a) peak memory, giving / taking", figure, "60 / 60 MB", "iroh-docs 54 / 54 MB");
    Ok(())
}
