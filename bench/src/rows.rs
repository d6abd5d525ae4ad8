//! The rows of the table, one noun a file.

pub(crate) mod catch_up;
pub(crate) mod deciding;
pub(crate) mod diffusion;
pub(crate) mod minutes;
pub(crate) mod pages;
pub(crate) mod reconnect;
pub(crate) mod start;
pub(crate) mod writes;

use anyhow::Result;

use crate::daemon::Node;

/// Bytes that a node sent and received since it started: all of them, and those of frames alone.
pub(crate) fn wire(node: &Node) -> Result<(f64, f64)> {
    let all = node.metric("knotwork_mesh_received_bytes_total")? + node.metric("knotwork_mesh_sent_bytes_total")?;
    let frames =
        node.metric("knotwork_reconcile_received_bytes_total")? + node.metric("knotwork_reconcile_sent_bytes_total")?;
    Ok((all, frames))
}
