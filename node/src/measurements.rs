//! What the mesh counts, for whoever watches the node.

use knotwork_api::{Measurement, MeasurementKind};
use knotwork_mesh::{Mesh, Traffic};

/// The figures of a mesh; none of a node that is cut off.
pub(crate) fn of(mesh: Option<&Mesh>) -> Vec<Measurement> {
    let Some(mesh) = mesh else { return Vec::new() };
    let Traffic {
        bytes_in,
        bytes_out,
        stream_bytes_in,
        stream_bytes_out,
        minutes_bytes_in,
        minutes_bytes_out,
        announcements_in,
        announcements_out,
        announcements_dropped,
        turned_away,
        strangers,
        peers: _, // The API counts them from the replica.
        connections,
    } = mesh.traffic();
    let counter = |name, help, value| Measurement { name, help, kind: MeasurementKind::Counter, value };
    let gauge = |name, help, value| Measurement { name, help, kind: MeasurementKind::Gauge, value };
    vec![
        counter("mesh_received_bytes", "Bytes received from other nodes, handshakes included", bytes_in),
        counter("mesh_sent_bytes", "Bytes sent to other nodes, handshakes included", bytes_out),
        counter("reconcile_received_bytes", "Bytes of frames received on reconcile streams", stream_bytes_in),
        counter("reconcile_sent_bytes", "Bytes of frames sent on reconcile streams", stream_bytes_out),
        counter("minutes_received_bytes", "Bytes of frames of minutes received", minutes_bytes_in),
        counter("minutes_sent_bytes", "Bytes of frames of minutes sent", minutes_bytes_out),
        counter("announcements_received", "Announcements that arrived", announcements_in),
        counter("announcements_sent", "Announcements that this node made", announcements_out),
        counter("announcements_dropped", "Announcements dropped because too many waited", announcements_dropped),
        counter("connections_turned_away", "Connections turned away by a limit or for a fault", turned_away),
        counter("strangers", "Connections of nodes that are not in the network", strangers),
        gauge("connections", "Connections with them now", connections),
    ]
}
